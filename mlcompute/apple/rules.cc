#include "mlcompute/apple/rules.h"

#include <algorithm>
#include <cstring>

#include "mlcompute/apple/system.h"
#include "mlcompute/error.h"
#include "mlcompute/types.h"

namespace mlcompute::apple {
namespace {

constexpr int kMaxRank = 4;

constexpr Rule Activation(Op op, ActivationType type, float a, float b) {
  return {op, Recipe::kLayer, LayerKind::kActivation, static_cast<int>(type), a, b, false};
}
constexpr Rule Arithmetic(Op op, ArithmeticOperation code) {
  return {op,
          Recipe::kLayer,
          LayerKind::kArithmetic,
          static_cast<int>(code),
          0,
          0,
          code >= ArithmeticOperation::kMultiplyNoNaN};
}
constexpr Rule Comparison(Op op, ComparisonOperation code) {
  return {op, Recipe::kLayer, LayerKind::kComparison, static_cast<int>(code), 0, 0, true};
}
constexpr Rule Own(Op op, Recipe recipe, LayerKind kind, int code = 0) {
  return {op, recipe, kind, code, 0, 0, false};
}
constexpr Rule Reduction(Op op, ReductionType type) {
  return Own(op, Recipe::kReduction, LayerKind::kReduction, static_cast<int>(type));
}

using A = ArithmeticOperation;
using C = ComparisonOperation;
using T = ActivationType;

// The formulas are those of MLCActivationLayer's documentation.
constexpr Rule kRules[] = {
    Activation(Op::kAbs, T::kAbsolute, 1, 1),
    Activation(Op::kSigmoid, T::kSigmoid, 1, 1),
    Activation(Op::kTanh, T::kTanh, 1, 1),
    Activation(Op::kRelu, T::kReLU, 0, 1),
    Activation(Op::kRelu6, T::kReLUN, 0, 6),
    Activation(Op::kLeakyRelu, T::kReLU, 0, 1),  // a is the attribute alpha
    Activation(Op::kElu, T::kELU, 1, 1),
    Activation(Op::kSelu, T::kSELU, 1, 1),
    Activation(Op::kSoftplus, T::kSoftPlus, 1, 1),
    Activation(Op::kSoftsign, T::kSoftSign, 1, 1),
    Activation(Op::kGelu, T::kGELU, 0.7978845608f, 0.044715f),
    Arithmetic(Op::kAdd, A::kAdd),
    Arithmetic(Op::kSub, A::kSubtract),
    Arithmetic(Op::kMul, A::kMultiply),
    Arithmetic(Op::kDiv, A::kDivide),
    Arithmetic(Op::kPow, A::kPow),
    Arithmetic(Op::kMulNoNan, A::kMultiplyNoNaN),
    Arithmetic(Op::kDivNoNan, A::kDivideNoNaN),
    Arithmetic(Op::kMinimum, A::kMin),
    Arithmetic(Op::kMaximum, A::kMax),
    Arithmetic(Op::kFloor, A::kFloor),
    Arithmetic(Op::kCeil, A::kCeil),
    Arithmetic(Op::kSqrt, A::kSqrt),
    Arithmetic(Op::kRsqrt, A::kRsqrt),
    Arithmetic(Op::kSin, A::kSin),
    Arithmetic(Op::kCos, A::kCos),
    Arithmetic(Op::kTan, A::kTan),
    Arithmetic(Op::kAsin, A::kAsin),
    Arithmetic(Op::kAcos, A::kAcos),
    Arithmetic(Op::kAtan, A::kAtan),
    Arithmetic(Op::kSinh, A::kSinh),
    Arithmetic(Op::kCosh, A::kCosh),
    Arithmetic(Op::kAsinh, A::kAsinh),
    Arithmetic(Op::kAcosh, A::kAcosh),
    Arithmetic(Op::kAtanh, A::kAtanh),
    Arithmetic(Op::kExp, A::kExp),
    Arithmetic(Op::kLog, A::kLog),
    Comparison(Op::kEqual, C::kEqual),
    Comparison(Op::kNotEqual, C::kNotEqual),
    Comparison(Op::kLess, C::kLess),
    Comparison(Op::kLessEqual, C::kLessOrEqual),
    Comparison(Op::kGreater, C::kGreater),
    Comparison(Op::kGreaterEqual, C::kGreaterOrEqual),
    Comparison(Op::kLogicalAnd, C::kLogicalAnd),
    Comparison(Op::kLogicalOr, C::kLogicalOr),
    Comparison(Op::kLogicalXor, C::kLogicalXor),
    Comparison(Op::kLogicalNot, C::kLogicalNot),
    {Op::kSelect, Recipe::kLayer, LayerKind::kSelection, 0, 0, 0, true},
    Own(Op::kNeg, Recipe::kNegate, LayerKind::kArithmetic),
    Own(Op::kReciprocal, Recipe::kReciprocal, LayerKind::kArithmetic),
    Own(Op::kSquare, Recipe::kSquare, LayerKind::kArithmetic),
    Own(Op::kSquaredDifference, Recipe::kSquaredDifference, LayerKind::kArithmetic),
    Own(Op::kMatMul, Recipe::kMatrixProduct, LayerKind::kMatMul),
    Own(Op::kConvolution, Recipe::kConvolution, LayerKind::kConvolution),
    Own(Op::kMaxPool, Recipe::kPool, LayerKind::kMaxPool),
    Own(Op::kAvgPool, Recipe::kPool, LayerKind::kAveragePool),
    Own(Op::kSoftmax, Recipe::kSoftmax, LayerKind::kSoftmax, 0),
    Own(Op::kLogSoftmax, Recipe::kSoftmax, LayerKind::kSoftmax, 1),
    Reduction(Op::kReduceSum, ReductionType::kSum),
    Reduction(Op::kReduceMean, ReductionType::kMean),
    Reduction(Op::kReduceMax, ReductionType::kMax),
    Reduction(Op::kReduceMin, ReductionType::kMin),
    Own(Op::kConcat, Recipe::kConcatenation, LayerKind::kConcatenation),
    Own(Op::kReshape, Recipe::kReshape, LayerKind::kReshape),
    Own(Op::kTranspose, Recipe::kTranspose, LayerKind::kTranspose),
    Own(Op::kSlice, Recipe::kSlice, LayerKind::kSlice),
    Own(Op::kPad, Recipe::kPad, LayerKind::kPadding, static_cast<int>(PaddingType::kConstant)),
    Own(Op::kMirrorPad, Recipe::kPad, LayerKind::kPadding),  // the kind is an attribute
    {Op::kClipByValue, Recipe::kClip, LayerKind::kActivation, static_cast<int>(T::kClamp), 0, 0,
     true},
};

// Operations whose layer is not used, though there is one.
struct Doubt {
  Op op;
  const char* why;
};
constexpr const char* kWithoutLayer =
    "a layer is differentiated in its own training graph, and none was made that has this";
constexpr char kLstm[] = "MLCLSTMLayer takes inputs, not their products with the weights";
constexpr Doubt kDoubts[] = {
    {Op::kConvolutionGradInput, kWithoutLayer},
    {Op::kConvolutionGradFilter, kWithoutLayer},
    {Op::kMaxPoolGrad, kWithoutLayer},
    {Op::kAvgPoolGrad, kWithoutLayer},
    {Op::kTanhGrad, kWithoutLayer},
    {Op::kSigmoidGrad, kWithoutLayer},
    {Op::kReluGrad, kWithoutLayer},
    {Op::kRelu6Grad, kWithoutLayer},
    {Op::kLeakyReluGrad, kWithoutLayer},
    {Op::kEluGrad, kWithoutLayer},
    {Op::kSeluGrad, kWithoutLayer},
    {Op::kSoftplusGrad, kWithoutLayer},
    {Op::kSoftsignGrad, kWithoutLayer},
    {Op::kLstm, kLstm},
    {Op::kLstmGrad, kLstm},
    {Op::kRound, "how MLCompute rounds ties is not documented"},
    {Op::kArgMax, "the type of MLCompute's ArgMax is not documented"},
    {Op::kArgMin, "the type of MLCompute's ArgMin is not documented"},
    {Op::kReduceAny, "the types that MLCompute's Any takes are not documented"},
    {Op::kReduceAll, "the types that MLCompute's All takes are not documented"},
    {Op::kGather, "the indices of MLCompute's gather are not documented"},
    {Op::kGatherNd, "the indices of MLCompute's gather are not documented"},
    {Op::kScatterNd, "the indices of MLCompute's scatter are not documented"},
};

std::string TypeProblem(const TensorType& type, bool may_be_bool) {
  if (type.shape.rank() > kMaxRank) {
    return StrCat(type.ToString(), " has more than ", kMaxRank, " axes");
  }
  if (type.elements() == 0) return StrCat(type.ToString(), " has no elements");
  if (type.dtype == DataType::kFloat32 || (may_be_bool && type.dtype == DataType::kBool)) return "";
  return StrCat("layers are only known to compute float32, not ", Name(type.dtype));
}

// One of two or more operands must have the result's shape: the framework's rule is not known
// beyond that.
std::string OperandProblem(const OperationView& view) {
  const Shape& shape = view.results[0].shape;
  const bool fits = std::any_of(view.inputs.begin(), view.inputs.end(),
                                [&](const TensorType& type) { return type.shape == shape; });
  if (!fits) return "no operand has the shape of the result " + shape.ToString();
  return "";
}

bool AllAtLeast(const std::vector<int64_t>& numbers, int64_t low) {
  return std::all_of(numbers.begin(), numbers.end(), [&](int64_t n) { return n >= low; });
}

std::string WindowProblem(const OperationView& view) {
  const Attributes& attributes = view.attributes();
  const int rank = view.inputs[0].shape.rank();
  if (rank != 4) return StrCat("layers have images of 2 axes, not ", rank - 2);
  const auto& begin = attributes.Ints("pads_begin");
  const auto& end = attributes.Ints("pads_end");
  if (!AllAtLeast(begin, 0) || !AllAtLeast(end, 0)) return "padding is negative";
  if (view.op() == Op::kAvgPool && begin != end) {
    return "averages are not known to leave out padding that differs at both sides";
  }
  return "";
}

std::string TransposeProblem(const OperationView& view) {
  const auto& perm = view.attributes().Ints("perm");
  if (perm.empty()) return "a scalar is not transposed";
  if (perm.size() == kMaxRank && perm[0] != 0) return "axis 0 of 4 cannot be moved";
  return "";
}

bool PadsOnly(const Attributes& attributes, size_t first, size_t last) {
  const auto& before = attributes.Ints("before");
  const auto& after = attributes.Ints("after");
  for (size_t i = 0; i < before.size(); ++i) {
    if (i >= first && i <= last) continue;
    if (before[i] != 0 || after[i] != 0) return false;
  }
  return true;
}

std::string PadProblem(const OperationView& view) {
  const int rank = view.inputs[0].shape.rank();
  if (rank == 0) return "a scalar is not padded";
  const auto last = static_cast<size_t>(rank - 1);
  if (PadsImage(view.attributes()) || PadsOnly(view.attributes(), last > 0 ? last - 1 : 0, last)) {
    return "";
  }
  return "layers pad height and width alone";
}

std::string ShapeProblem(const Rule& rule, const OperationView& view) {
  switch (rule.recipe) {
    case Recipe::kLayer:
    case Recipe::kSquaredDifference:
      return OperandProblem(view);
    case Recipe::kConvolution:
    case Recipe::kPool:
      return WindowProblem(view);
    case Recipe::kSoftmax:
      return view.inputs[0].shape.rank() < 2 ? "softmax is only known along axis 1 or later" : "";
    case Recipe::kReduction:
      if (view.attributes().Ints("axes").empty()) return "no axis is reduced";
      if (view.attributes().Ints("axes").size() > 1 && !HasMacOS11_3()) {
        return "reducing several axes needs macOS 11.3";
      }
      return "";
    case Recipe::kConcatenation:
      return view.inputs.size() < 2 ? "nothing is joined" : "";
    case Recipe::kTranspose:
      return TransposeProblem(view);
    case Recipe::kSlice:
      if (view.inputs[0].shape.rank() == 0) return "a scalar is not sliced";
      return AllAtLeast(view.attributes().Ints("strides"), 1) ? "" : "a stride is negative";
    case Recipe::kPad:
      return PadProblem(view);
    default:
      return "";
  }
}

}  // namespace

bool PadsImage(const Attributes& attributes) {
  return attributes.Ints("before").size() == 4 && PadsOnly(attributes, 1, 2) &&
         !PadsOnly(attributes, 2, 3);
}

std::optional<float> NumberOf(const Program& program, Value value) {
  const std::byte* bytes = program.constant(value);
  const TensorType& type = program.type(value);
  if (bytes == nullptr || type.dtype != DataType::kFloat32 || type.elements() != 1) return {};
  float number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

std::string ClassOf(LayerKind kind) {
  switch (kind) {
    case LayerKind::kActivation:
      return "MLCActivationLayer";
    case LayerKind::kArithmetic:
      return "MLCArithmeticLayer";
    case LayerKind::kComparison:
      return "MLCComparisonLayer";
    case LayerKind::kSelection:
      return "MLCSelectionLayer";
    case LayerKind::kMatMul:
      return "MLCMatMulLayer";
    case LayerKind::kFullyConnected:
      return "MLCFullyConnectedLayer";
    case LayerKind::kConvolution:
      return "MLCConvolutionLayer";
    case LayerKind::kMaxPool:
    case LayerKind::kAveragePool:
      return "MLCPoolingLayer";
    case LayerKind::kPadding:
      return "MLCPaddingLayer";
    case LayerKind::kSlice:
      return "MLCSliceLayer";
    case LayerKind::kSoftmax:
      return "MLCSoftmaxLayer";
    case LayerKind::kReduction:
      return "MLCReductionLayer";
    case LayerKind::kConcatenation:
      return "MLCConcatenationLayer";
    case LayerKind::kReshape:
      return "MLCReshapeLayer";
    case LayerKind::kTranspose:
      return "MLCTransposeLayer";
  }
  return "MLCLayer";
}

const Rule* RuleFor(Op op) {
  for (const Rule& rule : kRules) {
    if (rule.op == op) return &rule;
  }
  return nullptr;
}

Decision Decide(const OperationView& view) {
  const Rule* rule = RuleFor(view.op());
  if (rule == nullptr) {
    for (const Doubt& doubt : kDoubts) {
      if (doubt.op == view.op()) return {false, doubt.why};
    }
    return {false, "MLCompute has no layer for it"};
  }
  const bool logic = rule->kind == LayerKind::kComparison || rule->kind == LayerKind::kSelection;
  for (const auto* types : {&view.inputs, &view.results}) {
    for (const TensorType& type : *types) {
      const std::string problem = TypeProblem(type, logic);
      if (!problem.empty()) return {false, problem};
    }
  }
  if (rule->kind == LayerKind::kSelection && view.results[0].dtype != DataType::kFloat32) {
    return {false, "layers are only known to select float32"};
  }
  const bool of_booleans = view.inputs[0].dtype == DataType::kBool;
  const bool logical = view.op() == Op::kLogicalAnd || view.op() == Op::kLogicalOr ||
                       view.op() == Op::kLogicalXor || view.op() == Op::kLogicalNot;
  if (rule->kind == LayerKind::kComparison && of_booleans != logical) {
    return {false, "comparisons of booleans are not documented"};
  }
  if (view.op() == Op::kGelu && !view.attributes().Bool("approximate")) {
    return {false, "MLCompute's GELU is the formula with tanh"};
  }
  if (rule->since_11_3 && !HasMacOS11_3()) return {false, "its layer needs macOS 11.3"};
  const std::string problem = ShapeProblem(*rule, view);
  if (!problem.empty()) return {false, problem};
  return {true, ClassOf(rule->kind)};
}

Decision Decide(const Program& program, const Operation& operation) {
  Decision decision = Decide(View(program, operation));
  if (decision.in_graph && operation.op == Op::kPad && !NumberOf(program, operation.inputs[1])) {
    return {false, "the padding's value is not a constant, which a layer's is"};
  }
  if (decision.in_graph && operation.op == Op::kClipByValue) {
    const std::optional<float> low = NumberOf(program, operation.inputs[1]);
    const std::optional<float> high = NumberOf(program, operation.inputs[2]);
    if (!low || !high || !(*low <= *high)) {
      return {false, "its limits are not constants in order, which a layer's are"};
    }
  }
  return decision;
}

}  // namespace mlcompute::apple
