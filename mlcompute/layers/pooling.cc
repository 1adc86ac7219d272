#include "mlcompute/layers/pooling.h"

namespace mlcompute {
namespace {

// Windows whose elements are not side by side, which the pooling operations do not know: a
// reduction over shifted images, one for each element of the window.
class Dilated {
 public:
  Dilated(Lowering& to, const Window& window, Value padded) : to_(to), window_(window), x_(padded) {
    const Shape& shape = to.shape(padded);
    positions_.y = Positions(shape[2], window.size.y, window.strides.y, window.dilations.y);
    positions_.x = Positions(shape[3], window.size.x, window.strides.x, window.dilations.x);
    if (positions_.y < 1 || positions_.x < 1) {
      throw InvalidArgument("a window of ", Shape(window.size.numbers()).ToString(),
                            " with dilation rates ", Shape(window.dilations.numbers()).ToString(),
                            " does not fit ", shape.ToString());
    }
  }

  // `combine` over all elements of each window.
  Value Reduce(Op combine) const {
    Value result = Shifted(0, 0);
    for (int64_t y = 0; y < window_.size.y; ++y) {
      for (int64_t x = y == 0 ? 1 : 0; x < window_.size.x; ++x) {
        result = to_.Append(combine, {result, Shifted(y, x)});
      }
    }
    return result;
  }

 private:
  static int64_t Positions(int64_t in, int64_t size, int64_t stride, int64_t dilation) {
    const int64_t room = in - dilation * (size - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
  }

  // Element (y, x) of each window.
  Value Shifted(int64_t y, int64_t x) const {
    const Shape& shape = to_.shape(x_);
    return to_.Append(
        Op::kSlice, {x_},
        {{"begin", std::vector<int64_t>{0, 0, y * window_.dilations.y, x * window_.dilations.x}},
         {"strides", std::vector<int64_t>{1, 1, window_.strides.y, window_.strides.x}},
         {"sizes", std::vector<int64_t>{shape[0], shape[1], positions_.y, positions_.x}}});
  }

  Lowering& to_;
  const Window& window_;
  const Value x_;
  Yx positions_ = 0;
};

bool HasPads(const Pads& pads) { return pads.begin.y + pads.begin.x + pads.end.y + pads.end.x > 0; }

Value Pad(Lowering& to, Value x, const Pads& pads, Value value) {
  if (!HasPads(pads)) return x;
  return to.Append(Op::kPad, {x, value},
                   {{"before", std::vector<int64_t>{0, 0, pads.begin.y, pads.begin.x}},
                    {"after", std::vector<int64_t>{0, 0, pads.end.y, pads.end.x}}});
}

Value Pool(Lowering& to, Op op, Value x, const Window& window, const Pads& pads) {
  return to.Append(op, {x},
                   {{"window", window.size.numbers()},
                    {"strides", window.strides.numbers()},
                    {"pads_begin", pads.begin.numbers()},
                    {"pads_end", pads.end.numbers()},
                    {"channels_last", false}});
}

bool IsDilated(const Window& window) { return window.dilations.y > 1 || window.dilations.x > 1; }

double Count(const Window& window) { return static_cast<double>(window.size.y * window.size.x); }

// Sums of windows over an image surrounded by zeros.
Value Sum(Lowering& to, Value x, const Window& window, const Pads& pads) {
  const Value padded = Pad(to, x, pads, to.Scalar(x, 0));
  if (IsDilated(window)) return Dilated(to, window, padded).Reduce(Op::kAdd);
  const Value mean = Pool(to, Op::kAvgPool, padded, window, {});
  return to.Append(Op::kMul, {mean, to.Scalar(x, Count(window))});
}

Value MaxPool(Lowering& to, Value x, const Window& window, const Pads& pads) {
  if (!IsDilated(window)) return Pool(to, Op::kMaxPool, x, window, pads);
  // The edges must not win: nothing is less than the least number that there is.
  const std::vector<int64_t> all = {0, 1, 2, 3};
  const Value least = to.Append(Op::kReduceMin, {x}, {{"axes", all}, {"keep_dims", false}});
  return Dilated(to, window, Pad(to, x, pads, least)).Reduce(Op::kMaximum);
}

Value AveragePool(Lowering& to, Value x, const Window& window, const Pads& pads,
                  bool count_includes_padding) {
  if (!IsDilated(window)) {
    if (!count_includes_padding) return Pool(to, Op::kAvgPool, x, window, pads);
    return Pool(to, Op::kAvgPool, Pad(to, x, pads, to.Scalar(x, 0)), window, {});
  }
  const Value sum = Sum(to, x, window, pads);
  if (count_includes_padding || !HasPads(pads)) {
    return to.Append(Op::kMul, {sum, to.Scalar(x, 1 / Count(window))});
  }
  const Shape& image = to.shape(x);
  const Value ones = to.Append(Op::kBroadcastTo, {to.Scalar(x, 1)},
                               {{"shape", std::vector<int64_t>{1, 1, image[2], image[3]}}});
  return to.Append(Op::kDivNoNan, {sum, Sum(to, ones, window, pads)});
}

Value L2NormPool(Lowering& to, Value x, const Window& window, const Pads& pads) {
  const Value squares = to.Append(Op::kSquare, {x});
  return to.Append(Op::kSqrt, {Sum(to, squares, window, pads)});
}

}  // namespace

PoolingLayer::PoolingLayer(const PoolingDescriptor& descriptor)
    : Layer("Pooling"), descriptor_(descriptor) {
  descriptor.window.Check("layer " + Describe());
}

std::vector<Value> PoolingLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const Value x = sources[0];
  const Shape& in = to.shape(x);
  CheckRank(in, 4);
  const Window& window = descriptor_.window;
  const Pads pads = PadsOf(window, {in[2], in[3]});
  if (descriptor_.type != PoolingType::kMax && !IsFloating(to.dtype(x))) {
    throw InvalidArgument("takes floating point, got ", to.type(x).ToString());
  }
  switch (descriptor_.type) {
    case PoolingType::kMax:
      return {MaxPool(to, x, window, pads)};
    case PoolingType::kAverage:
      return {AveragePool(to, x, window, pads, descriptor_.count_includes_padding)};
    case PoolingType::kL2Norm:
      return {L2NormPool(to, x, window, pads)};
  }
  throw InvalidArgument("there is no pooling type ", static_cast<int>(descriptor_.type));
}

}  // namespace mlcompute
