// Pooling by direct loops: they are bound by memory, and oneDNN's gradient needs the positions of
// the maxima that a forward pass has kept, which kMaxPoolGrad does not get.

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "mlcompute/float16.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int kSpatial = 3;  // lower ranks have leading axes of size 1
constexpr int kLanes = 4;    // channels worked on together: what every processor has registers for
constexpr int64_t kWorkWorthAThread = 1 << 15;  // elements read or written

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
  int64_t WindowSize() const { return window[0] * window[1] * window[2]; }
};

// Where the elements of a window lie in an image, in order; only those inside it.
class Taps {
 public:
  explicit Taps(const Geometry& geometry) : g_(geometry) {
    offsets_.reserve(static_cast<size_t>(g_.WindowSize()));
  }

  void MoveTo(int64_t position) {
    Index begin, end;
    for (size_t axis = kSpatial; axis-- > 0;) {
      const int64_t start = position % g_.out[axis] * g_.strides[axis] - g_.pads[axis];
      position /= g_.out[axis];
      begin[axis] = std::max<int64_t>(start, 0);
      end[axis] = std::min(start + g_.window[axis], g_.in[axis]);
    }
    offsets_.clear();
    for (int64_t i = begin[0]; i < end[0]; ++i) {
      for (int64_t j = begin[1]; j < end[1]; ++j) {
        const int64_t row = (i * g_.in[1] + j) * g_.in[2];
        for (int64_t k = begin[2]; k < end[2]; ++k) offsets_.push_back((row + k) * g_.inner);
      }
    }
  }

  float count() const { return static_cast<float>(offsets_.size()); }
  const int64_t* begin() const { return offsets_.data(); }
  const int64_t* end() const { return offsets_.data() + offsets_.size(); }

 private:
  const Geometry& g_;
  std::vector<int64_t> offsets_;
};

// kLanes floats, of whatever vectors the processor has. Operators work on all lanes and comparisons
// give masks, so that one text serves it and a plain float.
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));

template <typename T>
void Load(const T* from, float& to) {
  to = *from;
}

template <typename T>
void Load(const T* from, Lanes& to) {
  if constexpr (std::is_same_v<T, float>) {
    std::memcpy(&to, from, sizeof(to));
  } else if constexpr (std::is_same_v<T, BFloat16>) {
    typedef uint16_t Halves __attribute__((vector_size(kLanes * sizeof(uint16_t))));
    typedef uint32_t Words __attribute__((vector_size(kLanes * sizeof(uint32_t))));
    Halves halves;
    std::memcpy(&halves, from, sizeof(halves));
    const Words words = __builtin_convertvector(halves, Words) << 16;
    std::memcpy(&to, &words, sizeof(to));
  } else {
    for (int c = 0; c < kLanes; ++c) to[c] = from[c];
  }
}

template <typename T>
void Store(const float& from, T* to) {
  *to = T(from);
}

template <typename T>
void Store(const Lanes& from, T* to) {
  if constexpr (std::is_same_v<T, float>) {
    std::memcpy(to, &from, sizeof(from));
  } else {
    for (int c = 0; c < kLanes; ++c) to[c] = T(from[c]);
  }
}

// Calls body(a Lanes or float to tell by, first channel) over channels [begin, end).
template <typename Body>
void ForLanes(int64_t begin, int64_t end, const Body& body) {
  const Lanes lanes = {};
  for (; begin + kLanes <= end; begin += kLanes) body(lanes, begin);
  for (; begin < end; ++begin) body(0.0f, begin);
}

// The type's lowest finite value, where a maximum starts.
template <typename T>
constexpr float kLowest = std::is_same_v<T, Float16>    ? -65504.0f
                          : std::is_same_v<T, BFloat16> ? -0x1.fep127f
                                                        : std::numeric_limits<float>::lowest();

struct Maximum {
  template <typename T>
  static constexpr float kStart = kLowest<T>;
  // False for a NaN, which is thus passed over.
  template <typename V>
  static void Join(V& best, const V& v) {
    best = v > best ? v : best;
  }
  template <typename V>
  static void Finish(V&, float) {}
};

struct Average {
  template <typename T>
  static constexpr float kStart = 0;
  template <typename V>
  static void Join(V& sum, const V& v) {
    sum += v;
  }
  template <typename V>
  static void Finish(V& sum, float count) {
    sum /= count;
  }
};

template <typename Kind, typename T>
void Forward(const Geometry& g, const T* x, T* y) {
  const int64_t grain = kWorkWorthAThread / (g.inner * g.WindowSize()) + 1;
  ParallelFor(g.outer * g.OutSize(), grain, [&](int64_t begin, int64_t end) {
    Taps taps(g);
    for (int64_t i = begin; i < end; ++i) {
      taps.MoveTo(i % g.OutSize());
      const T* image = x + i / g.OutSize() * g.InSize() * g.inner;
      ForLanes(0, g.inner, [&](const auto& kind, int64_t channel) {
        auto joined = kind - kind + Kind::template kStart<T>;
        const T* from = image + channel;
        for (const int64_t tap : taps) {
          auto v = kind;
          Load(from + tap, v);
          Kind::Join(joined, v);
        }
        Kind::Finish(joined, taps.count());
        Store(joined, y + i * g.inner + channel);
      });
    }
  });
}

// Runs body(image, first channel, end channel) over all images; windows overlap, so one thread has
// all that may add to an element.
template <typename Body>
void ForImages(const Geometry& g, const Body& body) {
  const int64_t blocks = (g.inner - 1) / kLanes + 1;
  const int64_t block_work = std::min<int64_t>(g.inner, kLanes) * g.OutSize() * g.WindowSize();
  const int64_t grain = kWorkWorthAThread / block_work + 1;
  ParallelFor(g.outer * blocks, grain, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t image = begin / blocks;
      const int64_t next = std::min(end, (image + 1) * blocks);
      body(image, begin % blocks * kLanes, std::min(g.inner, (next - image * blocks) * kLanes));
      begin = next;
    }
  });
}

// Sums are kept in float: in dx itself where that is its type, else in `sums`, as large as dx.
template <typename T>
float* SumsOf(T* dx, void* scratch) {
  if constexpr (std::is_same_v<T, float>) return dx;
  return static_cast<float*>(scratch);
}

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

template <typename T>
void RoundSums(const Geometry& g, const float* sums, T* dx, int64_t begin, int64_t end) {
  if constexpr (!std::is_same_v<T, float>) {
    for (int64_t i = 0; i < g.InSize(); ++i) {
      for (int64_t c = i * g.inner + begin; c < i * g.inner + end; ++c) dx[c] = T(sums[c]);
    }
  }
}

template <typename T>
void MaximumGrad(const Geometry& g, const T* x, const T* dy, T* dx, void* scratch) {
  ForImages(g, [&](int64_t image, int64_t begin, int64_t end) {
    const int64_t at = image * g.InSize() * g.inner;
    float* const sums = SumsOf(dx, scratch) + at;
    Eraser eraser(g, sums, begin, end);
    Taps taps(g);
    for (int64_t o = 0; o < g.OutSize(); ++o) {
      taps.MoveTo(o);
      eraser.Through(taps.end()[-1]);
      const int64_t out = (image * g.OutSize() + o) * g.inner;
      ForLanes(begin, end, [&](const auto& kind, int64_t channel) {
        const auto zero = kind - kind;
        const T* from = x + at + channel;
        float* to = sums + channel;
        // A NaN in the first place stays there, since nothing exceeds it.
        auto best = zero;
        auto winner = zero;
        Load(from + *taps.begin(), best);
        float number = 0;
        for (const int64_t tap : taps) {
          auto v = zero;
          Load(from + tap, v);
          const auto better = v > best;
          best = better ? v : best;
          winner = better ? zero + number : winner;
          ++number;
        }
        auto gradient = zero;
        Load(dy + out + channel, gradient);
        number = 0;
        for (const int64_t tap : taps) {
          auto sum = zero;
          Load(to + tap, sum);
          sum += winner == zero + number ? gradient : zero;
          Store(sum, to + tap);
          ++number;
        }
      });
    }
    eraser.Finish();
    RoundSums(g, sums, dx + at, begin, end);
  });
}

template <typename T>
void AverageGrad(const Geometry& g, const T* dy, T* dx, void* scratch) {
  ForImages(g, [&](int64_t image, int64_t begin, int64_t end) {
    const int64_t at = image * g.InSize() * g.inner;
    float* const sums = SumsOf(dx, scratch) + at;
    Eraser eraser(g, sums, begin, end);
    Taps taps(g);
    for (int64_t o = 0; o < g.OutSize(); ++o) {
      taps.MoveTo(o);
      eraser.Through(taps.end()[-1]);
      const int64_t out = (image * g.OutSize() + o) * g.inner;
      ForLanes(begin, end, [&](const auto& kind, int64_t channel) {
        auto share = kind;
        Load(dy + out + channel, share);
        share /= taps.count();
        float* to = sums + channel;
        for (const int64_t tap : taps) {
          auto sum = kind;
          Load(to + tap, sum);
          sum += share;
          Store(sum, to + tap);
        }
      });
    }
    eraser.Finish();
    RoundSums(g, sums, dx + at, begin, end);
  });
}

template <typename T>
class Pooling : public Step {
 public:
  Pooling(Op op, const Geometry& geometry) : op_(op), geometry_(geometry) {}

  size_t scratch_bytes() const override {
    const bool forward = op_ == Op::kMaxPool || op_ == Op::kAvgPool;
    if (forward || std::is_same_v<T, float>) return 0;
    return static_cast<size_t>(geometry_.outer * geometry_.InSize() * geometry_.inner) *
           sizeof(float);
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto input = [&](int i) { return static_cast<const T*>(inputs[i]); };
    T* const result = static_cast<T*>(results[0]);
    switch (op_) {
      case Op::kMaxPool:
        return Forward<Maximum>(geometry_, input(0), result);
      case Op::kAvgPool:
        return Forward<Average>(geometry_, input(0), result);
      case Op::kMaxPoolGrad:
        return MaximumGrad(geometry_, input(0), input(2), result, scratch);
      default:
        return AverageGrad(geometry_, input(0), result, scratch);
    }
  }

 private:
  const Op op_;
  const Geometry geometry_;
};

}  // namespace

std::unique_ptr<Step> MakePooling(const OperationView& view) {
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
  switch (result.dtype) {
    case DataType::kFloat32:
      return std::make_unique<Pooling<float>>(op, geometry);
    case DataType::kBFloat16:
      return std::make_unique<Pooling<BFloat16>>(op, geometry);
    case DataType::kFloat16:
      return std::make_unique<Pooling<Float16>>(op, geometry);
    default:
      return nullptr;
  }
}

}  // namespace mlcompute::portable
