// Products of matrices and of batches of matrices.
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

// Reads [.., rows, columns] of input `i`, turned around when it is to be transposed.
struct Sides {
  int64_t rows, columns;
};
Sides SidesOf(const BuildContext& c, int i, bool transposed) {
  const Shape& shape = c.shape(i);
  const int64_t rows = shape[shape.rank() - 2];
  const int64_t columns = shape[shape.rank() - 1];
  return transposed ? Sides{columns, rows} : Sides{rows, columns};
}

Value Converted(BuildContext& c, int i, DataType to) {
  if (c.type(i).dtype == to) return c.input(i);
  return c.Append(Op::kCast, {c.input(i)}, {{"to", to}});
}

void Multiply(BuildContext& c, bool transpose_a, bool transpose_b, DataType to) {
  if (SidesOf(c, 0, transpose_a).columns != SidesOf(c, 1, transpose_b).rows) {
    throw mlcompute::InvalidArgument("Matrix size-incompatible: In[0]: ", c.shape(0).ToString(),
                                     ", In[1]: ", c.shape(1).ToString());
  }
  c.Output(c.Append(Op::kMatMul, {Converted(c, 0, to), Converted(c, 1, to)},
                    {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}}));
}

void BuildMatMul(BuildContext& c) {
  for (int i = 0; i < 2; ++i) {
    if (c.shape(i).rank() != 2) {
      throw mlcompute::InvalidArgument("In[0] and In[1] must be matrices; In[", i, "] is of shape ",
                                       c.shape(i).ToString());
    }
  }
  Multiply(c, c.node.Bool("transpose_a"), c.node.Bool("transpose_b"), c.type(0).dtype);
}

void CheckBatch(const BuildContext& c) {
  for (int i = 0; i < 2; ++i) {
    if (c.shape(i).rank() < 2) {
      throw mlcompute::InvalidArgument("In[", i, "] ndims must be >= 2: ", c.shape(i).rank());
    }
  }
}

// Leading axes must be equal in the first version and broadcast in the later ones.
void BuildBatchMatMul(BuildContext& c) {
  CheckBatch(c);
  const Shape& a = c.shape(0);
  const Shape& b = c.shape(1);
  bool same = a.rank() == b.rank();
  for (int axis = 0; same && axis < a.rank() - 2; ++axis) same = a[axis] == b[axis];
  if (!same) {
    throw mlcompute::InvalidArgument("In[0] and In[1] must have compatible batch dimensions: ",
                                     a.ToString(), " vs. ", b.ToString());
  }
  Multiply(c, c.node.Bool("adj_x"), c.node.Bool("adj_y"), c.type(0).dtype);
}

void BuildBatchMatMulV2(BuildContext& c) {
  CheckBatch(c);
  Multiply(c, c.node.Bool("adj_x"), c.node.Bool("adj_y"), c.type(0).dtype);
}

void BuildBatchMatMulV3(BuildContext& c) {
  CheckBatch(c);
  Multiply(c, c.node.Bool("adj_x"), c.node.Bool("adj_y"), c.node.Type("Tout"));
}

}  // namespace

const Rows& MatMulRows() {
  static const Rows rows = [] {
    const Types types = Join(Floats(), IndexTypes());
    const Types v2_types = Join(types, {DataType::kInt16});
    Rows result = {
        {"MatMul", BuildMatMul, {{"T", types}}},
        {"BatchMatMul", BuildBatchMatMul, {{"T", types}}},
        {"BatchMatMulV2", BuildBatchMatMulV2, {{"T", v2_types}}},
    };
    const auto v3 = [&](const Types& a, const Types& b, DataType out) {
      result.push_back(
          {"BatchMatMulV3", BuildBatchMatMulV3, {{"Ta", a}, {"Tb", b}, {"Tout", {out}}}});
    };
    for (const DataType type : Without(v2_types, DataType::kFloat16)) v3({type}, {type}, type);
    const Types bytes = {DataType::kInt8, DataType::kUInt8};
    v3(bytes, bytes, DataType::kInt32);
    v3(bytes, {DataType::kBFloat16}, DataType::kBFloat16);
    v3({DataType::kBFloat16}, bytes, DataType::kBFloat16);
    return result;
  }();
  return rows;
}

}  // namespace tf_mlc
