#include "tf_mlc_plugin/loop/cluster_runner.h"

#include <cstring>
#include <utility>

#include "tf_mlc_plugin/kernel/compile.h"
#include "tf_mlc_plugin/kernel/debugging.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/kernel/signature.h"

namespace tf_mlc {

// An executable, what it was made for and what its results are.
struct ClusterRunner::Prepared {
  std::vector<TensorType> types;
  std::vector<std::string> contents;  // of static arguments
  std::shared_ptr<mlcompute::Executable> executable;
  std::vector<std::shared_ptr<const TensorType>> outputs;
  std::vector<std::vector<size_t>> shareable;  // arguments whose buffer an output may take

  bool Fits(const Cluster& cluster, const std::vector<LoopValue>& arguments) const {
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (*arguments[i].type != types[i]) return false;
      if (cluster.static_arguments[i] && types[i].bytes() > 0 &&
          std::memcmp(arguments[i].data, contents[i].data(), contents[i].size()) != 0) {
        return false;
      }
    }
    return true;
  }
};

ClusterRunner::ClusterRunner(std::string op, std::string key, Cluster cluster)
    : op_(std::move(op)), key_(std::move(key)), cluster_(std::move(cluster)) {}

ClusterRunner::~ClusterRunner() = default;

std::shared_ptr<const ClusterRunner::Prepared> ClusterRunner::Prepare(
    const std::vector<LoopValue>& arguments) const {
  auto prepared = std::make_shared<Prepared>();
  Signature signature;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const TensorType& type = *arguments[i].type;
    prepared->types.push_back(type);
    prepared->contents.emplace_back();
    signature.AddType(TfFromDataType(type.dtype), type.shape.rank());
    for (const int64_t dim : type.shape.dims()) signature.AddDim(dim);
    if (cluster_.static_arguments[i]) {
      signature.AddContents(arguments[i].data, type.bytes());
      prepared->contents.back().assign(reinterpret_cast<const char*>(arguments[i].data),
                                       type.bytes());
    }
  }
  const auto make = [&] {
    static constexpr std::byte kEmpty{};
    std::vector<Argument> list;
    for (size_t i = 0; i < arguments.size(); ++i) {
      list.push_back({*arguments[i].type});
      if (!cluster_.static_arguments[i]) continue;
      list.back().contents = arguments[i].data ? arguments[i].data : &kEmpty;
    }
    return Compile(op_, cluster_, list);
  };
  prepared->executable = Executables().GetOrCompile(key_ + std::string(signature.view()), make);
  for (const TensorType& type : prepared->executable->output_types()) {
    const int output = static_cast<int>(prepared->outputs.size());
    prepared->outputs.push_back(std::make_shared<TensorType>(type));
    prepared->shareable.emplace_back();
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (prepared->executable->CanShare(output, static_cast<int>(i))) {
        prepared->shareable.back().push_back(i);
      }
    }
  }
  return prepared;
}

std::shared_ptr<const ClusterRunner::Prepared> ClusterRunner::Find(
    const std::vector<LoopValue>& arguments) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (last_ && last_->Fits(cluster_, arguments)) return last_;
  }
  auto prepared = Prepare(arguments);
  const std::lock_guard<std::mutex> lock(mutex_);
  last_ = prepared;
  return prepared;
}

void ClusterRunner::Run(const std::vector<LoopValue>& arguments, std::vector<LoopValue>* results) {
  const std::shared_ptr<const Prepared> prepared = Find(arguments);
  thread_local std::vector<const void*> inputs;
  thread_local std::vector<void*> outputs;
  thread_local std::vector<char> taken;
  inputs.clear();
  outputs.clear();
  taken.assign(arguments.size(), 0);
  for (const LoopValue& argument : arguments) inputs.push_back(argument.data);
  results->clear();
  for (size_t o = 0; o < prepared->outputs.size(); ++o) {
    LoopValue result;
    for (const size_t i : prepared->shareable[o]) {
      const LoopValue& argument = arguments[i];
      if (taken[i] || argument.own_buffer.use_count() != 1 ||
          argument.type->bytes() != prepared->outputs[o]->bytes()) {
        continue;
      }
      result.own_buffer = argument.own_buffer;
      result.data = argument.data;
      result.type = prepared->outputs[o];
      taken[i] = 1;
      break;
    }
    if (!result.is_tensor()) {
      result = NewTensor(prepared->outputs[o]);
      FillFresh(static_cast<TF_DataType>(TfFromDataType(result.type->dtype)),
                result.own_buffer.get(), result.type->bytes());
    }
    outputs.push_back(result.own_buffer.get());
    results->push_back(std::move(result));
  }
  prepared->executable->Run(inputs.data(), outputs.data());
}

}  // namespace tf_mlc
