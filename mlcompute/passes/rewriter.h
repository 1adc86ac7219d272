// mlcompute/passes/rewriter.h: builds a new Program from an old one, operation by operation.
#pragma once

#include <vector>

#include "mlcompute/program/program.h"

namespace mlcompute {

class Rewriter {
 public:
  // Starts with the old program's inputs and constants.
  explicit Rewriter(const Program& old)
      : old_(old), values_(static_cast<size_t>(old.value_count()), -1) {
    for (const Value v : old.inputs()) Set(v, result_.AddInput(old.type(v)));
    for (Value v = 0; v < old.value_count(); ++v) {
      if (const std::byte* bytes = old.constant(v)) Set(v, result_.AddConstant(old.type(v), bytes));
    }
  }

  Program& result() { return result_; }
  Value Get(Value old) const { return values_[static_cast<size_t>(old)]; }
  void Set(Value old, Value now) { values_[static_cast<size_t>(old)] = now; }

  std::vector<Value> Get(const std::vector<Value>& old) const {
    std::vector<Value> now;
    for (const Value v : old) now.push_back(Get(v));
    return now;
  }

  // Appends `operation` as it is, with inputs renamed.
  void Copy(const Operation& operation) { CopyWith(operation, Get(operation.inputs)); }

  void CopyWith(const Operation& operation, const std::vector<Value>& inputs) {
    const std::vector<Value> results = Append(operation, inputs);
    for (size_t i = 0; i < results.size(); ++i) Set(operation.results[i], results[i]);
  }

  // Adds the outputs and gives the program away.
  Program Finish() {
    for (const Value v : old_.outputs()) result_.AddOutput(Get(v));
    return std::move(result_);
  }

 private:
  std::vector<Value> Append(const Operation& operation, const std::vector<Value>& inputs) {
    if (operation.op == Op::kFused) return result_.AppendFused(inputs, operation.body);
    if (operation.op != Op::kBlocked) {
      return result_.AppendMulti(operation.op, inputs, operation.attributes);
    }
    std::vector<bool> sums;
    for (size_t i = 0; i < operation.results.size(); ++i) {
      const Value part = operation.body->outputs()[i];
      sums.push_back(old_.type(operation.results[i]) == operation.body->type(part));
    }
    return result_.AppendBlocked(inputs, operation.body, operation.attributes.Int("blocks"), sums);
  }

  const Program& old_;
  Program result_;
  std::vector<Value> values_;
};

}  // namespace mlcompute
