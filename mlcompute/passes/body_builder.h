// mlcompute/passes/body_builder.h: the body of a kFused operation, made of operations of a program.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "mlcompute/passes/rewriter.h"
#include "mlcompute/program/program.h"

namespace mlcompute {

class BodyBuilder {
 public:
  explicit BodyBuilder(const Program& program) : program_(program) {}

  // Appends the operation, or those of its body. What no operation before gave becomes an input.
  void Append(const Operation& operation) {
    std::vector<Value> inputs;
    for (const Value v : operation.inputs) inputs.push_back(Inside(v));
    if (!operation.body) {
      const std::vector<Value> results =
          body_->AppendMulti(operation.op, inputs, operation.attributes);
      for (size_t i = 0; i < results.size(); ++i) inside_[operation.results[i]] = results[i];
      return;
    }
    const Program& from = *operation.body;
    std::vector<Value> now(static_cast<size_t>(from.value_count()), -1);
    for (size_t i = 0; i < inputs.size(); ++i) {
      now[static_cast<size_t>(from.inputs()[i])] = inputs[i];
    }
    for (const Operation& inner : from.operations()) {
      std::vector<Value> read;
      for (const Value v : inner.inputs) read.push_back(now[static_cast<size_t>(v)]);
      const std::vector<Value> made = body_->AppendMulti(inner.op, read, inner.attributes);
      for (size_t i = 0; i < made.size(); ++i) now[static_cast<size_t>(inner.results[i])] = made[i];
    }
    for (size_t i = 0; i < operation.results.size(); ++i) {
      inside_[operation.results[i]] = now[static_cast<size_t>(from.outputs()[i])];
    }
  }

  // The kFused operation that gives `outputs`, in the rewriter's program.
  void Finish(const std::vector<Value>& outputs, Rewriter* rewriter) {
    std::map<Value, size_t> places;  // a value that two outputs share leaves the body once
    for (const Value v : outputs) {
      if (places.emplace(inside_[v], places.size()).second) body_->AddOutput(inside_[v]);
    }
    const std::vector<Value> results =
        rewriter->result().AppendFused(rewriter->Get(inputs_), body_);
    for (const Value v : outputs) rewriter->Set(v, results[places[inside_[v]]]);
  }

 private:
  Value Inside(Value v) {
    const auto [it, is_new] = inside_.emplace(v, -1);
    if (is_new) {
      it->second = body_->AddInput(program_.type(v));
      inputs_.push_back(v);
    }
    return it->second;
  }

  const Program& program_;
  const std::shared_ptr<Program> body_ = std::make_shared<Program>();
  std::map<Value, Value> inside_;  // by value of the program
  std::vector<Value> inputs_;      // of the program
};

}  // namespace mlcompute
