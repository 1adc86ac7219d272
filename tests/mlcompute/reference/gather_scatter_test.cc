// Messages are those of TensorFlow's CPU kernels.
#include <cmath>
#include <limits>

#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using F = std::vector<float>;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

const Tensor kX = Floats({2, 3}, {1, 2, 3, 4, 5, 6});

Attributes Axis(int64_t axis, int64_t batch_dims = 0) {
  return {{"axis", axis}, {"batch_dims", batch_dims}};
}

TEST(Gather, AlongAnAxis) {
  EXPECT_EQ(Evaluate(Op::kGather, {kX, Int32s({2}, {1, 0})}, Axis(0)).values<float>(),
            (F{4, 5, 6, 1, 2, 3}));
  const Tensor y = Evaluate(Op::kGather, {kX, Make<int64_t>({1, 2}, {2, 0})}, Axis(1));
  EXPECT_EQ(y.type.shape, (Shape{2, 1, 2}));
  EXPECT_EQ(y.values<float>(), (F{3, 1, 6, 4}));
  EXPECT_EQ(Evaluate(Op::kGather, {kX, Int32s({}, {1})}, Axis(0)).values<float>(), (F{4, 5, 6}));
}

TEST(Gather, BatchesHaveTheirOwnIndices) {
  EXPECT_EQ(Evaluate(Op::kGather, {kX, Int32s({2, 1}, {2, 0})}, Axis(1, 1)).values<float>(),
            (F{3, 4}));
}

TEST(Gather, OutOfRange) {
  const Tensor x = Floats({5}, {1, 2, 3, 4, 5});
  EXPECT_EQ(InvalidArgumentOf([&] {
              Evaluate(Op::kGather, {x, Int32s({1, 2}, {0, 7})}, Axis(0));
            }),
            "indices[0,1] = 7 is not in [0, 5)");
  EXPECT_EQ(InvalidArgumentOf([&] {
              Evaluate(Op::kGather, {x, Int32s({}, {-1})}, Axis(0));
            }),
            "indices = -1 is not in [0, 5)");
}

TEST(Gather, NothingToGather) {
  EXPECT_EQ(Evaluate(Op::kGather, {Floats({3, 0}, {}), Int32s({1}, {7})}, Axis(0)).type.shape,
            (Shape{1, 0}));
}

TEST(GatherNd, PointsAndSlices) {
  EXPECT_EQ(Evaluate(Op::kGatherNd, {kX, Int32s({2, 2}, {0, 2, 1, 0})}).values<float>(), (F{3, 4}));
  EXPECT_EQ(Evaluate(Op::kGatherNd, {kX, Int32s({1, 1}, {1})}).values<float>(), (F{4, 5, 6}));
  EXPECT_EQ(Evaluate(Op::kGatherNd, {kX, Int32s({2, 0}, {})}).type.shape, (Shape{2, 2, 3}));
}

TEST(GatherNd, OutOfRange) {
  EXPECT_EQ(InvalidArgumentOf([&] {
              Evaluate(Op::kGatherNd, {kX, Int32s({1, 2, 2}, {0, 1, 2, 3})});
            }),
            "indices[0,1] = [2, 3] does not index into param shape [2,3]");
}

Tensor Scatter(const Tensor& x, const Tensor& indices, const Tensor& updates,
               const std::string& combine) {
  return Evaluate(Op::kScatterNd, {x, indices, updates}, {{"combine", combine}});
}

TEST(ScatterNd, CombinesInOrder) {
  const Tensor x = Floats({3}, {1, 2, 3});
  const Tensor indices = Int32s({3, 1}, {0, 2, 0});
  const Tensor updates = Floats({3}, {10, 1, 5});
  EXPECT_EQ(Scatter(x, indices, updates, "update").values<float>(), (F{5, 2, 1}));
  EXPECT_EQ(Scatter(x, indices, updates, "add").values<float>(), (F{16, 2, 4}));
  EXPECT_EQ(Scatter(x, indices, updates, "sub").values<float>(), (F{-14, 2, 2}));
  EXPECT_EQ(Scatter(x, indices, updates, "min").values<float>(), (F{1, 2, 1}));
  EXPECT_EQ(Scatter(x, indices, updates, "max").values<float>(), (F{10, 2, 3}));
}

TEST(ScatterNd, NaN) {
  const F y = Scatter(Floats({3}, {1, kNaN, 3}), Int32s({3, 1}, {0, 1, 2}),
                      Floats({3}, {kNaN, 5, 4}), "max")
                  .values<float>();
  EXPECT_EQ(y[0], 1);
  EXPECT_TRUE(std::isnan(y[1]));
  EXPECT_EQ(y[2], 4);
}

TEST(ScatterNd, OutOfRange) {
  EXPECT_EQ(InvalidArgumentOf([&] {
              Scatter(Floats({3}, {0, 0, 0}), Int32s({2, 1}, {0, 7}), Floats({2}, {1, 2}), "add");
            }),
            "indices[1] = [7] does not index into shape [3]");
}

F Segment(const Tensor& x, const Tensor& ids, const std::string& combine) {
  return Evaluate(Op::kUnsortedSegment, {x, ids}, {{"segments", int64_t{3}}, {"combine", combine}})
      .values<float>();
}

TEST(UnsortedSegment, DropsNegativeIdsAndFillsEmptySegments) {
  const Tensor x = Floats({4}, {2, 100, kNaN, 4});
  const Tensor ids = Int32s({4}, {0, -1, 1, 1});
  const float highest = std::numeric_limits<float>::max();
  EXPECT_EQ(Segment(x, ids, "max"), (F{2, 4, -highest}));
  EXPECT_EQ(Segment(x, ids, "min"), (F{2, 4, highest}));
  EXPECT_EQ(Segment(x, ids, "sum")[2], 0);
  EXPECT_TRUE(std::isnan(Segment(x, ids, "sum")[1]));
  EXPECT_EQ(Segment(x, ids, "prod")[2], 1);
}

TEST(UnsortedSegment, RowsOfSlices) {
  EXPECT_EQ(Segment(Floats({3, 2}, {1, 2, 3, 4, 5, 6}), Int32s({3}, {2, 0, 2}), "sum"),
            (F{3, 4, 0, 0, 6, 8}));
  EXPECT_EQ(Segment(Floats({0, 2}, {}), Int32s({0}, {}), "sum"), F(6, 0));
}

TEST(UnsortedSegment, OutOfRange) {
  EXPECT_EQ(InvalidArgumentOf([&] {
              Segment(Floats({2, 2}, {1, 1, 1, 1}), Int32s({2, 2}, {0, -1, 0, 5}), "sum");
            }),
            "segment_ids[1,1] = 5 is out of range [0, 3)");
}

}  // namespace
}  // namespace mlcompute::testing
