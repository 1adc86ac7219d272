// mlcompute/portable/column_moments.h: mean and variance of the columns of a matrix that comes
// block by block, read once.
//
// Blocks are cut by the sizes alone and joined in order (simd/moments.cc), so that results do not
// depend on the number of threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlcompute/portable/column_fold.h"
#include "mlcompute/portable/dispatch.h"

namespace mlcompute::portable {

// What one thread makes of some rows of [rows, columns].
class ColumnMoments {
 public:
  // has_gaps: between rows, as they are given to AddRows().
  void Begin(int64_t columns, bool has_gaps) {
    columns_ = columns;
    width_ = has_gaps || columns >= kFoldWidth ? columns : WidthOf(columns);
    group_ = width_ / columns_;
    block_rows_ = std::max(kBlock / width_ / 8 * 8, kLeastRows);
    wide_rows_ = single_rows_ = held_ = 0;
    const auto width = static_cast<size_t>(width_);
    if (work_.size() < 3 * width) work_.resize(3 * width);
    for (std::vector<double>* v : {&mean_, &squares_, &single_mean_, &single_squares_}) {
      if (v->size() < width) v->resize(width);
    }
  }

  // Rows, `stride` elements apart.
  void AddRows(const float* x, int64_t stride, int64_t rows) {
    int64_t wide = rows / group_;
    while (wide > 0) {
      const int64_t most = wide_rows_ == 0 ? kFirstRows : wide_rows_;  // see simd/moments.cc
      const int64_t n = std::min({block_rows_, most, wide});
      Spans().moments(x, static_cast<size_t>(group_ * stride), static_cast<size_t>(n),
                      static_cast<size_t>(width_), work_.data(), static_cast<double>(wide_rows_),
                      mean_.data(), squares_.data());
      wide_rows_ += n;
      wide -= n;
      x += n * group_ * stride;
    }
    const int64_t single = rows % group_;
    if (single == 0) return;
    Spans().moments(x, static_cast<size_t>(stride), static_cast<size_t>(single),
                    static_cast<size_t>(columns_), work_.data(), static_cast<double>(single_rows_),
                    single_mean_.data(), single_squares_.data());
    single_rows_ += single;
  }

  // The next n elements, row after row.
  void Add(const float* x, int64_t n) {
    const int64_t most = block_rows_ * width_;
    if (static_cast<int64_t>(buffer_.size()) < most) buffer_.resize(static_cast<size_t>(most));
    while (n > 0) {
      const int64_t part = std::min(n, most - held_);
      std::copy_n(x, part, buffer_.data() + held_);
      held_ += part;
      x += part;
      n -= part;
      if (held_ == most) Flush();
    }
  }

  // Afterwards mean() and squares(), the sums of squared deviations, are those of all rows.
  void End() {
    Flush();
    const auto n = static_cast<size_t>(columns_);
    int64_t rows = wide_rows_;  // in each of `groups`
    for (int64_t groups = rows > 0 ? group_ : 1; groups > 1; groups /= 2, rows *= 2) {
      if (groups % 2 == 1) {
        const auto last = static_cast<size_t>(groups - 1) * n;
        Merge(&mean_[last], &squares_[last], rows, single_rows_, &single_mean_, &single_squares_,
              n);
        single_rows_ += rows;
      }
      const auto half = static_cast<size_t>(groups / 2) * n;
      Merge(&mean_[half], &squares_[half], rows, rows, &mean_, &squares_, half);
    }
    if (single_rows_ == 0) return;
    Merge(single_mean_.data(), single_squares_.data(), single_rows_, rows, &mean_, &squares_, n);
  }

  const double* mean() const { return mean_.data(); }
  const double* squares() const { return squares_.data(); }

 private:
  static constexpr int64_t kBlock = 8 << 10;  // elements, whose squares are summed in float32
  static constexpr int64_t kLeastRows = 32;   // that pay for joining a block to others
  static constexpr int64_t kFirstRows = 16;   // that are read twice

  // What was found of `before` rows, perhaps none, takes in what was of `rows`.
  static void Merge(const double* mean_of, const double* squares_of, int64_t rows, int64_t before,
                    std::vector<double>* mean, std::vector<double>* squares, size_t n) {
    if (before == 0) {
      std::copy_n(mean_of, n, mean->data());
      std::copy_n(squares_of, n, squares->data());
      return;
    }
    Spans().merge_moments(mean_of, squares_of, static_cast<double>(rows),
                          static_cast<double>(before), mean->data(), squares->data(), n);
  }

  void Flush() {
    AddRows(buffer_.data(), columns_, held_ / columns_);
    held_ = 0;
  }

  int64_t columns_ = 1;
  int64_t width_ = 1;  // of `group_` short rows taken as one
  int64_t group_ = 1;
  int64_t block_rows_ = 1;
  int64_t wide_rows_ = 0;    // of width_ columns, in mean_
  int64_t single_rows_ = 0;  // of columns_, in single_mean_
  int64_t held_ = 0;         // elements in buffer_
  std::vector<float> work_, buffer_;
  std::vector<double> mean_, squares_, single_mean_, single_squares_;
};

// Parts of the rows of [rows, columns], `chunk` each but the last, and what was found of them:
// [chunks, 2, columns] means and sums of squares.
struct MomentChunks {
  int64_t rows, columns, chunk;

  int64_t count() const { return (rows + chunk - 1) / chunk; }
  size_t bytes() const { return static_cast<size_t>(count() * 2 * columns) * sizeof(double); }
  int64_t size(int64_t i) const { return std::min(chunk, rows - i * chunk); }

  // Columns [first, first + n) of part i.
  void Keep(int64_t i, int64_t first, int64_t n, const ColumnMoments& found, double* parts) const {
    double* const to = parts + i * 2 * columns + first;
    std::copy_n(found.mean(), n, to);
    std::copy_n(found.squares(), n, to + columns);
  }

  void Finish(double* parts, float* mean, float* variance) const {
    for (int64_t i = 1; i < count(); ++i) {
      const double* part = parts + i * 2 * columns;
      Spans().merge_moments(part, part + columns, static_cast<double>(size(i)),
                            static_cast<double>(i * chunk), parts, parts + columns,
                            static_cast<size_t>(columns));
    }
    for (int64_t j = 0; j < columns; ++j) {
      mean[j] = static_cast<float>(parts[j]);
      variance[j] = static_cast<float>(parts[columns + j] / static_cast<double>(rows));
    }
  }
};

}  // namespace mlcompute::portable
