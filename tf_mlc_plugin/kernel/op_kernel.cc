#include "tf_mlc_plugin/kernel/op_kernel.h"

#include <algorithm>
#include <utility>

#include "tensorflow/c/tf_tensor.h"
#include "tf_mlc_plugin/kernel/compile.h"
#include "tf_mlc_plugin/kernel/debugging.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/kernel/signature.h"
#include "tf_mlc_plugin/kernel/status.h"

namespace tf_mlc {
namespace {

using mlcompute::Executable;

struct DeleteTensor {
  void operator()(TF_Tensor* tensor) const { TF_DeleteTensor(tensor); }
};
using TensorPtr = std::unique_ptr<TF_Tensor, DeleteTensor>;

}  // namespace

// An executable and what each run needs to allocate its outputs.
struct OpKernel::Prepared {
  struct Output {
    TF_DataType dtype;
    std::vector<int64_t> dims;
    size_t bytes;
    std::vector<int> shareable;  // inputs whose buffer it may take over
  };

  std::string signature;
  std::shared_ptr<Executable> executable;
  std::vector<Output> outputs;
  uint64_t random_blocks = 0;  // that a run draws of the kernel's generator
};

// The inputs of one run. The buffers belong to the context, which keeps them until the run ends;
// the TF_Tensors are given back at once, since a second reference would stop TensorFlow from
// forwarding an input's buffer to an output.
struct OpKernel::Inputs {
  struct Input {
    TF_DataType dtype;
    int rank;
    size_t first_dim;  // in `dims`
    const void* data;
    size_t bytes;
  };
  std::vector<Input> items;
  std::vector<int64_t> dims;
  std::vector<const void*> data;
  RandomPlace place;  // in the kernel's random sequence
  Signature signature;

  void Clear() {
    items.clear();
    dims.clear();
    data.clear();
    signature.Clear();
  }

  void Read(TF_OpKernelContext* context, TF_Status* status) {
    Clear();
    const int count = TF_NumInputs(context);
    for (int i = 0; i < count; ++i) {
      TF_Tensor* raw = nullptr;
      TF_GetInput(context, i, &raw, status);
      const TensorPtr tensor(raw);
      Check(status);
      Input item{TF_TensorType(raw), TF_NumDims(raw), dims.size(), TF_TensorData(raw),
                 TF_TensorByteSize(raw)};
      for (int axis = 0; axis < item.rank; ++axis) dims.push_back(TF_Dim(raw, axis));
      data.push_back(item.data);
      items.push_back(item);
    }
  }

  // The inputs that a builder finds behind the node's when the kernel has a generator.
  void AddGenerator() {
    AddVector(1, place.key);
    AddVector(2, place.counter);
  }

  TensorType Type(size_t i) const {
    const Input& item = items[i];
    const auto first = dims.begin() + static_cast<std::ptrdiff_t>(item.first_dim);
    return {DataTypeFromTf(item.dtype), Shape(std::vector<int64_t>(first, first + item.rank))};
  }

 private:
  void AddVector(int64_t size, const uint64_t* values) {
    items.push_back({TF_UINT64, 1, dims.size(), values, static_cast<size_t>(size) * 8});
    dims.push_back(size);
    data.push_back(values);
  }
};

OpKernel::OpKernel(std::string op, std::string key, Cluster cluster,
                   std::unique_ptr<Generator> generator)
    : op_(std::move(op)),
      key_(std::move(key)),
      cluster_(std::move(cluster)),
      counter_(CounterOf(op_)),
      generator_(std::move(generator)) {}

std::shared_ptr<const OpKernel::Prepared> OpKernel::Find(const Inputs& inputs) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (last_ && last_->signature == inputs.signature.view()) return last_;
  }
  auto prepared = Prepare(inputs);
  const std::lock_guard<std::mutex> lock(mutex_);
  last_ = prepared;
  return prepared;
}

std::shared_ptr<const OpKernel::Prepared> OpKernel::Prepare(const Inputs& inputs) {
  const auto make = [&] {
    static constexpr std::byte kEmpty{};
    std::vector<Argument> arguments;
    for (size_t i = 0; i < inputs.items.size(); ++i) {
      Argument argument{inputs.Type(i)};
      if (cluster_.static_arguments[i]) {
        const void* data = inputs.data[i];
        argument.contents = data ? static_cast<const std::byte*>(data) : &kEmpty;
      }
      arguments.push_back(std::move(argument));
    }
    return Compile(op_, cluster_, arguments);
  };

  auto prepared = std::make_shared<Prepared>();
  prepared->signature = inputs.signature.view();
  prepared->executable = Executables().GetOrCompile(key_ + prepared->signature, make);
  const auto& types = prepared->executable->output_types();
  for (size_t o = 0; o < types.size(); ++o) {
    Prepared::Output output{static_cast<TF_DataType>(TfFromDataType(types[o].dtype)),
                            types[o].shape.dims(),
                            types[o].bytes(),
                            {}};
    const size_t own = inputs.items.size() - (generator_ ? kGeneratorInputs : 0);
    for (size_t i = 0; i < own; ++i) {
      if (prepared->executable->CanShare(static_cast<int>(o), static_cast<int>(i))) {
        output.shareable.push_back(static_cast<int>(i));
      }
    }
    prepared->outputs.push_back(std::move(output));
  }
  if (generator_) prepared->random_blocks = cluster_.nodes[0].row->blocks_of(types[0]);
  return prepared;
}

void OpKernel::Run(TF_OpKernelContext* context, TF_Status* status) {
  // Kept per thread so that a steady run allocates nothing of its own.
  thread_local Inputs inputs;
  thread_local std::vector<void*> outputs;

  inputs.Read(context, status);
  if (generator_) inputs.AddGenerator();
  if (static_cast<int>(inputs.items.size()) != cluster_.argument_count) {
    throw mlcompute::Internal(inputs.items.size(), " inputs instead of ", cluster_.argument_count);
  }
  for (size_t i = 0; i < inputs.items.size(); ++i) {
    const Inputs::Input& item = inputs.items[i];
    inputs.signature.AddType(item.dtype, item.rank);
    for (int axis = 0; axis < item.rank; ++axis) {
      inputs.signature.AddDim(inputs.dims[item.first_dim + static_cast<size_t>(axis)]);
    }
    if (cluster_.static_arguments[i]) inputs.signature.AddContents(item.data, item.bytes);
  }
  const std::shared_ptr<const Prepared> prepared = Find(inputs);

  const int output_count = TF_NumOutputs(context);
  if (output_count != static_cast<int>(prepared->outputs.size())) {
    throw mlcompute::Internal("the builder named ", prepared->outputs.size(), " outputs of ",
                              output_count);
  }
  outputs.clear();
  for (int o = 0; o < output_count; ++o) {
    const Prepared::Output& output = prepared->outputs[static_cast<size_t>(o)];
    if (TF_ExpectedOutputDataType(context, o) != output.dtype) {
      throw mlcompute::Internal("output ", o, " was built with another type than the node's");
    }
    const int rank = static_cast<int>(output.dims.size());
    TensorPtr tensor;
    if (output.shareable.empty()) {
      tensor.reset(TF_AllocateOutput(context, o, output.dtype, output.dims.data(), rank,
                                     output.bytes, status));
    } else {
      tensor.reset(TF_ForwardInputOrAllocateOutput(context, output.shareable.data(),
                                                   static_cast<int>(output.shareable.size()), o,
                                                   output.dims.data(), rank, nullptr, status));
    }
    Check(status);
    void* const data = TF_TensorData(tensor.get());
    outputs.push_back(data);
    const auto& given = inputs.data;
    if (std::find(given.begin(), given.end(), data) == given.end()) {
      FillFresh(output.dtype, data, output.bytes);
    }
  }
  counter_.fetch_add(1, std::memory_order_relaxed);
  if (generator_) inputs.place = generator_->Reserve(prepared->random_blocks);
  prepared->executable->Run(inputs.data.data(), outputs.data());
}

}  // namespace tf_mlc
