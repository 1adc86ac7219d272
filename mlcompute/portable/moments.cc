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

// Of float32, or of 16-bit floats as they are when widened.
class MomentsStep : public Step {
 public:
  MomentsStep(const Extent& extent, DataType type)
      : extent_(extent),
        type_(type),
        tile_(std::min(extent.columns, kMostColumns)),
        tiles_((extent.columns + tile_ - 1) / tile_),
        chunks_{extent.rows, extent.columns, ChunkOf(extent, tile_)} {}

  size_t scratch_bytes() const override {
    return static_cast<size_t>(extent_.matrices) * chunks_.bytes();
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto* x = static_cast<const std::byte*>(inputs[0]);
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
        const int64_t start = row * extent_.columns + first;
        AddRows(x + start * static_cast<int64_t>(SizeOf(type_)), chunks_.size(chunk % count), n,
                &moments);
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
  static constexpr int64_t kWidened = 8 << 10;  // elements, that stay in the first-level cache

  // Rows of n elements, that begin `columns` of the extent after each other.
  void AddRows(const std::byte* x, int64_t rows, int64_t n, ColumnMoments* moments) const {
    if (type_ == DataType::kFloat32) {
      moments->AddRows(reinterpret_cast<const float*>(x), extent_.columns, rows);
      return;
    }
    const auto widen = type_ == DataType::kFloat16 ? Spans().from_float16 : Spans().from_bfloat16;
    const auto* halves = reinterpret_cast<const uint16_t*>(x);
    thread_local std::vector<float> wide(kWidened);
    // As many as ColumnMoments takes at once, where they are short.
    const int64_t most = std::max<int64_t>(kWidened / n / 64 * 64, 1);
    for (int64_t row = 0, m = 0; row < rows; row += m) {
      m = std::min(most, rows - row);
      if (n == extent_.columns) {
        widen(halves + row * n, wide.data(), static_cast<size_t>(m * n));
      } else {
        for (int64_t i = 0; i < m; ++i) {
          widen(halves + (row + i) * extent_.columns, wide.data() + i * n, static_cast<size_t>(n));
        }
      }
      moments->AddRows(wide.data(), n, m);
    }
  }

  static int64_t ChunkOf(const Extent& extent, int64_t tile) {
    if (extent.matrices >= kEnoughMatrices) return extent.rows;
    const int64_t most = (extent.rows + kMostChunks - 1) / kMostChunks;
    const int64_t least = std::max(kWork / tile, most);
    const int64_t whole = std::max<int64_t>(kFoldWidth / tile, 1) * 8;
    return (least + whole - 1) / whole * whole;
  }

  const Extent extent_;
  const DataType type_;
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
  return std::make_unique<MomentsStep>(extent, DataType::kFloat32);
}

std::unique_ptr<Step> MakeWidenedMoments(const OperationView& view) {
  const Program& body = *view.operation.body;
  const std::vector<Operation>& operations = body.operations();
  if (operations.size() != 2 || operations[0].op != Op::kCast || operations[1].op != Op::kMoments ||
      operations[1].inputs != operations[0].results || body.outputs() != operations[1].results) {
    return nullptr;
  }
  const TensorType& x = view.inputs[0];
  const OperationView moments = View(body, operations[1]);
  const bool is_half = x.dtype == DataType::kBFloat16 || x.dtype == DataType::kFloat16;
  Extent extent;
  if (!is_half || x.elements() == 0 || !CanTakeMoments(moments) || !FindExtent(moments, &extent)) {
    return nullptr;
  }
  return std::make_unique<MomentsStep>(extent, x.dtype);
}

}  // namespace mlcompute::portable
