#include "mlcompute/types.h"

#include <cctype>

namespace mlcompute {
namespace {

// So that "LogSoftmax", "log_softmax" and "Log Softmax" are one name.
std::string Folded(std::string_view text) {
  std::string folded;
  for (const char c : text) {
    if (c != '_' && c != ' ') {
      folded += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return folded;
}

template <typename Rows>
std::string JoinNames(const Rows& rows) {
  std::string names;
  for (const auto& row : rows) {
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  return names;
}

}  // namespace

template <typename E>
E EnumFromName(std::string_view name, std::string_view what) {
  const std::string folded = Folded(name);
  for (const EnumName<E>& row : EnumNames<E>()) {
    if (Folded(row.name) == folded) return row.value;
  }
  throw InvalidArgument(what, " '", name, "' is unknown; known: ", JoinNames(EnumNames<E>()));
}

// A table and, by it, the functions of one enumeration.
#define MLC_ENUM_NAMES(E, ...)                                  \
  template <>                                                   \
  const std::vector<EnumName<E>>& EnumNames<E>() {              \
    using T = E;                                                \
    static const std::vector<EnumName<E>> rows = {__VA_ARGS__}; \
    return rows;                                                \
  }                                                             \
  template E EnumFromName<E>(std::string_view, std::string_view);

MLC_ENUM_NAMES(DeviceType, {T::kCpu, "cpu"}, {T::kGpu, "gpu"}, {T::kAny, "any"}, {T::kAne, "ane"})

MLC_ENUM_NAMES(ArithmeticOperation, {T::kAdd, "add"}, {T::kSubtract, "subtract"},
               {T::kMultiply, "multiply"}, {T::kDivide, "divide"}, {T::kFloor, "floor"},
               {T::kRound, "round"}, {T::kCeil, "ceil"}, {T::kSqrt, "sqrt"}, {T::kRsqrt, "rsqrt"},
               {T::kSin, "sin"}, {T::kCos, "cos"}, {T::kTan, "tan"}, {T::kAsin, "asin"},
               {T::kAcos, "acos"}, {T::kAtan, "atan"}, {T::kSinh, "sinh"}, {T::kCosh, "cosh"},
               {T::kTanh, "tanh"}, {T::kAsinh, "asinh"}, {T::kAcosh, "acosh"}, {T::kAtanh, "atanh"},
               {T::kPow, "pow"}, {T::kExp, "exp"}, {T::kExp2, "exp2"}, {T::kLog, "log"},
               {T::kLog2, "log2"}, {T::kMultiplyNoNaN, "multiply_no_nan"},
               {T::kDivideNoNaN, "divide_no_nan"}, {T::kMin, "min"}, {T::kMax, "max"})

MLC_ENUM_NAMES(ActivationType, {T::kNone, "none"}, {T::kReLU, "relu"}, {T::kLinear, "linear"},
               {T::kSigmoid, "sigmoid"}, {T::kHardSigmoid, "hard_sigmoid"}, {T::kTanh, "tanh"},
               {T::kAbsolute, "absolute"}, {T::kSoftPlus, "soft_plus"}, {T::kSoftSign, "soft_sign"},
               {T::kELU, "elu"}, {T::kReLUN, "relun"}, {T::kLogSigmoid, "log_sigmoid"},
               {T::kSELU, "selu"}, {T::kCELU, "celu"}, {T::kHardShrink, "hard_shrink"},
               {T::kSoftShrink, "soft_shrink"}, {T::kTanhShrink, "tanh_shrink"},
               {T::kThreshold, "threshold"}, {T::kGELU, "gelu"}, {T::kHardSwish, "hard_swish"},
               {T::kClamp, "clamp"})

MLC_ENUM_NAMES(ComparisonOperation, {T::kEqual, "equal"}, {T::kNotEqual, "not_equal"},
               {T::kLess, "less"}, {T::kGreater, "greater"}, {T::kLessOrEqual, "less_or_equal"},
               {T::kGreaterOrEqual, "greater_or_equal"}, {T::kLogicalAnd, "logical_and"},
               {T::kLogicalOr, "logical_or"}, {T::kLogicalNot, "logical_not"},
               {T::kLogicalNand, "logical_nand"}, {T::kLogicalNor, "logical_nor"},
               {T::kLogicalXor, "logical_xor"})

MLC_ENUM_NAMES(ConvolutionType, {T::kStandard, "standard"}, {T::kTransposed, "transposed"},
               {T::kDepthwise, "depthwise"})
MLC_ENUM_NAMES(PaddingPolicy, {T::kSame, "same"}, {T::kValid, "valid"},
               {T::kUsePaddingSize, "use_padding_size"})
MLC_ENUM_NAMES(PaddingType, {T::kZero, "zero"}, {T::kReflect, "reflect"},
               {T::kSymmetric, "symmetric"}, {T::kConstant, "constant"})
MLC_ENUM_NAMES(PoolingType, {T::kMax, "max"}, {T::kAverage, "average"}, {T::kL2Norm, "l2_norm"})
MLC_ENUM_NAMES(LstmResultMode, {T::kOutput, "output"}, {T::kOutputAndStates, "output_and_states"})
MLC_ENUM_NAMES(LossType, {T::kMeanAbsoluteError, "mean_absolute_error"},
               {T::kMeanSquaredError, "mean_squared_error"},
               {T::kSoftmaxCrossEntropy, "softmax_cross_entropy"},
               {T::kSigmoidCrossEntropy, "sigmoid_cross_entropy"},
               {T::kCategoricalCrossEntropy, "categorical_cross_entropy"}, {T::kHinge, "hinge"},
               {T::kHuber, "huber"}, {T::kCosineDistance, "cosine_distance"}, {T::kLog, "log"})
MLC_ENUM_NAMES(GradientClippingType, {T::kByValue, "by_value"}, {T::kByNorm, "by_norm"},
               {T::kByGlobalNorm, "by_global_norm"})
MLC_ENUM_NAMES(RandomInitializerType, {T::kUniform, "uniform"},
               {T::kGlorotUniform, "glorot_uniform"}, {T::kXavier, "xavier"})
MLC_ENUM_NAMES(RegularizationType, {T::kNone, "none"}, {T::kL1, "l1"}, {T::kL2, "l2"})
MLC_ENUM_NAMES(SampleMode, {T::kNearest, "nearest"}, {T::kLinear, "linear"})
MLC_ENUM_NAMES(SoftmaxOperation, {T::kSoftmax, "softmax"}, {T::kLogSoftmax, "log_softmax"})
MLC_ENUM_NAMES(ReductionType, {T::kNone, "none"}, {T::kSum, "sum"}, {T::kMean, "mean"},
               {T::kMax, "max"}, {T::kMin, "min"}, {T::kArgMax, "arg_max"}, {T::kArgMin, "arg_min"},
               {T::kL1Norm, "l1_norm"}, {T::kAny, "any"}, {T::kAll, "all"})

const std::vector<TensorDataType>& TensorDataTypes() {
  static const std::vector<TensorDataType> rows = {
      {DataType::kFloat32, 1, "float32"}, {DataType::kFloat16, 3, "float16"},
      {DataType::kBool, 4, "boolean"},    {DataType::kInt64, 5, "int64"},
      {DataType::kInt32, 7, "int32"},     {DataType::kInt8, 8, "int8"},
      {DataType::kUInt8, 9, "uint8"},     {DataType::kBFloat16, 100, "bfloat16"},
  };
  return rows;
}

DataType TensorDataTypeFromName(std::string_view name) {
  const std::string folded = Folded(name);
  for (const TensorDataType& row : TensorDataTypes()) {
    if (row.name == folded || (folded == "bool" && row.type == DataType::kBool)) return row.type;
  }
  throw InvalidArgument("data type '", name, "' is unknown; known: ", JoinNames(TensorDataTypes()));
}

void CheckTensorDataType(DataType type) {
  for (const TensorDataType& row : TensorDataTypes()) {
    if (row.type == type) return;
  }
  throw InvalidArgument("tensors have no data type ", Name(type),
                        "; known: ", JoinNames(TensorDataTypes()));
}

}  // namespace mlcompute
