#include "mlcompute/portable/moments.h"

#include <algorithm>
#include <vector>

#include "mlcompute/portable/column_moments.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kWork = 32 << 10;      // elements that pay for waking another thread
constexpr int64_t kMostColumns = 1024;   // taken together
constexpr int64_t kMostChunks = 64;      // whose results are joined on one thread
constexpr int64_t kEnoughMatrices = 64;  // to leave each to one thread

// x as `matrices` of rows and columns, whose rows are reduced.
struct Extent {
  int64_t matrices = 1;
  int64_t rows = 1;
  int64_t columns = 1;
};

bool FindExtent(const OperationView& view, Extent* extent) {
  const Shape& shape = view.inputs[0].shape;
  const std::vector<int64_t>& axes = view.attributes().Ints("axes");
  if (axes.empty() || axes.back() == shape.rank() - 1) return false;
  bool in_rows = false, in_columns = false;
  *extent = {};
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 1) continue;
    if (std::find(axes.begin(), axes.end(), axis) != axes.end()) {
      if (in_columns) return false;
      in_rows = true;
      extent->rows *= shape[axis];
    } else if (in_rows) {
      in_columns = true;
      extent->columns *= shape[axis];
    } else {
      extent->matrices *= shape[axis];
    }
  }
  if (!in_rows) *extent = {1, 1, shape.elements()};
  return true;
}

class MomentsStep : public Step {
 public:
  explicit MomentsStep(const Extent& extent)
      : extent_(extent),
        tile_(std::min(extent.columns, kMostColumns)),
        tiles_((extent.columns + tile_ - 1) / tile_),
        chunks_{extent.rows, extent.columns, ChunkOf(extent, tile_)} {}

  size_t scratch_bytes() const override {
    return static_cast<size_t>(extent_.matrices) * chunks_.bytes();
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto* x = static_cast<const float*>(inputs[0]);
    auto* parts = static_cast<double*>(scratch);
    const int64_t count = chunks_.count();
    const int64_t grain = std::max<int64_t>(kWork / (chunks_.chunk * tile_), 1);
    ParallelFor(extent_.matrices * count * tiles_, grain, [&](int64_t begin, int64_t end) {
      thread_local ColumnMoments moments;
      for (int64_t task = begin; task < end; ++task) {
        const int64_t first = task % tiles_ * tile_;
        const int64_t chunk = task / tiles_;  // of all matrices
        const int64_t row = chunk / count * extent_.rows + chunk % count * chunks_.chunk;
        const int64_t n = std::min(tile_, extent_.columns - first);
        moments.Begin(n, tiles_ > 1);
        moments.AddRows(x + row * extent_.columns + first, extent_.columns,
                        chunks_.size(chunk % count));
        moments.End();
        chunks_.Keep(chunk, first, n, moments, parts);
      }
    });
    const int64_t n = extent_.columns;
    for (int64_t m = 0; m < extent_.matrices; ++m) {
      chunks_.Finish(parts + m * count * 2 * n, static_cast<float*>(results[0]) + m * n,
                     static_cast<float*>(results[1]) + m * n);
    }
  }

 private:
  static int64_t ChunkOf(const Extent& extent, int64_t tile) {
    if (extent.matrices >= kEnoughMatrices) return extent.rows;
    const int64_t most = (extent.rows + kMostChunks - 1) / kMostChunks;
    const int64_t least = std::max(kWork / tile, most);
    const int64_t whole = std::max<int64_t>(kFoldWidth / tile, 1) * 8;
    return (least + whole - 1) / whole * whole;
  }

  const Extent extent_;
  const int64_t tile_;  // columns of a task
  const int64_t tiles_;
  const MomentChunks chunks_;
};

}  // namespace

bool CanTakeMoments(const OperationView& view) {
  Extent extent;
  return view.inputs[0].dtype == DataType::kFloat32 && FindExtent(view, &extent);
}

std::unique_ptr<Step> MakeMoments(const OperationView& view) {
  Extent extent;
  if (view.inputs[0].elements() == 0 || view.inputs[0].dtype != DataType::kFloat32 ||
      !FindExtent(view, &extent)) {
    return nullptr;
  }
  return std::make_unique<MomentsStep>(extent);
}

}  // namespace mlcompute::portable
