#include "tf_mlc_plugin/kernel/variable_kernels.h"

#include <string>

#include "mlcompute/error.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/tf_buffer.h"
#include "tf_mlc_plugin/graph/graph_def.h"
#include "tf_mlc_plugin/graph/variable_ops.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/kernel/placement.h"
#include "tf_mlc_plugin/kernel/status.h"

namespace tf_mlc {
namespace {

struct VariableKernel {
  std::string op;
};

void* Create(TF_OpKernelConstruction* construction) {
  const StatusPtr status(TF_NewStatus());
  TF_Buffer* buffer = TF_OpKernelConstruction_GetNodeDef(construction, status.get());
  auto* kernel = new VariableKernel;
  RunGuarded("", status.get(), [&] {
    if (TF_GetCode(status.get()) == TF_OK) {
      kernel->op = ParseNode({static_cast<const char*>(buffer->data), buffer->length}).op;
    }
  });
  TF_DeleteBuffer(buffer);
  return kernel;
}

void Compute(void* opaque, TF_OpKernelContext* context) {
  const StatusPtr status(TF_NewStatus());
  const std::string message = mlcompute::StrCat(
      static_cast<const VariableKernel*>(opaque)->op, " on a variable on ", DeviceType(),
      ": TensorFlow lets no other kernel than its own read or write a variable. "
      "In a function, leave TensorFlow's graph optimizers on (disable_meta_optimizer=False); in "
      "eager mode, Python has to find the package tf_mlc_plugin. Or compute with the variable's "
      "value and "
      "assign the result: tf.gather(v.read_value(), i), v.assign(tf.tensor_scatter_nd_add(v, i, "
      "x)).");
  TF_SetStatus(status.get(), TF_UNIMPLEMENTED, message.c_str());
  TF_OpKernelContext_Failure(context, status.get());
}

void Delete(void* kernel) { delete static_cast<VariableKernel*>(kernel); }

// One of ReadVariableOp's types, or all of them when `type_attr` is empty.
void Register(const char* op, const char* type_attr, TF_DataType type) {
  const StatusPtr status(TF_NewStatus());
  TF_KernelBuilder* builder =
      TF_NewKernelBuilder(op, DeviceType().c_str(), Create, Compute, Delete);
  if (*type_attr) TF_KernelBuilder_TypeConstraint(builder, type_attr, type, status.get());
  TF_RegisterKernelBuilder((std::string(op) + "_mlc").c_str(), builder, status.get());
}

// TensorFlow's own kernels for any device take variants in these two.
bool TakesVariants(const std::string& op) {
  return op == "ResourceGather" || op == "ResourceScatterUpdate";
}

}  // namespace

void RegisterVariableKernels() {
  int count = 0;
  const char* const* ops = VariableOps(&count);
  for (int i = 0; i < count; ++i) {
    if (!TakesVariants(ops[i])) {
      Register(ops[i], "", TF_FLOAT);
      continue;
    }
    for (const TF_DataType type : {TF_HALF, TF_BFLOAT16, TF_FLOAT, TF_DOUBLE, TF_INT8, TF_INT16,
                                   TF_INT32, TF_INT64, TF_UINT8, TF_UINT16, TF_UINT32, TF_UINT64,
                                   TF_BOOL, TF_COMPLEX64, TF_COMPLEX128, TF_STRING}) {
      Register(ops[i], "dtype", type);
    }
  }
}

}  // namespace tf_mlc
