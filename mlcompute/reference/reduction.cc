// mlcompute/reference/reduction.cc: reductions over axes, arg-reductions and running sums.
#include <cmath>
#include <limits>
#include <vector>

#include "mlcompute/reference/broadcast.h"
#include "mlcompute/reference/dispatch.h"
#include "mlcompute/reference/numbers.h"
#include "mlcompute/reference/reference.h"

namespace mlcompute::reference {
namespace {

// Where results are summed up: double for floats, the type itself for integers, which wrap around.
template <typename T>
using Total = std::conditional_t<std::is_integral_v<Compute<T>>, T, double>;

// Strides of the result as seen from the input's axes: 0 along reduced ones.
std::vector<int64_t> ResultStrides(const Call& call) {
  const Shape& x = call.view.inputs[0].shape;
  std::vector<bool> reduced(static_cast<size_t>(x.rank()), false);
  for (const int64_t axis : call.view.attributes().Ints("axes")) {
    reduced[static_cast<size_t>(axis)] = true;
  }
  std::vector<int64_t> strides(static_cast<size_t>(x.rank()), 0);
  int64_t stride = 1;
  for (int axis = x.rank(); axis-- > 0;) {
    const auto a = static_cast<size_t>(axis);
    if (!reduced[a]) {
      strides[a] = stride;
      stride *= x[axis];
    }
  }
  return strides;
}

// result = finish(fold of `combine` over the reduced elements, begun with `initial`).
template <typename T, typename A, typename Combine, typename Finish>
void Reduce(const Call& call, A initial, const Combine& combine, const Finish& finish) {
  const T* x = call.input<T>(0);
  T* y = call.result<T>();
  const auto n = static_cast<size_t>(call.view.results[0].elements());
  std::vector<A> sums(n, initial);
  ForEach<1>(call.view.inputs[0].shape, {ResultStrides(call)},
             [&](int64_t i, const std::array<int64_t, 1>& at) {
               A& sum = sums[static_cast<size_t>(at[0])];
               sum = combine(sum, static_cast<A>(static_cast<Compute<T>>(x[i])));
             });
  const int64_t count = n == 0 ? 0 : call.view.inputs[0].elements() / static_cast<int64_t>(n);
  for (size_t i = 0; i < n; ++i) {
    y[i] = static_cast<T>(static_cast<Compute<T>>(finish(sums[i], count)));
  }
}

template <typename A>
A Same(A sum, int64_t) {
  return sum;
}

template <typename A>
A WrappingAdd(A a, A b) {
  if constexpr (std::is_integral_v<A>) {
    return static_cast<A>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  } else {
    return a + b;
  }
}

template <typename A>
A WrappingMul(A a, A b) {
  if constexpr (std::is_integral_v<A>) {
    return static_cast<A>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  } else {
    return a * b;
  }
}

void Sum(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using A = Total<T>;
    Reduce<T, A>(call, A{0}, WrappingAdd<A>, Same<A>);
  });
}

// Over nothing: NaN for floats, 0 for integers. Integers are summed in 64 bits.
void Mean(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Wide = std::conditional_t<std::is_unsigned_v<T>, uint64_t, int64_t>;
    using A = std::conditional_t<std::is_integral_v<T>, Wide, double>;
    Reduce<T, A>(call, A{0}, WrappingAdd<A>, [](A sum, int64_t count) -> A {
      if constexpr (std::is_integral_v<A>) {
        return count == 0 ? A{0} : static_cast<A>(sum / static_cast<A>(count));
      } else {
        return sum / static_cast<A>(count);
      }
    });
  });
}

// The mean is not rounded before the deviations from it are taken.
void Moments(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* x = call.input<T>(0);
    const Shape& shape = call.view.inputs[0].shape;
    const auto n = static_cast<size_t>(call.view.results[0].elements());
    std::vector<double> means(n, 0), squares(n, 0);
    const auto for_each = [&](const auto& body) {
      ForEach<1>(shape, {ResultStrides(call)}, [&](int64_t i, const std::array<int64_t, 1>& at) {
        body(static_cast<double>(static_cast<Compute<T>>(x[i])), static_cast<size_t>(at[0]));
      });
    };
    const double count =
        n == 0 ? 0 : static_cast<double>(shape.elements()) / static_cast<double>(n);
    for_each([&](double value, size_t at) { means[at] += value; });
    for (double& mean : means) mean /= count;
    for_each(
        [&](double value, size_t at) { squares[at] += (value - means[at]) * (value - means[at]); });
    for (size_t i = 0; i < n; ++i) {
      call.result<T>(0)[i] = static_cast<T>(static_cast<Compute<T>>(means[i]));
      call.result<T>(1)[i] = static_cast<T>(static_cast<Compute<T>>(squares[i] / count));
    }
  });
}

void Prod(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using A = Total<T>;
    Reduce<T, A>(call, A{1}, WrappingMul<A>, Same<A>);
  });
}

template <bool kMax>
void Extremum(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using A = Total<T>;
    using Limits = std::numeric_limits<A>;
    A initial = kMax ? Limits::lowest() : Limits::max();
    if constexpr (!std::is_integral_v<A>) initial = kMax ? -Limits::infinity() : Limits::infinity();
    Reduce<T, A>(
        call, initial,
        [](A best, A x) {
          if constexpr (!std::is_integral_v<A>) {
            if (std::isnan(best) || std::isnan(x)) return Limits::quiet_NaN();
          }
          return (kMax ? x > best : x < best) ? x : best;
        },
        Same<A>);
  });
}

template <bool kAll>
void Logical(const Call& call) {
  const bool* x = call.input<bool>(0);
  bool* y = call.result<bool>();
  const int64_t n = call.view.results[0].elements();
  for (int64_t i = 0; i < n; ++i) y[i] = kAll;
  ForEach<1>(call.view.inputs[0].shape, {ResultStrides(call)},
             [&](int64_t i, const std::array<int64_t, 1>& at) {
               y[at[0]] = kAll ? y[at[0]] && x[i] : y[at[0]] || x[i];
             });
}

// A shape seen as [outer, axis, inner].
struct AxisView {
  int64_t outer = 1;
  int64_t size;
  int64_t inner = 1;

  AxisView(const Shape& shape, int64_t axis) : size(shape[static_cast<int>(axis)]) {
    for (int i = 0; i < axis; ++i) outer *= shape[i];
    for (int i = static_cast<int>(axis) + 1; i < shape.rank(); ++i) inner *= shape[i];
  }
};

// The first of the best. As in TensorFlow the search starts at the type's worst finite value, so
// NaN is passed over, and where nothing beats that value the answer is 0.
template <bool kMax>
void ArgReduction(const Call& call) {
  const AxisView view(call.view.inputs[0].shape, call.view.attributes().Int("axis"));
  DispatchAll(call.view.inputs[0].dtype, [&](auto tag) {
    DispatchIntegers(call.view.results[0].dtype, [&](auto index_tag) {
      using T = typename decltype(tag)::type;
      using Index = typename decltype(index_tag)::type;
      using C = Compute<T>;
      const T* x = call.input<T>(0);
      Index* y = call.result<Index>();
      for (int64_t o = 0; o < view.outer; ++o) {
        for (int64_t i = 0; i < view.inner; ++i) {
          const T* row = x + o * view.size * view.inner + i;
          int64_t best = 0;
          C leader = static_cast<C>(kMax ? Lowest<T>() : Highest<T>());
          for (int64_t k = 0; k < view.size; ++k) {
            const C candidate = static_cast<C>(row[k * view.inner]);
            if (kMax ? candidate > leader : candidate < leader) {
              best = k;
              leader = candidate;
            }
          }
          y[o * view.inner + i] = static_cast<Index>(best);
        }
      }
    });
  });
}

template <bool kProduct>
void Cumulative(const Call& call) {
  const AxisView view(call.view.inputs[0].shape, call.view.attributes().Int("axis"));
  const bool exclusive = call.view.attributes().Bool("exclusive");
  const bool reverse = call.view.attributes().Bool("reverse");
  DispatchNumbers(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using A = Total<T>;
    const T* x = call.input<T>(0);
    T* y = call.result<T>();
    for (int64_t o = 0; o < view.outer; ++o) {
      for (int64_t i = 0; i < view.inner; ++i) {
        A sum = kProduct ? A{1} : A{0};
        for (int64_t k = 0; k < view.size; ++k) {
          const int64_t at = (o * view.size + (reverse ? view.size - 1 - k : k)) * view.inner + i;
          const A before = sum;
          const A element = static_cast<A>(static_cast<Compute<T>>(x[at]));
          sum = kProduct ? WrappingMul(sum, element) : WrappingAdd(sum, element);
          y[at] = static_cast<T>(static_cast<Compute<T>>(exclusive ? before : sum));
        }
      }
    }
  });
}

}  // namespace

const std::vector<Row>& ReductionRows() {
  static const std::vector<Row> rows = {
      {Op::kReduceSum, Sum},
      {Op::kReduceMean, Mean},
      {Op::kMoments, Moments},
      {Op::kReduceProd, Prod},
      {Op::kReduceMax, Extremum<true>},
      {Op::kReduceMin, Extremum<false>},
      {Op::kReduceAll, Logical<true>},
      {Op::kReduceAny, Logical<false>},
      {Op::kArgMax, ArgReduction<true>},
      {Op::kArgMin, ArgReduction<false>},
      {Op::kCumSum, Cumulative<false>},
      {Op::kCumProd, Cumulative<true>},
  };
  return rows;
}

}  // namespace mlcompute::reference
