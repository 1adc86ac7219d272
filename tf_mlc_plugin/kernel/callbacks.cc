#include "tf_mlc_plugin/kernel/callbacks.h"

namespace tf_mlc {

void ComputeKernel(void* opaque, TF_OpKernelContext* context) {
  auto* kernel = static_cast<Kernel*>(opaque);
  thread_local const StatusPtr status(TF_NewStatus());
  TF_SetStatus(status.get(), TF_OK, "");
  const bool ok = RunGuarded(kernel->op() + " on MLC: ", status.get(),
                             [&] { kernel->Run(context, status.get()); });
  if (!ok) TF_OpKernelContext_Failure(context, status.get());
}

void DeleteKernel(void* kernel) { delete static_cast<Kernel*>(kernel); }

}  // namespace tf_mlc
