// mlcompute/portable/fold_pass.h: folds the middle axis of [outer, reduced, inner].
//
// Work is cut by the sizes alone, so that results do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "mlcompute/float16.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {

struct FoldShape {
  int64_t outer;
  int64_t reduced;
  int64_t inner;
};

// In: stored elements. A, W: as in FoldSpans.
template <typename In, typename A, typename W>
class FoldPass {
 public:
  FoldPass(FoldShape shape, Fold fold, const FoldSpans<A, W>& spans)
      : shape_(shape), fold_(fold), spans_(spans) {
    if (shape.inner == 1) {
      CutRuns();
    } else {
      CutColumns();
    }
  }

  // Elements of W that Run() wants as scratch memory.
  int64_t scratch() const { return chunks_ > 1 ? shape_.outer * chunks_ * width_ : 0; }

  // store(first, values, n) takes results [first, first + n), from several threads.
  template <typename Store>
  void Run(const In* x, W* scratch, const Store& store) const {
    if (shape_.inner == 1) {
      FoldRuns(x, scratch, store);
    } else {
      FoldColumns(x, scratch, store);
    }
  }

 private:
  static constexpr int64_t kWork = 32 << 10;  // elements that pay for waking another thread
  static constexpr int64_t kFewTasks = 64;
  static constexpr int64_t kWide = 512;    // columns folded together
  static constexpr int64_t kRows = 32;     // rows folded as A
  static constexpr int64_t kHalfRows = 8;  // rows widened together
  static constexpr int64_t kMaxChunks = 256;
  static constexpr bool kHalf = !std::is_same_v<In, A>;

  void CutRuns() {
    width_ = 1;
    if (shape_.outer < kFewTasks && shape_.reduced > 2 * kWork) chunk_ = kWork;
    if (chunk_ == 0) chunk_ = std::max<int64_t>(shape_.reduced, 1);
    chunks_ = (shape_.reduced + chunk_ - 1) / chunk_;
  }

  // Short rows are taken several at a time, as one of `width_` columns.
  void CutColumns() {
    group_ = shape_.inner < kWide / 2 ? std::min(kWide / shape_.inner, shape_.reduced) : 1;
    width_ = group_ * shape_.inner;
    rows_ = shape_.reduced / group_;
    tile_ = std::min(width_, kWide);
    tiles_ = (width_ + tile_ - 1) / tile_;
    chunk_ = std::max<int64_t>(rows_, 1);
    if (shape_.outer * tiles_ < kFewTasks) {
      chunk_ = std::max({2 * kWork / tile_, (rows_ + kMaxChunks - 1) / kMaxChunks, kRows});
    }
    chunks_ = std::max<int64_t>((rows_ + chunk_ - 1) / chunk_, 1);
  }

  W Combine(W a, W b) const {
    spans_.merge_wide(&b, &a, 1);
    return a;
  }

  static W Initial(Fold fold) {
    using Limits = std::numeric_limits<W>;
    constexpr bool kInfinite = Limits::has_infinity;
    switch (fold) {
      case Fold::kSum:
        return W{0};
      case Fold::kProd:
        return W{1};
      case Fold::kMax:
        return kInfinite ? -Limits::infinity() : Limits::lowest();
      case Fold::kMin:
        return kInfinite ? Limits::infinity() : Limits::max();
    }
    return W{0};
  }

  static void Widen(const In* x, A* y, int64_t n) {
    if constexpr (kHalf) {
      const auto widen = std::is_same_v<In, Float16> ? Spans().from_float16 : Spans().from_bfloat16;
      widen(&x->bits, y, static_cast<size_t>(n));
    }
  }

  W FoldRun(const In* x, int64_t n) const {
    if constexpr (kHalf) {
      alignas(64) A wide[kWide];
      W total = Initial(fold_);
      for (int64_t i = 0; i < n; i += kWide) {
        const int64_t m = std::min(kWide, n - i);
        Widen(x + i, wide, m);
        total = Combine(total, spans_.run(wide, static_cast<size_t>(m)));
      }
      return total;
    } else {
      return spans_.run(x, static_cast<size_t>(n));
    }
  }

  template <typename Store>
  void FoldRuns(const In* x, W* scratch, const Store& store) const {
    const int64_t grain = std::max<int64_t>(kWork / chunk_, 1);
    ParallelFor(shape_.outer * chunks_, grain, [&](int64_t begin, int64_t end) {
      constexpr int64_t kBatch = 256;
      W values[kBatch];
      for (int64_t first = begin; first < end; first += kBatch) {
        const int64_t n = std::min(kBatch, end - first);
        for (int64_t i = 0; i < n; ++i) {
          const int64_t at = (first + i) % chunks_ * chunk_;
          const In* run = x + (first + i) / chunks_ * shape_.reduced + at;
          values[i] = FoldRun(run, std::min(chunk_, shape_.reduced - at));
        }
        if (chunks_ == 1) {
          store(first, values, n);
        } else {
          std::copy_n(values, n, scratch + first);
        }
      }
    });
    if (chunks_ == 1) return;
    for (int64_t o = 0; o < shape_.outer; ++o) {
      W total = scratch[o * chunks_];
      for (int64_t c = 1; c < chunks_; ++c) total = Combine(total, scratch[o * chunks_ + c]);
      store(o, &total, 1);
    }
  }

  // y[j] combined with columns [j, j + n) of `rows` rows.
  void FoldRows(const In* x, int64_t stride, int64_t rows, W* y, int64_t n) const {
    alignas(64) A narrow[kWide];
    alignas(64) A wide[kHalf ? kHalfRows * kWide : 1];
    const auto columns = static_cast<size_t>(n);
    for (int64_t i = 0; i < rows; i += kRows) {
      std::fill_n(narrow, n, static_cast<A>(Initial(fold_)));
      const int64_t block = std::min(kRows, rows - i);
      if constexpr (kHalf) {
        for (int64_t k = 0; k < block; k += kHalfRows) {
          const int64_t m = std::min(kHalfRows, block - k);
          for (int64_t r = 0; r < m; ++r) Widen(x + (i + k + r) * stride, wide + r * kWide, n);
          spans_.rows(wide, kWide, static_cast<size_t>(m), narrow, columns);
        }
      } else {
        spans_.rows(x + i * stride, static_cast<size_t>(stride), static_cast<size_t>(block), narrow,
                    columns);
      }
      spans_.merge(narrow, y, columns);
    }
  }

  // y[j] = the fold of the groups of a row of `width_` columns.
  void FoldGroups(W* y) const {
    for (int64_t g = 1; g < group_; ++g) {
      spans_.merge_wide(y + g * shape_.inner, y, static_cast<size_t>(shape_.inner));
    }
  }

  template <typename Store>
  void FoldColumns(const In* x, W* scratch, const Store& store) const {
    const int64_t grain = std::max<int64_t>(kWork / (chunk_ * tile_), 1);
    ParallelFor(shape_.outer * chunks_ * tiles_, grain, [&](int64_t begin, int64_t end) {
      W sums[kWide];
      for (int64_t task = begin; task < end; ++task) {
        const int64_t column = task % tiles_ * tile_;
        const int64_t chunk = task / tiles_ % chunks_;
        const int64_t o = task / tiles_ / chunks_;
        const int64_t n = std::min(tile_, width_ - column);
        const int64_t first = chunk * chunk_;
        const In* matrix = x + o * shape_.reduced * shape_.inner;
        std::fill_n(sums, n, Initial(fold_));
        FoldRows(matrix + first * width_ + column, width_, std::min(chunk_, rows_ - first), sums,
                 n);
        if (chunk + 1 == chunks_ && group_ > 1) {
          FoldRows(matrix + rows_ * width_, shape_.inner, shape_.reduced - rows_ * group_, sums,
                   shape_.inner);
        }
        if (chunks_ > 1) {
          std::copy_n(sums, n, scratch + (o * chunks_ + chunk) * width_ + column);
        } else if (group_ > 1) {
          FoldGroups(sums);
          store(o * shape_.inner, sums, shape_.inner);
        } else {
          store(o * shape_.inner + column, sums, n);
        }
      }
    });
    if (chunks_ == 1) return;
    for (int64_t o = 0; o < shape_.outer; ++o) {
      W* sums = scratch + o * chunks_ * width_;
      for (int64_t c = 1; c < chunks_; ++c) {
        spans_.merge_wide(sums + c * width_, sums, static_cast<size_t>(width_));
      }
      FoldGroups(sums);
      store(o * shape_.inner, sums, shape_.inner);
    }
  }

  const FoldShape shape_;
  const Fold fold_;
  const FoldSpans<A, W> spans_;
  int64_t chunk_ = 0;  // elements of a run, or rows of `width_` columns, folded by one task
  int64_t chunks_ = 1;
  int64_t width_ = 1;
  int64_t group_ = 1;
  int64_t rows_ = 0;
  int64_t tile_ = 1;
  int64_t tiles_ = 1;
};

}  // namespace mlcompute::portable
