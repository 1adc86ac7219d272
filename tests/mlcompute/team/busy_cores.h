// Threads that take every core while one lives.
#pragma once

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace mlcompute::testing {

class BusyCores {
 public:
  BusyCores() {
    for (unsigned i = std::max(std::thread::hardware_concurrency(), 1u); i > 0; --i) {
      threads_.emplace_back([this] {
        while (!done_) {
        }
      });
    }
  }
  ~BusyCores() {
    done_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  BusyCores(const BusyCores&) = delete;
  BusyCores& operator=(const BusyCores&) = delete;

 private:
  std::atomic<bool> done_{false};
  std::vector<std::thread> threads_;
};

}  // namespace mlcompute::testing
