#include "mlcompute/layers/multihead_attention.h"

#include <cmath>
#include <limits>
#include <utility>

namespace mlcompute {

MultiheadAttentionLayer::MultiheadAttentionLayer(const MultiheadAttentionDescriptor& descriptor,
                                                 std::vector<TensorPtr> weights,
                                                 std::vector<TensorPtr> biases,
                                                 std::vector<TensorPtr> attention_biases)
    : Layer("MultiheadAttention"),
      descriptor_(descriptor),
      weights_(std::move(weights)),
      biases_(std::move(biases)),
      attention_biases_(std::move(attention_biases)) {
  const int64_t model = descriptor.model_dimension;
  const int64_t key = descriptor.key_dimension;
  const int64_t value = descriptor.value_dimension;
  const int64_t heads = descriptor.head_count;
  const std::string layer = "layer MultiheadAttention";
  if (model < 1 || key < 1 || value < 1 || heads < 1) {
    throw InvalidArgument(layer, ": dimensions and head count must be positive");
  }
  if (key % heads != 0 || value % heads != 0) {
    throw InvalidArgument(layer, ": key dimension ", key, " and value dimension ", value,
                          " must divide into ", heads, " heads");
  }
  if (!(descriptor.dropout >= 0 && descriptor.dropout < 1)) {
    throw InvalidArgument(layer, ": dropout ", descriptor.dropout, " is not in [0, 1)");
  }
  if (weights_.size() != 4) {
    throw InvalidArgument(layer, ": takes 4 weights (query, key, value, output), got ",
                          weights_.size());
  }
  CheckParameter(weights_[0], {{1, heads, key / heads, model}}, "query weights");
  CheckParameter(weights_[1], {{1, heads, key / heads, model}}, "key weights");
  CheckParameter(weights_[2], {{1, heads, value / heads, model}}, "value weights");
  CheckParameter(weights_[3], {{1, 1, model, value}}, "output weights");
  if (!biases_.empty() && biases_.size() != 4) {
    throw InvalidArgument(layer, ": takes no or 4 biases, got ", biases_.size());
  }
  const int64_t counts[] = {key, key, value, model};
  for (size_t i = 0; i < biases_.size(); ++i) {
    CheckParameter(biases_[i], {{1, counts[i]}, {1, counts[i], 1, 1}}, "biases");
  }
  if (!attention_biases_.empty() && attention_biases_.size() != 2) {
    throw InvalidArgument(layer, ": takes no or 2 attention biases, got ",
                          attention_biases_.size());
  }
  for (size_t i = 0; i < attention_biases_.size(); ++i) {
    const int64_t n = counts[i + 1];
    CheckParameter(attention_biases_[i], {{1, n}, {1, n, 1, 1}}, "attention biases");
  }
}

std::vector<TensorPtr> MultiheadAttentionLayer::parameters() const {
  std::vector<TensorPtr> all = weights_;
  all.insert(all.end(), biases_.begin(), biases_.end());
  all.insert(all.end(), attention_biases_.begin(), attention_biases_.end());
  return all;
}

// x [N, T, in] times the weights of that number, laid out [features, in], plus the biases.
Value MultiheadAttentionLayer::Project(Lowering& to, Value x, size_t which,
                                       int64_t features) const {
  const Shape shape = to.shape(x);
  const Value weights = to.Reshape(to.Of(weights_[which]), {features, shape[2]});
  Value y = to.Append(Op::kMatMul, {to.Reshape(x, {shape[0] * shape[1], shape[2]}), weights},
                      {{"transpose_a", false}, {"transpose_b", true}});
  if (!biases_.empty()) {
    y = to.Append(Op::kAdd, {y, to.Reshape(to.Of(biases_[which]), {features})});
  }
  return to.Reshape(y, {shape[0], shape[1], features});
}

// Projected keys (0) or values (1) [N, S, n] with the further positions behind them.
Value MultiheadAttentionLayer::Extended(Lowering& to, Value sequence, size_t which) const {
  const Shape shape = to.shape(sequence);
  const std::vector<int64_t> row = {shape[0], 1, shape[2]};
  std::vector<Value> parts = {sequence};
  if (!attention_biases_.empty()) {
    const Value bias = to.Reshape(to.Of(attention_biases_[which]), {1, 1, shape[2]});
    parts.push_back(to.Append(Op::kBroadcastTo, {bias}, {{"shape", row}}));
  }
  if (descriptor_.adds_zero_attention) {
    parts.push_back(to.Append(Op::kBroadcastTo, {to.Scalar(sequence, 0)}, {{"shape", row}}));
  }
  return parts.size() == 1 ? sequence : to.Append(Op::kConcat, parts, {{"axis", int64_t{1}}});
}

// [N, T, n] to [N, heads, T, n / heads].
Value MultiheadAttentionLayer::Heads(Lowering& to, Value x) const {
  const Shape shape = to.shape(x);
  const int64_t heads = descriptor_.head_count;
  return to.Transpose(to.Reshape(x, {shape[0], shape[1], heads, shape[2] / heads}), {0, 2, 1, 3});
}

// scores [N, heads, L, S + further positions], which no mask speaks of; `keys` is S.
Value MultiheadAttentionLayer::Masked(Lowering& to, Value scores, Value mask, int64_t keys) const {
  const Shape shape = to.shape(scores);
  const TensorType type = to.type(mask);
  const Shape given = type.shape;
  const int64_t heads = descriptor_.head_count;
  const bool of_keys = given.rank() == 2;
  const bool boolean = type.dtype == DataType::kBool;
  if (of_keys && (!boolean || given[0] != shape[0] || given[1] != keys)) {
    throw InvalidArgument("key mask ", type.ToString(), " must be boolean[", shape[0], ",", keys,
                          "]");
  }
  if (!of_keys && (given.rank() != 3 || (given[0] != 1 && given[0] != shape[0] * heads) ||
                   given[1] != shape[2] || given[2] != keys)) {
    throw InvalidArgument("attention mask ", type.ToString(), " must have shape [1 or ",
                          shape[0] * heads, ",", shape[2], ",", keys, "]");
  }
  if (!boolean && type.dtype != to.dtype(scores)) {
    throw InvalidArgument("attention mask ", type.ToString(),
                          " must be boolean or of the type of the query");
  }
  Value at = of_keys         ? to.Reshape(mask, {shape[0], 1, 1, keys})
             : given[0] == 1 ? to.Reshape(mask, {1, 1, shape[2], keys})
                             : to.Reshape(mask, {shape[0], heads, shape[2], keys});
  if (shape[3] != keys) {
    at = to.Append(Op::kPad, {at, to.Scalar(at, 0)},
                   {{"before", std::vector<int64_t>{0, 0, 0, 0}},
                    {"after", std::vector<int64_t>{0, 0, 0, shape[3] - keys}}});
  }
  if (!boolean) return to.Append(Op::kAdd, {scores, at});
  const Value nothing = to.Scalar(scores, -std::numeric_limits<double>::infinity());
  return to.Append(Op::kSelect, {at, nothing, scores});
}

std::vector<Value> MultiheadAttentionLayer::Lower(Lowering& to,
                                                  const std::vector<Value>& sources) const {
  if (sources.size() < 3 || sources.size() > 5) {
    throw InvalidArgument("takes query, key, value and up to two masks, got ", sources.size(),
                          " sources");
  }
  const int64_t model = descriptor_.model_dimension;
  for (size_t i = 0; i < 3; ++i) {
    const Shape& shape = to.shape(sources[i]);
    CheckRank(shape, 3);
    if (shape[2] != model || shape[0] != to.shape(sources[0])[0] ||
        (i == 2 && shape[1] != to.shape(sources[1])[1])) {
      throw InvalidArgument("query, key and value must be [N, L, ", model, "], [N, S, ", model,
                            "] and [N, S, ", model, "]");
    }
  }
  if (sources.size() == 5 && to.shape(sources[3]).rank() == to.shape(sources[4]).rank()) {
    throw InvalidArgument("two masks must be a key mask of rank 2 and an attention mask of rank 3");
  }
  const Shape query = to.shape(sources[0]);
  const int64_t keys = to.shape(sources[1])[1];
  const int64_t key_size = descriptor_.key_dimension;
  const int64_t value_size = descriptor_.value_dimension;
  const Value q = Heads(to, Project(to, sources[0], 0, key_size));
  const Value k = Heads(to, Extended(to, Project(to, sources[1], 1, key_size), 0));
  const Value v = Heads(to, Extended(to, Project(to, sources[2], 2, value_size), 1));
  const double scale = 1 / std::sqrt(static_cast<double>(key_size / descriptor_.head_count));
  Value scores = to.Append(Op::kMatMul, {to.Append(Op::kMul, {q, to.Scalar(q, scale)}), k},
                           {{"transpose_a", false}, {"transpose_b", true}});
  for (size_t i = 3; i < sources.size(); ++i) scores = Masked(to, scores, sources[i], keys);
  const Value shares =
      to.Dropout(to.Append(Op::kSoftmax, {scores}), double{descriptor_.dropout}, 0);
  const Value heads =
      to.Append(Op::kMatMul, {shares, v}, {{"transpose_a", false}, {"transpose_b", false}});
  const Value side_by_side =
      to.Reshape(to.Transpose(heads, {0, 2, 1, 3}), {query[0], query[1], value_size});
  return {Project(to, side_by_side, 3, model)};
}

}  // namespace mlcompute
