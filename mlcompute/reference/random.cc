// mlcompute/reference/random.cc: random numbers as TensorFlow's CPU kernels draw them.
//
// Element e of a result comes from block e / n of the generator, where n is how many elements one
// block yields. Truncated normals take a varying number of draws, so each group of n elements has
// 256 draws per element reserved for it.
#include <algorithm>
#include <cmath>

#include "mlcompute/philox.h"
#include "mlcompute/reference/dispatch.h"
#include "mlcompute/reference/families.h"
#include "mlcompute/reference/reference.h"

namespace mlcompute::reference {
namespace {

void GetKeyCounter(const Call& call) {
  uint64_t seed[2];
  for (int i = 0; i < 2; ++i) {
    seed[i] = call.view.inputs[0].dtype == DataType::kInt64
                  ? static_cast<uint64_t>(call.input<int64_t>(0)[i])
                  : static_cast<uint64_t>(int64_t{call.input<int32_t>(0)[i]});
  }
  // Mixing with a fixed key lets users give weak seeds.
  const uint64_t mixing_key = uint64_t{0x02461e29} << 32 | 0x3ec8f720;
  const Philox::Block mix = Philox(&mixing_key, seed, 2).Next();
  call.result<uint64_t>(0)[0] = uint64_t{mix[1]} << 32 | mix[0];
  call.result<uint64_t>(1)[0] = 0;
  call.result<uint64_t>(1)[1] = uint64_t{mix[3]} << 32 | mix[2];
}

Philox Generator(const Call& call) {
  return Philox(call.input<uint64_t>(0), call.input<uint64_t>(1), call.view.inputs[1].elements());
}

// Fills the result with what draw(block, out) makes of each block: kPerBlock elements.
template <typename T, int kPerBlock, typename Draw>
void Fill(const Call& call, const Draw& draw) {
  Philox generator = Generator(call);
  T* y = call.result<T>();
  const int64_t n = call.view.results[0].elements();
  for (int64_t i = 0; i < n; i += kPerBlock) {
    T out[kPerBlock];
    draw(generator.Next(), out);
    std::copy_n(out, std::min<int64_t>(kPerBlock, n - i), y + i);
  }
}

template <typename T>
T Unit(uint32_t bits);
template <>
float Unit<float>(uint32_t bits) {
  return UnitFloat(bits);
}
template <>
Float16 Unit<Float16>(uint32_t bits) {
  return UnitFloat16(bits);
}
template <>
BFloat16 Unit<BFloat16>(uint32_t bits) {
  return UnitBFloat16(bits);
}

void Uniform(const Call& call) {
  DispatchFloats(call.view.results[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<T, double>) {
      Fill<T, 2>(call, [](const Philox::Block& x, T* out) {
        out[0] = UnitDouble(x[0], x[1]);
        out[1] = UnitDouble(x[2], x[3]);
      });
    } else {
      Fill<T, 4>(call, [](const Philox::Block& x, T* out) {
        for (size_t i = 0; i < 4; ++i) out[i] = Unit<T>(x[i]);
      });
    }
  });
}

void Normal(const Call& call) {
  DispatchFloats(call.view.results[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<T, double>) {
      Fill<T, 2>(call,
                 [](const Philox::Block& x, T* out) { BoxMuller(x[0], x[1], x[2], x[3], out); });
    } else {
      Fill<T, 4>(call, [](const Philox::Block& x, T* out) {
        for (size_t i = 0; i < 4; i += 2) {
          float pair[2];
          BoxMuller(x[i], x[i + 1], pair);
          out[i] = static_cast<T>(pair[0]);
          out[i + 1] = static_cast<T>(pair[1]);
        }
      });
    }
  });
}

// One 32-bit draw at a time.
class Draws {
 public:
  explicit Draws(Philox generator) : generator_(generator) {}
  uint32_t Next() {
    if (used_ == 4) {
      block_ = generator_.Next();
      used_ = 0;
    }
    return block_[used_++];
  }

 private:
  Philox generator_;
  Philox::Block block_{};
  size_t used_ = 4;
};

void TruncatedNormal(const Call& call) {
  DispatchFloats(call.view.results[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    constexpr bool kDouble = std::is_same_v<T, double>;
    using C = Compute<T>;
    constexpr int64_t kGroup = kDouble ? 2 : 4;
    constexpr uint64_t kBlocksPerGroup = kGroup * 256 / 4;
    T* y = call.result<T>();
    const int64_t n = call.view.results[0].elements();
    for (int64_t i = 0; i < n; i += kGroup) {
      Philox generator = Generator(call);
      generator.Skip(static_cast<uint64_t>(i / kGroup) * kBlocksPerGroup);
      Draws draws(generator);
      const int64_t wanted = std::min(kGroup, n - i);
      for (int64_t k = 0; k < wanted;) {
        C pair[2];
        const uint32_t x0 = draws.Next();
        const uint32_t x1 = draws.Next();
        if constexpr (kDouble) {
          const uint32_t x2 = draws.Next();
          const uint32_t x3 = draws.Next();
          BoxMuller(x0, x1, x2, x3, pair);
        } else {
          BoxMuller(x0, x1, pair);
        }
        for (const C value : pair) {
          if (k < wanted && std::fabs(value) < C{2}) y[i + k++] = static_cast<T>(value);
        }
      }
    }
  });
}

// Integers of 32 or 64 bits, by what map(bits) makes of as many random bits.
template <typename Map>
void Integers(const Call& call, const Map& map) {
  DispatchIntegers(call.view.results[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (sizeof(T) == 8) {
      Fill<T, 2>(call, [&](const Philox::Block& x, T* out) {
        for (size_t i = 0; i < 2; ++i) {
          out[i] = map(tag, uint64_t{x[2 * i + 1]} << 32 | x[2 * i]);
        }
      });
    } else if constexpr (sizeof(T) == 4) {
      Fill<T, 4>(call, [&](const Philox::Block& x, T* out) {
        for (size_t i = 0; i < 4; ++i) out[i] = map(tag, x[i]);
      });
    }
  });
}

void Bits(const Call& call) {
  Integers(call,
           [](auto tag, auto bits) { return static_cast<typename decltype(tag)::type>(bits); });
}

void UniformInt(const Call& call) {
  Integers(call, [&](auto tag, auto bits) {
    using T = typename decltype(tag)::type;
    using Bits = decltype(bits);
    const T low = *call.input<T>(2);
    const T high = *call.input<T>(3);
    if (!(low < high)) {
      throw InvalidArgument("Need minval < maxval, got ", low, " >= ", high);
    }
    const Bits range = static_cast<Bits>(high) - static_cast<Bits>(low);
    return static_cast<T>(static_cast<Bits>(low) + bits % range);
  });
}

}  // namespace

const std::vector<Row>& RandomRows() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> all = {
        {Op::kStatelessRandomGetKeyCounter, GetKeyCounter},
        {Op::kRandomUniform, Uniform},
        {Op::kRandomNormal, Normal},
        {Op::kRandomTruncatedNormal, TruncatedNormal},
        {Op::kRandomBits, Bits},
        {Op::kRandomUniformInt, UniformInt},
    };
    all.insert(all.end(), SamplingRows().begin(), SamplingRows().end());
    return all;
  }();
  return rows;
}

}  // namespace mlcompute::reference
