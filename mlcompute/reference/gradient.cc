// mlcompute/reference/gradient.cc: gradients of elementwise functions, and the operations of three
// inputs.
#include <cmath>

#include "mlcompute/reference/broadcast.h"
#include "mlcompute/reference/dispatch.h"
#include "mlcompute/reference/families.h"

namespace mlcompute::reference {
namespace {

template <typename T, typename F>
void Map(const Call& call, const F& f) {
  using C = Compute<T>;
  const T* a = call.input<T>(0);
  const T* b = call.input<T>(1);
  T* dx = call.result<T>();
  const int64_t n = call.view.results[0].elements();
  for (int64_t i = 0; i < n; ++i) {
    dx[i] = static_cast<T>(f(static_cast<C>(a[i]), static_cast<C>(b[i])));
  }
}

template <typename F>
void Floats(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype,
                 [&](auto tag) { Map<typename decltype(tag)::type>(call, F()); });
}

template <typename F>
void Numbers(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype,
                  [&](auto tag) { Map<typename decltype(tag)::type>(call, F()); });
}

// Klambauer et al. 2017, section 2.
constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluAlpha = 1.6732632423543772848170429916717;

// clang-format off
struct TanhGrad { template <typename T> T operator()(T y, T dy) const {
  return dy * (T{1} - y * y); } };
struct SigmoidGrad { template <typename T> T operator()(T y, T dy) const {
  return dy * (y * (T{1} - y)); } };
struct SqrtGrad { template <typename T> T operator()(T y, T dy) const {
  return dy == T{0} ? T{0} : dy * T(0.5) / y; } };
struct RsqrtGrad { template <typename T> T operator()(T y, T dy) const {
  return dy == T{0} ? T{0} : dy * T(-0.5) * (y * y * y); } };
struct ReciprocalGrad { template <typename T> T operator()(T y, T dy) const {
  return dy == T{0} ? T{0} : -dy * y * y; } };
struct ReluGrad { template <typename T> T operator()(T dy, T x) const {
  return static_cast<T>(dy * T(x > T{0})); } };
struct Relu6Grad { template <typename T> T operator()(T dy, T x) const {
  return static_cast<T>(dy * T(x > T{0} && x < T{6})); } };
struct EluGrad { template <typename T> T operator()(T dy, T y) const {
  return y < T{0} ? dy * (y + T{1}) : dy; } };
struct SeluGrad { template <typename T> T operator()(T dy, T y) const {
  return y < T{0} ? dy * (y + T(kSeluScale * kSeluAlpha)) : dy * T(kSeluScale); } };
struct SoftplusGrad { template <typename T> T operator()(T dy, T x) const {
  return dy / (T{1} + std::exp(-x)); } };
struct SoftsignGrad { template <typename T> T operator()(T dy, T x) const {
  const T d = T{1} + std::fabs(x); return dy / (d * d); } };
// clang-format on

void LeakyReluGrad(const Call& call) {
  const double alpha = call.view.attributes().Double("alpha");
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using C = Compute<T>;
    Map<T>(call, [a = static_cast<C>(alpha)](C dy, C x) { return x > C{0} ? dy : a * dy; });
  });
}

// Calls body(i, offsets) over the broadcast result of three inputs.
template <typename Body>
void ForEach3(const Call& call, const Body& body) {
  const Shape& out = call.view.results[0].shape;
  ForEach<3>(out,
             {BroadcastStrides(call.view.inputs[0].shape, out),
              BroadcastStrides(call.view.inputs[1].shape, out),
              BroadcastStrides(call.view.inputs[2].shape, out)},
             body);
}

void Select(const Call& call) {
  DispatchAll(call.view.results[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const bool* condition = call.input<bool>(0);
    const T* x = call.input<T>(1);
    const T* y = call.input<T>(2);
    T* z = call.result<T>();
    ForEach3(call, [&](int64_t i, const std::array<int64_t, 3>& at) {
      z[i] = condition[at[0]] ? x[at[1]] : y[at[2]];
    });
  });
}

void ClipByValue(const Call& call) {
  DispatchNumbers(call.view.results[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* x = call.input<T>(0);
    const T* low = call.input<T>(1);
    const T* high = call.input<T>(2);
    T* z = call.result<T>();
    ForEach3(call, [&](int64_t i, const std::array<int64_t, 3>& at) {
      const T capped = x[at[0]] > high[at[2]] ? high[at[2]] : x[at[0]];  // NaN stays
      z[i] = capped < low[at[1]] ? low[at[1]] : capped;
    });
  });
}

}  // namespace

const std::vector<Row>& GradientRows() {
  static const std::vector<Row> rows = {
      {Op::kTanhGrad, Floats<TanhGrad>},
      {Op::kSigmoidGrad, Floats<SigmoidGrad>},
      {Op::kSqrtGrad, Floats<SqrtGrad>},
      {Op::kRsqrtGrad, Floats<RsqrtGrad>},
      {Op::kReciprocalGrad, Floats<ReciprocalGrad>},
      {Op::kReluGrad, Numbers<ReluGrad>},
      {Op::kRelu6Grad, Numbers<Relu6Grad>},
      {Op::kLeakyReluGrad, LeakyReluGrad},
      {Op::kEluGrad, Floats<EluGrad>},
      {Op::kSeluGrad, Floats<SeluGrad>},
      {Op::kSoftplusGrad, Floats<SoftplusGrad>},
      {Op::kSoftsignGrad, Floats<SoftsignGrad>},
      {Op::kSelect, Select},
      {Op::kClipByValue, ClipByValue},
  };
  return rows;
}

}  // namespace mlcompute::reference
