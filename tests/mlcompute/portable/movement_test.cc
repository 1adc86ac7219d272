#include <gtest/gtest.h>

#include "mlcompute/error.h"
#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::ExpectAgrees;
using testing::OpCase;
using testing::Set;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

// One of each size.
class MovementTest : public ::testing::TestWithParam<DataType> {
 protected:
  TensorType Type(Shape shape) const { return {GetParam(), std::move(shape)}; }

  void Check(portable::Maker make, Op op, std::vector<Shape> in, Shape out,
             Attributes attributes) const {
    std::vector<TensorType> types;
    for (Shape& shape : in) types.push_back(Type(std::move(shape)));
    const OpCase c(op, std::move(types), {Type(std::move(out))}, std::move(attributes));
    ExpectAgrees(c, make);
  }
};

INSTANTIATE_TEST_SUITE_P(All, MovementTest,
                         ::testing::Values(DataType::kUInt8, DataType::kBFloat16,
                                           DataType::kFloat32, DataType::kInt64),
                         [](const auto& info) { return std::string(Name(info.param)); });

TEST_P(MovementTest, Copy) {
  for (const int64_t n : {1, 7, 100003}) {
    Check(portable::MakeCopy, Op::kReshape, {{n}}, {1, n}, {{"shape", Ints{1, n}}});
  }
}

TEST_P(MovementTest, Transpose) {
  const struct {
    Shape x;
    Ints perm;
  } rows[] = {
      {{3}, {0}},
      {{2, 3}, {1, 0}},
      {{16, 16}, {1, 0}},
      {{67, 131}, {1, 0}},
      {{300, 1100}, {1, 0}},
      {{5, 2100}, {1, 0}},
      {{3, 31, 17}, {0, 2, 1}},
      {{3, 31, 17}, {2, 1, 0}},
      {{3, 31, 17}, {2, 0, 1}},
      {{3, 31, 17}, {1, 0, 2}},
      {{2, 9, 8, 33}, {0, 3, 1, 2}},
      {{2, 33, 9, 8}, {0, 2, 3, 1}},
      {{2, 9, 8, 33}, {0, 2, 1, 3}},
      {{2, 9, 8, 15}, {0, 2, 1, 3}},
      {{4, 5, 6, 7}, {3, 1, 2, 0}},
      {{4, 1, 6, 1}, {3, 2, 1, 0}},
      {{2, 3, 4, 5, 6}, {4, 2, 0, 3, 1}},
  };
  for (const auto& row : rows) {
    Ints dims;
    for (const int64_t axis : row.perm) dims.push_back(row.x[static_cast<int>(axis)]);
    Check(portable::MakeTranspose, Op::kTranspose, {row.x}, Shape(dims), {{"perm", row.perm}});
  }
}

TEST_P(MovementTest, SliceAndItsGradient) {
  const struct {
    Shape x;
    Ints begin, strides, sizes;
  } rows[] = {
      {{10}, {3}, {2}, {3}},
      {{10}, {9}, {-3}, {4}},
      {{100003}, {2}, {1}, {100000}},
      {{100, 256}, {0, 64}, {1, 1}, {100, 128}},
      {{20, 30, 40}, {5, 0, 39}, {3, 1, -2}, {4, 30, 20}},
      {{20, 30, 3}, {1, 2, 0}, {1, 1, 1}, {10, 20, 3}},
      {{4, 5}, {3, 4}, {1, 1}, {1, 1}},
  };
  for (const auto& row : rows) {
    Check(portable::MakeStrided, Op::kSlice, {row.x}, Shape(row.sizes),
          {{"begin", row.begin}, {"strides", row.strides}, {"sizes", row.sizes}});
    Check(portable::MakeStrided, Op::kSliceGrad, {Shape(row.sizes)}, row.x,
          {{"begin", row.begin}, {"strides", row.strides}, {"shape", row.x.dims()}});
  }
}

TEST_P(MovementTest, Pad) {
  Check(portable::MakeStrided, Op::kPad, {{5}, {}}, {9}, {{"before", Ints{3}}, {"after", Ints{1}}});
  Check(portable::MakeStrided, Op::kPad, {{4, 30, 30, 5}, {}}, {4, 33, 31, 5},
        {{"before", Ints{0, 1, 0, 0}}, {"after", Ints{0, 2, 1, 0}}});
  Check(portable::MakeStrided, Op::kPad, {{0, 3}, {}}, {2, 4},
        {{"before", Ints{1, 0}}, {"after", Ints{1, 1}}});
}

TEST_P(MovementTest, Reverse) {
  Check(portable::MakeStrided, Op::kReverse, {{100003}}, {100003}, {{"axes", Ints{0}}});
  Check(portable::MakeStrided, Op::kReverse, {{3, 4, 50}}, {3, 4, 50}, {{"axes", Ints{0, 2}}});
  Check(portable::MakeStrided, Op::kReverse, {{3, 4}}, {3, 4}, {{"axes", Ints{}}});
}

TEST_P(MovementTest, Concat) {
  Check(portable::MakeConcat, Op::kConcat, {{3, 4}, {3, 0}, {3, 5}}, {3, 9},
        {{"axis", int64_t{1}}});
  Check(portable::MakeConcat, Op::kConcat, {{30, 40, 5}, {1, 40, 5}}, {31, 40, 5},
        {{"axis", int64_t{0}}});
  Check(portable::MakeConcat, Op::kConcat, {{300, 70, 2}, {300, 70, 3}}, {300, 70, 5},
        {{"axis", int64_t{2}}});
}

TEST_P(MovementTest, BroadcastAndTile) {
  const struct {
    Shape x, y;
  } rows[] = {{{}, {7}},       {{1}, {100003}},          {{3, 1}, {3, 400}},
              {{3}, {400, 3}}, {{2, 1, 5}, {2, 300, 5}}, {{4, 1, 3, 1}, {2, 4, 5, 3, 6}}};
  for (const auto& row : rows) {
    Check(portable::MakeBroadcast, Op::kBroadcastTo, {row.x}, row.y, {{"shape", row.y.dims()}});
  }
  Check(portable::MakeBroadcast, Op::kTile, {{3, 4}}, {6, 12}, {{"multiples", Ints{2, 3}}});
  Check(portable::MakeBroadcast, Op::kTile, {{1000, 3}}, {1000, 300},
        {{"multiples", Ints{1, 100}}});
}

TEST_P(MovementTest, Gather) {
  const struct {
    Shape x, indices, y;
    int64_t axis, batch_dims;
  } rows[] = {
      {{9}, {5}, {5}, 0, 0},
      {{9, 256}, {700}, {700, 256}, 0, 0},
      {{4, 9, 3}, {2, 5}, {4, 2, 5, 3}, 1, 0},
      {{4, 7, 9, 3}, {4, 5}, {4, 7, 5, 3}, 2, 1},
      {{4, 9}, {4, 5}, {4, 5}, 1, 1},
      {{9, 2}, {}, {2}, 0, 0},
  };
  for (const auto& row : rows) {
    for (const DataType index : {DataType::kInt32, DataType::kInt64}) {
      const Attributes attributes = {{"axis", row.axis}, {"batch_dims", row.batch_dims}};
      OpCase c(Op::kGather, {Type(row.x), {index, row.indices}}, {Type(row.y)}, attributes);
      for (int64_t i = 0; i < row.indices.elements(); ++i) {
        Set(index, c.inputs[1].data(), i, static_cast<float>(i * 5 % 9));
      }
      ExpectAgrees(c, portable::MakeGather);
      Set(index, c.inputs[1].data(), row.indices.elements() - 1, 9.0f);
      EXPECT_THROW(c.Run(*portable::MakeGather(c.view)), Error);
    }
  }
}

TEST(SegmentSum, AgreesWithReference) {
  const struct {
    Shape x, ids, y;
  } rows[] = {{{5}, {5}, {3}},
              {{2000, 33}, {2000}, {7, 33}},
              {{40, 5, 700}, {40, 5}, {90, 700}},
              {{20000, 1}, {20000}, {5000, 1}}};
  for (const auto& row : rows) {
    for (const DataType type : {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16}) {
      for (const DataType index : {DataType::kInt32, DataType::kInt64}) {
        const int64_t segments = row.y[0];
        OpCase c(Op::kUnsortedSegment, {{type, row.x}, {index, row.ids}}, {{type, row.y}},
                 {{"segments", segments}, {"combine", std::string("sum")}});
        for (int64_t i = 0; i < row.ids.elements(); ++i) {
          Set(index, c.inputs[1].data(), i, static_cast<float>(i * 5 % segments - 1));
        }
        ExpectAgrees(c, portable::MakeSegment);
        Set(index, c.inputs[1].data(), 0, static_cast<float>(segments));
        EXPECT_THROW(c.Run(*portable::MakeSegment(c.view)), Error);
      }
    }
  }
}

}  // namespace
}  // namespace mlcompute
