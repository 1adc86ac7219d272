#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using Types = std::vector<TensorType>;
using Ints64 = std::vector<int64_t>;

const TensorType kKey = {DataType::kUInt64, {1}};
const TensorType kCounter = {DataType::kUInt64, {2}};

Attributes Result(Ints64 shape, DataType to) { return {{"shape", std::move(shape)}, {"to", to}}; }

std::string Refused(Op op, const Types& inputs, const Attributes& attributes = {}) {
  return InvalidArgumentOf([&] { Infer(op, inputs, attributes); });
}

TEST(RandomRules, KeyAndCounter) {
  EXPECT_EQ(Infer(Op::kStatelessRandomGetKeyCounter, {{DataType::kInt32, {2}}}, {}),
            (Types{kKey, kCounter}));
  EXPECT_EQ(Refused(Op::kStatelessRandomGetKeyCounter, {{DataType::kInt64, {3}}}),
            "StatelessRandomGetKeyCounter: seed must have shape [2], not [3]");
  EXPECT_EQ(Refused(Op::kStatelessRandomGetKeyCounter, {{DataType::kUInt32, {2}}}),
            "StatelessRandomGetKeyCounter: input 0 must be int32 or int64, got uint32[2]");
}

TEST(RandomRules, Results) {
  for (const Op op : {Op::kRandomUniform, Op::kRandomNormal, Op::kRandomTruncatedNormal}) {
    EXPECT_EQ(Infer(op, {kKey, kCounter}, Result({2, 3}, DataType::kFloat16)),
              (Types{{DataType::kFloat16, {2, 3}}}));
    Refused(op, {kKey, kCounter}, Result({2, 3}, DataType::kInt32));
  }
  EXPECT_EQ(Infer(Op::kRandomBits, {kKey, {DataType::kUInt64, {1}}}, Result({}, DataType::kUInt32)),
            (Types{{DataType::kUInt32, {}}}));
  const TensorType bound = {DataType::kInt64, {}};
  EXPECT_EQ(
      Infer(Op::kRandomUniformInt, {kKey, kCounter, bound, bound}, Result({0}, DataType::kInt64)),
      (Types{{DataType::kInt64, {0}}}));
}

TEST(RandomRules, RefuseWhatDoesNotFit) {
  const Attributes floats = Result({2}, DataType::kFloat32);
  EXPECT_EQ(Refused(Op::kRandomUniform, {kKey}, floats), "RandomUniform: takes 2 inputs, got 1");
  EXPECT_EQ(Refused(Op::kRandomUniform, {kCounter, kCounter}, floats),
            "RandomUniform: key must be uint64[1], not uint64[2]");
  EXPECT_EQ(Refused(Op::kRandomUniform, {kKey, {DataType::kUInt64, {0}}}, floats),
            "RandomUniform: counter must be a uint64 vector of one element or more, not uint64[0]");
  EXPECT_EQ(Refused(Op::kRandomUniform, {kKey, kCounter}, Result({-1}, DataType::kFloat32)),
            "RandomUniform: shape = [-1] holds a negative size");
  EXPECT_EQ(Refused(Op::kRandomNormal, {kKey, kCounter}, Result({2}, DataType::kInt32)),
            "RandomNormal: to = int32 is not floating point");
  EXPECT_EQ(Refused(Op::kRandomBits, {kKey, kCounter}, Result({2}, DataType::kInt8)),
            "RandomBits: to = int8 is not an integer of 32 or 64 bits");
  const TensorType lo = {DataType::kInt32, {}};
  EXPECT_EQ(Refused(Op::kRandomUniformInt, {kKey, kCounter, lo, {DataType::kInt64, {}}},
                    Result({2}, DataType::kInt32)),
            "RandomUniformInt: bound 1 must be a scalar of int32, not int64[]");
}

}  // namespace
}  // namespace mlcompute::testing
