// tf_mlc_plugin/kernel/register.cc: registers a kernel for every row and combination of its types.
#include <string>
#include <utility>

#include "tf_mlc_plugin/device/entry.h"
#include "tf_mlc_plugin/kernel/callbacks.h"
#include "tf_mlc_plugin/kernel/cluster_op.h"
#include "tf_mlc_plugin/kernel/op_kernel.h"
#include "tf_mlc_plugin/kernel/placement.h"
#include "tf_mlc_plugin/kernel/variable_kernels.h"
#include "tf_mlc_plugin/loop/loop_op.h"

namespace tf_mlc {
namespace {

std::unique_ptr<OpKernel> MakeSingle(Node node) {
  const OpRow* row = FindRow(node);
  if (!row) throw mlcompute::Internal("no row takes the types of node '", node.name, "'");
  std::string op = node.op;
  std::unique_ptr<Generator> generator;
  if (row->blocks_of) {
    generator = std::make_unique<Generator>(node.Int("seed"), node.Int("seed2"));
    // One program serves all seeds.
    node.attrs.erase("seed");
    node.attrs.erase("seed2");
  }
  std::string key = node.Key();
  return std::make_unique<OpKernel>(std::move(op), std::move(key),
                                    SingleNode(std::move(node), *row), std::move(generator));
}

void RegisterOne(const OpRow& row, const std::vector<DataType>& types) {
  const StatusPtr status(TF_NewStatus());
  const std::string op(row.op);
  TF_KernelBuilder* builder = TF_NewKernelBuilder(
      op.c_str(), DeviceType().c_str(), CreateKernel<MakeSingle>, ComputeKernel, DeleteKernel);
  for (size_t i = 0; i < types.size(); ++i) {
    TF_KernelBuilder_TypeConstraint(builder, std::string(row.types[i].attr).c_str(),
                                    static_cast<TF_DataType>(TfFromDataType(types[i])),
                                    status.get());
  }
  for (const HostArg& arg : row.host) {
    TF_KernelBuilder_HostMemory(builder, std::string(arg.name).c_str());
  }
  if (TF_GetCode(status.get()) == TF_OK) {
    TF_RegisterKernelBuilder((op + "_mlc").c_str(), builder, status.get());
  } else {
    TF_DeleteKernelBuilder(builder);
  }
  // A failure means an op this TensorFlow does not have: it cannot occur in its graphs.
}

// Every combination of the row's type lists, the last attribute varying fastest.
void RegisterRow(const OpRow& row, std::vector<DataType>* chosen) {
  const size_t next = chosen->size();
  if (next == row.types.size()) {
    RegisterOne(row, *chosen);
    return;
  }
  for (const DataType type : row.types[next].types) {
    chosen->push_back(type);
    RegisterRow(row, chosen);
    chosen->pop_back();
  }
}

}  // namespace
}  // namespace tf_mlc

void MlcInitKernels() {
  for (const tf_mlc::OpRow* row : tf_mlc::AllRows()) {
    if (row->cluster_only) continue;
    std::vector<mlcompute::DataType> chosen;
    tf_mlc::RegisterRow(*row, &chosen);
  }
  tf_mlc::RegisterClusterOp();
  tf_mlc::RegisterLoopOp();
  tf_mlc::RegisterVariableKernels();
}
