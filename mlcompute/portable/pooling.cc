// Pooling by direct loops: they are bound by memory, and oneDNN's gradient needs the positions of
// the maxima that a forward pass has kept, which kMaxPoolGrad does not get.
//
// All loops go over interleaved channels. Of [N, C, spatial] several planes at a time are
// transposed into such an image, and its results back: while they are in the cache that costs less
// than windows whose elements lie a stride apart.

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <vector>

#include "mlcompute/float16.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/pool_grad.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/window_kernels.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int kSpatial = 3;                     // lower ranks have leading axes of size 1
constexpr int64_t kWorkWorthAThread = 1 << 15;  // elements read or written
constexpr int64_t kBlock = 16;                  // channels that are not divided among threads
constexpr int64_t kPlanes = 16;                 // transposed together, if they fit kPlaneBytes
constexpr int64_t kPlaneBytes = 256 << 10;

using Index = std::array<int64_t, kSpatial>;

// Everything about a pooling but its element type. `outer` images of `inner` interleaved channels:
// [N, spatial, C] is N images of C channels, [N, C, spatial] is N * C images of one.
struct Geometry {
  int64_t outer, inner;
  Index in, out, window, strides, pads;

  Geometry(const Shape& x, const Shape& y, const Attributes& attributes) {
    const bool last = attributes.Bool("channels_last");
    outer = last ? x[0] : x[0] * x[1];
    inner = last ? x[x.rank() - 1] : 1;
    in.fill(1);
    out.fill(1);
    window.fill(1);
    strides.fill(1);
    pads.fill(0);
    const int rank = x.rank() - 2;
    for (int i = 0; i < rank; ++i) {
      const size_t axis = static_cast<size_t>(kSpatial - rank + i);
      const size_t attribute = static_cast<size_t>(i);
      in[axis] = x[i + (last ? 1 : 2)];
      out[axis] = y[i + (last ? 1 : 2)];
      window[axis] = attributes.Ints("window")[attribute];
      strides[axis] = attributes.Ints("strides")[attribute];
      pads[axis] = attributes.Ints("pads_begin")[attribute];
    }
  }

  int64_t InSize() const { return in[0] * in[1] * in[2]; }
  int64_t OutSize() const { return out[0] * out[1] * out[2]; }
  int64_t Rows() const { return out[0] * out[1]; }
  int64_t WindowSize() const { return window[0] * window[1] * window[2]; }
  // Whether each element is in exactly one window.
  bool IsPartition() const {
    for (size_t i = 0; i < kSpatial; ++i) {
      if (pads[i] != 0 || strides[i] != window[i] || in[i] != out[i] * window[i]) return false;
    }
    return true;
  }
};

// The windows of an image as runs in which all have their taps at the same places.
class Runs {
 public:
  Runs(const Geometry& geometry, int64_t channels) : g_(geometry) {
    offsets_.reserve(static_cast<size_t>(g_.WindowSize()));
    run_.step = g_.strides[2] * g_.inner;
    run_.pitch = g_.inner;
    run_.channels = static_cast<size_t>(channels);
    // Windows [first_, last_) of a row reach over neither end of it.
    first_ = std::min((g_.pads[2] + g_.strides[2] - 1) / g_.strides[2], g_.out[2]);
    const int64_t room = g_.in[2] + g_.pads[2] - g_.window[2];
    last_ = room < 0 ? 0 : std::min(room / g_.strides[2] + 1, g_.out[2]);
  }

  // body(run, index of its first window) for all runs of a row of windows.
  template <typename Body>
  void OfRow(int64_t row, const Body& body) {
    for (int64_t column = 0; column < g_.out[2];) {
      const int64_t windows = column >= first_ && column < last_ ? last_ - column : 1;
      FindTaps(row, column);
      run_.windows = static_cast<size_t>(windows);
      body(run_, row * g_.out[2] + column);
      column += windows;
    }
  }

 private:
  // Where the elements of a window lie in an image, in order; only those inside it.
  void FindTaps(int64_t row, int64_t column) {
    const Index at = {row / g_.out[1], row % g_.out[1], column};
    Index begin, end;
    for (size_t axis = 0; axis < kSpatial; ++axis) {
      const int64_t start = at[axis] * g_.strides[axis] - g_.pads[axis];
      begin[axis] = std::max<int64_t>(start, 0);
      end[axis] = std::min(start + g_.window[axis], g_.in[axis]);
    }
    offsets_.clear();
    for (int64_t i = begin[0]; i < end[0]; ++i) {
      for (int64_t j = begin[1]; j < end[1]; ++j) {
        const int64_t first = (i * g_.in[1] + j) * g_.in[2];
        for (int64_t k = begin[2]; k < end[2]; ++k) offsets_.push_back((first + k) * g_.inner);
      }
    }
    run_.offsets = offsets_.data();
    run_.taps = offsets_.size();
  }

  const Geometry& g_;
  std::vector<int64_t> offsets_;
  WindowRun run_{};
  int64_t first_, last_;
};

// Zeroes the channels [begin, end) of an image's sums, ahead of the windows that add to them: just
// before, so that the zeros are still in the cache.
class Eraser {
 public:
  Eraser(const Geometry& geometry, float* sums, int64_t begin, int64_t end)
      : g_(geometry), sums_(sums), begin_(begin), end_(end) {}

  // Up to the element at `offset`, which may be behind.
  void Through(int64_t offset) {
    if (end_ - begin_ == g_.inner) {
      if (offset < next_) return;
      std::fill(sums_ + next_, sums_ + offset + g_.inner, 0.0f);
      next_ = offset + g_.inner;
    } else {
      for (; next_ <= offset; next_ += g_.inner) {
        std::fill(sums_ + next_ + begin_, sums_ + next_ + end_, 0.0f);
      }
    }
  }
  void Finish() { Through((g_.InSize() - 1) * g_.inner); }

 private:
  const Geometry& g_;
  float* const sums_;
  const int64_t begin_, end_;
  int64_t next_ = 0;
};

// What is done in each window.
struct Kind {
  bool is_max;
  bool is_grad;
};

// Rows [begin, end) of an image's windows.
template <typename T>
void Forward(const Geometry& g, Kind kind, const T* x, T* y, int64_t begin, int64_t end) {
  Runs runs(g, g.inner);
  for (int64_t row = begin; row < end; ++row) {
    runs.OfRow(row, [&](const WindowRun& run, int64_t window) {
      T* to = y + window * g.inner;
      kind.is_max ? MaxWindows(run, x, to) : AverageWindows(run, x, to);
    });
  }
}

// Channels [begin, end) of an image's maxima where windows leave out nothing and do not overlap:
// what is written once needs no sums.
template <typename T>
void MaxGradientApart(const Geometry& g, const T* x, const T* dy, T* dx, int64_t begin,
                      int64_t end) {
  Runs runs(g, end - begin);
  for (int64_t row = 0; row < g.Rows(); ++row) {
    runs.OfRow(row, [&](const WindowRun& run, int64_t window) {
      WindowSpansOf<T>().max_grad_apart(
          run, false, Raw(x) + begin, Raw(dy) + window * g.inner + begin, Raw(dx) + begin, nullptr);
    });
  }
}

// Channels [begin, end) of an image. Sums are kept in float: in dx itself where that is its type,
// else in `sums`, as large as dx.
template <typename T>
void Gradient(const Geometry& g, Kind kind, const T* x, const T* dy, T* dx, float* sums,
              int64_t begin, int64_t end) {
  if constexpr (kHasSpans<T>) {
    if (kind.is_max && g.IsPartition()) return MaxGradientApart(g, x, dy, dx, begin, end);
  }
  if constexpr (std::is_same_v<T, float>) sums = dx;
  Eraser eraser(g, sums, begin, end);
  Runs runs(g, end - begin);
  for (int64_t row = 0; row < g.Rows(); ++row) {
    runs.OfRow(row, [&](const WindowRun& run, int64_t window) {
      eraser.Through(run.offsets[run.taps - 1] + static_cast<int64_t>(run.windows - 1) * run.step);
      const T* from = dy + window * g.inner + begin;
      if (kind.is_max) {
        MaxWindowsGrad(run, x + begin, from, sums + begin);
      } else {
        AverageWindowsGrad(run, from, sums + begin);
      }
    });
  }
  eraser.Finish();
  if constexpr (std::is_same_v<T, BFloat16>) {
    for (int64_t i = 0; i < g.InSize(); ++i) {
      Spans().to_bfloat16(sums + i * g.inner + begin, Raw(dx) + i * g.inner + begin,
                          static_cast<size_t>(end - begin));
    }
  } else if constexpr (!std::is_same_v<T, float>) {
    for (int64_t i = 0; i < g.InSize(); ++i) {
      for (int64_t c = i * g.inner + begin; c < i * g.inner + end; ++c) dx[c] = T(sums[c]);
    }
  }
}

template <typename T>
constexpr int64_t kSumBytes = std::is_same_v<T, float> ? 0 : sizeof(float);

// Buffers of a step: y and dx are what is computed, one of them.
template <typename T>
struct Tensors {
  const T* x;
  const T* dy;
  T* y;
  T* dx;
};

// [N, spatial, C].
template <typename T>
class Interleaved : public Step {
 public:
  Interleaved(const Geometry& geometry, Kind kind) : g_(geometry), kind_(kind) {}

  size_t scratch_bytes() const override {
    if (!kind_.is_grad || (kHasSpans<T> && kind_.is_max && g_.IsPartition())) return 0;
    return static_cast<size_t>(g_.outer * g_.InSize() * g_.inner * kSumBytes<T>);
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto input = [&](int i) { return static_cast<const T*>(inputs[i]); };
    auto* result = static_cast<T*>(results[0]);
    if (!kind_.is_grad) return RunForward(input(0), result);
    RunGradient(input(0), input(kind_.is_max ? 2 : 0), result, static_cast<float*>(scratch));
  }

 private:
  void RunForward(const T* x, T* y) const {
    const int64_t work = g_.inner * g_.WindowSize() * g_.out[2];
    ParallelFor(g_.outer * g_.Rows(), kWorkWorthAThread / work + 1,
                [&](int64_t begin, int64_t end) {
                  while (begin < end) {
                    const int64_t image = begin / g_.Rows();
                    const int64_t next = std::min(end, (image + 1) * g_.Rows());
                    Forward(g_, kind_, x + image * g_.InSize() * g_.inner,
                            y + image * g_.OutSize() * g_.inner, begin - image * g_.Rows(),
                            next - image * g_.Rows());
                    begin = next;
                  }
                });
  }

  // Windows overlap, so one thread has all that may add to an element.
  void RunGradient(const T* x, const T* dy, T* dx, float* sums) const {
    const int64_t blocks = (g_.inner - 1) / kBlock + 1;
    const int64_t work = std::min(g_.inner, kBlock) * g_.OutSize() * g_.WindowSize();
    ParallelFor(g_.outer * blocks, kWorkWorthAThread / work + 1, [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t image = begin / blocks;
        const int64_t next = std::min(end, (image + 1) * blocks);
        const int64_t at = image * g_.InSize() * g_.inner;
        Gradient(g_, kind_, x + at, dy + image * g_.OutSize() * g_.inner, dx + at, sums + at,
                 begin % blocks * kBlock, std::min(g_.inner, (next - image * blocks) * kBlock));
        begin = next;
      }
    });
  }

  const Geometry g_;
  const Kind kind_;
};

// [N, C, spatial]: N * C planes.
template <typename T>
class Planes : public Step {
 public:
  Planes(const Geometry& geometry, Kind kind)
      : g_(geometry),
        kind_(kind),
        planes_(std::clamp<int64_t>(kPlaneBytes / (g_.InSize() * kBytes), 4, kPlanes)) {
    const int64_t work = g_.outer * (g_.InSize() + g_.OutSize() * g_.WindowSize());
    parts_ = std::clamp<int64_t>(work / kWorkWorthAThread, 1, TeamSize());
    planes_ = std::min(planes_, (g_.outer - 1) / parts_ + 1);
    parts_ = std::min(parts_, (g_.outer - 1) / planes_ + 1);
  }

  size_t scratch_bytes() const override { return static_cast<size_t>(parts_ * PartBytes()); }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto input = [&](int i) { return static_cast<const T*>(inputs[i]); };
    auto* result = static_cast<T*>(results[0]);
    Tensors<T> t{};
    t.x = input(0);
    if (kind_.is_grad) {
      t.dy = input(kind_.is_max ? 2 : 0);
      t.dx = result;
    } else {
      t.y = result;
    }
    const int64_t groups = (g_.outer - 1) / planes_ + 1;
    ParallelFor(parts_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        auto* memory = static_cast<std::byte*>(scratch) + part * PartBytes();
        for (int64_t i = groups * part / parts_; i < groups * (part + 1) / parts_; ++i) {
          RunGroup(t, i * planes_, std::min(planes_, g_.outer - i * planes_), memory);
        }
      }
    });
  }

 private:
  static constexpr int64_t kBytes = sizeof(T);

  static int64_t Aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }
  int64_t InBytes() const { return Aligned(g_.InSize() * planes_ * kBytes); }
  int64_t OutBytes() const { return Aligned(g_.OutSize() * planes_ * kBytes); }
  // x, y or dy; dx and its sums.
  int64_t PartBytes() const {
    const int64_t grad = InBytes() + Aligned(g_.InSize() * planes_ * kSumBytes<T>);
    return InBytes() + OutBytes() + (kind_.is_grad ? grad : 0);
  }

  static void Transpose(const T* x, int64_t from, T* y, int64_t to, int64_t rows, int64_t columns) {
    Spans().transpose[kBytes == 4 ? 2 : 1](x, from * kBytes, y, to * kBytes,
                                           static_cast<size_t>(rows), static_cast<size_t>(columns));
  }

  // Planes [first, first + n).
  void RunGroup(const Tensors<T>& t, int64_t first, int64_t n, std::byte* memory) const {
    Geometry g = g_;
    g.outer = 1;
    g.inner = n;
    const int64_t in = g_.InSize();
    const int64_t out = g_.OutSize();
    T* x = reinterpret_cast<T*>(memory);
    T* y = reinterpret_cast<T*>(memory + InBytes());
    if (!kind_.is_grad) {
      Transpose(t.x + first * in, in, x, n, n, in);
      Forward(g, kind_, x, y, 0, g.Rows());
      return Transpose(y, n, t.y + first * out, out, out, n);
    }
    T* dx = reinterpret_cast<T*>(memory + InBytes() + OutBytes());
    auto* sums = reinterpret_cast<float*>(memory + 2 * InBytes() + OutBytes());
    if (kind_.is_max) Transpose(t.x + first * in, in, x, n, n, in);
    Transpose(t.dy + first * out, out, y, n, n, out);
    Gradient(g, kind_, x, y, dx, sums, 0, n);
    Transpose(dx, n, t.dx + first * in, in, in, n);
  }

  const Geometry g_;
  const Kind kind_;
  int64_t planes_;  // transposed together
  int64_t parts_;   // of the planes, each with its own scratch memory
};

template <typename T>
std::unique_ptr<Step> Make(const Geometry& geometry, Kind kind) {
  if (geometry.inner == 1) return std::make_unique<Planes<T>>(geometry, kind);
  return std::make_unique<Interleaved<T>>(geometry, kind);
}

}  // namespace

std::unique_ptr<Step> MakePooling(const OperationView& view) {
  if (std::unique_ptr<Step> step = MakeApartMaxPoolGrad(view)) return step;
  const Op op = view.op();
  const TensorType& result = view.results[0];
  const TensorType& first = view.inputs[0];
  if (result.elements() == 0 || first.elements() == 0) return nullptr;
  Shape x = first.shape;
  Shape y = result.shape;
  if (op == Op::kMaxPoolGrad) {
    y = view.inputs[1].shape;
  } else if (op == Op::kAvgPoolGrad) {
    x = result.shape;
    y = first.shape;
  }
  if (y.elements() == 0) return nullptr;
  const Geometry geometry(x, y, view.attributes());
  const Kind kind{op == Op::kMaxPool || op == Op::kMaxPoolGrad,
                  op == Op::kMaxPoolGrad || op == Op::kAvgPoolGrad};
  switch (result.dtype) {
    case DataType::kFloat32:
      return Make<float>(geometry, kind);
    case DataType::kBFloat16:
      return Make<BFloat16>(geometry, kind);
    case DataType::kFloat16:
      return Make<Float16>(geometry, kind);
    default:
      return nullptr;
  }
}

}  // namespace mlcompute::portable
