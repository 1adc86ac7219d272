#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using Types = std::vector<TensorType>;
using Ints64 = std::vector<int64_t>;

TensorType F(std::initializer_list<int64_t> dims) { return {DataType::kFloat32, Shape(dims)}; }
TensorType I(std::initializer_list<int64_t> dims) { return {DataType::kInt32, Shape(dims)}; }

struct Good {
  Op op;
  Types inputs;
  Attributes attributes;
  Types results;
};

struct Bad {
  Op op;
  Types inputs;
  Attributes attributes;
  std::string message;
};

constexpr int64_t operator""_i(unsigned long long v) { return static_cast<int64_t>(v); }

TEST(MovementRules, Shapes) {
  const TensorType x = F({2, 3});
  const std::vector<Good> cases = {
      {Op::kReshape, {x}, {{"shape", Ints64{3, 1, 2}}}, {F({3, 1, 2})}},
      {Op::kReshape, {F({0, 3})}, {{"shape", Ints64{5, 0}}}, {F({5, 0})}},
      {Op::kTranspose, {x}, {{"perm", Ints64{1, 0}}}, {F({3, 2})}},
      {Op::kBroadcastTo, {F({3, 1})}, {{"shape", Ints64{2, 3, 0}}}, {F({2, 3, 0})}},
      {Op::kConcat, {x, F({2, 0}), F({2, 4})}, {{"axis", 1_i}}, {F({2, 7})}},
      {Op::kSlice,
       {x},
       {{"begin", Ints64{1, 2}}, {"strides", Ints64{-1, -2}}, {"sizes", Ints64{2, 2}}},
       {F({2, 2})}},
      {Op::kSliceGrad,
       {F({2, 2})},
       {{"begin", Ints64{1, 2}}, {"strides", Ints64{-1, -2}}, {"shape", Ints64{2, 3}}},
       {x}},
      {Op::kPad, {x, F({})}, {{"before", Ints64{1, 0}}, {"after", Ints64{0, 4}}}, {F({3, 7})}},
      {Op::kMirrorPad,
       {x},
       {{"before", Ints64{1, 2}}, {"after", Ints64{0, 2}}, {"reflect", true}},
       {F({3, 7})}},
      {Op::kMirrorPadGrad,
       {F({3, 7})},
       {{"before", Ints64{1, 2}}, {"after", Ints64{0, 2}}, {"reflect", true}},
       {x}},
      {Op::kTile, {x}, {{"multiples", Ints64{2, 0}}}, {F({4, 0})}},
      {Op::kReverse, {x}, {{"axes", Ints64{}}}, {x}},
      {Op::kIota,
       {},
       {{"shape", Ints64{4}}, {"to", DataType::kInt32}, {"start", 0.0}, {"step", 1.0}},
       {I({4})}},
      {Op::kOneHot, {I({2, 3}), F({}), F({})}, {{"axis", 2_i}, {"depth", 5_i}}, {F({2, 3, 5})}},
      {Op::kGather, {x, I({4, 5})}, {{"axis", 1_i}, {"batch_dims", 0_i}}, {F({2, 4, 5})}},
      {Op::kGather, {x, I({2, 5})}, {{"axis", 1_i}, {"batch_dims", 1_i}}, {F({2, 5})}},
      {Op::kGatherNd, {x, I({4, 1})}, {}, {F({4, 3})}},
      {Op::kScatterNd, {x, I({4, 1}), F({4, 3})}, {{"combine", std::string("add")}}, {x}},
      {Op::kUnsortedSegment,
       {x, I({2})},
       {{"segments", 7_i}, {"combine", std::string("sum")}},
       {F({7, 3})}},
      {Op::kMatrixBandPart, {x}, {{"lower", 2_i}, {"upper", -1_i}}, {x}},
      {Op::kTopK, {x}, {{"k", 2_i}, {"to", DataType::kInt32}}, {F({2, 2}), I({2, 2})}},
      {Op::kSort, {x}, {{"descending", true}}, {x}},
  };
  for (const Good& c : cases) {
    EXPECT_EQ(Infer(c.op, c.inputs, c.attributes), c.results) << Name(c.op);
  }
}

TEST(MovementRules, RefuseWhatDoesNotFit) {
  const TensorType x = F({2, 3});
  const Attributes slice = {
      {"begin", Ints64{0, 1}}, {"strides", Ints64{1, 2}}, {"sizes", Ints64{2, 2}}};
  const std::vector<Bad> cases = {
      {Op::kReshape,
       {x},
       {{"shape", Ints64{5}}},
       "Reshape: float32[2,3] with 6 elements does not fit shape [5] with 5"},
      {Op::kReshape, {x}, {{"shape", Ints64{-1}}}, "Reshape: shape = [-1] holds a negative size"},
      {Op::kTranspose,
       {x},
       {{"perm", Ints64{0, 0}}},
       "Transpose: perm = [0,0] is not a permutation of the axes of float32[2,3]"},
      {Op::kBroadcastTo,
       {x},
       {{"shape", Ints64{2, 4}}},
       "BroadcastTo: float32[2,3] does not broadcast to shape [2,4]"},
      {Op::kConcat,
       {x, F({3, 3})},
       {{"axis", 1_i}},
       "Concat: input 0 float32[2,3] and input 1 float32[3,3] differ in axis 0 while joined along "
       "axis 1"},
      {Op::kConcat, {x, x}, {{"axis", 2_i}}, "Concat: axis = 2 is not in [0, 2)"},
      {Op::kConcat, {}, {{"axis", 0_i}}, "Concat: takes one input or more, got none"},
      {Op::kSlice, {x}, slice, "Slice: begin 1, stride 2 and size 2 leave axis 1 of [2,3]"},
      {Op::kPad,
       {x, I({})},
       {{"before", Ints64{0, 0}}, {"after", Ints64{0, 0}}},
       "Pad: inputs 0 and 1 must have one element type, got float32[2,3] and int32[]"},
      {Op::kMirrorPad,
       {x},
       {{"before", Ints64{0, 3}}, {"after", Ints64{0, 0}}, {"reflect", true}},
       "MirrorPad: paddings 3 and 0 of axis 1 must be less than its size 3"},
      {Op::kReverse,
       {x},
       {{"axes", Ints64{1, 1}}},
       "Reverse: axes = [1,1] are not different axes of float32[2,3]"},
      {Op::kOneHot,
       {x, F({}), F({})},
       {{"axis", 0_i}, {"depth", 5_i}},
       "OneHot: input 0 must hold integers, got float32[2,3]"},
      {Op::kGather,
       {x, F({1})},
       {{"axis", 0_i}, {"batch_dims", 0_i}},
       "Gather: input 1 must be int32 or int64, got float32[1]"},
      {Op::kGather,
       {x, I({4, 5})},
       {{"axis", 1_i}, {"batch_dims", 1_i}},
       "Gather: the first 1 axes of float32[2,3] and int32[4,5] differ"},
      {Op::kGatherNd,
       {x, I({4, 3})},
       {},
       "GatherNd: indices int32[4,3] have more coordinates than float32[2,3] has axes"},
      {Op::kScatterNd,
       {x, I({4, 1}), F({4, 2})},
       {{"combine", std::string("add")}},
       "ScatterNd: input 2 must have shape [4,3], got float32[4,2]"},
      {Op::kScatterNd,
       {x, I({4, 1}), F({4, 3})},
       {{"combine", std::string("mul")}},
       "ScatterNd: combine = 'mul' is not known"},
      {Op::kUnsortedSegment,
       {x, I({3})},
       {{"segments", 7_i}, {"combine", std::string("sum")}},
       "UnsortedSegment: segment_ids int32[3] must have the leading axes of float32[2,3]"},
      {Op::kMatrixBandPart,
       {x},
       {{"lower", 3_i}, {"upper", 0_i}},
       "MatrixBandPart: lower = 3 must be negative or no more than 2 for float32[2,3]"},
      {Op::kTopK, {x}, {{"k", 4_i}, {"to", DataType::kInt32}}, "TopK: k = 4 is not in [0, 4)"},
  };
  for (const Bad& c : cases) {
    EXPECT_EQ(InvalidArgumentOf([&] { Infer(c.op, c.inputs, c.attributes); }), c.message)
        << Name(c.op);
  }
}

TEST(MovementRules, SliceStrideZero) {
  const Attributes slice = {
      {"begin", Ints64{0, 1}}, {"strides", Ints64{1, 0}}, {"sizes", Ints64{2, 2}}};
  EXPECT_EQ(InvalidArgumentOf([&] {
              Infer(Op::kSlice, {F({2, 3})}, slice);
            }),
            "Slice: strides = [1,0] holds a zero");
}

}  // namespace
}  // namespace mlcompute::testing
