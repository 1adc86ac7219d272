#include "mlcompute/apple/record.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "mlcompute/apple/backend.h"
#include "mlcompute/apple/flops.h"
#include "mlcompute/backend/step_profile.h"
#include "mlcompute/error.h"

namespace mlcompute::apple {
namespace {

// Of operations with one name, place and reason.
struct Row {
  std::atomic<int64_t> runs{0};
  std::atomic<double> flops{0};

  void Add(int64_t count, double more) {
    runs += count;
    for (double old = flops; !flops.compare_exchange_weak(old, old + more);) {
    }
  }
};

struct Table {
  std::mutex mutex;
  std::map<std::string, Row> rows;  // by "name TAB place TAB reason"
};

Table& TheTable() {
  static Table& table = *new Table;  // read at exit
  return table;
}

std::string_view PlaceOf(const Placement& placement) {
  if (placement.graph < 0) return "portable";
  return placement.in_training_graph ? "training graph" : "graph";
}

class Counted : public Executable {
 public:
  Counted(const Program& program, std::unique_ptr<Executable> executable)
      : Executable(program), executable_(std::move(executable)) {
    Table& table = TheTable();
    const std::lock_guard<std::mutex> lock(table.mutex);
    for (const Placement& one : static_cast<AppleExecutable&>(*executable_).placements()) {
      const Operation& operation = program.operations()[static_cast<size_t>(one.operation)];
      Row& row = table.rows[StrCat(Name(one.op), "\t", PlaceOf(one), "\t", one.why)];
      parts_.push_back({&row, FlopsOf(program, operation)});
    }
  }

  void Run(const void* const* inputs, void* const* outputs) override {
    executable_->Run(inputs, outputs);
    for (const auto& [row, flops] : parts_) row->Add(1, flops);
  }
  bool CanShare(int output, int input) const override {
    return executable_->CanShare(output, input);
  }

 private:
  const std::unique_ptr<Executable> executable_;
  std::vector<std::pair<Row*, double>> parts_;
};

class Recorder : public Backend {
 public:
  explicit Recorder(Backend& backend) : backend_(backend) {}

  std::string_view name() const override { return backend_.name(); }
  std::string_view instruction_set() const override { return backend_.instruction_set(); }
  std::unique_ptr<Executable> Compile(const Program& program) override {
    return std::make_unique<Counted>(program, backend_.Compile(program));
  }
  std::string_view StepKind(const OperationView& view) const override {
    return backend_.StepKind(view);
  }

 private:
  Backend& backend_;
};

void Print() {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> lock(table.mutex);
  double all = 0;
  double in_graphs = 0;
  std::vector<std::pair<double, const std::string*>> order;
  for (const auto& [key, row] : table.rows) {
    if (row.runs == 0) continue;
    order.push_back({row.flops, &key});
    all += row.flops;
    if (key.find("\tportable\t") == std::string::npos) in_graphs += row.flops;
  }
  if (order.empty()) return;
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::fprintf(stderr, "tf_mlc_plugin: %.1f %% of %.3g FLOPs in MLCompute graphs\n",
               all > 0 ? 100 * in_graphs / all : 0, all);
  for (const auto& [flops, key] : order) {
    std::string line = *key;
    std::replace(line.begin(), line.end(), '\t', '|');
    std::fprintf(stderr, "%10.3g FLOPs %8lld x %s\n", flops,
                 static_cast<long long>(table.rows[*key].runs), line.c_str());
  }
}

}  // namespace

Backend& Recording(Backend& backend) {
  if (!ProfilesSteps()) return backend;
  static const int printed = std::atexit(Print);
  (void)printed;
  // As long as the process; there is one for each kind of device.
  static std::mutex mutex;
  static auto& recorders = *new std::deque<Recorder>;
  const std::lock_guard<std::mutex> lock(mutex);
  return recorders.emplace_back(backend);
}

std::string RecordText() {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> lock(table.mutex);
  std::string text;
  for (const auto& [key, row] : table.rows) {
    if (row.runs > 0) text += StrCat(row.runs, "\t", row.flops, "\t", key, "\n");
  }
  return text;
}

}  // namespace mlcompute::apple
