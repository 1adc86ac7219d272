#include "mlcompute/layers/padding.h"

namespace mlcompute {

PaddingLayer::PaddingLayer(PaddingType type, const std::vector<int64_t>& padding,
                           float constant_value)
    : Layer("Padding"), type_(type), value_(type == PaddingType::kConstant ? constant_value : 0) {
  switch (padding.size()) {
    case 1:
      top_ = bottom_ = left_ = right_ = padding[0];
      break;
    case 2:
      left_ = padding[0], right_ = padding[1];
      break;
    case 4:
      top_ = padding[0], bottom_ = padding[1], left_ = padding[2], right_ = padding[3];
      break;
    default:
      throw InvalidArgument("layer ", Describe(), ": padding takes 1, 2 or 4 amounts, got ",
                            padding.size());
  }
  for (const int64_t amount : padding) {
    if (amount < 0)
      throw InvalidArgument("layer ", Describe(), ": padding ", amount, " is under 0");
  }
}

std::vector<Value> PaddingLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const Value x = sources[0];
  CheckRank(to.shape(x), 4);
  const std::vector<int64_t> before = {0, 0, top_, left_};
  const std::vector<int64_t> after = {0, 0, bottom_, right_};
  if (type_ == PaddingType::kReflect || type_ == PaddingType::kSymmetric) {
    return {to.Append(
        Op::kMirrorPad, {x},
        {{"before", before}, {"after", after}, {"reflect", type_ == PaddingType::kReflect}})};
  }
  return {to.Append(Op::kPad, {x, to.Scalar(x, double{value_})},
                    {{"before", before}, {"after", after}})};
}

}  // namespace mlcompute
