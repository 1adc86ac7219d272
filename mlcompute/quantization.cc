#include "mlcompute/quantization.h"

#include <limits>
#include <utility>
#include <vector>

#include "mlcompute/backend/choice.h"
#include "mlcompute/error.h"
#include "mlcompute/program/terms.h"

namespace mlcompute {
namespace {

struct Limits {
  double low, high;
};

Limits LimitsOf(DataType type) {
  switch (type) {
    case DataType::kInt8:
      return {-128, 127};
    case DataType::kUInt8:
      return {0, 255};
    case DataType::kInt32:
      return {-2147483648.0, 2147483647.0};
    default:
      throw InvalidArgument("quantized data are int8, uint8 or int32, not ", Name(type));
  }
}

// Runs a program of tensors with data.
class Run {
 public:
  Value Input(const Tensor& tensor) {
    Tensor::Contents held = tensor.contents();
    if (!held.data || held.shape != tensor.type().shape) {
      throw InvalidArgument("tensor ", tensor.ToString(), " holds no data of its whole shape");
    }
    sources_.push_back(std::move(held.data));
    return program_.AddInput(tensor.type());
  }

  // A scale or bias in float64, to be broadcast along `axis` of `shape`.
  Value Setting(const Tensor& tensor, DataType type, const char* what, const Shape& shape,
                std::optional<int64_t> axis) {
    std::vector<int64_t> dims(static_cast<size_t>(shape.rank()), 1);
    if (axis) {
      if (*axis < 0 || *axis >= shape.rank()) {
        throw InvalidArgument("axis ", *axis, " is not in [0, ", shape.rank(), ")");
      }
      dims[static_cast<size_t>(*axis)] = shape[static_cast<int>(*axis)];
    }
    if (tensor.type().dtype != type || tensor.type().elements() != Shape(dims).elements()) {
      throw InvalidArgument(what, " ", tensor.ToString(), " must be ", Name(type), " with ",
                            Shape(dims).elements(), " elements for a tensor ", shape.ToString());
    }
    return Wide(terms().Reshape(Input(tensor), dims));
  }

  // Float64 holds every int32.
  Value Wide(Value v) { return terms().Append(Op::kCast, {v}, {{"to", DataType::kFloat64}}); }
  Terms terms() { return Terms(program_); }

  TensorPtr Result(Value v, DataType type) {
    program_.AddOutput(terms().Append(Op::kCast, {v}, {{"to", type}}));
    const TensorType result = program_.type(program_.outputs().front());
    std::shared_ptr<TensorData> data = TensorData::Allocate(result.bytes());
    std::vector<const void*> in;
    for (const auto& source : sources_) in.push_back(source->bytes());
    void* out[] = {data->mutable_bytes()};
    HostBackend().Compile(program_)->Run(in.data(), out);
    return std::make_shared<Tensor>(TensorDescriptor(result.shape, type), std::move(data));
  }

 private:
  Program program_;
  std::vector<std::shared_ptr<TensorData>> sources_;
};

TensorPtr QuantizedBy(Run& run, Value x, Value scale, Value bias, DataType type) {
  const Limits limits = LimitsOf(type);
  const Terms t = run.terms();
  const Value q = t.Add(t.Append(Op::kRound, {t.Div(x, scale)}), bias);
  return run.Result(
      t.Append(Op::kClipByValue, {q, t.Number(q, limits.low), t.Number(q, limits.high)}), type);
}

void CheckFloating(const Tensor& tensor) {
  if (IsFloating(tensor.type().dtype)) return;
  throw InvalidArgument("tensor ", tensor.ToString(), " is not floating-point");
}

}  // namespace

TensorPtr Quantize(const Tensor& tensor, DataType type, float scale, int64_t bias) {
  CheckFloating(tensor);
  if (!(scale > 0)) throw InvalidArgument("scale ", scale, " must be positive");
  Run run;
  const Value x = run.Wide(run.Input(tensor));
  const Terms t = run.terms();
  return QuantizedBy(run, x, t.Number(x, double{scale}), t.Number(x, static_cast<double>(bias)),
                     type);
}

TensorPtr Quantize(const Tensor& tensor, DataType type, const Tensor& scale, const Tensor& bias,
                   std::optional<int64_t> axis) {
  CheckFloating(tensor);
  Run run;
  const Shape& shape = tensor.type().shape;
  const Value x = run.Wide(run.Input(tensor));
  const Value scales = run.Setting(scale, DataType::kFloat32, "scale", shape, axis);
  return QuantizedBy(run, x, scales, run.Setting(bias, DataType::kInt32, "bias", shape, axis),
                     type);
}

TensorPtr Dequantize(const Tensor& tensor, DataType type, const Tensor& scale, const Tensor& bias,
                     std::optional<int64_t> axis) {
  LimitsOf(tensor.type().dtype);
  if (!IsFloating(type)) throw InvalidArgument("numbers are not dequantized to ", Name(type));
  Run run;
  const Shape& shape = tensor.type().shape;
  const Value q = run.Wide(run.Input(tensor));
  const Value scales = run.Setting(scale, DataType::kFloat32, "scale", shape, axis);
  const Value biases = run.Setting(bias, DataType::kInt32, "bias", shape, axis);
  const Terms t = run.terms();
  return run.Result(t.Mul(t.Sub(q, biases), scales), type);
}

}  // namespace mlcompute
