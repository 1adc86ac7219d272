// Writing elements by index and sums over segments.
#include "kernels/bad_indices.h"
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

enum class Combine { kUpdate, kAdd, kSub, kMin, kMax, kSum, kProd };

std::string Name(Combine combine) {
  switch (combine) {
    case Combine::kUpdate:
      return "update";
    case Combine::kAdd:
      return "add";
    case Combine::kSub:
      return "sub";
    case Combine::kMin:
      return "min";
    case Combine::kMax:
      return "max";
    case Combine::kSum:
      return "sum";
    case Combine::kProd:
      return "prod";
  }
  throw mlcompute::Internal("an unknown way to combine");
}

// indices [.., k] name slices of `shape`; updates hold one slice for each.
void CheckScatter(const Shape& shape, const Shape& indices, const Shape& updates) {
  const auto fail = [&](const char* what) {
    throw InvalidArgument(what, ": shape = ", shape.ToString(),
                          ", indices.shape = ", indices.ToString(),
                          ", updates.shape = ", updates.ToString());
  };
  if (indices.rank() < 1) fail("Indices shape must have rank at least one");
  const int outer = indices.rank() - 1;
  const int64_t depth = indices[outer];
  if (depth > shape.rank()) {
    fail("Dimensions of an index must not be more than the rank of the output");
  }
  std::vector<int64_t> expected(indices.dims().begin(), indices.dims().begin() + outer);
  expected.insert(expected.end(), shape.dims().begin() + depth, shape.dims().end());
  if (updates.dims() != expected) {
    fail("Updates must have the outer dimensions of indices and the inner ones of the output");
  }
}

// Sums of 16-bit floats are kept in float32 and rounded once.
Value Scatter(BuildContext& c, Value tensor, Value indices, Value updates, Combine combine) {
  const DataType dtype = c.program.type(tensor).dtype;
  const bool sums = combine == Combine::kAdd || combine == Combine::kSub;
  const bool wider = sums && (dtype == DataType::kFloat16 || dtype == DataType::kBFloat16);
  const auto to = [&](Value v, DataType type) {
    return wider ? c.Append(Op::kCast, {v}, {{"to", type}}) : v;
  };
  const Value result = c.Append(
      Op::kScatterNd, {to(tensor, DataType::kFloat32), indices, to(updates, DataType::kFloat32)},
      {{"combine", Name(combine)}});
  return to(result, dtype);
}

// (tensor, indices, updates)
template <Combine combine>
void BuildTensorScatter(BuildContext& c) {
  CheckBadIndicesPolicy(c.node);
  CheckScatter(c.shape(0), c.shape(1), c.shape(2));
  c.Output(Scatter(c, c.input(0), c.input(1), c.input(2), combine));
}

// (indices, updates, shape): sums into zeros
void BuildScatterNd(BuildContext& c) {
  CheckBadIndicesPolicy(c.node);
  if (c.shape(2).rank() != 1) {
    throw InvalidArgument("Shape must be a vector, got ", c.shape(2).ToString());
  }
  const Shape shape(c.StaticInts(2));
  for (const int64_t dim : shape.dims()) {
    if (dim < 0) throw InvalidArgument("shape must be non-negative, got ", shape.ToString());
  }
  CheckScatter(shape, c.shape(0), c.shape(1));
  const Value zero = c.program.AddScalar(c.type(1).dtype, 0);
  const Value zeros = c.Append(Op::kBroadcastTo, {zero}, {{"shape", shape.dims()}});
  c.Output(Scatter(c, zeros, c.input(0), c.input(1), Combine::kAdd));
}

// (data, segment_ids, num_segments)
template <Combine combine>
void BuildSegment(BuildContext& c) {
  const Shape& data = c.shape(0);
  const Shape& ids = c.shape(1);
  const int64_t segments = c.StaticInt(2);
  if (segments < 0) throw InvalidArgument("num_segments must be non-negative, not ", segments);
  bool prefix = ids.rank() <= data.rank();
  for (int i = 0; prefix && i < ids.rank(); ++i) prefix = data[i] == ids[i];
  if (!prefix) {
    throw InvalidArgument("data.shape = ", data.ToString(),
                          " does not start with segment_ids.shape = ", ids.ToString());
  }
  c.Output(c.Append(Op::kUnsortedSegment, {c.input(0), c.input(1)},
                    {{"segments", segments}, {"combine", Name(combine)}}));
}

}  // namespace

const Rows& ScatterRows() {
  static const Rows rows = [] {
    const TypeAttr any = {"T", AnyType()};
    const TypeAttr numbers = {"T", Numbers()};
    const TypeAttr indices = {"Tindices", IndexTypes()};
    const std::vector<HostArg> segments = {Static("num_segments", 2)};
    return Rows{
        {"ScatterNd", BuildScatterNd, {numbers, indices}, {Static("shape", 2)}},
        {"TensorScatterUpdate", BuildTensorScatter<Combine::kUpdate>, {any, indices}},
        {"TensorScatterAdd", BuildTensorScatter<Combine::kAdd>, {numbers, indices}},
        {"TensorScatterSub", BuildTensorScatter<Combine::kSub>, {numbers, indices}},
        {"TensorScatterMin", BuildTensorScatter<Combine::kMin>, {numbers, indices}},
        {"TensorScatterMax", BuildTensorScatter<Combine::kMax>, {numbers, indices}},
        {"UnsortedSegmentSum", BuildSegment<Combine::kSum>, {numbers, indices}, segments},
        {"UnsortedSegmentProd", BuildSegment<Combine::kProd>, {numbers, indices}, segments},
        {"UnsortedSegmentMax", BuildSegment<Combine::kMax>, {numbers, indices}, segments},
        {"UnsortedSegmentMin", BuildSegment<Combine::kMin>, {numbers, indices}, segments},
    };
  }();
  return rows;
}

}  // namespace tf_mlc
