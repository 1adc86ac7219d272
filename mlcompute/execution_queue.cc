#include "mlcompute/execution_queue.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace mlcompute {
namespace {

// Of all queues: how much was submitted and is not done.
struct Total {
  std::mutex mutex;
  std::condition_variable changed;
  int pending = 0;

  void Add(int n) {
    const std::lock_guard<std::mutex> lock(mutex);
    pending += n;
    changed.notify_all();
  }
};

Total& AllQueues() {
  // Never destroyed: threads may end after main() does.
  static Total& total = *new Total;
  return total;
}

Execution Perform(const ExecutionQueue::Work& work, const CompletionHandler& completion) {
  const auto start = std::chrono::steady_clock::now();
  const auto report = [&](const Error& error) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    if (completion) completion(nullptr, &error, seconds.count());
  };
  Execution done;
  try {
    done = work();
  } catch (const Error& error) {
    report(error);
    throw;
  } catch (const std::bad_alloc&) {
    const Error error = ResourceExhausted("no memory for an execution");
    report(error);
    throw error;
  }
  if (completion) completion(done.result, nullptr, done.seconds);
  return done;
}

}  // namespace

struct ExecutionQueue::State {
  struct Task {
    Work work;
    CompletionHandler completion;
    std::promise<Execution> promise;
  };

  std::mutex mutex;
  std::condition_variable idle;
  std::deque<Task> tasks;
  bool running = false;  // a thread takes tasks; it ends when there are none
  std::thread::id runner;

  bool IsRunner() {
    const std::lock_guard<std::mutex> lock(mutex);
    return running && runner == std::this_thread::get_id();
  }

  void Drain() {
    for (;;) {
      Task task;
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (tasks.empty()) {
          running = false;
          idle.notify_all();
          return;
        }
        task = std::move(tasks.front());
        tasks.pop_front();
        runner = std::this_thread::get_id();
      }
      try {
        Execution done = Perform(task.work, task.completion);
        // What the task holds (the graph, arrays) is let go before anybody goes on.
        task.work = nullptr;
        task.completion = nullptr;
        task.promise.set_value(std::move(done));
      } catch (...) {
        task.work = nullptr;
        task.completion = nullptr;
        task.promise.set_exception(std::current_exception());
      }
      AllQueues().Add(-1);
    }
  }
};

ExecutionQueue::ExecutionQueue() : state_(std::make_shared<State>()) {}

ExecutionQueue::~ExecutionQueue() { Wait(); }

void ExecutionQueue::Wait() const {
  if (state_->IsRunner()) return;
  std::unique_lock<std::mutex> lock(state_->mutex);
  state_->idle.wait(lock, [&] { return !state_->running; });
}

Execution ExecutionQueue::Run(const Work& work, const CompletionHandler& completion) {
  Wait();
  return Perform(work, completion);
}

PendingExecution ExecutionQueue::Submit(Work work, CompletionHandler completion) {
  State::Task task;
  task.work = std::move(work);
  task.completion = std::move(completion);
  PendingExecution pending = task.promise.get_future().share();
  const std::lock_guard<std::mutex> lock(state_->mutex);
  if (!state_->running) {
    // No thread is kept between tasks, so that a process can fork and end at any time.
    std::thread([state = state_] { state->Drain(); }).detach();
    state_->running = true;
    state_->runner = {};
  }
  state_->tasks.push_back(std::move(task));
  AllQueues().Add(1);
  return pending;
}

void ExecutionQueue::WaitForAll() {
  Total& total = AllQueues();
  std::unique_lock<std::mutex> lock(total.mutex);
  total.changed.wait(lock, [&] { return total.pending == 0; });
}

}  // namespace mlcompute
