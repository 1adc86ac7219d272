// mlcompute/reference/sampling.cc: random numbers of given distributions, as TensorFlow's CPU
// kernels draw them when they run on one thread.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "mlcompute/gamma_sampler.h"
#include "mlcompute/reference/families.h"
#include "mlcompute/reference/movement_families.h"

namespace mlcompute::reference {
namespace {

// The generator whose key and counter are inputs `first` and `first` + 1.
Philox Generator(const Call& call, int first) {
  return Philox(call.input<uint64_t>(first), call.input<uint64_t>(first + 1),
                call.view.inputs[static_cast<size_t>(first) + 1].elements());
}

void Gamma(const Call& call) {
  DispatchFloats(call.view.results[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* alphas = call.input<T>(2);
    T* y = call.result<T>();
    const int64_t n = call.view.results[0].elements();
    const int64_t count = call.view.inputs[2].elements();
    // All numbers of the first alpha come first in the sequence, though alphas lie side by side.
    for (int64_t i = 0; i < n; ++i) {
      const int64_t per_alpha = n / count;
      Philox generator = Generator(call, 0);
      generator.Skip(static_cast<uint64_t>(i) * GammaSampler::kBlocks);
      const auto alpha = static_cast<double>(static_cast<Compute<T>>(alphas[i / per_alpha]));
      y[i % per_alpha * count + i / per_alpha] =
          static_cast<T>(static_cast<Compute<T>>(GammaSampler(generator).Sample(alpha)));
    }
  });
}

void Categorical(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    DispatchIndices(call.view.results[0].dtype, [&](auto index) {
      using I = typename decltype(index)::type;
      const int64_t rows = call.view.inputs[0].shape[0];
      const int64_t classes = call.view.inputs[0].shape[1];
      const int64_t samples = call.view.results[0].shape[1];
      std::vector<double> sums(static_cast<size_t>(classes));
      Philox generator = Generator(call, 1);
      Philox::Block block{};
      for (int64_t row = 0; row < rows; ++row) {
        const T* logits = call.input<T>(0) + row * classes;
        double largest = -std::numeric_limits<double>::infinity();
        for (int64_t k = 0; k < classes; ++k) {
          const auto x = static_cast<double>(static_cast<Compute<T>>(logits[k]));
          if (std::isfinite(x)) largest = std::max(largest, x);
        }
        double sum = 0;
        for (int64_t k = 0; k < classes; ++k) {
          const auto x = static_cast<double>(static_cast<Compute<T>>(logits[k]));
          if (std::isfinite(x)) sum += std::exp(x - largest);
          sums[static_cast<size_t>(k)] = sum;
        }
        for (int64_t s = 0; s < samples; ++s) {
          const bool first_half = (row * samples + s) % 2 == 0;  // of a block
          if (first_half) block = generator.Next();
          const double u =
              first_half ? UnitDouble(block[0], block[1]) : UnitDouble(block[2], block[3]);
          const auto found = std::upper_bound(sums.begin(), sums.end(), u * sum);
          call.result<I>()[row * samples + s] = static_cast<I>(found - sums.begin());
        }
      }
    });
  });
}

void Permutation(const Call& call) {
  DispatchIndices(call.view.results[0].dtype, [&](auto tag) {
    using I = typename decltype(tag)::type;
    const int64_t n = call.view.results[0].elements();
    I* y = call.result<I>();
    std::iota(y, y + n, I{0});
    Philox generator = Generator(call, 0);
    Philox::Block block{};
    for (int64_t i = 0; i + 1 < n; ++i) {
      if (i % 4 == 0) block = generator.Next();
      // Modulo 2^32, like the draws: no longer fair beyond that many elements.
      const auto left = static_cast<uint32_t>(n - i);
      std::swap(y[i], y[i + block[static_cast<size_t>(i % 4)] % std::max<uint32_t>(left, 1)]);
    }
  });
}

}  // namespace

const std::vector<Row>& SamplingRows() {
  static const std::vector<Row> rows = {
      {Op::kRandomGamma, Gamma},
      {Op::kRandomCategorical, Categorical},
      {Op::kRandomPermutation, Permutation},
  };
  return rows;
}

}  // namespace mlcompute::reference
