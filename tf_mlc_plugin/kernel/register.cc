// tf_mlc_plugin/kernel/register.cc: registers a kernel for every row and combination of its types.
#include <string>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/tf_buffer.h"
#include "tf_mlc_plugin/device/entry.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/kernel/op_kernel.h"
#include "tf_mlc_plugin/kernel/status.h"

namespace tf_mlc {
namespace {

void* Create(TF_OpKernelConstruction* construction) {
  const StatusPtr status(TF_NewStatus());
  OpKernel* kernel = nullptr;
  const bool ok = RunGuarded("", status.get(), [&] {
    TF_Buffer* buffer = TF_OpKernelConstruction_GetNodeDef(construction, status.get());
    Check(status.get());
    const std::unique_ptr<TF_Buffer, void (*)(TF_Buffer*)> owner(buffer, TF_DeleteBuffer);
    Node node = ParseNodeDef({static_cast<const char*>(buffer->data), buffer->length});
    const OpRow* row = FindRow(node);
    if (!row) throw mlcompute::Internal("no row takes the types of node '", node.name, "'");
    std::string op = node.op;
    std::string key = node.Key();
    kernel = new OpKernel(std::move(op), std::move(key), SingleNode(std::move(node), *row));
  });
  if (!ok) TF_OpKernelConstruction_Failure(construction, status.get());
  return kernel;
}

void Compute(void* opaque, TF_OpKernelContext* context) {
  auto* kernel = static_cast<OpKernel*>(opaque);
  thread_local const StatusPtr status(TF_NewStatus());
  TF_SetStatus(status.get(), TF_OK, "");
  const bool ok = RunGuarded(kernel->op() + " on MLC: ", status.get(),
                             [&] { kernel->Run(context, status.get()); });
  if (!ok) TF_OpKernelContext_Failure(context, status.get());
}

void Delete(void* opaque) { delete static_cast<OpKernel*>(opaque); }

void RegisterOne(const OpRow& row, const std::vector<DataType>& types) {
  const StatusPtr status(TF_NewStatus());
  const std::string op(row.op);
  TF_KernelBuilder* builder = TF_NewKernelBuilder(op.c_str(), "MLC", Create, Compute, Delete);
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
  // An op this TensorFlow does not have, or has without that attribute: it cannot occur in a graph.
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
}
