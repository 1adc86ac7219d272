// mlcompute/execution_queue.h: executions of one graph, one after the other.
#pragma once

#include <functional>
#include <future>
#include <memory>

#include "mlcompute/error.h"
#include "mlcompute/tensor.h"

namespace mlcompute {

// What an execution gave.
struct Execution {
  TensorPtr result;  // the loss, or the result of the last layer
  double seconds = 0;
};

// Called exactly once for an execution that was accepted: with its result and no error, or with no
// result and the error, which lives until the call returns.
using CompletionHandler =
    std::function<void(const TensorPtr& result, const Error* error, double seconds)>;

// Can be waited for, by several; get() gives the execution or throws its Error.
using PendingExecution = std::shared_future<Execution>;

class ExecutionQueue {
 public:
  using Work = std::function<Execution()>;

  ExecutionQueue();
  // Waits for what was submitted, unless that is what destroys it.
  ~ExecutionQueue();
  ExecutionQueue(const ExecutionQueue&) = delete;
  ExecutionQueue& operator=(const ExecutionQueue&) = delete;

  // Runs `work` on this thread when everything submitted before has run; a completion handler,
  // which may itself run work, does not wait for itself. Throws what `work` throws, after calling
  // `completion` (which may be null).
  Execution Run(const Work& work, const CompletionHandler& completion = nullptr);

  // Runs `work`, then `completion`, on another thread, in the order of submission. What a
  // completion handler throws is thrown by the pending execution.
  PendingExecution Submit(Work work, CompletionHandler completion = nullptr);

  void Wait() const;

  // Waits for the submitted work of all queues of the process.
  static void WaitForAll();

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace mlcompute
