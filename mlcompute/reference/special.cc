#include "mlcompute/reference/special.h"

#include <cmath>
#include <limits>

namespace mlcompute::reference {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kSqrtPi = 1.77245385090551602730;

}  // namespace

double Digamma(double x) {
  if (x == 0.0 || (x < 0.0 && x == std::floor(x))) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  // tan has period pi: without whole turns its argument keeps all its bits.
  if (x < 0.0) return Digamma(1.0 - x) - kPi / std::tan(kPi * (x - std::nearbyint(x)));
  double shift = 0.0;
  while (x < 10.0) {
    shift += 1.0 / x;
    x += 1.0;
  }
  // B_2k / 2k for k = 1..7.
  constexpr double kSeries[] = {1.0 / 12,  -1.0 / 120,     1.0 / 252, -1.0 / 240,
                                1.0 / 132, -691.0 / 32760, 1.0 / 12};
  const double inverse_square = 1.0 / (x * x);
  double power = inverse_square;
  double sum = std::log(x) - 0.5 / x;
  for (const double c : kSeries) {
    sum -= c * power;
    power *= inverse_square;
  }
  return sum - shift;
}

double Erfinv(double x) {
  if (!(x >= -1.0 && x <= 1.0)) return std::numeric_limits<double>::quiet_NaN();
  if (x == 1.0 || x == -1.0) return x * std::numeric_limits<double>::infinity();
  // Winitzki's closed form, then Halley steps on erf(y) - x (on erfc in the tails, where the
  // difference would cancel).
  constexpr double kA = 0.147;
  const double tail = std::log1p(-x * x);
  const double b = 2.0 / (kPi * kA) + tail / 2.0;
  double y = std::copysign(std::sqrt(std::sqrt(b * b - tail / kA) - b), x);
  for (int i = 0; i < 4; ++i) {
    const double error = x > 0.5    ? (1.0 - x) - std::erfc(y)
                         : x < -0.5 ? std::erfc(-y) - (1.0 + x)
                                    : std::erf(y) - x;
    const double step = error / (2.0 / kSqrtPi * std::exp(-y * y));
    if (!std::isfinite(step)) break;
    y -= step / (1.0 + y * step);
  }
  return y;
}

double Ndtri(double p) {
  if (!(p >= 0.0 && p <= 1.0)) return std::numeric_limits<double>::quiet_NaN();
  // For small p, 2p - 1 would lose it: bisect the tail instead.
  if (p == 0.0) return -std::numeric_limits<double>::infinity();
  if (p == 1.0) return std::numeric_limits<double>::infinity();
  if (p > 1e-4) return std::sqrt(2.0) * Erfinv(2.0 * p - 1.0);
  double low = -40.0;
  double high = 0.0;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace mlcompute::reference
