#include "mlcompute/passes/elementwise.h"

#include <algorithm>

namespace mlcompute {
namespace {

bool IsInMemory(const Program& program, const Readers& readers, Value v) {
  const int p = readers.producer[static_cast<size_t>(v)];
  if (p < 0) return true;
  const auto& operations = program.operations();
  const auto source = static_cast<size_t>(p);
  if (IsElementwise(operations[source].op) || readers.is_output[source]) return true;
  const std::vector<int>& list = readers.readers[source];
  return !std::all_of(list.begin(), list.end(), [&](int reader) {
    return IsElementwise(operations[static_cast<size_t>(reader)].op);
  });
}

// Whether the shape, without axes of size 1 in front, is that of the last axes of `whole`.
bool IsSuffix(const Shape& shape, const Shape& whole) {
  int64_t left = shape.elements();
  for (int i = 1; i <= shape.rank() && left > 1; ++i) {
    if (i > whole.rank() || shape[shape.rank() - i] != whole[whole.rank() - i]) return false;
    left /= shape[shape.rank() - i];
  }
  return true;
}

}  // namespace

bool FitsRows(const Program& program, CanFuse can_fuse, const Operation& operation, Value made,
              int64_t columns) {
  const auto is_plain = [](const Program& body) {
    return std::all_of(body.operations().begin(), body.operations().end(),
                       [](const Operation& o) { return IsElementwise(o.op); });
  };
  const bool fits = operation.op == Op::kFused
                        ? is_plain(*operation.body)
                        : IsElementwise(operation.op) && can_fuse(View(program, operation));
  if (!fits || operation.inputs.size() > 32) return false;
  const Shape& shape = program.type(made).shape;
  if (columns == 0) columns = shape.dims().back();
  for (const Value v : operation.results) {
    if (program.type(v).shape != shape) return false;
  }
  return std::all_of(operation.inputs.begin(), operation.inputs.end(), [&](Value v) {
    const Shape& other = program.type(v).shape;
    return other == shape || other.elements() == 1 ||
           (other.elements() == columns && IsSuffix(other, shape));
  });
}

bool Widens(const Program& program, const Operation& operation) {
  return operation.op == Op::kCast &&
         program.type(operation.inputs[0]).bytes() < program.type(operation.results[0]).bytes();
}

bool IsCheap(const Program& program, const Readers& readers, const Operation& operation) {
  constexpr int64_t kMuchSmaller = 8;
  switch (operation.op) {
    case Op::kCopy:
    case Op::kAbs:
    case Op::kNeg:
    case Op::kSquare:
    case Op::kRelu:
    case Op::kRelu6:
    case Op::kCast:
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kMaximum:
    case Op::kMinimum:
    case Op::kSquaredDifference:
    case Op::kSelect:
      break;
    default:
      return false;
  }
  const TensorType& result = program.type(operation.results[0]);
  Value large = -1;
  for (const Value v : operation.inputs) {
    const TensorType& type = program.type(v);
    if (type.shape == result.shape) {
      if (type.bytes() > result.bytes() || (large >= 0 && large != v)) return false;
      large = v;
    } else if (type.elements() * kMuchSmaller > result.elements()) {
      return false;
    }
  }
  return large >= 0 && result.elements() > 1 &&
         (Widens(program, operation) || IsInMemory(program, readers, large));
}

Readers::Readers(const Program& program)
    : producer(static_cast<size_t>(program.value_count()), -1),
      readers(program.operations().size()),
      is_output(program.operations().size(), false) {
  const auto& operations = program.operations();
  for (size_t i = 0; i < operations.size(); ++i) {
    for (const Value v : operations[i].results) {
      producer[static_cast<size_t>(v)] = static_cast<int>(i);
    }
    for (const Value v : operations[i].inputs) {
      const int p = producer[static_cast<size_t>(v)];
      if (p < 0) continue;
      std::vector<int>& list = readers[static_cast<size_t>(p)];
      if (list.empty() || list.back() != static_cast<int>(i)) list.push_back(static_cast<int>(i));
    }
  }
  for (const Value v : program.outputs()) {
    const int p = producer[static_cast<size_t>(v)];
    if (p >= 0) is_output[static_cast<size_t>(p)] = true;
  }
}

}  // namespace mlcompute
