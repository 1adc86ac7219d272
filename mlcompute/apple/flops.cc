#include "mlcompute/apple/flops.h"

namespace mlcompute::apple {
namespace {

double Elements(const Shape& shape) { return static_cast<double>(shape.elements()); }

// What a filter [spatial..., C / groups, O] takes for one number of the result.
double Taps(const Shape& filter) {
  const int64_t outputs = filter[filter.rank() - 1];
  return outputs == 0 ? 0 : Elements(filter) / static_cast<double>(outputs);
}

}  // namespace

double FlopsOf(const Program& program, const Operation& operation) {
  const auto shape = [&](size_t input) -> const Shape& {
    return program.type(operation.inputs[input]).shape;
  };
  const auto result = [&] { return program.type(operation.results[0]).shape; };
  switch (operation.op) {
    case Op::kMatMul: {
      const int last = shape(0).rank() - 1;
      const int64_t inner = shape(0)[operation.attributes.Bool("transpose_a") ? last - 1 : last];
      return 2 * Elements(result()) * static_cast<double>(inner);
    }
    case Op::kConvolution:
      return 2 * Elements(result()) * Taps(shape(1));
    case Op::kConvolutionGradInput:
      return 2 * Elements(shape(1)) * Taps(shape(0));
    case Op::kConvolutionGradFilter:
      return 2 * Elements(shape(1)) * Taps(result());
    // The states' products, [n, h] by [h, 4h] or [h, 3h] at each step; as much backward.
    case Op::kLstm:
      return 2 * Elements(shape(0)) * static_cast<double>(shape(3)[0]);
    case Op::kGru:
      return 2 * Elements(shape(0)) * static_cast<double>(shape(2)[0]);
    case Op::kLstmGrad:
    case Op::kGruGrad: {
      const Shape& kernel = shape(3);
      return 2 * Elements(result()) * static_cast<double>(kernel[0]);
    }
    case Op::kFused: {
      double sum = 0;
      for (const Operation& part : operation.body->operations()) {
        sum += FlopsOf(*operation.body, part);
      }
      return sum;
    }
    default:
      return 0;
  }
}

}  // namespace mlcompute::apple
