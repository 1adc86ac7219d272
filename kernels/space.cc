// Moving blocks of space into the batch or the channels, and back: a reshape, a transpose and a
// reshape.
#include <algorithm>

#include "kernels/data_format.h"
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;
using Dims = std::vector<int64_t>;

Value Reshaped(const BuildContext& c, Value v, const Dims& shape) {
  return c.Append(Op::kReshape, {v}, {{"shape", shape}});
}

// block_shape [m] and paddings or crops [m, 2] of the ND ops.
struct Blocks {
  Dims block;
  Dims before;
  Dims after;
};
Blocks BlocksOf(const BuildContext& c, const char* amounts) {
  Blocks blocks;
  blocks.block = c.StaticInts(1);
  const auto m = static_cast<int64_t>(blocks.block.size());
  if (c.shape(1).rank() != 1 || m < 1 || c.shape(0).rank() < 1 + m) {
    throw InvalidArgument("input rank should be >= ", 1 + m, " instead of ", c.shape(0).rank(),
                          " for block_shape of shape ", c.shape(1).ToString());
  }
  if (c.shape(2) != Shape{m, 2}) {
    throw InvalidArgument(amounts, " should have shape [", m, ", 2] instead of ",
                          c.shape(2).ToString());
  }
  const Dims values = c.StaticInts(2);
  for (size_t i = 0; i < blocks.block.size(); ++i) {
    if (blocks.block[i] < 1) {
      throw InvalidArgument("All values in block_shape must be positive, got value, ",
                            blocks.block[i], " at index ", i);
    }
    blocks.before.push_back(values[2 * i]);
    blocks.after.push_back(values[2 * i + 1]);
    if (values[2 * i] < 0 || values[2 * i + 1] < 0) {
      throw InvalidArgument(amounts, " must be non-negative: ", values[2 * i], " ",
                            values[2 * i + 1]);
    }
  }
  return blocks;
}

void BuildSpaceToBatch(BuildContext& c) {
  const Blocks blocks = BlocksOf(c, "paddings");
  const size_t m = blocks.block.size();
  const Shape& shape = c.shape(0);
  const auto rank = static_cast<size_t>(shape.rank());
  Dims before(rank, 0);
  Dims after(rank, 0);
  std::copy(blocks.before.begin(), blocks.before.end(), before.begin() + 1);
  std::copy(blocks.after.begin(), blocks.after.end(), after.begin() + 1);
  const Value zero = c.program.AddScalar(c.type(0).dtype, 0);
  const Value padded =
      c.Append(Op::kPad, {c.input(0), zero}, {{"before", before}, {"after", after}});

  // [n, (s / b, b).., rest..] -> [b.., n, s / b.., rest..]
  Dims split = {shape[0]};
  Dims result = {shape[0]};
  Dims perm;
  for (size_t i = 0; i < m; ++i) {
    const int64_t size = shape[static_cast<int>(i) + 1] + blocks.before[i] + blocks.after[i];
    if (size % blocks.block[i] != 0) {
      throw InvalidArgument("padded_shape[", i, "]=", size, " is not divisible by block_shape[", i,
                            "]=", blocks.block[i]);
    }
    split.insert(split.end(), {size / blocks.block[i], blocks.block[i]});
    result.push_back(size / blocks.block[i]);
    result[0] *= blocks.block[i];
    perm.push_back(static_cast<int64_t>(2 * i + 2));
  }
  perm.push_back(0);
  for (size_t i = 0; i < m; ++i) perm.push_back(static_cast<int64_t>(2 * i + 1));
  for (size_t axis = m + 1; axis < rank; ++axis) {
    split.push_back(shape[static_cast<int>(axis)]);
    result.push_back(split.back());
    perm.push_back(static_cast<int64_t>(axis + m));
  }
  c.Output(Reshaped(c, c.Append(Op::kTranspose, {Reshaped(c, padded, split)}, {{"perm", perm}}),
                    result));
}

void BuildBatchToSpace(BuildContext& c) {
  const Blocks blocks = BlocksOf(c, "crops");
  const size_t m = blocks.block.size();
  const Shape& shape = c.shape(0);
  const auto rank = static_cast<size_t>(shape.rank());
  int64_t block = 1;
  for (const int64_t b : blocks.block) block *= b;
  if (shape[0] % block != 0) {
    throw InvalidArgument("Input batch dimension (", shape[0],
                          ") is not divisible by product of block sizes (", block, ")");
  }
  // [b.., n, s.., rest..] -> [n, (s, b).., rest..]
  Dims split = blocks.block;
  split.push_back(shape[0] / block);
  Dims joined = {shape[0] / block};
  Dims perm = {static_cast<int64_t>(m)};
  Dims begin = {0};
  Dims sizes = joined;
  for (size_t i = 0; i < m; ++i) {
    const int64_t size = shape[static_cast<int>(i) + 1];
    split.push_back(size);
    perm.insert(perm.end(), {static_cast<int64_t>(m + 1 + i), static_cast<int64_t>(i)});
    joined.push_back(size * blocks.block[i]);
    begin.push_back(blocks.before[i]);
    sizes.push_back(joined.back() - blocks.before[i] - blocks.after[i]);
    if (sizes.back() < 0) {
      throw InvalidArgument("cropped_shape[", i, "]=", sizes.back(), " must be non-negative");
    }
  }
  for (size_t axis = m + 1; axis < rank; ++axis) {
    const int64_t size = shape[static_cast<int>(axis)];
    split.push_back(size);
    perm.push_back(static_cast<int64_t>(axis + m));
    joined.push_back(size);
    begin.push_back(0);
    sizes.push_back(size);
  }
  const Value moved = c.Append(Op::kTranspose, {Reshaped(c, c.input(0), split)}, {{"perm", perm}});
  const Value whole = Reshaped(c, moved, joined);
  c.Output(sizes == joined
               ? whole
               : c.Append(Op::kSlice, {whole},
                          {{"begin", begin}, {"strides", Dims(rank, 1)}, {"sizes", sizes}}));
}

// Channels of the result are ordered block row, block column, channel.
template <bool to_depth>
void BuildDepth(BuildContext& c) {
  const Shape& shape = c.shape(0);
  const bool last = DataFormatOf(c.node, 2).channels_last;
  const int64_t b = c.node.Int("block_size");
  if (shape.rank() != 4) throw InvalidArgument("Input rank should be 4 instead of ", shape.rank());
  const int64_t n = shape[0];
  const int64_t height = shape[last ? 1 : 2];
  const int64_t width = shape[last ? 2 : 3];
  const int64_t depth = shape[last ? 3 : 1];
  if (b < 2) throw InvalidArgument("Block size should be > 1: ", b);
  if (to_depth ? height % b != 0 || width % b != 0 : depth % (b * b) != 0) {
    throw InvalidArgument("Input ", to_depth ? "height and width" : "depth", " of ",
                          shape.ToString(), " should be divisible by ", to_depth ? b : b * b);
  }
  Dims split;
  Dims perm;
  Dims result;
  if (to_depth) {
    const int64_t h = height / b;
    const int64_t w = width / b;
    const int64_t d = depth * b * b;
    split = last ? Dims{n, h, b, w, b, depth} : Dims{n, depth, h, b, w, b};
    perm = last ? Dims{0, 1, 3, 2, 4, 5} : Dims{0, 3, 5, 1, 2, 4};
    result = last ? Dims{n, h, w, d} : Dims{n, d, h, w};
  } else {
    const int64_t d = depth / (b * b);
    split = last ? Dims{n, height, width, b, b, d} : Dims{n, b, b, d, height, width};
    perm = last ? Dims{0, 1, 3, 2, 4, 5} : Dims{0, 3, 4, 1, 5, 2};
    result = last ? Dims{n, height * b, width * b, d} : Dims{n, d, height * b, width * b};
  }
  c.Output(Reshaped(c, c.Append(Op::kTranspose, {Reshaped(c, c.input(0), split)}, {{"perm", perm}}),
                    result));
}

}  // namespace

const Rows& SpaceRows() {
  static const Rows rows = [] {
    const std::vector<TypeAttr> numbers = {{"T", Numbers()}};
    const std::vector<TypeAttr> any = {{"T", AnyType()}};
    const HostArg block = Static("block_shape", 1);
    return Rows{
        {"SpaceToBatchND", BuildSpaceToBatch, numbers, {block, Static("paddings", 2)}},
        {"BatchToSpaceND", BuildBatchToSpace, numbers, {block, Static("crops", 2)}},
        {"SpaceToDepth", BuildDepth<true>, any},
        {"DepthToSpace", BuildDepth<false>, any},
    };
  }();
  return rows;
}

}  // namespace tf_mlc
