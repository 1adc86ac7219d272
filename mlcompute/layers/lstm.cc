#include "mlcompute/layers/lstm.h"

#include <algorithm>
#include <utility>

namespace mlcompute {
namespace {

std::vector<ActivationDescriptor> OrUsual(std::vector<ActivationDescriptor> given) {
  if (!given.empty()) return given;
  const ActivationDescriptor sigmoid(ActivationType::kSigmoid);
  return {sigmoid, sigmoid, ActivationDescriptor(ActivationType::kTanh), sigmoid};
}

// `size` positions of axis 1 from `begin`, of a value of any rank from 2.
Value Part(Lowering& to, Value x, int64_t begin, int64_t size) {
  std::vector<int64_t> sizes = to.shape(x).dims();
  std::vector<int64_t> begins(sizes.size(), 0);
  begins[1] = begin;
  sizes[1] = size;
  return to.Append(
      Op::kSlice, {x},
      {{"begin", begins}, {"strides", std::vector<int64_t>(sizes.size(), 1)}, {"sizes", sizes}});
}

Value Joined(Lowering& to, const std::vector<Value>& parts, int64_t axis) {
  return parts.size() == 1 ? parts[0] : to.Append(Op::kConcat, parts, {{"axis", axis}});
}

}  // namespace

LstmLayer::LstmLayer(const LstmDescriptor& descriptor, std::vector<TensorPtr> input_weights,
                     std::vector<TensorPtr> hidden_weights, std::vector<TensorPtr> biases,
                     std::vector<ActivationDescriptor> gate_activations,
                     ActivationDescriptor output_activation)
    : Layer("LSTM"),
      descriptor_(descriptor),
      input_weights_(std::move(input_weights)),
      hidden_weights_(std::move(hidden_weights)),
      biases_(std::move(biases)),
      gate_activations_(OrUsual(std::move(gate_activations))),
      output_activation_(output_activation) {
  const int64_t hidden = descriptor.hidden_size;
  if (descriptor.input_size < 1 || hidden < 1 || descriptor.layer_count < 1) {
    throw InvalidArgument("layer LSTM: input size, hidden size and layer count must be positive");
  }
  if (!(descriptor.dropout >= 0 && descriptor.dropout < 1)) {
    throw InvalidArgument("layer LSTM: dropout ", descriptor.dropout, " is not in [0, 1)");
  }
  if (gate_activations_.size() != 4) {
    throw InvalidArgument("layer LSTM: takes 4 gate activations, got ", gate_activations_.size());
  }
  const auto count = static_cast<size_t>(4 * states());
  if (input_weights_.size() != count || hidden_weights_.size() != count ||
      (!biases_.empty() && biases_.size() != count)) {
    throw InvalidArgument("layer LSTM: takes ", count,
                          " input weights, hidden weights and biases, ", "or no biases; got ",
                          input_weights_.size(), ", ", hidden_weights_.size(), " and ",
                          biases_.size());
  }
  for (size_t i = 0; i < count; ++i) {
    const auto layer = static_cast<int64_t>(i / 4) % descriptor.layer_count;
    const int64_t in = hidden * (layer == 0 ? descriptor.input_size : directions() * hidden);
    const int64_t square = hidden * hidden;
    CheckParameter(input_weights_[i], {{1, in}, {1, in, 1, 1}}, "input weights");
    CheckParameter(hidden_weights_[i], {{1, square}, {1, square, 1, 1}}, "hidden weights");
    if (!biases_.empty()) CheckParameter(biases_[i], {{1, hidden}, {1, hidden, 1, 1}}, "biases");
  }
}

std::string LstmLayer::Detail() const {
  return StrCat(descriptor_.input_size, " to ", descriptor_.hidden_size);
}

std::vector<TensorPtr> LstmLayer::parameters() const {
  std::vector<TensorPtr> all = input_weights_;
  all.insert(all.end(), hidden_weights_.begin(), hidden_weights_.end());
  all.insert(all.end(), biases_.begin(), biases_.end());
  return all;
}

Value LstmLayer::Gates(Lowering& to, const std::vector<TensorPtr>& tensors, size_t first,
                       int64_t columns) const {
  std::vector<int64_t> shape = {descriptor_.hidden_size};
  if (columns > 0) shape.push_back(columns);
  std::vector<Value> gates;
  for (size_t i = first; i < first + 4; ++i) gates.push_back(to.Reshape(to.Of(tensors[i]), shape));
  return Joined(to, gates, 0);
}

// State number `state` of sources h0 (which = 0) or c0 (1), [N, hidden].
Value LstmLayer::State(Lowering& to, Value x, const std::vector<Value>& given, size_t which,
                       int64_t state) const {
  const int64_t rows = to.shape(x)[0];
  const std::vector<int64_t> dims = {rows, descriptor_.hidden_size};
  if (given.empty()) return to.Append(Op::kBroadcastTo, {to.Scalar(x, 0)}, {{"shape", dims}});
  const Value all = to.Reshape(given[which], {rows, states(), descriptor_.hidden_size});
  return to.Reshape(Part(to, all, state, 1), dims);
}

// States [N, hidden] as one result.
Value LstmLayer::Packed(Lowering& to, const std::vector<Value>& states) const {
  if (states.size() == 1) return states[0];
  const int64_t rows = to.shape(states[0])[0];
  std::vector<Value> parts;
  for (const Value state : states) {
    parts.push_back(to.Reshape(state, {rows, 1, descriptor_.hidden_size}));
  }
  return Joined(to, parts, 1);
}

bool LstmLayer::IsUsual() const {
  const auto is = [](const ActivationDescriptor& given, ActivationType type) {
    const bool plain = type == ActivationType::kSigmoid || (given.a == 1 && given.b == 1);
    return given.type == type && plain;
  };
  constexpr auto kSigmoid = ActivationType::kSigmoid;
  constexpr auto kTanh = ActivationType::kTanh;
  return is(gate_activations_[0], kSigmoid) && is(gate_activations_[1], kSigmoid) &&
         is(gate_activations_[2], kTanh) && is(gate_activations_[3], kSigmoid) &&
         is(output_activation_, kTanh);
}

// Steps of any activations, one after the other. inputs [N, T, 4 * hidden].
LstmLayer::Pass LstmLayer::Unrolled(Lowering& to, Value inputs, Value recurrent, Value h, Value c,
                                    std::optional<Value> mask) const {
  const int64_t rows = to.shape(inputs)[0], steps = to.shape(inputs)[1];
  const int64_t hidden = descriptor_.hidden_size;
  std::vector<Value> outputs;
  for (int64_t t = 0; t < steps; ++t) {
    const Value product =
        to.Append(Op::kMatMul, {h, recurrent}, {{"transpose_a", false}, {"transpose_b", true}});
    const Value sum =
        to.Append(Op::kAdd, {to.Reshape(Part(to, inputs, t, 1), {rows, 4 * hidden}), product});
    const auto gate = [&](int64_t which) {
      return AppendActivation(to, gate_activations_[static_cast<size_t>(which)],
                              Part(to, sum, which * hidden, hidden));
    };
    const Value kept = to.Append(Op::kMul, {gate(1), c});
    const Value next_c = to.Append(Op::kAdd, {kept, to.Append(Op::kMul, {gate(0), gate(2)})});
    const Value next_h =
        to.Append(Op::kMul, {gate(3), AppendActivation(to, output_activation_, next_c)});
    if (mask) {
      const Value here = Part(to, *mask, t, 1);
      h = to.Append(Op::kSelect, {here, next_h, h});
      c = to.Append(Op::kSelect, {here, next_c, c});
    } else {
      h = next_h;
      c = next_c;
    }
    outputs.push_back(h);
  }
  return {to.Reshape(Joined(to, outputs, 1), {rows, steps, hidden}), h, c};
}

LstmLayer::Pass LstmLayer::Run(Lowering& to, Value x, size_t first, bool backward, Value h, Value c,
                               std::optional<Value> mask) const {
  const Shape shape = to.shape(x);
  const int64_t rows = shape[0], steps = shape[1], in = shape[2];
  const int64_t hidden = descriptor_.hidden_size;
  const auto reversed = [&](Value v) {
    return to.Append(Op::kReverse, {v}, {{"axes", std::vector<int64_t>{1}}});
  };
  // The inputs' part of all steps is one product.
  Value inputs = to.Append(
      Op::kMatMul, {to.Reshape(x, {rows * steps, in}), Gates(to, input_weights_, first, in)},
      {{"transpose_a", false}, {"transpose_b", true}});
  if (!biases_.empty()) inputs = to.Append(Op::kAdd, {inputs, Gates(to, biases_, first, 0)});
  inputs = to.Reshape(inputs, {rows, steps, 4 * hidden});
  const Value recurrent = Gates(to, hidden_weights_, first, hidden);
  std::optional<Value> seen = mask;
  if (backward) {
    inputs = reversed(inputs);
    if (mask) seen = reversed(*mask);
  }
  Pass pass;
  if (IsUsual()) {
    std::vector<Value> sources = {inputs, h, c, to.Transpose(recurrent, {1, 0})};
    if (seen) sources.push_back(*seen);
    const std::vector<Value> results = to.program().AppendMulti(Op::kLstm, sources);
    pass = {results[0], results[1], results[2]};
  } else {
    pass = Unrolled(to, inputs, recurrent, h, c, seen);
  }
  if (backward) pass.outputs = reversed(pass.outputs);
  if (mask) {
    const Value here = to.Reshape(*mask, {rows, steps, 1});
    pass.outputs = to.Append(Op::kSelect, {here, pass.outputs, to.Scalar(pass.outputs, 0)});
  }
  return pass;
}

std::vector<Value> LstmLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  if (sources.empty() || sources.size() > 4) {
    throw InvalidArgument("takes x, or x, h0, c0, and perhaps lengths; got ", sources.size(),
                          " sources");
  }
  Value x = sources[0];
  CheckRank(to.shape(x), 3);
  if (!IsFloating(to.dtype(x))) throw InvalidArgument("takes a floating-point x");
  if (to.shape(x)[2] != descriptor_.input_size) {
    throw InvalidArgument("takes ", descriptor_.input_size, " features along the last axis, got ",
                          to.shape(x).ToString());
  }
  const int64_t rows = to.shape(x)[0], steps = to.shape(x)[1], hidden = descriptor_.hidden_size;
  std::vector<Value> given;
  if (sources.size() >= 3) given = {sources[1], sources[2]};
  for (const Value state : given) {
    const std::vector<int64_t>& dims = to.shape(state).dims();
    const bool flat = states() == 1 && dims == std::vector<int64_t>{rows, hidden};
    if (!flat && dims != std::vector<int64_t>{rows, states(), hidden}) {
      throw InvalidArgument("h0 and c0 must have shape ",
                            Shape({rows, states(), hidden}).ToString(), ", got ",
                            to.shape(state).ToString());
    }
  }
  std::optional<Value> mask;  // whether a row's sequence has a step, [N, T]
  if (sources.size() % 2 == 0) {
    const Value lengths = sources.back();
    if (to.dtype(lengths) != DataType::kInt32 ||
        to.shape(lengths).dims() != std::vector<int64_t>{rows}) {
      throw InvalidArgument("lengths must be int32[", rows, "], got ", to.type(lengths).ToString());
    }
    const Value time = to.Append(Op::kIota, {},
                                 {{"shape", std::vector<int64_t>{steps}},
                                  {"to", DataType::kInt32},
                                  {"start", 0.0},
                                  {"step", 1.0}});
    mask = to.Append(Op::kGreater, {to.Reshape(lengths, {rows, 1}), to.Reshape(time, {1, steps})});
  }

  std::vector<Value> last_h, last_c;
  for (int64_t layer = 0; layer < descriptor_.layer_count; ++layer) {
    std::vector<Value> outputs;
    for (int64_t direction = 0; direction < directions(); ++direction) {
      const int64_t state = layer * directions() + direction;
      const auto first = static_cast<size_t>(4 * (direction * descriptor_.layer_count + layer));
      const Pass pass = Run(to, x, first, direction == 1, State(to, x, given, 0, state),
                            State(to, x, given, 1, state), mask);
      outputs.push_back(pass.outputs);
      last_h.push_back(pass.h);
      last_c.push_back(pass.c);
    }
    x = Joined(to, outputs, 2);
    if (layer + 1 < descriptor_.layer_count) x = to.Dropout(x, double{descriptor_.dropout}, 0);
  }
  if (!descriptor_.returns_sequences) {
    x = Joined(to, {last_h.end() - static_cast<std::ptrdiff_t>(directions()), last_h.end()}, 1);
  }
  if (descriptor_.result_mode == LstmResultMode::kOutput) return {x};
  return {x, Packed(to, last_h), Packed(to, last_c)};
}

}  // namespace mlcompute
