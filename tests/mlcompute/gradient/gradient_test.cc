// Every gradient rule against central differences of its operation, in float64 on the reference
// backend.
#include "mlcompute/gradient/gradient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "mlcompute/program/terms.h"
#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using Dims = std::vector<int64_t>;

// Numbers between `low` and `high` without a visible pattern, none of them twice.
Tensor Between(double low, double high, Shape shape) {
  std::vector<double> values;
  for (int64_t i = 0; i < shape.elements(); ++i) {
    const double turn = 0.137 + static_cast<double>(i) * 0.6180339887498949;
    values.push_back(low + (high - low) * (turn - std::floor(turn)));
  }
  return Make<double>(std::move(shape), values);
}
Tensor Any(Shape shape) { return Between(-2, 2, std::move(shape)); }
// Other numbers than Any(): a second operand.
Tensor Other(Shape shape) { return Between(-1.7, 2.2, std::move(shape)); }
Tensor Positive(Shape shape) { return Between(0.3, 2, std::move(shape)); }
Tensor Scalar(double value) { return Make<double>({}, {value}); }

// Its floating-point inputs are differentiated by; of the results the first `results` count.
struct Case {
  Op op;
  std::vector<Tensor> inputs;
  Attributes attributes = {};
  size_t results = 1;
};

Attributes Sliding(Dims strides, Dims dilations, Dims begin, Dims end, int64_t groups,
                   bool channels_last) {
  return {{"strides", strides}, {"dilations", dilations}, {"pads_begin", begin},
          {"pads_end", end},    {"groups", groups},       {"channels_last", channels_last}};
}
Attributes Pooling(Dims window, Dims strides, Dims begin, Dims end, bool channels_last) {
  return {{"window", window},
          {"strides", strides},
          {"pads_begin", begin},
          {"pads_end", end},
          {"channels_last", channels_last}};
}
Attributes Plus(Attributes attributes, const char* name, const Dims& value) {
  return attributes.Set(name, value);
}

std::vector<Case> Elementwise() {
  std::vector<Case> cases;
  for (const Op op : {Op::kCopy,  Op::kAbs,  Op::kNeg,      Op::kSquare,  Op::kExp,  Op::kExpm1,
                      Op::kSin,   Op::kCos,  Op::kAtan,     Op::kSinh,    Op::kCosh, Op::kTanh,
                      Op::kAsinh, Op::kErf,  Op::kErfc,     Op::kSigmoid, Op::kRelu, Op::kElu,
                      Op::kRelu6, Op::kSelu, Op::kSoftplus, Op::kSoftsign}) {
    cases.push_back({op, {Between(-2.5, 7.5, {2, 5})}});
  }
  for (const Op op : {Op::kReciprocal, Op::kSqrt, Op::kRsqrt, Op::kLog, Op::kLog1p, Op::kLgamma}) {
    cases.push_back({op, {Positive({2, 5})}});
  }
  for (const Op op : {Op::kAsin, Op::kAcos, Op::kAtanh, Op::kErfinv, Op::kTan}) {
    cases.push_back({op, {Between(-0.9, 0.9, {7})}});
  }
  cases.push_back({Op::kAcosh, {Between(1.2, 4, {7})}});
  cases.push_back({Op::kLeakyRelu, {Any({7})}, {{"alpha", 0.3}}});
  cases.push_back({Op::kGelu, {Any({7})}, {{"approximate", true}}});
  cases.push_back({Op::kGelu, {Any({7})}, {{"approximate", false}}});
  cases.push_back({Op::kCast, {Any({3})}, {{"to", DataType::kFloat64}}});
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{2, 3}, {2, 3}}, {{2, 3}, {3}}, {{2, 1}, {1, 3}}, {{}, {2, 3}}, {{2, 1, 2}, {3, 1}}};
  for (const auto& [x, y] : shapes) {
    for (const Op op : {Op::kAdd, Op::kSub, Op::kMul, Op::kMulNoNan, Op::kMaximum, Op::kMinimum,
                        Op::kSquaredDifference, Op::kAtan2}) {
      cases.push_back({op, {Any(x), Other(y)}});
    }
    for (const Op op : {Op::kDiv, Op::kDivNoNan, Op::kXdivy, Op::kXlogy, Op::kXlog1py}) {
      cases.push_back({op, {Any(x), Positive(y)}});
    }
    cases.push_back({Op::kPow, {Positive(x), Other(y)}});
  }
  cases.push_back({Op::kSelect, {Flags({2, 1}, {1, 0}), Any({2, 3}), Other({3})}});
  cases.push_back({Op::kClipByValue, {Any({9}), Scalar(-0.5), Between(0.2, 0.7, {9})}});
  return cases;
}

std::vector<Case> Reductions() {
  std::vector<Case> cases;
  for (const Op op : {Op::kReduceSum, Op::kReduceMean, Op::kReduceMax, Op::kReduceMin}) {
    for (const bool keep : {false, true}) {
      for (const Dims& axes : std::vector<Dims>{{0}, {2}, {0, 2}, {0, 1, 2}}) {
        cases.push_back({op, {Any({2, 3, 4})}, {{"axes", axes}, {"keep_dims", keep}}});
      }
    }
  }
  for (const bool exclusive : {false, true}) {
    for (const bool reverse : {false, true}) {
      cases.push_back({Op::kCumSum,
                       {Any({2, 4, 2})},
                       {{"axis", int64_t{1}}, {"exclusive", exclusive}, {"reverse", reverse}}});
    }
  }
  return cases;
}

std::vector<Case> Matrices() {
  std::vector<Case> cases;
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      const Attributes transposed = {{"transpose_a", ta}, {"transpose_b", tb}};
      const Shape a = ta ? Shape{4, 3} : Shape{3, 4}, b = tb ? Shape{2, 4} : Shape{4, 2};
      cases.push_back({Op::kMatMul, {Any(a), Other(b)}, transposed});
      // Leading axes broadcast.
      const Shape more_a = {2, 1, a[0], a[1]}, more_b = {3, b[0], b[1]};
      cases.push_back({Op::kMatMul, {Any(more_a), Other(more_b)}, transposed});
    }
  }
  struct Convolution {
    Shape x, filter;
    Attributes attributes;
    Shape y;
  };
  const std::vector<Convolution> convolutions = {
      {{2, 3, 5, 6}, {3, 3, 3, 2}, Sliding({1, 1}, {1, 1}, {1, 1}, {1, 1}, 1, false), {2, 2, 5, 6}},
      {{1, 5, 6, 2}, {3, 2, 2, 3}, Sliding({2, 2}, {1, 2}, {0, 1}, {1, 0}, 1, true), {1, 2, 3, 3}},
      {{2, 4, 5, 5}, {2, 2, 2, 6}, Sliding({1, 2}, {2, 1}, {0, 0}, {0, 1}, 2, false), {2, 6, 3, 3}},
      {{1, 3, 4, 4}, {3, 3, 1, 6}, Sliding({1, 1}, {1, 1}, {1, 1}, {1, 1}, 3, false), {1, 6, 4, 4}},
  };
  for (const auto& [x, filter, attributes, y] : convolutions) {
    cases.push_back({Op::kConvolution, {Any(x), Other(filter)}, attributes});
    cases.push_back({Op::kConvolutionGradInput,
                     {Any(filter), Other(y)},
                     Plus(attributes, "input_shape", x.dims())});
    cases.push_back({Op::kConvolutionGradFilter,
                     {Any(x), Other(y)},
                     Plus(attributes, "filter_shape", filter.dims())});
  }
  for (const Attributes& pool : {Pooling({2, 3}, {1, 2}, {0, 1}, {1, 1}, false),
                                 Pooling({2, 2}, {2, 2}, {0, 0}, {0, 0}, false)}) {
    const Shape x = {2, 2, 4, 4};
    cases.push_back({Op::kMaxPool, {Any(x)}, pool});
    cases.push_back({Op::kAvgPool, {Any(x)}, pool});
    const Shape y = Evaluate(Op::kAvgPool, {Any(x)}, pool).type.shape;
    cases.push_back({Op::kAvgPoolGrad, {Any(y)}, Plus(pool, "input_shape", x.dims())});
  }
  cases.push_back({Op::kSoftmax, {Any({2, 3, 4})}});
  cases.push_back({Op::kLogSoftmax, {Any({2, 3, 4})}});
  cases.push_back(
      {Op::kSoftmaxCrossEntropy, {Any({3, 4}), Evaluate(Op::kSoftmax, {Other({3, 4})})}});
  cases.push_back({Op::kSparseSoftmaxCrossEntropy, {Any({3, 4}), Int32s({3}, {3, 0, 1})}});
  for (const bool masked : {false, true}) {
    Case lstm = {Op::kLstm, {Any({2, 3, 8}), Other({2, 2}), Any({2, 2}), Other({2, 8})}, {}, 3};
    Case gru = {Op::kGru, {Any({2, 3, 6}), Other({2, 2}), Any({2, 6}), Other({6})}, {}, 2};
    for (Case* recurrent : {&lstm, &gru}) {
      if (masked) recurrent->inputs.push_back(Flags({2, 3}, {1, 1, 0, 0, 1, 1}));
      cases.push_back(*recurrent);
    }
  }
  cases.push_back({Op::kLstm, {Any({2, 1, 8}), Other({2, 2}), Any({2, 2}), Other({2, 8})}, {}, 3});
  return cases;
}

std::vector<Case> Movements() {
  std::vector<Case> cases = {
      {Op::kReshape, {Any({2, 6})}, {{"shape", Dims{3, 4}}}},
      {Op::kTranspose, {Any({2, 3, 4})}, {{"perm", Dims{2, 0, 1}}}},
      {Op::kBroadcastTo, {Any({3, 1})}, {{"shape", Dims{2, 3, 4}}}},
      {Op::kConcat, {Any({2, 1, 2}), Other({2, 3, 2}), Any({2, 2, 2})}, {{"axis", int64_t{1}}}},
      {Op::kSlice,
       {Any({4, 5})},
       {{"begin", Dims{3, 1}}, {"strides", Dims{-1, 2}}, {"sizes", Dims{3, 2}}}},
      {Op::kSliceGrad,
       {Any({3, 2})},
       {{"begin", Dims{3, 1}}, {"strides", Dims{-1, 2}}, {"shape", Dims{4, 5}}}},
      {Op::kPad, {Any({2, 3}), Scalar(0.7)}, {{"before", Dims{1, 0}}, {"after", Dims{2, 3}}}},
      {Op::kTile, {Any({2, 3})}, {{"multiples", Dims{3, 2}}}},
      {Op::kReverse, {Any({2, 3, 2})}, {{"axes", Dims{0, 1}}}},
      {Op::kOneHot,
       {Int32s({3}, {2, 0, 7}), Scalar(1.5), Scalar(-0.5)},
       {{"axis", int64_t{1}}, {"depth", int64_t{4}}}},
      {Op::kGather,
       {Any({2, 4, 3}), Int32s({5}, {3, 0, 3, 1, 3})},
       {{"axis", int64_t{1}}, {"batch_dims", int64_t{0}}}},
      {Op::kGather,
       {Any({2, 3, 4, 2}), Int32s({2, 3}, {3, 0, 3, 1, 1, 1})},
       {{"axis", int64_t{2}}, {"batch_dims", int64_t{1}}}},
      {Op::kGatherNd, {Any({3, 4, 2}), Int32s({4, 2}, {2, 3, 0, 0, 2, 3, 1, 0})}},
      {Op::kUnsortedSegment,
       {Any({5, 2}), Int32s({5}, {1, 0, -1, 1, 3})},
       {{"segments", int64_t{4}}, {"combine", std::string("sum")}}},
      {Op::kMatrixBandPart, {Any({2, 4, 5})}, {{"lower", int64_t{1}}, {"upper", int64_t{2}}}},
  };
  for (const char* combine : {"add", "sub", "update"}) {
    // Element 4 is written twice.
    cases.push_back({Op::kScatterNd,
                     {Any({6, 2}), Int32s({4, 1}, {4, 1, 4, 0}), Other({4, 2})},
                     {{"combine", std::string(combine)}}});
  }
  for (const bool reflect : {false, true}) {
    const Attributes mirror = {{"before", Dims{1, 2}}, {"after", Dims{2, 0}}, {"reflect", reflect}};
    cases.push_back({Op::kMirrorPad, {Any({3, 4})}, mirror});
    cases.push_back({Op::kMirrorPadGrad, {Any({6, 6})}, mirror});
  }
  return cases;
}

std::vector<Case> AllCases() {
  std::vector<Case> all;
  for (const auto& family : {Elementwise(), Reductions(), Matrices(), Movements()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

// The number that is differentiated: the elements of the results, each with a weight of its own.
double WeightOf(size_t result, size_t element) {
  return std::cos(static_cast<double>(1 + result + 3 * element));
}

Tensor Weights(const Shape& shape, size_t result) {
  std::vector<double> weights;
  for (size_t i = 0; i < static_cast<size_t>(shape.elements()); ++i) {
    weights.push_back(WeightOf(result, i));
  }
  return Make<double>(shape, weights);
}

double Target(const Case& c, const std::vector<Tensor>& inputs) {
  const std::vector<Tensor> results = EvaluateAll(c.op, inputs, c.attributes);
  double sum = 0;
  for (size_t r = 0; r < c.results; ++r) {
    const std::vector<double> values = results[r].values<double>();
    for (size_t i = 0; i < values.size(); ++i) sum += values[i] * WeightOf(r, i);
  }
  return sum;
}

// The gradients of Target() by the floating-point inputs, as the rule has them.
std::vector<Tensor> Gradients(const Case& c) {
  Program program;
  GradientRequest request;
  std::vector<Value> values;
  for (const Tensor& t : c.inputs) {
    values.push_back(program.AddInput(t.type));
    if (IsFloating(t.type.dtype)) request.by.push_back(values.back());
  }
  const std::vector<Value> results = program.AppendMulti(c.op, values, c.attributes);
  for (size_t r = 0; r < c.results; ++r) {
    const Tensor weights = Weights(program.type(results[r]).shape, r);
    request.seeds.emplace_back(results[r], program.AddConstant(weights.type, weights.bytes.data()));
  }
  for (const Value gradient : AppendGradients(program, request)) {
    EXPECT_NE(gradient, kNoValue) << Name(c.op);
    if (gradient != kNoValue) program.AddOutput(gradient);
  }
  return RunProgram(*ReferenceBackend().Compile(program), c.inputs);
}

TEST(Gradients, AreThoseOfDifferences) {
  for (const Case& c : AllCases()) {
    const std::vector<Tensor> gradients = Gradients(c);
    size_t next = 0;
    for (size_t input = 0; input < c.inputs.size(); ++input) {
      const Tensor& x = c.inputs[input];
      if (!IsFloating(x.type.dtype)) continue;
      ASSERT_LT(next, gradients.size());
      ASSERT_EQ(gradients[next].type, x.type) << Name(c.op);
      const std::vector<double> found = gradients[next++].values<double>();
      const std::vector<double> at = x.values<double>();
      for (size_t i = 0; i < at.size(); ++i) {
        constexpr double kStep = 1e-5;
        double targets[2];
        for (const int side : {0, 1}) {
          std::vector<double> moved = at;
          moved[i] += side ? kStep : -kStep;
          std::vector<Tensor> inputs = c.inputs;
          inputs[input] = Make<double>(x.type.shape, moved);
          targets[side] = Target(c, inputs);
        }
        const double expected = (targets[1] - targets[0]) / (2 * kStep);
        EXPECT_NEAR(found[i], expected, 1e-7 * std::max(1.0, std::abs(expected)))
            << Name(c.op) << " " << c.attributes.ToString() << ", input " << input << ", element "
            << i;
      }
    }
  }
}

// It is linear, and takes float32 only.
TEST(Gradients, OfResampling) {
  const Tensor indices = Int32s({3, 2}, {0, 1, 2, 2, 3, -1});
  const Tensor weights = Floats({3, 2}, {0.25f, 0.75f, 0.5f, 0.25f, 2, 1});
  const Attributes attributes = {{"axis", int64_t{1}}};
  Program program;
  const Value x = program.AddInput({DataType::kFloat32, {2, 4}});
  const Value i = program.AddConstant(indices.type, indices.bytes.data());
  const Value w = program.AddConstant(weights.type, weights.bytes.data());
  const Value y = program.Append(Op::kResample, {x, i, w}, attributes);
  GradientRequest request;
  request.by = {x};
  request.seeds.emplace_back(y, program.AddInput(program.type(y)));
  program.AddOutput(AppendGradients(program, request)[0]);
  const Tensor dy = Floats({2, 3}, {1, 2, 4, 8, 16, 32});
  const Tensor zeros = Floats({2, 4}, std::vector<float>(8));
  EXPECT_EQ(RunProgram(*ReferenceBackend().Compile(program), {zeros, dy})[0].values<float>(),
            (std::vector<float>{0.25f, 0.75f, 1.5f, 8, 2, 6, 12, 64}));
}

// What cannot be differentiated so far, and is refused.
const std::set<Op> kWithoutRule = {
    Op::kDigamma,        Op::kNdtri,        Op::kFloorMod,     Op::kTruncMod,      Op::kReduceProd,
    Op::kCumProd,        Op::kTanhGrad,     Op::kSigmoidGrad,  Op::kSqrtGrad,      Op::kRsqrtGrad,
    Op::kReciprocalGrad, Op::kReluGrad,     Op::kRelu6Grad,    Op::kLeakyReluGrad, Op::kEluGrad,
    Op::kSeluGrad,       Op::kSoftplusGrad, Op::kSoftsignGrad, Op::kMaxPoolGrad,   Op::kLstmGrad,
    Op::kGruGrad,        Op::kResampleGrad, Op::kTopK,         Op::kSort,          Op::kRandomGamma,
    Op::kMoments,        Op::kFused,        Op::kBlocked,
};

TEST(Gradients, AreTestedForEveryOperation) {
  std::set<Op> tested = {Op::kResample};
  for (const Case& c : AllCases()) tested.insert(c.op);
  for (int i = 0; i < kOpCount; ++i) {
    const Op op = static_cast<Op>(i);
    const int places =
        int(tested.count(op)) + int(!IsDifferentiable(op)) + int(kWithoutRule.count(op));
    EXPECT_EQ(places, 1) << Name(op) << " is tested " << tested.count(op) << ", passes gradients "
                         << IsDifferentiable(op) << ", is refused " << kWithoutRule.count(op);
  }
}

TEST(Gradients, OfOperationsWithoutRuleAreRefused) {
  Program program;
  const Value x = program.AddInput({DataType::kFloat64, {4}});
  const Value y = program.Append(Op::kSort, {x}, {{"descending", false}});
  GradientRequest request;
  request.by = {x};
  request.seeds.emplace_back(y, program.AddInput(program.type(y)));
  try {
    AppendGradients(program, request);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnimplemented);
    EXPECT_NE(std::string(error.what()).find("Sort"), std::string::npos) << error.what();
  }
}

// x^2 + 3 x, with one path stopped, then with a factor on it.
TEST(Gradients, StopsFactorsAndSums) {
  const auto slope = [](bool stop, bool factor) {
    Program program;
    const Terms t(program);
    const Value x = program.AddInput({DataType::kFloat64, {}});
    const Value square = t.Square(x);
    GradientRequest request;
    request.by = {x};
    if (stop) request.stops.insert(square);
    if (factor) request.factors[square] = t.Number(x, 10);
    request.seeds.emplace_back(t.Add(square, t.Times(x, 3)), t.Number(x, 1));
    program.AddOutput(AppendGradients(program, request)[0]);
    return RunProgram(*ReferenceBackend().Compile(program), {Scalar(5)})[0].values<double>()[0];
  };
  EXPECT_EQ(slope(false, false), 13);
  EXPECT_EQ(slope(true, false), 3);
  EXPECT_EQ(slope(false, true), 103);
}

TEST(Gradients, WhereNothingDependsThereIsNone) {
  Program program;
  const Terms t(program);
  const Value x = program.AddInput({DataType::kFloat64, {2}});
  const Value y = program.AddInput({DataType::kFloat64, {2}});
  const Value z = t.Add(t.Append(Op::kSign, {x}), y);
  GradientRequest request;
  request.by = {x, y};
  request.seeds.emplace_back(z, t.BroadcastTo(t.Number(z, 1), {2}));
  const std::vector<Value> found = AppendGradients(program, request);
  EXPECT_EQ(found[0], kNoValue);
  EXPECT_NE(found[1], kNoValue);
}

}  // namespace
}  // namespace mlcompute::testing
