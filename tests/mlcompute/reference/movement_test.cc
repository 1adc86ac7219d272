#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using I = std::vector<int32_t>;
using Ints64 = std::vector<int64_t>;

const Tensor kX = Int32s({2, 3}, {1, 2, 3, 4, 5, 6});

I Moved(Op op, const std::vector<Tensor>& inputs, const Attributes& attributes) {
  return Evaluate(op, inputs, attributes).values<int32_t>();
}

TEST(Movement, Transpose) {
  EXPECT_EQ(Moved(Op::kTranspose, {kX}, {{"perm", Ints64{1, 0}}}), (I{1, 4, 2, 5, 3, 6}));
  const Tensor y =
      Evaluate(Op::kTranspose, {Ints<int32_t>({2, 3, 4}, 1, 99)}, {{"perm", Ints64{2, 0, 1}}});
  EXPECT_EQ(y.type.shape, (Shape{4, 2, 3}));
  EXPECT_EQ(y.values<int32_t>()[5], 2 * 4 + 12 - 49);  // [0, 1, 2] is x[1, 2, 0]
}

TEST(Movement, BroadcastAndTile) {
  EXPECT_EQ(Moved(Op::kBroadcastTo, {Int32s({2, 1}, {7, 8})}, {{"shape", Ints64{2, 2, 2}}}),
            (I{7, 7, 8, 8, 7, 7, 8, 8}));
  EXPECT_EQ(Moved(Op::kTile, {Int32s({2, 1}, {7, 8})}, {{"multiples", Ints64{2, 2}}}),
            (I{7, 7, 8, 8, 7, 7, 8, 8}));
  EXPECT_EQ(Evaluate(Op::kTile, {kX}, {{"multiples", Ints64{0, 2}}}).type.shape, (Shape{0, 6}));
}

TEST(Movement, Reverse) {
  EXPECT_EQ(Moved(Op::kReverse, {kX}, {{"axes", Ints64{1}}}), (I{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(Moved(Op::kReverse, {kX}, {{"axes", Ints64{0, 1}}}), (I{6, 5, 4, 3, 2, 1}));
}

TEST(Movement, Concat) {
  EXPECT_EQ(
      Moved(Op::kConcat, {kX, Int32s({2, 0}, {}), Int32s({2, 1}, {8, 9})}, {{"axis", int64_t{1}}}),
      (I{1, 2, 3, 8, 4, 5, 6, 9}));
  EXPECT_EQ(Moved(Op::kConcat, {kX, Int32s({1, 3}, {7, 8, 9})}, {{"axis", int64_t{0}}}),
            (I{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Movement, SliceAndItsGradient) {
  Attributes attributes = {
      {"begin", Ints64{0, 2}}, {"strides", Ints64{1, -2}}, {"sizes", Ints64{2, 2}}};
  EXPECT_EQ(Moved(Op::kSlice, {kX}, attributes), (I{3, 1, 6, 4}));
  attributes = {{"begin", Ints64{0, 2}}, {"strides", Ints64{1, -2}}, {"shape", Ints64{2, 3}}};
  EXPECT_EQ(Moved(Op::kSliceGrad, {Int32s({2, 2}, {3, 1, 6, 4})}, attributes),
            (I{1, 0, 3, 4, 0, 6}));
}

TEST(Movement, SliceOfNothing) {
  EXPECT_EQ(Evaluate(Op::kSlice, {kX},
                     {{"begin", Ints64{2, 0}}, {"strides", Ints64{1, 1}}, {"sizes", Ints64{0, 3}}})
                .type.shape,
            (Shape{0, 3}));
}

TEST(Movement, Pad) {
  EXPECT_EQ(Moved(Op::kPad, {Int32s({1, 2}, {1, 2}), Int32s({}, {9})},
                  {{"before", Ints64{1, 0}}, {"after", Ints64{0, 1}}}),
            (I{9, 9, 9, 1, 2, 9}));
  EXPECT_EQ(Moved(Op::kPad, {Int32s({0}, {}), Int32s({}, {9})},
                  {{"before", Ints64{1}}, {"after", Ints64{1}}}),
            (I{9, 9}));
}

Attributes Mirror(int64_t before, int64_t after, bool reflect) {
  return {{"before", Ints64{before}}, {"after", Ints64{after}}, {"reflect", reflect}};
}

TEST(Movement, MirrorPad) {
  const Tensor x = Int32s({3}, {1, 2, 3});
  EXPECT_EQ(Moved(Op::kMirrorPad, {x}, Mirror(2, 2, true)), (I{3, 2, 1, 2, 3, 2, 1}));
  EXPECT_EQ(Moved(Op::kMirrorPad, {x}, Mirror(3, 2, false)), (I{3, 2, 1, 1, 2, 3, 3, 2}));
}

TEST(Movement, MirrorPadGradSumsWhatWasRepeated) {
  EXPECT_EQ(Moved(Op::kMirrorPadGrad, {Int32s({7}, {1, 2, 3, 4, 5, 6, 7})}, Mirror(2, 2, true)),
            (I{3 + 7, 2 + 4 + 6, 1 + 5}));
  EXPECT_EQ(Moved(Op::kMirrorPadGrad, {Int32s({5}, {1, 2, 3, 4, 5})}, Mirror(1, 1, false)),
            (I{1 + 2, 3, 4 + 5}));
}

TEST(Movement, Iota) {
  const auto f =
      Evaluate(Op::kIota, {},
               {{"shape", Ints64{3}}, {"to", DataType::kFloat32}, {"start", 0.5}, {"step", -1.0}});
  EXPECT_EQ(f.values<float>(), (std::vector<float>{0.5f, -0.5f, -1.5f}));
  EXPECT_EQ(Moved(Op::kIota, {},
                  {{"shape", Ints64{3}}, {"to", DataType::kInt32}, {"start", -1.0}, {"step", 2.0}}),
            (I{-1, 1, 3}));
}

TEST(Movement, OneHot) {
  const Tensor indices = Int32s({4}, {0, 5, -1, 2});
  const std::vector<Tensor> inputs = {indices, Int32s({}, {1}), Int32s({}, {9})};
  EXPECT_EQ(Moved(Op::kOneHot, inputs, {{"axis", int64_t{1}}, {"depth", int64_t{3}}}),
            (I{1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1}));
  EXPECT_EQ(Moved(Op::kOneHot, inputs, {{"axis", int64_t{0}}, {"depth", int64_t{3}}}),
            (I{1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1}));
  EXPECT_EQ(Moved(Op::kOneHot, {Int32s({2}, {1, 0}), Int32s({}, {1}), Int32s({}, {0})},
                  {{"axis", int64_t{0}}, {"depth", int64_t{3}}}),
            (I{0, 1, 1, 0, 0, 0}));
}

TEST(Movement, MatrixBandPart) {
  const Tensor ones = Int32s({3, 4}, I(12, 1));
  EXPECT_EQ(Moved(Op::kMatrixBandPart, {ones}, {{"lower", int64_t{1}}, {"upper", int64_t{-1}}}),
            (I{1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1}));
  EXPECT_EQ(Moved(Op::kMatrixBandPart, {ones}, {{"lower", int64_t{3}}, {"upper", int64_t{0}}}),
            (I{1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0}));
}

// Movement is by bytes: the size of the elements is all that matters.
TEST(Movement, EveryElementSize) {
  const auto reversed = [](const Tensor& x) {
    return Evaluate(Op::kReverse, {x}, {{"axes", Ints64{0}}});
  };
  EXPECT_EQ(reversed(Make<int8_t>({3}, {1, 2, 3})).values<int8_t>(),
            (std::vector<int8_t>{3, 2, 1}));
  EXPECT_EQ(reversed(Make<int16_t>({3}, {1, 2, 3})).values<int16_t>(),
            (std::vector<int16_t>{3, 2, 1}));
  EXPECT_EQ(reversed(Make<double>({3}, {1, 2, 3})).values<double>(),
            (std::vector<double>{3, 2, 1}));
}

}  // namespace
}  // namespace mlcompute::testing
