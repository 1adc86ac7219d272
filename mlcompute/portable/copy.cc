#include <cstring>

#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kGrain = 128 << 10;  // bytes

class CopyStep : public Step {
 public:
  explicit CopyStep(size_t bytes) : bytes_(static_cast<int64_t>(bytes)) {}

  bool CanShare(int, int input) const override { return input == 0; }

  void Run(const void* const* inputs, void* const* results, void*) const override {
    const auto* x = static_cast<const std::byte*>(inputs[0]);
    auto* y = static_cast<std::byte*>(results[0]);
    if (x == y) return;
    ParallelFor(bytes_, kGrain, [&](int64_t begin, int64_t end) {
      std::memcpy(y + begin, x + begin, static_cast<size_t>(end - begin));
    });
  }

 private:
  const int64_t bytes_;
};

}  // namespace

std::unique_ptr<Step> MakeCopy(const OperationView& view) {
  if (view.inputs[0].bytes() == 0) return nullptr;
  return std::make_unique<CopyStep>(view.inputs[0].bytes());
}

}  // namespace mlcompute::portable
