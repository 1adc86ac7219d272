// Conversions of element type.
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

void BuildCast(BuildContext& c) {
  const DataType from = c.node.Type("SrcT");
  const DataType to = c.node.Type("DstT");
  if (from == to) {
    c.Output(c.input(0));
    return;
  }
  // Truncate asks for rounding toward zero, which only a narrower float can tell from rounding.
  const AttrValue* truncate = c.node.Find("Truncate");
  if (truncate && c.node.Bool("Truncate") && mlcompute::IsFloating(from) &&
      mlcompute::IsFloating(to) && mlcompute::SizeOf(to) < mlcompute::SizeOf(from)) {
    throw mlcompute::Unimplemented("Truncate=true from ", Name(from), " to ", Name(to));
  }
  c.Output(c.Append(Op::kCast, {c.input(0)}, {{"to", to}}));
}

void BuildBitcast(BuildContext& c) {
  const DataType to = c.node.Type("type");
  const bool same = to == c.type(0).dtype;
  c.Output(same ? c.input(0) : c.Append(Op::kBitcast, {c.input(0)}, {{"to", to}}));
}

OpRow BitcastRow(const Types& types) {
  return {"Bitcast", BuildBitcast, {{"T", types}, {"type", types}}};
}

}  // namespace

const Rows& CastRows() {
  static const Rows rows = {
      {"Cast", BuildCast, {{"SrcT", AnyType()}, {"DstT", AnyType()}}},
      // Between types of one size; TensorFlow's CPU kernel takes the others.
      BitcastRow({DataType::kInt8, DataType::kUInt8}),
      BitcastRow({DataType::kFloat16, DataType::kBFloat16, DataType::kInt16, DataType::kUInt16}),
      BitcastRow({DataType::kFloat32, DataType::kInt32, DataType::kUInt32}),
      BitcastRow({DataType::kFloat64, DataType::kInt64, DataType::kUInt64}),
  };
  return rows;
}

}  // namespace tf_mlc
