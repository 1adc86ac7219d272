// tf_mlc_plugin/kernel/op_kernel.h: the one kernel class behind every op.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/op_row.h"
#include "mlcompute/backend/backend.h"
#include "tensorflow/c/kernels.h"
#include "tf_mlc_plugin/kernel/kernel_counts.h"

namespace tf_mlc {

// One node of a graph, or one eager op with its attributes. Run() finds or makes the executable for
// the shapes at hand, allocates the outputs and runs it; it may be called from several threads.
class OpKernel {
 public:
  // `node` must name an op that has a row.
  OpKernel(Node node, const OpRow& row);

  const std::string& op() const { return node_.op; }
  void Run(TF_OpKernelContext* context, TF_Status* status);

 private:
  struct Prepared;
  struct Inputs;

  std::shared_ptr<const Prepared> Find(const Inputs& inputs);
  std::shared_ptr<const Prepared> Prepare(const Inputs& inputs);
  bool IsStatic(int input, int input_count) const;

  const Node node_;
  const OpRow& row_;
  const std::string key_prefix_;  // op and attributes: equal for nodes that may share executables
  Counter& counter_;

  // The executable of the previous run: most nodes see one signature for ever.
  std::mutex mutex_;
  std::shared_ptr<const Prepared> last_;
};

}  // namespace tf_mlc
