#include "kernels/resample_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mlcompute/error.h"

namespace tf_mlc {
namespace {

constexpr float kTinySum = 1000.0f * std::numeric_limits<float>::min();
constexpr float kPi = 3.14159265358979323846f;

ResampleWeights Empty(int64_t taps, int64_t count) {
  const auto size = static_cast<size_t>(taps * count);
  return {taps, std::vector<int32_t>(size, -1), std::vector<float>(size, 0.0f)};
}

void Set(ResampleWeights* weights, int64_t at, int64_t tap, int64_t index, float weight) {
  const auto i = static_cast<size_t>(at * weights->taps + tap);
  weights->indices[i] = static_cast<int32_t>(index);
  weights->weights[i] = weight;
}

// Where position `i` of the result lies in the image.
float PositionOf(const ResizeScale& scale, int64_t i) {
  const auto x = static_cast<float>(i);
  return scale.half_pixel_centers ? (x + 0.5f) * scale.factor() - 0.5f : x * scale.factor();
}

// Keys's kernel at a distance below 1, and from 1 to 2.
float KeysNear(double a, double x) {
  return static_cast<float>(((a + 2) * x - (a + 3)) * x * x + 1);
}
float KeysFar(double a, double x) {
  return static_cast<float>(((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
}

struct Kernel {
  const char* name;
  float radius;
  float (*at)(float distance);
};

template <int radius>
float Lanczos(float x) {
  constexpr auto kRadius = static_cast<float>(radius);
  if (x > kRadius) return 0;
  if (x <= 1e-3f) return 1;
  return kRadius * std::sin(kPi * x) * std::sin(kPi * x / kRadius) / (kPi * kPi * x * x);
}

// Of standard deviation 1/2, cut at three of them.
float Gaussian(float x) { return x >= 1.5f ? 0 : std::exp(-x * x / (2.0f * 0.5f * 0.5f)); }
float Box(float x) { return x < 0.5f ? 1.0f : x == 0.5f ? 0.5f : 0.0f; }
float Triangle(float x) { return x < 1 ? 1 - x : 0; }
float KeysCubic(float x) {
  if (x >= 2) return 0;
  if (x >= 1) return ((-0.5f * x + 2.5f) * x - 4.0f) * x + 2.0f;
  return ((1.5f * x - 2.5f) * x) * x + 1.0f;
}
// Mitchell and Netravali, "Reconstruction filters in computer graphics", SIGGRAPH 1988, B = C =
// 1/3.
float MitchellCubic(float x) {
  if (x >= 2) return 0;
  if (x >= 1) return (((-7.0f / 18.0f) * x + 2.0f) * x - 10.0f / 3.0f) * x + 16.0f / 9.0f;
  return (((7.0f / 6.0f) * x - 2.0f) * x) * x + 8.0f / 9.0f;
}

constexpr Kernel kKernels[] = {
    {"lanczos1", 1, Lanczos<1>},
    {"lanczos3", 3, Lanczos<3>},
    {"lanczos5", 5, Lanczos<5>},
    {"gaussian", 1.5f, Gaussian},
    {"box", 1, Box},
    {"triangle", 1, Triangle},
    {"keyscubic", 2, KeysCubic},
    {"mitchellcubic", 2, MitchellCubic},
};

const Kernel& KernelNamed(const std::string& name) {
  for (const Kernel& kernel : kKernels) {
    if (name == kernel.name) return kernel;
  }
  throw mlcompute::InvalidArgument("Unrecognized kernel type: ", name);
}

}  // namespace

float ResizeScale::factor() const {
  return align_corners && out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                                  : static_cast<float>(in) / static_cast<float>(out);
}

ResampleWeights NearestWeights(const ResizeScale& scale) {
  ResampleWeights result = Empty(1, scale.out);
  for (int64_t i = 0; i < scale.out; ++i) {
    const float shift = scale.half_pixel_centers ? 0.5f : 0.0f;
    const float x = (static_cast<float>(i) + shift) * scale.factor();
    const auto at = static_cast<int64_t>(scale.align_corners ? std::round(x) : std::floor(x));
    Set(&result, i, 0, std::clamp<int64_t>(at, 0, scale.in - 1), 1.0f);
  }
  return result;
}

ResampleWeights BilinearWeights(const ResizeScale& scale) {
  ResampleWeights result = Empty(2, scale.out);
  for (int64_t i = 0; i < scale.out; ++i) {
    const float x = PositionOf(scale, i);
    const float floor = std::floor(x);
    const auto lower = static_cast<int64_t>(floor);
    const auto upper = static_cast<int64_t>(std::ceil(x));
    const float part = x - floor;
    Set(&result, i, 0, std::clamp<int64_t>(lower, 0, scale.in - 1), 1.0f - part);
    Set(&result, i, 1, std::clamp<int64_t>(upper, 0, scale.in - 1), part);
  }
  return result;
}

ResampleWeights BicubicWeights(const ResizeScale& scale) {
  constexpr double kSteps = 1024;
  const bool keys = scale.half_pixel_centers;
  const double a = keys ? -0.5 : -0.75;
  ResampleWeights result = Empty(4, scale.out);
  for (int64_t i = 0; i < scale.out; ++i) {
    const float x = PositionOf(scale, i);
    const auto base = static_cast<int64_t>(std::floor(x));
    const float part = x - std::floor(x);
    const double d = static_cast<double>(std::lrint(part * static_cast<float>(kSteps))) / kSteps;
    float weights[4] = {KeysFar(a, d + 1), KeysNear(a, d), KeysNear(a, 1 - d), KeysFar(a, 2 - d)};
    float sum = 0;
    for (int64_t t = 0; t < 4; ++t) {
      // What lies outside counts for nothing, or (the older ops) as the pixel at the edge.
      const int64_t at = base - 1 + t;
      if (keys && (at < 0 || at >= scale.in)) weights[t] = 0;
      sum += weights[t];
    }
    const float norm = keys && std::fabs(sum) >= kTinySum ? 1.0f / sum : 1.0f;
    for (int64_t t = 0; t < 4; ++t) {
      Set(&result, i, t, std::clamp<int64_t>(base - 1 + t, 0, scale.in - 1), weights[t] * norm);
    }
  }
  return result;
}

ResampleWeights AreaWeights(const ResizeScale& scale) {
  const float factor = scale.factor();
  ResampleWeights result = Empty(static_cast<int64_t>(std::ceil(factor)) + 2, scale.out);
  for (int64_t i = 0; i < scale.out; ++i) {
    const float begin = static_cast<float>(i) * factor;
    const float end = static_cast<float>(i + 1) * factor;
    int64_t tap = 0;
    const auto last = static_cast<int64_t>(std::ceil(end));
    for (auto at = static_cast<int64_t>(std::floor(begin)); at < last; ++at) {
      const auto x = static_cast<float>(at);
      const float covered = std::min(x + 1, end) - std::max(x, begin);
      Set(&result, i, tap++, std::clamp<int64_t>(at, 0, scale.in - 1), covered / factor);
    }
  }
  return result;
}

ResampleWeights SpanWeights(const std::string& kernel_type, bool antialias, int64_t in, int64_t out,
                            float scale, float translation) {
  const Kernel& kernel = KernelNamed(kernel_type);
  if (!(scale > 0)) throw mlcompute::InvalidArgument("Scale must be greater than zero: ", scale);
  const float inverse = 1.0f / scale;
  const float shift = -inverse * translation;
  const float stretch = antialias ? std::max(inverse, 1.0f) : 1.0f;
  const float reach = kernel.radius * stretch;
  const float spread = 1.0f / stretch;
  const int64_t taps = std::min<int64_t>(2 * static_cast<int64_t>(std::ceil(reach)) + 1, in);
  ResampleWeights result = Empty(taps, out);
  for (int64_t i = 0; i < out; ++i) {
    const float center = (static_cast<float>(i) + 0.5f) * inverse + shift;
    if (center < 0 || center > static_cast<float>(in)) continue;  // beside the image
    const auto first = static_cast<int64_t>(std::ceil(center - reach - 0.5f));
    const auto last = static_cast<int64_t>(std::floor(center + reach - 0.5f));
    const int64_t begin = std::clamp<int64_t>(first, 0, in - 1);
    const int64_t end = std::clamp<int64_t>(last, 0, in - 1) + 1;
    std::vector<float> weights;
    float sum = 0;
    for (int64_t at = begin; at < end; ++at) {
      const float distance = static_cast<float>(at) + 0.5f - center;
      weights.push_back(kernel.at(std::fabs(distance * spread)));
      sum += weights.back();
    }
    if (std::fabs(sum) < kTinySum) continue;
    const float norm = 1.0f / sum;
    for (int64_t at = begin; at < end; ++at) {
      Set(&result, i, at - begin, at, weights[static_cast<size_t>(at - begin)] * norm);
    }
  }
  return result;
}

}  // namespace tf_mlc
