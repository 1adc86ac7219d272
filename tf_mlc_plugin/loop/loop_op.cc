#include "tf_mlc_plugin/loop/loop_op.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mlcompute/error.h"
#include "tensorflow/c/tf_tensor.h"
#include "tf_mlc_plugin/graph/graph_def.h"
#include "tf_mlc_plugin/kernel/callbacks.h"
#include "tf_mlc_plugin/kernel/cluster_op.h"
#include "tf_mlc_plugin/kernel/kernel_counts.h"
#include "tf_mlc_plugin/loop/loop_plan.h"

namespace tf_mlc {
namespace {

using TensorPtr = std::shared_ptr<TF_Tensor>;

// The contents of a uint64 scalar that stands for a list. TensorFlow copies buffers it is given
// unless they are aligned so.
struct alignas(64) ListHolder {
  std::shared_ptr<LoopList> list;
};

LoopValue ValueOf(const TensorPtr& tensor) {
  std::vector<int64_t> dims;
  for (int axis = 0; axis < TF_NumDims(tensor.get()); ++axis) {
    dims.push_back(TF_Dim(tensor.get(), axis));
  }
  LoopValue value;
  value.type = std::make_shared<TensorType>(
      TensorType{DataTypeFromTf(TF_TensorType(tensor.get())), Shape(std::move(dims))});
  value.data = static_cast<const std::byte*>(TF_TensorData(tensor.get()));
  value.owner = tensor;
  return value;
}

LoopValue ListOf(const TensorPtr& tensor) {
  LoopValue value;
  value.list = static_cast<const ListHolder*>(TF_TensorData(tensor.get()))->list;
  return value;
}

class LoopKernel : public Kernel {
 public:
  explicit LoopKernel(const Node& node)
      : op_(node.op),
        counter_(CounterOf(op_)),
        contents_(ParseGraphDef(node.String("nodes"))),
        lists_(static_cast<size_t>(node.input_count), 0),
        plan_(contents_, node.input_count, StringsOf(node, "outputs")) {
    for (const NodeDef& inside : contents_.nodes) {
      if (inside.op != kListArgumentOp) continue;
      lists_[static_cast<size_t>(ParseInput(inside.inputs[0]).port)] = 1;
    }
    contents_.nodes.clear();
  }

  const std::string& op() const override { return op_; }

  void Run(TF_OpKernelContext* context, TF_Status* status) override {
    std::vector<LoopValue> arguments;
    for (size_t i = 0; i < lists_.size(); ++i) {
      TF_Tensor* raw = nullptr;
      TF_GetInput(context, static_cast<int>(i), &raw, status);
      const TensorPtr tensor(raw, TF_DeleteTensor);
      Check(status);
      arguments.push_back(lists_[i] ? ListOf(tensor) : ValueOf(tensor));
    }
    counter_.fetch_add(1, std::memory_order_relaxed);
    const std::vector<LoopValue> results = plan_.Run(std::move(arguments));
    for (size_t o = 0; o < results.size(); ++o) {
      const int output = static_cast<int>(o);
      if (results[o].is_tensor()) {
        GiveTensor(context, output, results[o], status);
      } else {
        GiveList(context, output, results[o].list, status);
      }
      Check(status);
    }
  }

 private:
  static void GiveTensor(TF_OpKernelContext* context, int output, const LoopValue& value,
                         TF_Status* status) {
    const auto dtype = static_cast<TF_DataType>(TfFromDataType(value.type->dtype));
    if (TF_ExpectedOutputDataType(context, output) != dtype) {
      throw mlcompute::Internal("output ", output, " of a loop is of another type than the node's");
    }
    const std::vector<int64_t>& dims = value.type->shape.dims();
    const size_t bytes = value.type->bytes();
    const TensorPtr tensor(TF_AllocateOutput(context, output, dtype, dims.data(),
                                             static_cast<int>(dims.size()), bytes, status),
                           TF_DeleteTensor);
    Check(status);
    if (bytes > 0) std::memcpy(TF_TensorData(tensor.get()), value.data, bytes);
  }

  static void GiveList(TF_OpKernelContext* context, int output, std::shared_ptr<LoopList> list,
                       TF_Status* status) {
    auto* holder = new ListHolder{std::move(list)};
    const TensorPtr tensor(
        TF_NewTensor(
            TF_UINT64, nullptr, 0, holder, sizeof(uint64_t),
            [](void* data, size_t, void*) { delete static_cast<ListHolder*>(data); }, nullptr),
        TF_DeleteTensor);
    TF_SetOutput(context, output, tensor.get(), status);
  }

  const std::string op_;
  Counter& counter_;
  GraphDef contents_;
  std::vector<char> lists_;  // which arguments are
  LoopPlan plan_;
};

std::unique_ptr<LoopKernel> MakeLoop(Node node) { return std::make_unique<LoopKernel>(node); }

}  // namespace

void RegisterLoopOp() { RegisterPrivateOp(kLoopOp, CreateKernel<MakeLoop>); }

}  // namespace tf_mlc
