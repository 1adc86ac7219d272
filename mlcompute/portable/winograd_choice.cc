// Where Winograd's algorithm is faster.
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <cstdlib>
#include <string_view>

#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/winograd.h"
#include "mlcompute/portable/winograd_tiles.h"

namespace mlcompute::portable {
namespace {

// What the parts of a step take, in floating-point operations of the direct algorithm. Measured on
// two cores of a Zen 4 with AVX-512, at 230 GFLOP/s.
struct Costs {
  int64_t tile;
  double vector;  // to transform a tile of kWinogradUnit channels, one way, through the caches
};
constexpr Costs kCosts[] = {{2, 3000}, {4, 7500}};
constexpr double kProduct = 1.15;  // a multiplication or addition in the products
constexpr double kStart = 2.5e6;   // a stage more for all threads
constexpr double kWorthIt = 1.05;

// A byte of a transformed filter, written and read again, by how large all of it is, or made block
// by block where it is used.
double FilterByte(const WinogradShape& s, double bytes) {
  if (HasLargeFilter(s)) return 4;
  return bytes < 2e6 ? 4.5 : 13;
}
// The same of a filter's gradient: one that is large is made block by block, another is added up
// in parts.
double GradientByte(const WinogradShape& s) { return IsLargeFilter(s) ? 4.5 : 9; }

bool IsOn() {
  static const bool on = [] {
    const char* text = std::getenv("TF_MLC_WINOGRAD");
    const bool wide = InstructionSet() == "avx2" || InstructionSet() == "avx512";
    return wide && (text == nullptr || std::string_view(text) != "0");
  }();
  return on;
}

// Zen 5, whose units are as wide as AVX-512's vectors: direct convolutions of bfloat16 gain more by
// that than Winograd's transforms do.
bool IsZen5() {
#if defined(__x86_64__)
  constexpr unsigned kZen5 = 0x1a;  // family
  unsigned eax, ebx, ecx, edx;
  if (!__builtin_cpu_is("amd") || __get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return false;
  const unsigned family = (eax >> 8) & 0xf;
  return (family == 0xf ? family + ((eax >> 20) & 0xff) : family) == kZen5;
#else
  return false;
#endif
}

// The time of the direct algorithm, as Costs are given: about half where the processor multiplies
// bfloat16, measured on the same machine and on a Zen 5. Winograd's products are of float32 all the
// same: points that are rounded to bfloat16 would lose digits that the result has. What matrices of
// AMX make of the direct algorithm has not been measured.
double DirectCost(const OperationView& view, const WinogradShape& s) {
  if (view.results[0].dtype != DataType::kBFloat16) return s.DirectFlops();
  const BFloat16Products products = ProductsOfBFloat16();
  if (products == BFloat16Products::kMatrices) return 0;
  if (products == BFloat16Products::kPlain) return s.DirectFlops();
  static const double of_images = IsZen5() ? 0.46 : 0.53;
  return (view.op() == Op::kConvolutionGradFilter ? 0.65 : of_images) * s.DirectFlops();
}

double Cost(Op op, const WinogradShape& s, const Costs& costs) {
  const auto tiles = static_cast<double>(s.tiles());
  const auto points = static_cast<double>(s.points());
  const auto channels = static_cast<double>(s.x.channels);
  const auto outputs = static_cast<double>(s.y.Padded());
  const double products = 2 * tiles * points * channels * outputs;
  const double vectors = tiles * static_cast<double>(s.x.Padded() + s.y.Padded()) / kWinogradUnit;
  const double filter = 4 * points * channels * outputs;
  // For the gradient of the input the filter is first copied, turned round.
  const double turned =
      op == Op::kConvolutionGradInput ? 4 * kWinogradTaps * channels * outputs : 0;
  const double byte = op == Op::kConvolutionGradFilter ? GradientByte(s) : FilterByte(s, filter);
  return kProduct * products + vectors * costs.vector + (filter + turned) * byte + kStart;
}

}  // namespace

int64_t WinogradTile(const OperationView& view) {
  if (!IsOn()) return 0;
  int64_t best = 0;
  double least = 0;
  for (const Costs& costs : kCosts) {
    WinogradShape s;
    if (!ReadWinogradShape(view, costs.tile, &s)) return 0;
    if (least == 0) least = DirectCost(view, s) / kWorthIt;
    const double cost = Cost(view.op(), s, costs);
    if (cost >= least) continue;
    least = cost;
    best = costs.tile;
  }
  return best;
}

}  // namespace mlcompute::portable
