#include "mlcompute/portable/blocked.h"

#include <vector>

#include "mlcompute/backend/arena_pool.h"
#include "mlcompute/backend/step_executable.h"
#include "mlcompute/portable/abilities.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

// What one operation may read and write for a block, and what it should at least.
constexpr size_t kMostBytes = 1 << 20;
constexpr size_t kGoodBytes = 192 << 10;
constexpr size_t kLeastSaved = 1 << 20;  // less is in the caches anyway
constexpr int64_t kBlocksOfAThread = 4;  // so many that one more for some threads does not matter

Program OptimizedBody(const Program& body) {
  Abilities can = kAbilities;
  can.blocks = nullptr;
  return Optimize(body, can);
}

class BlockedStep : public Step {
 public:
  explicit BlockedStep(const OperationView& view)
      : blocks_(view.attributes().Int("blocks")), body_(Compile(*view.operation.body)) {
    const Program& body = *view.operation.body;
    for (size_t i = 0; i < view.inputs.size(); ++i) {
      const TensorType& part = body.type(body.inputs()[i]);
      input_bytes_.push_back(part == view.inputs[i] ? 0 : part.bytes());
    }
    for (const Value v : body.outputs()) result_bytes_.push_back(body.type(v).bytes());
  }

  void Run(const void* const* inputs, void* const* results, void*) const override {
    ParallelFor(blocks_, 1, [&](int64_t begin, int64_t end) {
      const OneThread alone;
      const ArenaLease memory(body_->arena_bytes() + body_->table_bytes());
      std::vector<const void*> read(input_bytes_.size());
      std::vector<void*> made(result_bytes_.size());
      for (int64_t block = begin; block < end; ++block) {
        const auto b = static_cast<size_t>(block);
        for (size_t i = 0; i < read.size(); ++i) {
          read[i] = static_cast<const std::byte*>(inputs[i]) + b * input_bytes_[i];
        }
        for (size_t i = 0; i < made.size(); ++i) {
          made[i] = static_cast<std::byte*>(results[i]) + b * result_bytes_[i];
        }
        body_->RunIn(read.data(), made.data(), memory.data());
      }
    });
  }

 private:
  // Primitives are made for the threads that they run on.
  static std::unique_ptr<const StepExecutable> Compile(const Program& body) {
    const OneThread alone;
    return std::make_unique<const StepExecutable>(OptimizedBody(body), MakeStep, true);
  }

  const int64_t blocks_;
  const std::unique_ptr<const StepExecutable> body_;
  std::vector<size_t> input_bytes_;  // from one block to the next
  std::vector<size_t> result_bytes_;
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

std::unique_ptr<Step> MakeBlocked(const OperationView& view) {
  return std::make_unique<BlockedStep>(view);
}

}  // namespace mlcompute::portable
