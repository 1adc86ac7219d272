#include "mlcompute/portable/blocked.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "mlcompute/backend/arena_pool.h"
#include "mlcompute/backend/step_executable.h"
#include "mlcompute/portable/abilities.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/winograd.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

// What one operation may read and write for a block, and what it should at least.
constexpr size_t kMostBytes = 1 << 20;
constexpr size_t kGoodBytes = 512 << 10;
constexpr size_t kLeastSaved = 2 << 20;  // less is in the caches anyway
constexpr size_t kMostFilterBytes = 32 << 10;
constexpr int64_t kMostChannelsOfHalves = 3;  // their gradients of filters take as long in float32
constexpr int64_t kBlocksOfAThread = 4;  // so many that one more for some threads does not matter

Program OptimizedBody(const Program& body) {
  Abilities can = kAbilities;
  can.blocks = nullptr;
  return Optimize(body, can);
}

class BlockedStep : public Step {
 public:
  explicit BlockedStep(const OperationView& view)
      : blocks_(view.attributes().Int("blocks")),
        parts_(std::min<int64_t>(blocks_, TeamSize())),
        body_(Compile(*view.operation.body)) {
    const Program& body = *view.operation.body;
    for (size_t i = 0; i < view.inputs.size(); ++i) {
      const TensorType& part = body.type(body.inputs()[i]);
      input_bytes_.push_back(part == view.inputs[i] ? 0 : part.bytes());
    }
    for (size_t i = 0; i < view.results.size(); ++i) {
      const TensorType& part = body.type(body.outputs()[i]);
      const bool is_sum = part == view.results[i];
      results_.push_back({is_sum, part.bytes(), sum_bytes_});
      if (is_sum) sum_bytes_ += AlignUp(part.bytes());
    }
  }

  // The sums of each part, and of each what its last block gave.
  size_t scratch_bytes() const override { return 2 * static_cast<size_t>(parts_) * sum_bytes_; }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    // Parts, and so the order of additions, do not depend on who runs them.
    ParallelFor(parts_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        RunPart(part, inputs, results, static_cast<std::byte*>(scratch));
      }
    });
    for (size_t i = 0; i < results_.size(); ++i) {
      if (!results_[i].is_sum) continue;
      std::memcpy(results[i], SumOf(0, i, scratch), results_[i].bytes);
      for (int64_t part = 1; part < parts_; ++part) {
        Add(SumOf(part, i, scratch), results_[i].bytes, results[i]);
      }
    }
  }

 private:
  struct Result {
    bool is_sum;
    size_t bytes;  // of one block
    size_t at;     // of sums: in scratch memory
  };

  // Primitives are made for the threads that they run on.
  static std::unique_ptr<const StepExecutable> Compile(const Program& body) {
    const OneThread alone;
    return std::make_unique<const StepExecutable>(OptimizedBody(body), MakeStep, true);
  }

  static void Add(const void* x, size_t bytes, void* sum) {
    const auto* from = static_cast<const float*>(x);
    auto* to = static_cast<float*>(sum);
    for (size_t i = 0; i < bytes / sizeof(float); ++i) to[i] += from[i];
  }

  void* SumOf(int64_t part, size_t result, void* scratch) const {
    return static_cast<std::byte*>(scratch) + 2 * static_cast<size_t>(part) * sum_bytes_ +
           results_[result].at;
  }

  void RunPart(int64_t part, const void* const* inputs, void* const* results,
               std::byte* scratch) const {
    const OneThread alone;
    const ArenaLease memory(body_->arena_bytes() + body_->table_bytes());
    std::vector<const void*> read(input_bytes_.size());
    std::vector<void*> made(results_.size());
    const int64_t first = blocks_ * part / parts_;
    for (int64_t block = first; block < blocks_ * (part + 1) / parts_; ++block) {
      const auto b = static_cast<size_t>(block);
      for (size_t i = 0; i < read.size(); ++i) {
        read[i] = static_cast<const std::byte*>(inputs[i]) + b * input_bytes_[i];
      }
      for (size_t i = 0; i < made.size(); ++i) {
        if (!results_[i].is_sum) {
          made[i] = static_cast<std::byte*>(results[i]) + b * results_[i].bytes;
        } else {
          auto* sum = static_cast<std::byte*>(SumOf(part, i, scratch));
          made[i] = block == first ? sum : sum + sum_bytes_;
        }
      }
      body_->RunIn(read.data(), made.data(), memory.data());
      for (size_t i = 0; i < made.size() && block > first; ++i) {
        if (results_[i].is_sum) Add(made[i], results_[i].bytes, SumOf(part, i, scratch));
      }
    }
  }

  const int64_t blocks_;
  const int64_t parts_;
  const std::unique_ptr<const StepExecutable> body_;
  std::vector<size_t> input_bytes_;  // from one block to the next
  std::vector<Result> results_;
  size_t sum_bytes_ = 0;
};

}  // namespace

int64_t BlocksFor(int64_t rows, size_t bytes, size_t saved) {
  const int64_t threads = TeamSize();
  const auto is_even = [&](int64_t blocks) {
    return blocks % threads == 0 || blocks >= kBlocksOfAThread * threads;
  };
  if (bytes > kMostBytes || saved < kLeastSaved || !is_even(rows)) return 0;
  int64_t blocks = rows;
  for (int64_t each = 2; each <= rows; ++each) {
    if (static_cast<size_t>(each) * bytes > kGoodBytes ||
        rows / each < kBlocksOfAThread * threads) {
      break;
    }
    if (rows % each == 0) blocks = rows / each;
  }
  return blocks;
}

bool CanConvolveBlocks(const OperationView& view) {
  const bool makes_filter = view.op() == Op::kConvolutionGradFilter;
  const size_t filter = view.op() == Op::kConvolutionGradInput ? 0 : 1;
  if (makes_filter && view.inputs[0].dtype != DataType::kFloat32) {
    const Shape& filter = view.results[0].shape;
    if (filter[filter.rank() - 2] > kMostChannelsOfHalves) return false;
  }
  const size_t bytes = makes_filter ? view.results[0].bytes() : view.inputs[filter].bytes();
  return bytes <= kMostFilterBytes && WinogradTile(view) == 0;
}

std::unique_ptr<Step> MakeBlocked(const OperationView& view) {
  return std::make_unique<BlockedStep>(view);
}

}  // namespace mlcompute::portable
