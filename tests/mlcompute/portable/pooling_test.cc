#include <gtest/gtest.h>

#include <limits>

#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::Buffer;
using testing::ExpectAgrees;
using testing::Get;
using testing::OpCase;
using testing::Set;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

struct Row {
  int64_t batch;
  Ints in;
  int64_t channels;
  Ints window, strides, pads_begin, pads_end;
};

const Row kRows[] = {
    {2, {9}, 3, {2}, {2}, {0}, {1}},
    {2, {9}, 5, {3}, {1}, {1}, {1}},
    {2, {8, 8}, 16, {2, 2}, {2, 2}, {0, 0}, {0, 0}},
    {2, {8, 8}, 1, {2, 2}, {2, 2}, {0, 0}, {0, 0}},
    {2, {7, 9}, 19, {3, 2}, {2, 1}, {1, 0}, {1, 1}},  // overlapping
    {1, {7, 7}, 6, {2, 3}, {3, 4}, {0, 1}, {0, 1}},   // with gaps
    {1, {5, 5}, 33, {5, 5}, {1, 1}, {2, 2}, {2, 2}},
    {8, {32, 32}, 24, {3, 3}, {2, 2}, {0, 0}, {1, 1}},  // the whole team
    {3, {9, 8}, 41, {2, 2}, {2, 2}, {0, 0}, {1, 0}},    // planes in several groups
    {1, {70, 70}, 5, {3, 3}, {2, 2}, {1, 1}, {1, 1}},   // planes too large for a whole group
    {2, {3, 3}, 9, {3, 3}, {3, 3}, {2, 2}, {2, 2}},     // no window is whole
    {2, {4, 5, 6}, 7, {2, 2, 3}, {2, 1, 2}, {0, 1, 1}, {0, 0, 1}},
};

struct Types {
  TensorType x, y;
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
    const int64_t room = row.in[i] + row.pads_begin[i] + row.pads_end[i] - row.window[i];
    out.push_back(room / row.strides[i] + 1);
  }
  return {{type, Activations(row.batch, row.in, row.channels, channels_last)},
          {type, Activations(row.batch, out, row.channels, channels_last)},
          {{"window", row.window},
           {"strides", row.strides},
           {"pads_begin", row.pads_begin},
           {"pads_end", row.pads_end},
           {"channels_last", channels_last}}};
}

// Gives `grad` the x and y of a forward pass.
void TakeForward(const OpCase& forward, const OpCase& grad) {
  const std::vector<Buffer> y = forward.Run(*portable::MakePooling(forward.view));
  std::memcpy(grad.inputs[0].data(), forward.inputs[0].data(), grad.inputs[0].bytes());
  std::memcpy(grad.inputs[1].data(), y[0].data(), grad.inputs[1].bytes());
}

class Pooling : public ::testing::TestWithParam<DataType> {
 protected:
  template <typename Check>
  void ForAllRows(const Check& check) {
    for (const Row& row : kRows) {
      for (const bool channels_last : {true, false}) check(TypesOf(row, GetParam(), channels_last));
    }
  }
};

TEST_P(Pooling, MaxAgreesWithTheReference) {
  ForAllRows([](const Types& t) {
    ExpectAgrees(OpCase(Op::kMaxPool, {t.x}, {t.y}, t.attributes), portable::MakePooling);
  });
}

TEST_P(Pooling, AverageAgreesWithTheReference) {
  ForAllRows([](const Types& t) {
    ExpectAgrees(OpCase(Op::kAvgPool, {t.x}, {t.y}, t.attributes), portable::MakePooling);
  });
}

TEST_P(Pooling, MaxGradAgreesWithTheReference) {
  ForAllRows([](const Types& t) {
    const OpCase forward(Op::kMaxPool, {t.x}, {t.y}, t.attributes);
    const OpCase grad(Op::kMaxPoolGrad, {t.x, t.y, t.y}, {t.x}, t.attributes);
    TakeForward(forward, grad);
    ExpectAgrees(grad, portable::MakePooling);
  });
}

TEST_P(Pooling, AverageGradAgreesWithTheReference) {
  ForAllRows([](Types t) {
    t.attributes.Set("input_shape", t.x.shape.dims());
    ExpectAgrees(OpCase(Op::kAvgPoolGrad, {t.y}, {t.x}, t.attributes), portable::MakePooling);
  });
}

// Every third element is one, with windows of nothing else at the beginning.
void PutSpecials(const OpCase& c) {
  const TensorType& x = c.view.inputs[0];
  const float specials[] = {NAN, -INFINITY, NAN, INFINITY};
  for (int64_t i = 0; i < x.elements(); ++i) {
    if (i < x.elements() / 8) {
      Set(x.dtype, c.inputs[0].data(), i, specials[i / 16 % 3]);
    } else if (i % 3 == 0) {
      Set(x.dtype, c.inputs[0].data(), i, specials[i / 3 % 4]);
    }
  }
}

void ExpectSame(const OpCase& c) {
  SCOPED_TRACE(c.ToString());
  const std::vector<Buffer> y = c.Run(*portable::MakePooling(c.view));
  const std::vector<Buffer> expected = c.Run(*reference::MakeStep(c.view));
  const TensorType& type = c.view.results[0];
  for (int64_t i = 0; i < type.elements(); ++i) {
    ASSERT_EQ(Get(type.dtype, y[0].data(), i), Get(type.dtype, expected[0].data(), i)) << i;
  }
}

TEST_P(Pooling, MaxPassesOverNotANumberLikeTheReference) {
  ForAllRows([](const Types& t) {
    const OpCase forward(Op::kMaxPool, {t.x}, {t.y}, t.attributes);
    PutSpecials(forward);
    ExpectSame(forward);
    const OpCase grad(Op::kMaxPoolGrad, {t.x, t.y, t.y}, {t.x}, t.attributes);
    TakeForward(forward, grad);
    ExpectAgrees(grad, portable::MakePooling);
  });
}

TEST_P(Pooling, NothingButNotANumberGivesTheLowestAndItsFirstTheGradient) {
  const Types t = TypesOf({1, {2, 2}, 17, {2, 2}, {2, 2}, {0, 0}, {0, 0}}, GetParam(), true);
  const OpCase forward(Op::kMaxPool, {t.x}, {t.y}, t.attributes);
  for (int64_t i = 0; i < t.x.elements(); ++i) Set(GetParam(), forward.inputs[0].data(), i, NAN);
  ExpectSame(forward);
  const std::vector<Buffer> y = forward.Run(*portable::MakePooling(forward.view));
  EXPECT_TRUE(std::isfinite(Get(GetParam(), y[0].data(), 0)));
  const OpCase grad(Op::kMaxPoolGrad, {t.x, t.y, t.y}, {t.x}, t.attributes);
  TakeForward(forward, grad);
  ExpectSame(grad);
  const std::vector<Buffer> dx = grad.Run(*portable::MakePooling(grad.view));
  for (int64_t i = 0; i < t.x.elements(); ++i) {
    const float dy = Get(GetParam(), grad.inputs[2].data(), i % 17);
    EXPECT_EQ(Get(GetParam(), dx[0].data(), i), i < 17 ? dy : 0.0f) << i;
  }
}

TEST_P(Pooling, TheFirstMaximumTakesTheGradient) {
  const Types t = TypesOf({1, {2, 2}, 17, {2, 2}, {2, 2}, {0, 0}, {0, 0}}, GetParam(), true);
  const OpCase c(Op::kMaxPoolGrad, {t.x, t.y, t.y}, {t.x}, t.attributes);
  for (int64_t i = 0; i < t.x.elements(); ++i) {
    Set(GetParam(), c.inputs[0].data(), i, i < 17 ? 0.0f : 1.0f);  // equal maxima at 1, 2 and 3
  }
  for (int64_t i = 0; i < 17; ++i) {
    Set(GetParam(), c.inputs[1].data(), i, 1.0f);
    Set(GetParam(), c.inputs[2].data(), i, 3.0f);
  }
  const std::vector<Buffer> dx = c.Run(*portable::MakePooling(c.view));
  for (int64_t i = 0; i < t.x.elements(); ++i) {
    EXPECT_EQ(Get(GetParam(), dx[0].data(), i), i / 17 == 1 ? 3.0f : 0.0f) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(DataTypes, Pooling,
                         ::testing::Values(DataType::kFloat32, DataType::kBFloat16,
                                           DataType::kFloat16),
                         [](const auto& info) { return std::string(Name(info.param)); });

}  // namespace
}  // namespace mlcompute
