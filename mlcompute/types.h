// mlcompute/types.h: the enumerations of MLCompute, with its values.
//
// Each has a table of names, so that text can be turned into a value and an error can list what is
// known.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mlcompute/data_type.h"
#include "mlcompute/error.h"

namespace mlcompute {

enum class DeviceType : int32_t { kCpu = 0, kGpu = 1, kAny = 2, kAne = 3 };

enum class ArithmeticOperation : int32_t {
  kAdd = 0,
  kSubtract = 1,
  kMultiply = 2,
  kDivide = 3,
  kFloor = 4,
  kRound = 5,
  kCeil = 6,
  kSqrt = 7,
  kRsqrt = 8,
  kSin = 9,
  kCos = 10,
  kTan = 11,
  kAsin = 12,
  kAcos = 13,
  kAtan = 14,
  kSinh = 15,
  kCosh = 16,
  kTanh = 17,
  kAsinh = 18,
  kAcosh = 19,
  kAtanh = 20,
  kPow = 21,
  kExp = 22,
  kExp2 = 23,
  kLog = 24,
  kLog2 = 25,
  kMultiplyNoNaN = 26,
  kDivideNoNaN = 27,
  kMin = 28,
  kMax = 29,
};

enum class ActivationType : int32_t {
  kNone = 0,
  kReLU = 1,
  kLinear = 2,
  kSigmoid = 3,
  kHardSigmoid = 4,
  kTanh = 5,
  kAbsolute = 6,
  kSoftPlus = 7,
  kSoftSign = 8,
  kELU = 9,
  kReLUN = 10,
  kLogSigmoid = 11,
  kSELU = 12,
  kCELU = 13,
  kHardShrink = 14,
  kSoftShrink = 15,
  kTanhShrink = 16,
  kThreshold = 17,
  kGELU = 18,
  kHardSwish = 19,
  kClamp = 20,
};

enum class ComparisonOperation : int32_t {
  kEqual = 0,
  kNotEqual = 1,
  kLess = 2,
  kGreater = 3,
  kLessOrEqual = 4,
  kGreaterOrEqual = 5,
  kLogicalAnd = 6,
  kLogicalOr = 7,
  kLogicalNot = 8,
  kLogicalNand = 9,
  kLogicalNor = 10,
  kLogicalXor = 11,
};

enum class ConvolutionType : int32_t { kStandard = 0, kTransposed = 1, kDepthwise = 2 };
enum class PaddingPolicy : int32_t { kSame = 0, kValid = 1, kUsePaddingSize = 2 };
enum class PaddingType : int32_t { kZero = 0, kReflect = 1, kSymmetric = 2, kConstant = 3 };
enum class PoolingType : int32_t { kMax = 1, kAverage = 2, kL2Norm = 3 };
enum class LstmResultMode : int32_t { kOutput = 0, kOutputAndStates = 1 };
enum class LossType : int32_t {
  kMeanAbsoluteError = 0,
  kMeanSquaredError = 1,
  kSoftmaxCrossEntropy = 2,
  kSigmoidCrossEntropy = 3,
  kCategoricalCrossEntropy = 4,
  kHinge = 5,
  kHuber = 6,
  kCosineDistance = 7,
  kLog = 8,
};

enum class GradientClippingType : int32_t { kByValue = 0, kByNorm = 1, kByGlobalNorm = 2 };
enum class RandomInitializerType : int32_t { kUniform = 1, kGlorotUniform = 2, kXavier = 3 };
enum class RegularizationType : int32_t { kNone = 0, kL1 = 1, kL2 = 2 };
enum class SampleMode : int32_t { kNearest = 0, kLinear = 1 };
enum class SoftmaxOperation : int32_t { kSoftmax = 0, kLogSoftmax = 1 };

enum class ReductionType : int32_t {
  kNone = 0,
  kSum = 1,
  kMean = 2,
  kMax = 3,
  kMin = 4,
  kArgMax = 5,
  kArgMin = 6,
  kL1Norm = 7,
  kAny = 8,
  kAll = 9,
};

template <typename E>
struct EnumName {
  E value;
  std::string_view name;  // lower case, words joined by _
};

// The table of an enumeration, in the order of its values.
template <typename E>
const std::vector<EnumName<E>>& EnumNames();

template <typename E>
std::string_view NameOf(E value) {
  for (const EnumName<E>& row : EnumNames<E>()) {
    if (row.value == value) return row.name;
  }
  return "invalid";
}

// The value called `name`; case and underscores do not matter, so MLCompute's spelling is taken too
// ("LogSoftmax"). Throws Error(kInvalidArgument) that begins
// with `what` and lists the known names.
template <typename E>
E EnumFromName(std::string_view name, std::string_view what);

// The element types a tensor of the object model may have: MLCompute's and bfloat16. `value` is
// MLCompute's number of the type; bfloat16, which it lacks, has one beyond its count.
struct TensorDataType {
  DataType type;
  int32_t value;
  std::string_view name;
};
const std::vector<TensorDataType>& TensorDataTypes();

// Throws Error(kInvalidArgument) listing the types if `name` is none of theirs, nor "bool".
DataType TensorDataTypeFromName(std::string_view name);
// The same if `type` is not among them.
void CheckTensorDataType(DataType type);

}  // namespace mlcompute
