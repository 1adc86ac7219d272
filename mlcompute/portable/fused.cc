#include "mlcompute/portable/fused.h"

#include <algorithm>
#include <vector>

#include "mlcompute/portable/fused_tiles.h"
#include "mlcompute/portable/moments.h"
#include "mlcompute/portable/pool_grad.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

// Elements times instructions that pay for waking another thread.
constexpr int64_t kGrain = 48 << 10;

std::vector<const Operation*> OperationsOf(const Program& body) {
  std::vector<const Operation*> all;
  for (const Operation& operation : body.operations()) all.push_back(&operation);
  return all;
}

class FusedStep : public Step {
 public:
  explicit FusedStep(const Program& body)
      : tiles_(body, OperationsOf(body), body.inputs(), body.outputs()) {
    const TilePlan& plan = tiles_.plan();
    const int64_t tile =
        std::max<int64_t>(plan.elements() / std::max<int64_t>(plan.tile_count(), 1), 1);
    grain_ = std::max<int64_t>(kGrain / (tile * std::max<int64_t>(tiles_.weight(), 2)), 1);
  }

  bool CanShare(int result, int input) const override { return tiles_.CanShare(result, input); }

  size_t scratch_bytes() const override { return tiles_.scratch_bytes(); }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const std::vector<SegmentRows> segments = tiles_.ListSegments(inputs, scratch);
    ParallelFor(tiles_.plan().tile_count(), grain_, [&](int64_t begin, int64_t end) {
      const FusedTiles::Memory memory(tiles_);
      if (tiles_.TakesAnyTile()) {
        const TilePlan::Tile first = tiles_.plan().tile(begin);
        const TilePlan::Tile last = tiles_.plan().tile(end - 1);
        const TilePlan::Tile whole{first.start, last.start + last.size - first.start};
        tiles_.Run(whole, false, inputs, results, segments, memory);
      } else {
        for (int64_t t = begin; t < end; ++t) {
          tiles_.Run(tiles_.plan().tile(t), t != begin, inputs, results, segments, memory);
        }
      }
      tiles_.Finish();
    });
  }

 private:
  const FusedTiles tiles_;
  int64_t grain_ = 1;
};

}  // namespace

std::unique_ptr<Step> MakeFused(const OperationView& view) {
  if (std::unique_ptr<Step> step = MakeJoinedConvolution(view)) return step;
  if (std::unique_ptr<Step> step = MakeJoinedMaxPoolGrad(view)) return step;
  if (std::unique_ptr<Step> step = MakeJoinedProduct(view)) return step;
  if (std::unique_ptr<Step> step = MakeWidenedMoments(view)) return step;
  if (std::unique_ptr<Step> step = MakeFusedRows(view)) return step;
  if (std::unique_ptr<Step> step = MakeFusedReduction(view)) return step;
  return std::make_unique<FusedStep>(*view.operation.body);
}

}  // namespace mlcompute::portable
