#include <gtest/gtest.h>

#include "mlcompute/portable/jit/product_tile.h"
#include "tests/mlcompute/portable/convolution_case.h"
#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::ExpectAgrees;
using testing::OpCase;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

struct Row {
  int64_t batch;
  Ints in;
  int64_t channels, outputs, groups;
  Ints kernel, strides, dilations, pads_begin, pads_end;
};

const Row kRows[] = {
    // one axis
    {2, {11}, 3, 5, 1, {3}, {1}, {1}, {1}, {1}},
    {2, {11}, 4, 6, 2, {3}, {2}, {2}, {2}, {1}},
    {1, {9}, 8, 8, 1, {4}, {1}, {2}, {6}, {0}},  // causal
    // two axes
    {2, {7, 9}, 3, 5, 1, {3, 2}, {1, 1}, {1, 1}, {1, 0}, {1, 1}},
    {2, {8, 8}, 16, 32, 1, {3, 3}, {2, 2}, {1, 1}, {0, 0}, {1, 1}},
    {3, {8, 8}, 1, 16, 1, {3, 3}, {1, 1}, {1, 1}, {0, 0}, {0, 0}},
    {2, {9, 9}, 6, 7, 1, {3, 3}, {1, 1}, {2, 2}, {2, 2}, {2, 2}},
    {2, {5, 5}, 3, 2, 1, {3, 3}, {3, 3}, {1, 1}, {4, 3}, {5, 4}},  // windows all in the padding
    {1, {8, 8}, 4, 4, 1, {2, 2}, {3, 3}, {1, 1}, {0, 0}, {0, 0}},  // elements no window reads
    {2, {8, 8}, 16, 16, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}},
    {2, {8, 8}, 16, 16, 1, {1, 1}, {2, 2}, {1, 1}, {0, 0}, {0, 0}},
    {1, {4, 4}, 3, 2, 1, {4, 4}, {1, 1}, {1, 1}, {0, 0}, {0, 0}},
    {4, {16, 16}, 32, 32, 1, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},  // the whole team
    // groups and depthwise
    {2, {8, 8}, 8, 12, 4, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {2, {8, 8}, 8, 8, 8, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {2, {8, 8}, 8, 16, 8, {3, 3}, {2, 1}, {1, 1}, {1, 1}, {1, 1}},
    {1, {8, 8}, 32, 32, 32, {3, 3}, {1, 1}, {2, 2}, {2, 2}, {2, 2}},
    // three axes
    {2, {4, 5, 6}, 3, 4, 1, {2, 3, 2}, {1, 1, 1}, {1, 1, 1}, {1, 1, 0}, {0, 1, 1}},
    {1, {4, 5, 6}, 4, 4, 4, {2, 3, 2}, {1, 1, 1}, {1, 1, 1}, {1, 1, 0}, {0, 1, 1}},
    {1, {4, 5, 6}, 16, 16, 1, {3, 3, 3}, {2, 1, 2}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}},
};

struct Types {
  TensorType x, filter, y;
  Attributes attributes;
};

Shape Activations(int64_t batch, const Ints& spatial, int64_t channels, bool channels_last) {
  Ints dims = {batch};
  dims.insert(dims.end(), spatial.begin(), spatial.end());
  dims.insert(channels_last ? dims.end() : dims.begin() + 1, channels);
  return Shape(dims);
}

Types TypesOf(const Row& row, DataType type, bool channels_last) {
  Ints out;
  for (size_t i = 0; i < row.in.size(); ++i) {
    const int64_t room = row.in[i] + row.pads_begin[i] + row.pads_end[i] -
                         row.dilations[i] * (row.kernel[i] - 1) - 1;
    out.push_back(room / row.strides[i] + 1);
  }
  Ints filter = row.kernel;
  filter.insert(filter.end(), {row.channels / row.groups, row.outputs});
  return {{type, Activations(row.batch, row.in, row.channels, channels_last)},
          {type, Shape(filter)},
          {type, Activations(row.batch, out, row.outputs, channels_last)},
          {{"strides", row.strides},
           {"dilations", row.dilations},
           {"pads_begin", row.pads_begin},
           {"pads_end", row.pads_end},
           {"groups", row.groups},
           {"channels_last", channels_last}}};
}

class Convolution : public ::testing::TestWithParam<DataType> {
 protected:
  template <typename Check>
  void ForAllRows(const Check& check) {
    for (const Row& row : kRows) {
      for (const bool channels_last : {true, false}) check(TypesOf(row, GetParam(), channels_last));
    }
  }
};

TEST_P(Convolution, AgreesWithTheReference) {
  ForAllRows([](const Types& t) {
    ExpectAgrees(OpCase(Op::kConvolution, {t.x, t.filter}, {t.y}, t.attributes),
                 portable::MakeConvolution);
  });
}

TEST_P(Convolution, GradInputAgreesWithTheReference) {
  ForAllRows([](Types t) {
    t.attributes.Set("input_shape", t.x.shape.dims());
    ExpectAgrees(OpCase(Op::kConvolutionGradInput, {t.filter, t.y}, {t.x}, t.attributes),
                 portable::MakeConvolutionGradInput);
  });
}

TEST_P(Convolution, GradFilterAgreesWithTheReference) {
  ForAllRows([](Types t) {
    t.attributes.Set("filter_shape", t.filter.shape.dims());
    ExpectAgrees(OpCase(Op::kConvolutionGradFilter, {t.x, t.y}, {t.filter}, t.attributes),
                 portable::MakeConvolutionGradFilter);
  });
}

INSTANTIATE_TEST_SUITE_P(DataTypes, Convolution,
                         ::testing::Values(DataType::kFloat32, DataType::kBFloat16,
                                           DataType::kFloat16),
                         [](const auto& info) { return std::string(Name(info.param)); });

constexpr Op kAllOps[] = {Op::kConvolution, Op::kConvolutionGradInput, Op::kConvolutionGradFilter};

void ExpectProduct(Op op, const Row& row, DataType type) {
  const Types t = TypesOf(row, type, true);
  ExpectAgrees(*testing::ConvolutionCase(op, t.x, t.filter, t.y, t.attributes),
               portable::MakePointwise);
}

TEST(Pointwise, AreProducts) {
  std::vector<Row> rows = {{2, {3, 3}, 40, 70, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}},
                           {16, {3, 3}, 160, 96, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}},
                           {3, {17}, 5, 1, 1, {1}, {1}, {1}, {0}, {0}}};
  if (portable::ProductTile::Compile({14, 32, 64, 1, 32, 32, false, 1, 32, false})) {
    rows.push_back({9, {14, 13}, 64, 96, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}});
    rows.push_back({3, {30, 21}, 96, 45, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}});
    rows.push_back(
        {2, {7, 7, 14}, 40, 200, 1, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}});
  }
  for (const Row& row : rows) {
    for (const Op op : kAllOps) ExpectProduct(op, row, DataType::kFloat32);
  }
  if (portable::ProductsOfBFloat16() == portable::BFloat16Products::kDots) {
    const Row row = {9, {14, 13}, 64, 96, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}};
    ExpectProduct(Op::kConvolutionGradFilter, row, DataType::kBFloat16);
  }
}

// With strides only some pixels are read; those at the ends may not be.
TEST(Pointwise, WithStridesAreProductsOfSomePixels) {
  const Row rows[] = {
      {2, {5, 8}, 40, 70, 1, {1, 1}, {2, 2}, {1, 1}, {0, 0}, {0, 0}},
      {3, {7, 6}, 5, 3, 1, {1, 1}, {1, 4}, {1, 1}, {0, 0}, {0, 0}},
      {9, {28, 26}, 64, 96, 1, {1, 1}, {2, 2}, {1, 1}, {0, 0}, {0, 0}},
      {4, {31}, 33, 17, 1, {1}, {3}, {1}, {0}, {0}},
      {2, {5, 6, 9}, 16, 24, 1, {1, 1, 1}, {2, 3, 2}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}}};
  for (const DataType type : {DataType::kFloat32, DataType::kBFloat16}) {
    for (const Row& row : rows) {
      for (const Op op : kAllOps) ExpectProduct(op, row, type);
    }
  }
}

TEST(Pointwise, OtherConvolutionsAreNone) {
  const Row row = {2, {3, 3}, 40, 70, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}};
  const auto is_product = [](const Row& r, DataType type, bool channels_last) {
    const Types t = TypesOf(r, type, channels_last);
    return portable::MakePointwise(
               OpCase(Op::kConvolution, {t.x, t.filter}, {t.y}, t.attributes).view) != nullptr;
  };
  EXPECT_TRUE(is_product(row, DataType::kFloat32, true));
  EXPECT_FALSE(is_product(row, DataType::kFloat32, false));
  EXPECT_FALSE(is_product(row, DataType::kBFloat16, true));
  Row other = row;
  other.pads_end = {0, 1};
  EXPECT_FALSE(is_product(other, DataType::kFloat32, true));
  other = row;
  other.groups = 10;
  EXPECT_FALSE(is_product(other, DataType::kFloat32, true));
  other = row;
  other.batch = 100;
  other.channels = 24;
  EXPECT_FALSE(is_product(other, DataType::kFloat32, true));
  other = row;
  other.kernel = {1, 2};
  EXPECT_FALSE(is_product(other, DataType::kFloat32, true));
}

TEST(ConvolutionLimits, LeavesTheRestToTheReference) {
  Row row = kRows[3];
  Types t = TypesOf(row, DataType::kFloat64, true);
  EXPECT_EQ(portable::MakeConvolution(
                OpCase(Op::kConvolution, {t.x, t.filter}, {t.y}, t.attributes).view),
            nullptr);
  row.batch = 0;
  t = TypesOf(row, DataType::kFloat32, true);
  EXPECT_EQ(portable::MakeConvolution(
                OpCase(Op::kConvolution, {t.x, t.filter}, {t.y}, t.attributes).view),
            nullptr);
}

}  // namespace
}  // namespace mlcompute
