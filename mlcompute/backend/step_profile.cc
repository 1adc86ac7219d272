#include "mlcompute/backend/step_profile.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace mlcompute {
namespace {

constexpr size_t kPrinted = 40;

struct Records {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<StepTime>> times;
};

Records& AllRecords() {
  static auto* records = new Records;  // read at exit
  return *records;
}

std::string Label(const OperationView& view) {
  std::string label(Name(view.op()));
  if (view.operation.body) {
    label += " of " + std::to_string(view.operation.body->operations().size());
  }
  label += "(";
  for (size_t i = 0; i < view.inputs.size() && i < 4; ++i) {
    label += (i > 0 ? ", " : "") + view.inputs[i].ToString();
  }
  label += view.inputs.size() > 4 ? ", ...) ->" : ") ->";
  for (const TensorType& type : view.results) label += " " + type.ToString();
  return label;
}

void Print() {
  Records& records = AllRecords();
  const std::lock_guard<std::mutex> lock(records.mutex);
  std::vector<std::pair<int64_t, const std::string*>> order;
  int64_t total = 0;
  for (const auto& [label, time] : records.times) {
    order.push_back({time->nanoseconds, &label});
    total += time->nanoseconds;
  }
  std::sort(order.rbegin(), order.rend());
  std::fprintf(stderr, "tf_mlc_plugin: %.1f ms in steps: all runs, the fastest, how many\n",
               static_cast<double>(total) * 1e-6);
  for (size_t i = 0; i < order.size() && i < kPrinted; ++i) {
    const StepTime& time = *records.times[*order[i].second];
    std::fprintf(stderr, "%10.2f ms %9.3f ms %8lld x %s\n",
                 static_cast<double>(time.nanoseconds) * 1e-6,
                 static_cast<double>(time.fastest) * 1e-6, static_cast<long long>(time.runs),
                 order[i].second->c_str());
  }
}

}  // namespace

bool ProfilesSteps() {
  static const bool on = [] {
    const bool set = std::getenv("TF_MLC_PROFILE") != nullptr;
    if (set) std::atexit(Print);
    return set;
  }();
  return on;
}

StepTime& TimeOf(const OperationView& view) {
  Records& records = AllRecords();
  const std::lock_guard<std::mutex> lock(records.mutex);
  auto& time = records.times[Label(view)];
  if (!time) time = std::make_unique<StepTime>();
  return *time;
}

}  // namespace mlcompute
