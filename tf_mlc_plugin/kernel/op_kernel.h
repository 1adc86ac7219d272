// tf_mlc_plugin/kernel/op_kernel.h: the one kernel class behind every op.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/cluster.h"
#include "mlcompute/backend/backend.h"
#include "tensorflow/c/kernels.h"
#include "tf_mlc_plugin/kernel/generator.h"
#include "tf_mlc_plugin/kernel/kernel.h"
#include "tf_mlc_plugin/kernel/kernel_counts.h"

namespace tf_mlc {

// A node of a graph, an eager op with its attributes, or a cluster. Run() finds or makes the
// executable for the shapes at hand, allocates the outputs and runs it; it may be called from
// several threads.
class OpKernel : public Kernel {
 public:
  // `op` names it in errors and counts. `key` is equal for kernels that compute the same function
  // of their inputs: they share executables. `generator` is for the ops whose row has blocks_of.
  OpKernel(std::string op, std::string key, Cluster cluster,
           std::unique_ptr<Generator> generator = nullptr);

  const std::string& op() const override { return op_; }
  void Run(TF_OpKernelContext* context, TF_Status* status) override;

 private:
  struct Prepared;
  struct Inputs;

  std::shared_ptr<const Prepared> Find(const Inputs& inputs);
  std::shared_ptr<const Prepared> Prepare(const Inputs& inputs);

  const std::string op_;
  const std::string key_;
  const Cluster cluster_;
  Counter& counter_;
  const std::unique_ptr<Generator> generator_;

  // The executable of the previous run: most nodes see one signature for ever.
  std::mutex mutex_;
  std::shared_ptr<const Prepared> last_;
};

}  // namespace tf_mlc
