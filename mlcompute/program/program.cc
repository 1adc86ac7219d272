#include "mlcompute/program/program.h"

#include <cstring>
#include <sstream>
#include <string>
#include <utility>

#include "mlcompute/error.h"
#include "mlcompute/float16.h"
#include "mlcompute/program/infer.h"

namespace mlcompute {
namespace {

template <typename T>
void Store(double value, std::byte* out) {
  const T typed = static_cast<T>(value);
  std::memcpy(out, &typed, sizeof typed);
}

void StoreScalar(DataType dtype, double value, std::byte* out) {
  switch (dtype) {
    case DataType::kFloat32:
      return Store<float>(value, out);
    case DataType::kFloat16:
      return Store<Float16>(static_cast<float>(value), out);
    case DataType::kBFloat16:
      return Store<BFloat16>(static_cast<float>(value), out);
    case DataType::kFloat64:
      return Store<double>(value, out);
    case DataType::kInt8:
      return Store<int8_t>(value, out);
    case DataType::kInt16:
      return Store<int16_t>(value, out);
    case DataType::kInt32:
      return Store<int32_t>(value, out);
    case DataType::kInt64:
      return Store<int64_t>(value, out);
    case DataType::kUInt8:
      return Store<uint8_t>(value, out);
    case DataType::kUInt16:
      return Store<uint16_t>(value, out);
    case DataType::kUInt32:
      return Store<uint32_t>(value, out);
    case DataType::kUInt64:
      return Store<uint64_t>(value, out);
    case DataType::kBool:
      return Store<bool>(value, out);
    case DataType::kInvalid:
      break;
  }
  throw Internal("scalar of an invalid type");
}

}  // namespace

Value Program::NewValue(TensorType type) {
  types_.push_back(std::move(type));
  constants_.emplace_back();
  is_constant_.push_back(false);
  return static_cast<Value>(types_.size() - 1);
}

Value Program::AddInput(TensorType type) {
  inputs_.push_back(NewValue(std::move(type)));
  return inputs_.back();
}

Value Program::AddConstant(TensorType type, const void* bytes) {
  const size_t size = type.bytes();
  const Value v = NewValue(std::move(type));
  const auto* begin = static_cast<const std::byte*>(bytes);
  constants_[static_cast<size_t>(v)].assign(begin, begin + size);
  is_constant_[static_cast<size_t>(v)] = true;
  return v;
}

Value Program::AddScalar(DataType dtype, double value) {
  std::byte bytes[8] = {};
  StoreScalar(dtype, value, bytes);
  return AddConstant({dtype, {}}, bytes);
}

Value Program::Append(Op op, const std::vector<Value>& inputs, Attributes attributes) {
  const std::vector<Value> results = AppendMulti(op, inputs, std::move(attributes));
  if (results.size() != 1) throw Internal(Name(op), " has ", results.size(), " results");
  return results[0];
}

std::vector<Value> Program::AppendMulti(Op op, const std::vector<Value>& inputs,
                                        Attributes attributes) {
  std::vector<TensorType> types;
  types.reserve(inputs.size());
  for (const Value v : inputs) {
    if (v < 0 || v >= value_count()) throw Internal(Name(op), ": no value ", v, " in the program");
    types.push_back(type(v));
  }
  std::vector<Value> results;
  for (TensorType& result : Infer(op, types, attributes)) results.push_back(NewValue(result));
  operations_.push_back({op, inputs, results, std::move(attributes), nullptr});
  return results;
}

std::vector<Value> Program::AppendFused(const std::vector<Value>& inputs,
                                        std::shared_ptr<const Program> body) {
  if (inputs.size() != body->inputs().size()) throw Internal("Fused: inputs do not fit the body");
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (type(inputs[i]) != body->type(body->inputs()[i])) {
      throw Internal("Fused: input ", i, " is ", type(inputs[i]).ToString(), ", the body takes ",
                     body->type(body->inputs()[i]).ToString());
    }
  }
  std::vector<Value> results;
  for (const Value v : body->outputs()) results.push_back(NewValue(body->type(v)));
  operations_.push_back({Op::kFused, inputs, results, {}, std::move(body)});
  return results;
}

std::vector<Value> Program::AppendBlocked(const std::vector<Value>& inputs,
                                          std::shared_ptr<const Program> body, int64_t blocks,
                                          const std::vector<bool>& sums) {
  if (inputs.size() != body->inputs().size()) throw Internal("Blocked: inputs do not fit the body");
  const auto all_blocks = [&](TensorType type) {
    type.shape[0] *= blocks;
    return type;
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] < 0 || inputs[i] >= value_count())
      throw Internal("Blocked: no value ", inputs[i]);
    const TensorType& part = body->type(body->inputs()[i]);
    const TensorType& whole = type(inputs[i]);
    if (whole != part && (part.shape.rank() == 0 || whole != all_blocks(part))) {
      throw Internal("Blocked: input ", i, " is ", whole.ToString(), ", ", blocks,
                     " blocks are taken as ", part.ToString());
    }
  }
  std::vector<Value> results;
  for (size_t i = 0; i < sums.size(); ++i) {
    const TensorType& part = body->type(body->outputs()[i]);
    results.push_back(NewValue(sums[i] ? part : all_blocks(part)));
  }
  operations_.push_back({Op::kBlocked, inputs, results, {{"blocks", blocks}}, std::move(body)});
  return results;
}

void Program::AddOutput(Value value) {
  if (value < 0 || value >= value_count()) throw Internal("no value ", value, " in the program");
  outputs_.push_back(value);
}

const std::byte* Program::constant(Value v) const {
  if (!is_constant_[static_cast<size_t>(v)]) return nullptr;
  static const std::byte kEmpty{};
  const auto& bytes = constants_[static_cast<size_t>(v)];
  return bytes.empty() ? &kEmpty : bytes.data();
}

std::string Program::ToString() const {
  std::string text;
  const auto define = [&](Value v) { return StrCat("%", v, ": ", type(v).ToString()); };
  for (const Value v : inputs_) text += define(v) + " = input\n";
  for (Value v = 0; v < value_count(); ++v) {
    if (constant(v)) text += define(v) + " = constant\n";
  }
  for (const Operation& operation : operations_) {
    for (size_t i = 0; i < operation.results.size(); ++i) {
      text += (i > 0 ? ", " : "") + define(operation.results[i]);
    }
    text += StrCat(" = ", Name(operation.op), "(");
    for (size_t i = 0; i < operation.inputs.size(); ++i) {
      text += StrCat(i > 0 ? ", %" : "%", operation.inputs[i]);
    }
    text += ") " + operation.attributes.ToString() + "\n";
    if (operation.body) {
      std::istringstream lines(operation.body->ToString());
      for (std::string line; std::getline(lines, line);) text += "    " + line + "\n";
    }
  }
  text += "return";
  for (const Value v : outputs_) text += StrCat(" %", v);
  return text + "\n";
}

}  // namespace mlcompute
