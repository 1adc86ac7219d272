// tf_mlc_plugin/kernel/kernel.h: what TensorFlow runs.
#pragma once

#include <string>

#include "tensorflow/c/kernels.h"

namespace tf_mlc {

class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual const std::string& op() const = 0;  // for errors
  // Computes the outputs of one run. Throws Error, or TfError once `status` says what is wrong. May
  // be called from several threads.
  virtual void Run(TF_OpKernelContext* context, TF_Status* status) = 0;
};

}  // namespace tf_mlc
