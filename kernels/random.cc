// Stateless random numbers.
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

constexpr int64_t kPhilox = 1;
constexpr int64_t kAuto = 3;

std::vector<int64_t> OutputShape(const BuildContext& c) {
  if (c.shape(0).rank() > 1) {
    throw InvalidArgument("shape must be a vector, got shape ", c.shape(0).ToString());
  }
  const std::vector<int64_t> shape = c.StaticInts(0);
  for (const int64_t dim : shape) {
    if (dim < 0) throw InvalidArgument("Dimension ", dim, " must be >= 0");
  }
  return shape;
}

std::vector<Value> KeyAndCounter(const BuildContext& c, int seed) {
  if (c.shape(seed) != Shape{2}) {
    throw InvalidArgument("seed must have shape [2], not ", c.shape(seed).ToString());
  }
  return c.program.AppendMulti(Op::kStatelessRandomGetKeyCounter, {c.input(seed)});
}

void AppendNumbers(BuildContext& c, Op op, std::vector<Value> inputs, int bounds) {
  const std::vector<int64_t> shape = OutputShape(c);
  if (op == Op::kRandomUniformInt) {
    for (int i = bounds; i < bounds + 2; ++i) {
      if (c.shape(i).rank() != 0) {
        throw InvalidArgument(i == bounds ? "minval" : "maxval", " must be 0-D, got shape ",
                              c.shape(i).ToString());
      }
      inputs.push_back(c.input(i));
    }
  }
  c.Output(c.Append(op, inputs, {{"shape", shape}, {"to", c.node.Type("dtype")}}));
}

// (shape, key, counter, alg, [minval, maxval])
template <Op op>
void BuildV2(BuildContext& c) {
  const int64_t algorithm = c.StaticInt(3);
  if (algorithm != kPhilox && algorithm != kAuto) {
    throw InvalidArgument("Unsupported algorithm id: ", algorithm, "; only Philox (", kPhilox,
                          ") and the automatic choice (", kAuto, ") are");
  }
  if (c.shape(1) != Shape{1}) {
    throw InvalidArgument("key must have shape [1], not ", c.shape(1).ToString());
  }
  if (c.shape(2).rank() != 1 || c.shape(2)[0] < 1) {
    throw InvalidArgument("counter must be a vector of 1 or 2 numbers, not of shape ",
                          c.shape(2).ToString());
  }
  AppendNumbers(c, op, {c.input(1), c.input(2)}, 4);
}

// (shape, seed, [minval, maxval])
template <Op op>
void BuildV1(BuildContext& c) {
  AppendNumbers(c, op, KeyAndCounter(c, 1), 2);
}

void BuildKeyCounter(BuildContext& c) {
  for (const Value v : KeyAndCounter(c, 0)) c.Output(v);
}

void BuildAlgorithm(BuildContext& c) {
  c.Output(c.program.AddScalar(DataType::kInt32, static_cast<double>(kPhilox)));
}

void BuildKeyCounterAlgorithm(BuildContext& c) {
  BuildKeyCounter(c);
  BuildAlgorithm(c);
}

}  // namespace

const Rows& RandomRows() {
  static const Rows rows = [] {
    const TypeAttr floats = {"dtype", Floats()};
    const TypeAttr index = {"dtype", IndexTypes()};
    const TypeAttr full = {"dtype", Join(IndexTypes(), {DataType::kUInt32, DataType::kUInt64})};
    const HostArg shape = Static("shape", 0);
    const std::vector<HostArg> v2 = {shape, Static("alg", 3)};
    const std::vector<HostArg> v1 = {shape, InHost("seed")};
    const auto bounded = [](std::vector<HostArg> host) {
      host.push_back(InHost("minval"));
      host.push_back(InHost("maxval"));
      return host;
    };
    return Rows{
        {"StatelessRandomGetKeyCounter", BuildKeyCounter, {}, {InHost("seed")}},
        {"StatelessRandomGetAlg", BuildAlgorithm, {}, {InHost("alg")}},
        {"StatelessRandomGetKeyCounterAlg",
         BuildKeyCounterAlgorithm,
         {},
         {InHost("seed"), InHost("alg")}},
        {"StatelessRandomUniformV2", BuildV2<Op::kRandomUniform>, {floats}, v2},
        {"StatelessRandomNormalV2", BuildV2<Op::kRandomNormal>, {floats}, v2},
        {"StatelessTruncatedNormalV2", BuildV2<Op::kRandomTruncatedNormal>, {floats}, v2},
        {"StatelessRandomUniformIntV2", BuildV2<Op::kRandomUniformInt>, {index}, bounded(v2)},
        {"StatelessRandomUniformFullIntV2", BuildV2<Op::kRandomBits>, {full}, v2},
        {"StatelessRandomUniform", BuildV1<Op::kRandomUniform>, {floats}, v1},
        {"StatelessRandomNormal", BuildV1<Op::kRandomNormal>, {floats}, v1},
        {"StatelessTruncatedNormal", BuildV1<Op::kRandomTruncatedNormal>, {floats}, v1},
        {"StatelessRandomUniformInt", BuildV1<Op::kRandomUniformInt>, {index}, bounded(v1)},
        {"StatelessRandomUniformFullInt", BuildV1<Op::kRandomBits>, {full}, v1},
    };
  }();
  return rows;
}

}  // namespace tf_mlc
