#include "mlcompute/portable/scalar_functions.h"

#include <cmath>

#include "mlcompute/reference/special.h"

namespace mlcompute::portable {
namespace {

template <float (*kFunction)(float)>
void Unary(const float* x, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = kFunction(x[i]);
}

// Special functions that are computed in double.
template <double (*kFunction)(double)>
void Special(const float* x, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = static_cast<float>(kFunction(x[i]));
}

template <float (*kFunction)(float, float)>
void Binary(const float* a, const float* b, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = kFunction(a[i], b[i]);
}

// Sign of b.
float FloorMod(float a, float b) {
  const float r = std::fmod(a, b);
  return r != 0.0f && (r < 0.0f) != (b < 0.0f) ? r + b : r;
}
float TruncDiv(float a, float b) { return std::trunc(a / b); }
float Xlogy(float a, float b) { return a == 0.0f ? 0.0f : a * std::log(b); }
float Xlog1py(float a, float b) { return a == 0.0f ? 0.0f : a * std::log1p(b); }

}  // namespace

UnarySpan ScalarUnary(Op op) {
  switch (op) {
    case Op::kTan:
      return Unary<std::tan>;
    case Op::kAsin:
      return Unary<std::asin>;
    case Op::kAcos:
      return Unary<std::acos>;
    case Op::kAtan:
      return Unary<std::atan>;
    case Op::kSinh:
      return Unary<std::sinh>;
    case Op::kCosh:
      return Unary<std::cosh>;
    case Op::kAsinh:
      return Unary<std::asinh>;
    case Op::kAcosh:
      return Unary<std::acosh>;
    case Op::kAtanh:
      return Unary<std::atanh>;
    case Op::kDigamma:
      return Special<reference::Digamma>;
    case Op::kErfinv:
      return Special<reference::Erfinv>;
    case Op::kNdtri:
      return Special<reference::Ndtri>;
    default:
      return nullptr;
  }
}

BinarySpan ScalarBinary(Op op) {
  switch (op) {
    case Op::kFloorMod:
      return Binary<FloorMod>;
    case Op::kTruncDiv:
      return Binary<TruncDiv>;
    case Op::kTruncMod:
      return Binary<std::fmod>;
    case Op::kAtan2:
      return Binary<std::atan2>;
    case Op::kXlogy:
      return Binary<Xlogy>;
    case Op::kXlog1py:
      return Binary<Xlog1py>;
    default:
      return nullptr;
  }
}

}  // namespace mlcompute::portable
