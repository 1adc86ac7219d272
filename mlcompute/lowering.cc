#include "mlcompute/lowering.h"

namespace mlcompute {
namespace {

// One step of SplitMix64 (Steele, Lea and Flood 2014): neighbouring numbers become unrelated ones.
uint64_t Mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

Value Lowering::Reshape(Value x, const std::vector<int64_t>& dims) {
  if (shape(x).dims() == dims) return x;
  return Append(Op::kReshape, {x}, {{"shape", dims}});
}

Value Lowering::Transpose(Value x, const std::vector<int64_t>& perm) {
  return Append(Op::kTranspose, {x}, {{"perm", perm}});
}

Value Lowering::Dropout(Value x, double rate, uint64_t seed) {
  if (!training_ || rate == 0) return x;
  if (random_counter_ == kInvalidValue) {
    random_counter_ = program_.AddInput({DataType::kUInt64, {2}});
  }
  // Layers of one seed in a graph drop different elements.
  const uint64_t key =
      Mixed((seed != 0 ? seed : random_key_) + Mixed(static_cast<uint64_t>(++dropouts_)));
  const Value key_value = program_.AddConstant({DataType::kUInt64, {1}}, &key);
  const Value chance = Append(Op::kRandomUniform, {key_value, random_counter_},
                              {{"shape", shape(x).dims()}, {"to", DataType::kFloat32}});
  const Value stays = Append(Op::kGreaterEqual, {chance, Scalar(chance, rate)});
  const Value grown = Append(Op::kMul, {x, Scalar(x, 1 / (1 - rate))});
  return Append(Op::kSelect, {stays, grown, Scalar(x, 0)});
}

void Lowering::SetAfterwards(const TensorPtr& tensor, Value value) {
  for (Update& update : updates_) {
    if (update.tensor != tensor) continue;
    update.value = value;
    return;
  }
  updates_.push_back({tensor, value});
}

Value Lowering::Afterwards(const TensorPtr& tensor) {
  for (const Update& update : updates_) {
    if (update.tensor == tensor) return update.value;
  }
  return Of(tensor);
}

Value Lowering::Of(const TensorPtr& tensor) {
  const auto known = values_.find(tensor->id());
  if (known != values_.end()) return known->second;
  const Value value = program_.AddInput(tensor->type());
  Bind(*tensor, value);
  bound_.push_back(tensor);
  return value;
}

}  // namespace mlcompute
