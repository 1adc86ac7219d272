// mlcompute/portable/cast.cc: conversions between the element types that models mix.
#include <algorithm>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/tiles.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kGrain = 32 << 10;

using Convert = void (*)(const void* x, void* y, int64_t n);

// Conversions in which every value has a meaning in C++. Out-of-range float to integer is left to
// the reference step.
template <typename From, typename To>
void Plain(const void* x, void* y, int64_t n) {
  const auto* in = static_cast<const From*>(x);
  auto* out = static_cast<To*>(y);
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<To>(in[i]);
}

template <typename From>
void ToFloat16(const void* x, void* y, int64_t n) {
  float wide[kTile];
  for (int64_t i = 0; i < n; i += kTile) {
    const int64_t m = std::min(kTile, n - i);
    Plain<From, float>(static_cast<const From*>(x) + i, wide, m);
    Spans().to_float16(wide, static_cast<uint16_t*>(y) + i, static_cast<size_t>(m));
  }
}

template <typename From>
void ToBFloat16(const void* x, void* y, int64_t n) {
  float wide[kTile];
  for (int64_t i = 0; i < n; i += kTile) {
    const int64_t m = std::min(kTile, n - i);
    Plain<From, float>(static_cast<const From*>(x) + i, wide, m);
    Spans().to_bfloat16(wide, static_cast<uint16_t*>(y) + i, static_cast<size_t>(m));
  }
}

void NarrowToFloat16(const void* x, void* y, int64_t n) {
  Spans().to_float16(static_cast<const float*>(x), static_cast<uint16_t*>(y),
                     static_cast<size_t>(n));
}

void NarrowToBFloat16(const void* x, void* y, int64_t n) {
  Spans().to_bfloat16(static_cast<const float*>(x), static_cast<uint16_t*>(y),
                      static_cast<size_t>(n));
}

void FromFloat16(const void* x, void* y, int64_t n) {
  Spans().from_float16(static_cast<const uint16_t*>(x), static_cast<float*>(y),
                       static_cast<size_t>(n));
}

void FromBFloat16(const void* x, void* y, int64_t n) {
  Spans().from_bfloat16(static_cast<const uint16_t*>(x), static_cast<float*>(y),
                        static_cast<size_t>(n));
}

struct Row {
  DataType from;
  DataType to;
  Convert convert;
};

constexpr Row kRows[] = {
    {DataType::kFloat16, DataType::kFloat32, FromFloat16},
    {DataType::kBFloat16, DataType::kFloat32, FromBFloat16},
    {DataType::kFloat32, DataType::kFloat16, NarrowToFloat16},
    {DataType::kFloat32, DataType::kBFloat16, NarrowToBFloat16},
    {DataType::kUInt8, DataType::kFloat16, ToFloat16<uint8_t>},
    {DataType::kUInt8, DataType::kBFloat16, ToBFloat16<uint8_t>},
    {DataType::kBool, DataType::kFloat16, ToFloat16<bool>},
    {DataType::kBool, DataType::kBFloat16, ToBFloat16<bool>},
    {DataType::kUInt8, DataType::kFloat32, Plain<uint8_t, float>},
    {DataType::kBool, DataType::kFloat32, Plain<bool, float>},
    {DataType::kBool, DataType::kInt32, Plain<bool, int32_t>},
    {DataType::kBool, DataType::kInt64, Plain<bool, int64_t>},
    {DataType::kInt32, DataType::kFloat32, Plain<int32_t, float>},
    {DataType::kInt64, DataType::kFloat32, Plain<int64_t, float>},
    {DataType::kInt32, DataType::kInt64, Plain<int32_t, int64_t>},
    {DataType::kInt64, DataType::kInt32, Plain<int64_t, int32_t>},
    {DataType::kFloat32, DataType::kFloat64, Plain<float, double>},
    {DataType::kFloat64, DataType::kFloat32, Plain<double, float>},
};

class CastStep : public Step {
 public:
  CastStep(const OperationView& view, Convert convert)
      : from_(view.inputs[0]), to_(view.results[0]), convert_(convert) {}

  void Run(const void* const* inputs, void* const* results, void*) const override {
    const auto* x = static_cast<const std::byte*>(inputs[0]);
    auto* y = static_cast<std::byte*>(results[0]);
    ParallelFor(from_.elements(), kGrain, [&](int64_t begin, int64_t end) {
      convert_(x + static_cast<size_t>(begin) * SizeOf(from_.dtype),
               y + static_cast<size_t>(begin) * SizeOf(to_.dtype), end - begin);
    });
  }

 private:
  const TensorType from_;
  const TensorType to_;
  const Convert convert_;
};

}  // namespace

std::unique_ptr<Step> MakeCast(const OperationView& view) {
  for (const Row& row : kRows) {
    if (row.from == view.inputs[0].dtype && row.to == view.results[0].dtype) {
      return std::make_unique<CastStep>(view, row.convert);
    }
  }
  return nullptr;
}

}  // namespace mlcompute::portable
