// tf_mlc_plugin/loop/cluster_runner.h: runs a cluster on values of a loop.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/cluster.h"
#include "tf_mlc_plugin/loop/loop_value.h"

namespace tf_mlc {

class ClusterRunner {
 public:
  // `op` names it in the log; `key` is equal for clusters that compute the same.
  ClusterRunner(std::string op, std::string key, Cluster cluster);
  ~ClusterRunner();

  // Replaces `results` by the cluster's outputs for these arguments. An argument that nobody else
  // holds may give its buffer to a result. May be called from several threads. Throws Error.
  void Run(const std::vector<LoopValue>& arguments, std::vector<LoopValue>* results);

 private:
  struct Prepared;
  std::shared_ptr<const Prepared> Find(const std::vector<LoopValue>& arguments);
  std::shared_ptr<const Prepared> Prepare(const std::vector<LoopValue>& arguments) const;

  const std::string op_;
  const std::string key_;
  const Cluster cluster_;

  std::mutex mutex_;
  std::shared_ptr<const Prepared> last_;  // most steps see the shapes of the step before
};

}  // namespace tf_mlc
