// mlcompute/portable/column_fold.h: folds the columns of a matrix that comes tile by tile.
//
// As in fold_pass.h a few rows are folded in float32 and their results in float64. Work is cut by
// the sizes alone and the parts are combined in order, so that results do not depend on the number
// of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "mlcompute/backend/step.h"
#include "mlcompute/float16.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/program/program.h"

namespace mlcompute::portable {

constexpr int64_t kFoldWidth = 128;  // columns folded together, where rows are short
constexpr int64_t kFoldLanes = 16;
constexpr int64_t kNarrowRows = 32;  // rows folded in float32

inline Fold FoldOf(Op op) {
  switch (op) {
    case Op::kReduceProd:
      return Fold::kProd;
    case Op::kReduceMax:
      return Fold::kMax;
    case Op::kReduceMin:
      return Fold::kMin;
    default:
      return Fold::kSum;
  }
}

inline double InitialOf(Fold fold) {
  switch (fold) {
    case Fold::kProd:
      return 1.0;
    case Fold::kMax:
      return -std::numeric_limits<double>::infinity();
    case Fold::kMin:
      return std::numeric_limits<double>::infinity();
    default:
      return 0.0;
  }
}

// What is folded of [rows, columns] by one thread, tile by tile.
class Columns {
 public:
  // narrow, sums: `width` elements each.
  Columns(Fold fold, int64_t columns, int64_t width, float* narrow, double* sums)
      : spans_(Spans().fold_float32[static_cast<size_t>(fold)]),
        initial_(InitialOf(fold)),
        columns_(columns),
        width_(width),
        narrow_(narrow),
        sums_(sums) {}

  void Begin() {
    rows_ = 0;
    std::fill_n(sums_, width_, initial_);
    std::fill_n(narrow_, width_, static_cast<float>(initial_));
  }

  // Elements [start, start + n) of the matrix.
  void Add(const float* x, int64_t start, int64_t n) {
    const int64_t column = start % columns_;
    if (column > 0) {
      const int64_t part = std::min(n, columns_ - column);
      Rows(x, 1, narrow_ + column, part);
      x += part;
      n -= part;
    }
    const int64_t whole = n / width_;
    Rows(x, whole, narrow_, width_);
    x += whole * width_;
    n -= whole * width_;
    const int64_t single = n / columns_;
    Rows(x, single, narrow_, columns_);
    x += single * columns_;
    n -= single * columns_;
    if (n > 0) Rows(x, 1, narrow_, n);
    if (rows_ >= kNarrowRows) Widen();
  }

  // to[j] = the fold of column j.
  void End(double* to) {
    Widen();
    const auto n = static_cast<size_t>(columns_);
    for (int64_t i = columns_; i < width_; i += columns_) spans_.merge_wide(sums_ + i, sums_, n);
    std::copy_n(sums_, columns_, to);
  }

 private:
  // Rows of n elements that follow each other.
  void Rows(const float* x, int64_t rows, float* y, int64_t n) {
    if (rows == 0) return;
    const auto size = static_cast<size_t>(n);
    spans_.rows(x, size, static_cast<size_t>(rows), y, size);
    rows_ += rows;
  }

  void Widen() {
    spans_.merge(narrow_, sums_, static_cast<size_t>(width_));
    std::fill_n(narrow_, width_, static_cast<float>(initial_));
    rows_ = 0;
  }

  const FoldSpans<float, double>& spans_;
  const double initial_;
  const int64_t columns_;
  const int64_t width_;
  float* const narrow_;
  double* const sums_;
  int64_t rows_ = 0;  // in narrow_
};

// Several short rows that are taken as one, of whole registers if possible.
inline int64_t WidthOf(int64_t columns) {
  const int64_t least = (kFoldWidth + columns - 1) / columns * columns;
  for (int64_t width = least; width <= 4 * kFoldWidth; width += columns) {
    if (width % kFoldLanes == 0) return width;
  }
  return std::max(least, columns);
}

// A reduction over the leading axes.
struct ColumnReduction {
  Value x;
  Fold fold;
  int64_t count;  // what the result is divided by
  DataType dtype;
  std::vector<size_t> results;  // where it goes
};

inline void Store(double value, DataType type, void* to, int64_t i) {
  const auto narrow = static_cast<float>(value);
  switch (type) {
    case DataType::kFloat16:
      static_cast<Float16*>(to)[i] = static_cast<Float16>(narrow);
      return;
    case DataType::kBFloat16:
      static_cast<BFloat16*>(to)[i] = static_cast<BFloat16>(narrow);
      return;
    default:
      static_cast<float*>(to)[i] = narrow;
  }
}

inline ColumnReduction ReductionOf(const OperationView& view, std::vector<size_t> results) {
  const bool is_mean = view.op() == Op::kReduceMean;
  return {view.operation.inputs[0], FoldOf(view.op()),
          is_mean ? view.inputs[0].elements() / view.results[0].elements() : 1,
          view.results[0].dtype, std::move(results)};
}

// Column reductions of matrices of one size.
class ColumnReductions {
 public:
  ColumnReductions(std::vector<ColumnReduction> reductions, int64_t columns)
      : reductions_(std::move(reductions)), columns_(columns), width_(WidthOf(columns)) {}

  const std::vector<ColumnReduction>& list() const { return reductions_; }

  // Elements that one task should fold at least.
  int64_t chunk() const { return std::max(kChunk, kNarrowRows * columns_); }

  size_t scratch_bytes(int64_t chunks) const {
    return reductions_.size() * static_cast<size_t>(chunks * columns_) * sizeof(double);
  }

  // For the tiles of one chunk, on the calling thread, until the next call; Begin() has been
  // called.
  std::vector<Columns>& BeginChunk() const {
    thread_local std::vector<float> narrow;
    thread_local std::vector<double> wide;
    thread_local std::vector<Columns> folds;
    const size_t size = reductions_.size() * static_cast<size_t>(width_);
    if (narrow.size() < size) {
      narrow.resize(size);
      wide.resize(size);
    }
    folds.clear();
    for (size_t r = 0; r < reductions_.size(); ++r) {
      const size_t at = r * static_cast<size_t>(width_);
      folds.emplace_back(reductions_[r].fold, columns_, width_, &narrow[at], &wide[at]);
      folds[r].Begin();
    }
    return folds;
  }

  void EndChunk(int64_t chunk, int64_t chunks, std::vector<Columns>* folds, void* scratch) const {
    for (size_t r = 0; r < reductions_.size(); ++r) {
      (*folds)[r].End(PartOf(r, chunk, chunks, scratch));
    }
  }

  // Combines what the chunks left in the scratch memory.
  void Finish(int64_t chunks, void* scratch, void* const* results) const {
    for (size_t r = 0; r < reductions_.size(); ++r) {
      const ColumnReduction& reduction = reductions_[r];
      const auto merge = Spans().fold_float32[static_cast<size_t>(reduction.fold)].merge_wide;
      double* total = PartOf(r, 0, chunks, scratch);
      for (int64_t chunk = 1; chunk < chunks; ++chunk) {
        merge(PartOf(r, chunk, chunks, scratch), total, static_cast<size_t>(columns_));
      }
      for (const size_t result : reduction.results) {
        for (int64_t i = 0; i < columns_; ++i) {
          Store(total[i] / static_cast<double>(reduction.count), reduction.dtype, results[result],
                i);
        }
      }
    }
  }

 private:
  static constexpr int64_t kChunk = 32 << 10;

  double* PartOf(size_t reduction, int64_t chunk, int64_t chunks, void* scratch) const {
    return static_cast<double*>(scratch) +
           (static_cast<int64_t>(reduction) * chunks + chunk) * columns_;
  }

  const std::vector<ColumnReduction> reductions_;
  const int64_t columns_;
  const int64_t width_;
};

}  // namespace mlcompute::portable
