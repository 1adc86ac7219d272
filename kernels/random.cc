// Random numbers. The stateless ops read a seed; the others go on with their kernel's sequence,
// whose key and counter are the last two inputs (OpRow::blocks_of).
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

void AppendNumbers(BuildContext& c, Op op, std::vector<Value> inputs, int bounds,
                   std::string_view dtype = "dtype") {
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
  c.Output(c.Append(op, inputs, {{"shape", shape}, {"to", c.node.Type(dtype)}}));
}

void CheckAlgorithm(const BuildContext& c, int input) {
  const int64_t algorithm = c.StaticInt(input);
  if (algorithm != kPhilox && algorithm != kAuto) {
    throw InvalidArgument("Unsupported algorithm id: ", algorithm, "; only Philox (", kPhilox,
                          ") and the automatic choice (", kAuto, ") are");
  }
}

void CheckKeyAndCounter(const BuildContext& c, int key) {
  if (c.shape(key) != Shape{1}) {
    throw InvalidArgument("key must have shape [1], not ", c.shape(key).ToString());
  }
  if (c.shape(key + 1).rank() != 1 || c.shape(key + 1)[0] < 1) {
    throw InvalidArgument("counter must be a vector of 1 or 2 numbers, not of shape ",
                          c.shape(key + 1).ToString());
  }
}

// (shape, key, counter, alg, [minval, maxval])
template <Op op>
void BuildV2(BuildContext& c) {
  CheckAlgorithm(c, 3);
  CheckKeyAndCounter(c, 1);
  AppendNumbers(c, op, {c.input(1), c.input(2)}, 4);
}

// (shape, seed, [minval, maxval])
template <Op op>
void BuildV1(BuildContext& c) {
  AppendNumbers(c, op, KeyAndCounter(c, 1), 2);
}

// (shape, [minval, maxval])
template <Op op>
void BuildStateful(BuildContext& c) {
  AppendNumbers(c, op, {c.input(-2), c.input(-1)}, 1,
                op == Op::kRandomUniformInt ? "Tout" : "dtype");
}

void AppendGamma(BuildContext& c, Value key, Value counter, int alpha,
                 const std::vector<int64_t>& shape) {
  c.Output(c.Append(Op::kRandomGamma, {key, counter, c.input(alpha)},
                    {{"shape", shape}, {"to", c.type(alpha).dtype}}));
}

// Nothing to draw, perhaps as there is no alpha either.
bool BuildNothing(BuildContext& c, const std::vector<int64_t>& shape, DataType dtype) {
  if (Shape(shape).elements() > 0) return false;
  c.Output(c.Append(Op::kBroadcastTo, {c.program.AddScalar(dtype, 0)}, {{"shape", shape}}));
  return true;
}

// (shape, alpha): `shape` numbers of each alpha.
void BuildGamma(BuildContext& c) {
  std::vector<int64_t> shape = OutputShape(c);
  for (const int64_t dim : c.shape(1).dims()) shape.push_back(dim);
  if (!BuildNothing(c, shape, c.type(1).dtype)) {
    AppendGamma(c, c.input(-2), c.input(-1), 1, shape);
  }
}

// The stateless ones are told the whole shape.
std::vector<int64_t> GammaShape(const BuildContext& c, int alpha) {
  const Shape shape(OutputShape(c));
  const Shape& of_alpha = c.shape(alpha);
  bool ends = shape.rank() >= of_alpha.rank();
  for (int i = 1; ends && i <= of_alpha.rank(); ++i) {
    ends = shape[shape.rank() - i] == of_alpha[of_alpha.rank() - i];
  }
  if (!ends) {
    throw InvalidArgument("Shape passed in must end with broadcasted shape. shape = ",
                          shape.ToString(), ", that of alpha = ", of_alpha.ToString());
  }
  return shape.dims();
}

// (shape, seed, alpha)
void BuildGammaV2(BuildContext& c) {
  const std::vector<int64_t> shape = GammaShape(c, 2);
  const std::vector<Value> place = KeyAndCounter(c, 1);
  if (!BuildNothing(c, shape, c.type(2).dtype)) AppendGamma(c, place[0], place[1], 2, shape);
}

// (shape, key, counter, alg, alpha)
void BuildGammaV3(BuildContext& c) {
  CheckAlgorithm(c, 3);
  CheckKeyAndCounter(c, 1);
  const std::vector<int64_t> shape = GammaShape(c, 4);
  if (!BuildNothing(c, shape, c.type(4).dtype)) AppendGamma(c, c.input(1), c.input(2), 4, shape);
}

// (logits, num_samples, [seed])
template <bool stateless>
void BuildMultinomial(BuildContext& c) {
  if (c.shape(0).rank() != 2) {
    throw InvalidArgument("logits should be a matrix, got shape ", c.shape(0).ToString());
  }
  if (c.shape(1).rank() != 0) {
    throw InvalidArgument("num_samples should be a scalar, got shape ", c.shape(1).ToString());
  }
  const int64_t samples = c.StaticInt(1);
  if (samples < 0) throw InvalidArgument("num_samples should be nonnegative, got ", samples);
  if (c.shape(0)[1] <= 0) {
    throw InvalidArgument("num_classes should be positive, got ", c.shape(0)[1]);
  }
  const std::vector<Value> place =
      stateless ? KeyAndCounter(c, 2) : std::vector<Value>{c.input(-2), c.input(-1)};
  c.Output(c.Append(Op::kRandomCategorical, {c.input(0), place[0], place[1]},
                    {{"samples", samples}, {"to", c.node.Type("output_dtype")}}));
}

// (value, ...): its rows in another order.
void AppendShuffle(BuildContext& c, Value key, Value counter) {
  const Shape& shape = c.shape(0);
  if (shape.rank() == 0 || shape[0] <= 1 || c.type(0).elements() <= 1) {
    c.Output(c.input(0));
    return;
  }
  const Value order =
      c.Append(Op::kRandomPermutation, {key, counter},
               {{"shape", std::vector<int64_t>{shape[0]}}, {"to", DataType::kInt64}});
  c.Output(c.Append(Op::kGather, {c.input(0), order},
                    {{"axis", int64_t{0}}, {"batch_dims", int64_t{0}}}));
}

void BuildShuffle(BuildContext& c) { AppendShuffle(c, c.input(-2), c.input(-1)); }

void BuildStatelessShuffle(BuildContext& c) {
  CheckAlgorithm(c, 3);
  CheckKeyAndCounter(c, 1);
  AppendShuffle(c, c.input(1), c.input(2));
}

// How far TensorFlow's kernels move on: by more than the numbers take, so that rejected draws and
// other thread counts do not matter.
uint64_t BlocksOfNumbers(const TensorType& output) {
  return static_cast<uint64_t>(output.elements()) * 256;
}
uint64_t BlocksOfMultinomial(const TensorType& output) {
  const int64_t samples = (output.shape[1] + 3) / 4 * 4;
  return static_cast<uint64_t>(output.shape[0] * samples) * 512;
}
uint64_t BlocksOfShuffle(const TensorType& output) {
  if (output.shape.rank() == 0 || output.shape[0] <= 1 || output.elements() <= 1) return 0;
  return static_cast<uint64_t>(output.shape[0] - 1 + 3) / 4;
}

OpRow Stateful(OpRow row, uint64_t (*blocks_of)(const TensorType&)) {
  row.blocks_of = blocks_of;
  return row;
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
    const TypeAttr logits = {"T", Floats()};
    const TypeAttr output = {"output_dtype", IndexTypes()};
    const TypeAttr gammas = {"dtype", Without(Floats(), DataType::kBFloat16)};
    const TypeAttr any = {"T", AnyType()};
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
        {"StatelessRandomGammaV2", BuildGammaV2, {gammas}, v1},
        {"StatelessRandomGammaV3", BuildGammaV3, {gammas}, v2},
        {"StatelessMultinomial",
         BuildMultinomial<true>,
         {logits, output},
         {Static("num_samples", 1), InHost("seed")}},
        {"StatelessShuffle", BuildStatelessShuffle, {any}, {Static("alg", 3)}},
        Stateful({"RandomUniform", BuildStateful<Op::kRandomUniform>, {floats}, {shape}},
                 BlocksOfNumbers),
        Stateful({"RandomStandardNormal", BuildStateful<Op::kRandomNormal>, {floats}, {shape}},
                 BlocksOfNumbers),
        Stateful({"TruncatedNormal", BuildStateful<Op::kRandomTruncatedNormal>, {floats}, {shape}},
                 BlocksOfNumbers),
        Stateful({"RandomUniformInt",
                  BuildStateful<Op::kRandomUniformInt>,
                  {{"Tout", IndexTypes()}},
                  bounded({shape})},
                 BlocksOfNumbers),
        Stateful({"RandomGamma", BuildGamma, {{"T", gammas.types}}, {shape}}, BlocksOfNumbers),
        Stateful(
            {"Multinomial", BuildMultinomial<false>, {logits, output}, {Static("num_samples", 1)}},
            BlocksOfMultinomial),
        Stateful({"RandomShuffle", BuildShuffle, {any}}, BlocksOfShuffle),
    };
  }();
  return rows;
}

}  // namespace tf_mlc
