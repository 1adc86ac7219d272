// mlcompute/portable/simd/binary.cc: functions of two inputs, comparisons and selection.
#include <hwy/cache_control.h>

#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

const D d;

HWY_INLINE V Zero() { return hn::Zero(d); }
HWY_INLINE V C(float value) { return hn::Set(d, value); }
HWY_INLINE V WhereNotZero(V x, V value) { return hn::IfThenZeroElse(hn::Eq(x, Zero()), value); }

// clang-format off
struct Add { HWY_INLINE V operator()(V a, V b) const { return hn::Add(a, b); } };
struct Sub { HWY_INLINE V operator()(V a, V b) const { return hn::Sub(a, b); } };
struct Mul { HWY_INLINE V operator()(V a, V b) const { return hn::Mul(a, b); } };
struct Div { HWY_INLINE V operator()(V a, V b) const { return hn::Div(a, b); } };
struct DivNoNan { HWY_INLINE V operator()(V a, V b) const {
  return hn::IfThenZeroElse(hn::Eq(b, Zero()), hn::Div(a, b)); } };
struct MulNoNan { HWY_INLINE V operator()(V a, V b) const {
  return hn::IfThenZeroElse(hn::Eq(b, Zero()), hn::Mul(a, b)); } };
struct SquaredDifference { HWY_INLINE V operator()(V a, V b) const {
  const V c = hn::Sub(a, b); return hn::Mul(c, c); } };
struct FloorDiv { HWY_INLINE V operator()(V a, V b) const { return hn::Floor(hn::Div(a, b)); } };
struct Maximum { HWY_INLINE V operator()(V a, V b) const {
  const V m = hn::IfThenElse(hn::Lt(a, b), b, a);
  return hn::IfThenElse(hn::IsNaN(b), b, m); } };
struct Minimum { HWY_INLINE V operator()(V a, V b) const {
  const V m = hn::IfThenElse(hn::Lt(b, a), b, a);
  return hn::IfThenElse(hn::IsNaN(b), b, m); } };
struct Xdivy { HWY_INLINE V operator()(V a, V b) const {
  return hn::IfThenZeroElse(hn::Eq(a, Zero()), hn::Div(a, b)); } };

struct TanhGrad { HWY_INLINE V operator()(V y, V dy) const {
  return hn::Mul(dy, hn::NegMulAdd(y, y, C(1.0f))); } };
struct SigmoidGrad { HWY_INLINE V operator()(V y, V dy) const {
  return hn::Mul(dy, hn::Mul(y, hn::Sub(C(1.0f), y))); } };
struct SqrtGrad { HWY_INLINE V operator()(V y, V dy) const {
  return WhereNotZero(dy, hn::Div(hn::Mul(dy, C(0.5f)), y)); } };
struct RsqrtGrad { HWY_INLINE V operator()(V y, V dy) const {
  return WhereNotZero(dy, hn::Mul(hn::Mul(dy, C(-0.5f)), hn::Mul(hn::Mul(y, y), y))); } };
struct ReciprocalGrad { HWY_INLINE V operator()(V y, V dy) const {
  return WhereNotZero(dy, hn::Mul(hn::Mul(hn::Neg(dy), y), y)); } };
struct ReluGrad { HWY_INLINE V operator()(V dy, V x) const {
  return hn::Mul(dy, hn::IfThenElseZero(hn::Gt(x, Zero()), C(1.0f))); } };
struct Relu6Grad { HWY_INLINE V operator()(V dy, V x) const {
  const auto inside = hn::And(hn::Gt(x, Zero()), hn::Lt(x, C(6.0f)));
  return hn::Mul(dy, hn::IfThenElseZero(inside, C(1.0f))); } };
struct EluGrad { HWY_INLINE V operator()(V dy, V y) const {
  return hn::IfThenElse(hn::Lt(y, Zero()), hn::Mul(dy, hn::Add(y, C(1.0f))), dy); } };
struct SeluGrad { HWY_INLINE V operator()(V dy, V y) const {
  return hn::Mul(dy, hn::IfThenElse(hn::Lt(y, Zero()), hn::Add(y, C(1.7580993408473766f)),
                                    C(1.0507009873554805f))); } };
struct SoftsignGrad { HWY_INLINE V operator()(V dy, V x) const {
  const V e = hn::Add(C(1.0f), hn::Abs(x)); return hn::Div(dy, hn::Mul(e, e)); } };
// clang-format on

template <typename F>
void Span(const float* a, const float* b, float* y, size_t n) {
  MapBinary(a, b, y, n, F());
}

struct Row {
  Op op;
  BinarySpan span;
};

constexpr Row kRows[] = {
    {Op::kAdd, Span<Add>},
    {Op::kSub, Span<Sub>},
    {Op::kMul, Span<Mul>},
    {Op::kDiv, Span<Div>},
    {Op::kDivNoNan, Span<DivNoNan>},
    {Op::kMulNoNan, Span<MulNoNan>},
    {Op::kSquaredDifference, Span<SquaredDifference>},
    {Op::kFloorDiv, Span<FloorDiv>},
    {Op::kMaximum, Span<Maximum>},
    {Op::kMinimum, Span<Minimum>},
    {Op::kXdivy, Span<Xdivy>},
    {Op::kTanhGrad, Span<TanhGrad>},
    {Op::kSigmoidGrad, Span<SigmoidGrad>},
    {Op::kSqrtGrad, Span<SqrtGrad>},
    {Op::kRsqrtGrad, Span<RsqrtGrad>},
    {Op::kReciprocalGrad, Span<ReciprocalGrad>},
    {Op::kReluGrad, Span<ReluGrad>},
    {Op::kRelu6Grad, Span<Relu6Grad>},
    {Op::kEluGrad, Span<EluGrad>},
    {Op::kSeluGrad, Span<SeluGrad>},
    {Op::kSoftsignGrad, Span<SoftsignGrad>},
};

// Plain loops: compilers turn them into packed comparisons and narrowings.
template <typename F>
void Compare(const float* a, const float* b, uint8_t* y, size_t n) {
  const F f;
  for (size_t i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
}

// clang-format off
struct Equal { HWY_INLINE bool operator()(float a, float b) const { return a == b; } };
struct NotEqual { HWY_INLINE bool operator()(float a, float b) const { return a != b; } };
struct Less { HWY_INLINE bool operator()(float a, float b) const { return a < b; } };
struct LessEqual { HWY_INLINE bool operator()(float a, float b) const { return a <= b; } };
struct Greater { HWY_INLINE bool operator()(float a, float b) const { return a > b; } };
struct GreaterEqual { HWY_INLINE bool operator()(float a, float b) const { return a >= b; } };
// clang-format on

struct CompareRow {
  Op op;
  CompareSpan span;
};

constexpr CompareRow kCompareRows[] = {
    {Op::kEqual, Compare<Equal>},     {Op::kNotEqual, Compare<NotEqual>},
    {Op::kLess, Compare<Less>},       {Op::kLessEqual, Compare<LessEqual>},
    {Op::kGreater, Compare<Greater>}, {Op::kGreaterEqual, Compare<GreaterEqual>},
};

// clang-format off
struct IsNan { HWY_INLINE bool operator()(float x) const { return x != x; } };
struct IsInf { HWY_INLINE bool operator()(float x) const {
  return __builtin_fabsf(x) == __builtin_inff(); } };
struct IsFinite { HWY_INLINE bool operator()(float x) const {
  return __builtin_fabsf(x) < __builtin_inff(); } };
struct And { HWY_INLINE uint8_t operator()(uint8_t a, uint8_t b) const { return a & b; } };
struct Or { HWY_INLINE uint8_t operator()(uint8_t a, uint8_t b) const { return a | b; } };
struct Xor { HWY_INLINE uint8_t operator()(uint8_t a, uint8_t b) const { return a ^ b; } };
struct Not { HWY_INLINE uint8_t operator()(uint8_t a, uint8_t) const { return a ^ 1; } };
// clang-format on

template <typename F>
void Test(const float* x, uint8_t* y, size_t n) {
  const F f;
  for (size_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

template <typename F>
void Logic(const uint8_t* a, const uint8_t* b, uint8_t* y, size_t n) {
  const F f;
  for (size_t i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
}

struct TestRow {
  Op op;
  TestSpan span;
};

constexpr TestRow kTestRows[] = {
    {Op::kIsNan, Test<IsNan>},
    {Op::kIsInf, Test<IsInf>},
    {Op::kIsFinite, Test<IsFinite>},
};

struct LogicRow {
  Op op;
  LogicSpan span;
};

constexpr LogicRow kLogicRows[] = {
    {Op::kLogicalAnd, Logic<And>},
    {Op::kLogicalOr, Logic<Or>},
    {Op::kLogicalXor, Logic<Xor>},
    {Op::kLogicalNot, Logic<Not>},
};

void FromBool(const uint8_t* x, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = static_cast<float>(x[i]);
}

void Select(const uint8_t* condition, const float* x, const float* y, float* z, size_t n) {
  for (size_t i = 0; i < n; ++i) z[i] = condition[i] ? x[i] : y[i];
}

void Fill(float value, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = value;
}

void Stream(const float* x, float* y, size_t n) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::Stream(hn::LoadU(d, x + i), d, y + i);
  if (i < n) StorePart(LoadPart(d, x + i, n - i), d, y + i, n - i);
}

void FlushStream() { hwy::FlushStream(); }

}  // namespace

void FillBinary(SpanTable* table) {
  for (const Row& row : kRows) table->binary[static_cast<size_t>(row.op)] = row.span;
  for (const CompareRow& row : kCompareRows) {
    table->compare[static_cast<size_t>(row.op)] = row.span;
  }
  for (const TestRow& row : kTestRows) table->test[static_cast<size_t>(row.op)] = row.span;
  for (const LogicRow& row : kLogicRows) table->logic[static_cast<size_t>(row.op)] = row.span;
  table->select = Select;
  table->from_bool = FromBool;
  table->fill = Fill;
  table->stream = Stream;
  table->flush_stream = FlushStream;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
