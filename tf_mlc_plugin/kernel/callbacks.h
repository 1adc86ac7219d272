// tf_mlc_plugin/kernel/callbacks.h: what TensorFlow calls to make, run and delete a kernel.
#pragma once

#include <memory>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/tf_buffer.h"
#include "tf_mlc_plugin/kernel/kernel.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/kernel/status.h"

namespace tf_mlc {

// A create function made from one that turns a Node into the std::unique_ptr of a kernel, or
// throws.
template <auto Make>
void* CreateKernel(TF_OpKernelConstruction* construction) {
  const StatusPtr status(TF_NewStatus());
  std::unique_ptr<Kernel> kernel;
  const bool ok = RunGuarded("", status.get(), [&] {
    TF_Buffer* raw = TF_OpKernelConstruction_GetNodeDef(construction, status.get());
    const std::unique_ptr<TF_Buffer, void (*)(TF_Buffer*)> buffer(raw, TF_DeleteBuffer);
    Check(status.get());
    kernel = Make(ParseNodeDef({static_cast<const char*>(raw->data), raw->length}));
  });
  if (!ok) TF_OpKernelConstruction_Failure(construction, status.get());
  return kernel.release();
}

void ComputeKernel(void* kernel, TF_OpKernelContext* context);
void DeleteKernel(void* kernel);

}  // namespace tf_mlc
