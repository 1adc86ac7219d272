// mlcompute/portable/random.cc: random numbers, the same ones as the reference step's, by tiles
// that begin anywhere in the generator's sequence.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "mlcompute/gamma_sampler.h"
#include "mlcompute/philox.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kWords = 1024;  // of a tile
constexpr int64_t kTilesWorthAThread = 8;

// The counter of a generator as four words, moved on by `blocks`.
struct Place {
  uint32_t counter[4];
  uint32_t key[2];

  Place(const void* const* inputs, int64_t counter_size, uint64_t blocks) {
    const auto* k = static_cast<const uint64_t*>(inputs[0]);
    const auto* c = static_cast<const uint64_t*>(inputs[1]);
    const uint64_t low = c[0] + blocks;
    const uint64_t high = (counter_size > 1 ? c[1] : 0) + (low < blocks ? 1 : 0);
    counter[0] = static_cast<uint32_t>(low);
    counter[1] = static_cast<uint32_t>(low >> 32);
    counter[2] = static_cast<uint32_t>(high);
    counter[3] = static_cast<uint32_t>(high >> 32);
    key[0] = static_cast<uint32_t>(k[0]);
    key[1] = static_cast<uint32_t>(k[0] >> 32);
  }
};

// What a block of four words becomes: four elements, two of double or 64 bits.
struct Uniform {
  static void Draw(const uint32_t* x, int64_t words, float* y) {
    Spans().unit_float(x, y, static_cast<size_t>(words));
  }
  static void Draw(const uint32_t* x, int64_t words, Float16* y) {
    for (int64_t i = 0; i < words; ++i) y[i] = UnitFloat16(x[i]);
  }
  static void Draw(const uint32_t* x, int64_t words, BFloat16* y) {
    for (int64_t i = 0; i < words; ++i) y[i] = UnitBFloat16(x[i]);
  }
  static void Draw(const uint32_t* x, int64_t words, double* y) {
    for (int64_t i = 0; i < words; i += 2) y[i / 2] = UnitDouble(x[i], x[i + 1]);
  }
};

struct Normal {
  template <typename T>
  static void Draw(const uint32_t* x, int64_t words, T* y) {
    for (int64_t i = 0; i < words; i += 2) {
      float pair[2];
      BoxMuller(x[i], x[i + 1], pair);
      y[i] = static_cast<T>(pair[0]);
      y[i + 1] = static_cast<T>(pair[1]);
    }
  }
  static void Draw(const uint32_t* x, int64_t words, double* y) {
    for (int64_t i = 0; i < words; i += 4) BoxMuller(x[i], x[i + 1], x[i + 2], x[i + 3], y + i / 2);
  }
};

struct Bits {
  static void Draw(const uint32_t* x, int64_t words, uint32_t* y) { std::copy_n(x, words, y); }
  static void Draw(const uint32_t* x, int64_t words, uint64_t* y) {
    for (int64_t i = 0; i < words; i += 2) y[i / 2] = uint64_t{x[i + 1]} << 32 | x[i];
  }
};

template <typename T, typename F>
class RandomStep : public Step {
 public:
  explicit RandomStep(const OperationView& view)
      : count_(view.results[0].elements()), counter_size_(view.inputs[1].elements()) {}

  void Run(const void* const* inputs, void* const* results, void*) const override {
    auto* y = static_cast<T*>(results[0]);
    const int64_t tiles = (count_ + kTile - 1) / kTile;
    ParallelFor(tiles, kTilesWorthAThread, [&](int64_t begin, int64_t end) {
      uint32_t words[kWords];
      T drawn[kTile];
      for (int64_t t = begin; t < end; ++t) {
        const Place place(inputs, counter_size_, static_cast<uint64_t>(t * (kWords / 4)));
        const int64_t n = std::min(kTile, count_ - t * kTile);
        const int64_t blocks = (n * kWordsPerElement + 3) / 4;
        Spans().philox(place.counter, place.key, words, static_cast<size_t>(blocks));
        T* out = y + t * kTile;
        F::Draw(words, blocks * 4, n == kTile ? out : drawn);
        if (n < kTile) std::copy_n(drawn, n, out);
      }
    });
  }

 private:
  static constexpr int64_t kWordsPerElement = sizeof(T) == 8 ? 2 : 1;
  static constexpr int64_t kTile = kWords / kWordsPerElement;

  const int64_t count_;
  const int64_t counter_size_;
};

// A varying number of draws an element: every group of four (two of double) has 1024 (512) words.
template <typename T>
class TruncatedNormalStep : public Step {
 public:
  explicit TruncatedNormalStep(const OperationView& view)
      : count_(view.results[0].elements()), counter_size_(view.inputs[1].elements()) {}

  void Run(const void* const* inputs, void* const* results, void*) const override {
    auto* y = static_cast<T*>(results[0]);
    const auto* key = static_cast<const uint64_t*>(inputs[0]);
    const auto* counter = static_cast<const uint64_t*>(inputs[1]);
    const int64_t groups = (count_ + kGroup - 1) / kGroup;
    ParallelFor(groups, kGroupsWorthAThread, [&](int64_t begin, int64_t end) {
      for (int64_t g = begin; g < end; ++g) {
        Philox generator(key, counter, counter_size_);
        generator.Skip(static_cast<uint64_t>(g * kGroup * 256 / 4));
        Group(generator, y + g * kGroup, std::min(kGroup, count_ - g * kGroup));
      }
    });
  }

 private:
  static constexpr bool kDouble = std::is_same_v<T, double>;
  static constexpr int64_t kGroup = kDouble ? 2 : 4;
  static constexpr int64_t kGroupsWorthAThread = 256;
  using Compute = std::conditional_t<kDouble, double, float>;

  static void Group(Philox generator, T* y, int64_t wanted) {
    for (int64_t k = 0; k < wanted;) {
      const Philox::Block x = generator.Next();
      Compute values[4];
      if constexpr (kDouble) {
        BoxMuller(x[0], x[1], x[2], x[3], values);
      } else {
        BoxMuller(x[0], x[1], values);
        BoxMuller(x[2], x[3], values + 2);
      }
      for (int i = 0; i < (kDouble ? 2 : 4) && k < wanted; ++i) {
        if (std::fabs(values[i]) < Compute{2}) y[k++] = static_cast<T>(values[i]);
      }
    }
  }

  const int64_t count_;
  const int64_t counter_size_;
};

// The same numbers as the reference step, one of them at a time.
template <typename T>
class GammaStep : public Step {
 public:
  explicit GammaStep(const OperationView& view)
      : count_(view.results[0].elements()),
        counter_size_(view.inputs[1].elements()),
        alphas_(view.inputs[2].elements()) {}

  void Run(const void* const* inputs, void* const* results, void*) const override {
    auto* y = static_cast<T*>(results[0]);
    const auto* key = static_cast<const uint64_t*>(inputs[0]);
    const auto* counter = static_cast<const uint64_t*>(inputs[1]);
    const auto* alpha = static_cast<const T*>(inputs[2]);
    const int64_t per_alpha = count_ / alphas_;
    ParallelFor(count_, kNumbersWorthAThread, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        Philox generator(key, counter, counter_size_);
        generator.Skip(static_cast<uint64_t>(i) * GammaSampler::kBlocks);
        const int64_t a = i / per_alpha;
        const auto shape = static_cast<double>(static_cast<Compute>(alpha[a]));
        y[i % per_alpha * alphas_ + a] =
            static_cast<T>(static_cast<Compute>(GammaSampler(generator).Sample(shape)));
      }
    });
  }

 private:
  static constexpr int64_t kNumbersWorthAThread = 512;
  using Compute = std::conditional_t<std::is_same_v<T, double>, double, float>;

  const int64_t count_;
  const int64_t counter_size_;
  const int64_t alphas_;
};

template <typename F>
std::unique_ptr<Step> MakeFloats(const OperationView& view) {
  switch (view.results[0].dtype) {
    case DataType::kFloat32:
      return std::make_unique<RandomStep<float, F>>(view);
    case DataType::kFloat16:
      return std::make_unique<RandomStep<Float16, F>>(view);
    case DataType::kBFloat16:
      return std::make_unique<RandomStep<BFloat16, F>>(view);
    case DataType::kFloat64:
      return std::make_unique<RandomStep<double, F>>(view);
    default:
      return nullptr;
  }
}

template <template <typename> class StepOf>
std::unique_ptr<Step> MakeByType(const OperationView& view) {
  switch (view.results[0].dtype) {
    case DataType::kFloat32:
      return std::make_unique<StepOf<float>>(view);
    case DataType::kFloat16:
      return std::make_unique<StepOf<Float16>>(view);
    case DataType::kBFloat16:
      return std::make_unique<StepOf<BFloat16>>(view);
    case DataType::kFloat64:
      return std::make_unique<StepOf<double>>(view);
    default:
      return nullptr;
  }
}

std::unique_ptr<Step> MakeBits(const OperationView& view) {
  switch (SizeOf(view.results[0].dtype)) {
    case 4:
      return std::make_unique<RandomStep<uint32_t, Bits>>(view);
    case 8:
      return std::make_unique<RandomStep<uint64_t, Bits>>(view);
    default:
      return nullptr;
  }
}

}  // namespace

std::unique_ptr<Step> MakeRandom(const OperationView& view) {
  if (view.results[0].elements() == 0) return nullptr;
  switch (view.op()) {
    case Op::kRandomUniform:
      return MakeFloats<Uniform>(view);
    case Op::kRandomNormal:
      return MakeFloats<Normal>(view);
    case Op::kRandomTruncatedNormal:
      return MakeByType<TruncatedNormalStep>(view);
    case Op::kRandomGamma:
      return MakeByType<GammaStep>(view);
    case Op::kRandomBits:
      return MakeBits(view);
    default:
      return nullptr;
  }
}

}  // namespace mlcompute::portable
