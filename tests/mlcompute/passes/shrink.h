// tests/mlcompute/passes/shrink.h: a smaller program that fails as a large one does.
#pragma once

#include <vector>

#include "tests/mlcompute/passes/tolerance.h"

namespace mlcompute::testing {

// `c` with only `outputs`, where values that are `cut` have become inputs that hold what the
// reference computes for them; without operations that nothing reads.
inline ProgramCase Rebuild(const ProgramCase& c, const std::vector<Value>& outputs,
                           const std::vector<bool>& cut, const std::vector<Tensor>& contents) {
  const Program& old = c.program;
  std::vector<bool> needed(static_cast<size_t>(old.value_count()), false);
  for (const Value v : outputs) needed[static_cast<size_t>(v)] = true;
  const auto& operations = old.operations();
  std::vector<bool> kept(operations.size(), false);
  for (size_t i = operations.size(); i-- > 0;) {
    for (const Value v : operations[i].results) {
      kept[i] = kept[i] || (needed[static_cast<size_t>(v)] && !cut[static_cast<size_t>(v)]);
    }
    if (!kept[i]) continue;
    for (const Value v : operations[i].inputs) needed[static_cast<size_t>(v)] = true;
  }
  ProgramCase result;
  std::vector<Value> now(static_cast<size_t>(old.value_count()), -1);
  const auto add_input = [&](Value v) {
    now[static_cast<size_t>(v)] = result.program.AddInput(old.type(v));
    result.inputs.push_back(contents[static_cast<size_t>(v)]);
  };
  for (const Value v : old.inputs()) {
    if (needed[static_cast<size_t>(v)]) add_input(v);
  }
  for (Value v = 0; v < old.value_count(); ++v) {
    if (!needed[static_cast<size_t>(v)]) continue;
    if (old.constant(v)) {
      now[static_cast<size_t>(v)] = result.program.AddConstant(old.type(v), old.constant(v));
    } else if (cut[static_cast<size_t>(v)]) {
      add_input(v);
    }
  }
  for (size_t i = 0; i < operations.size(); ++i) {
    if (!kept[i]) continue;
    std::vector<Value> inputs;
    for (const Value v : operations[i].inputs) inputs.push_back(now[static_cast<size_t>(v)]);
    const std::vector<Value> results =
        result.program.AppendMulti(operations[i].op, inputs, operations[i].attributes);
    for (size_t r = 0; r < results.size(); ++r) {
      Value& to = now[static_cast<size_t>(operations[i].results[r])];
      if (to < 0) to = results[r];
    }
  }
  for (const Value v : outputs) result.program.AddOutput(now[static_cast<size_t>(v)]);
  return result;
}

// fails(case): whether the mistake shows.
template <typename Fails>
ProgramCase Shrink(ProgramCase c, const Fails& fails) {
  for (size_t i = 0; i < c.program.outputs().size() && c.program.outputs().size() > 1;) {
    std::vector<Value> outputs = c.program.outputs();
    outputs.erase(outputs.begin() + static_cast<int64_t>(i));
    const std::vector<Tensor> contents = NoisyReference(c).Run(0, 0);
    ProgramCase smaller = Rebuild(
        c, outputs, std::vector<bool>(static_cast<size_t>(c.program.value_count())), contents);
    if (fails(smaller)) {
      c = std::move(smaller);
    } else {
      ++i;
    }
  }
  for (size_t i = 0; i < c.program.operations().size();) {
    const std::vector<Tensor> contents = NoisyReference(c).Run(0, 0);
    std::vector<bool> cut(static_cast<size_t>(c.program.value_count()));
    for (const Value v : c.program.operations()[i].results) cut[static_cast<size_t>(v)] = true;
    ProgramCase smaller = Rebuild(c, c.program.outputs(), cut, contents);
    if (smaller.program.operations().size() < c.program.operations().size() && fails(smaller)) {
      c = std::move(smaller);
    } else {
      ++i;
    }
  }
  return c;
}

}  // namespace mlcompute::testing
