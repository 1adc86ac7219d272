#include "mlcompute/apple/distinct.h"

#include <string>
#include <utility>

#include "mlcompute/error.h"

namespace mlcompute::apple {
namespace {

constexpr size_t kMaxComparedConstant = 4096;  // bytes; larger ones are rarely equal

}  // namespace

void Copy(const Operation& operation, std::map<Value, Value>* to, Program* program) {
  std::vector<Value> inputs;
  for (const Value v : operation.inputs) inputs.push_back(to->at(v));
  const std::vector<Value> results =
      operation.op == Op::kFused ? program->AppendFused(inputs, operation.body)
                                 : program->AppendMulti(operation.op, inputs, operation.attributes);
  for (size_t i = 0; i < results.size(); ++i) (*to)[operation.results[i]] = results[i];
}

DistinctProgram Distinct(const Program& program) {
  DistinctProgram distinct;
  std::map<Value, Value> to;
  for (const Value v : program.inputs()) to[v] = distinct.program.AddInput(program.type(v));
  std::map<std::string, Value> constants;
  for (Value v = 0; v < program.value_count(); ++v) {
    const std::byte* bytes = program.constant(v);
    if (!bytes) continue;
    const TensorType& type = program.type(v);
    if (type.bytes() > kMaxComparedConstant) {
      to[v] = distinct.program.AddConstant(type, bytes);
      continue;
    }
    const std::string contents(reinterpret_cast<const char*>(bytes), type.bytes());
    const auto [it, is_new] = constants.emplace(type.ToString() + contents, 0);
    if (is_new) it->second = distinct.program.AddConstant(type, bytes);
    to[v] = it->second;
  }
  std::map<std::string, const Operation*> seen;
  for (size_t i = 0; i < program.operations().size(); ++i) {
    const Operation& operation = program.operations()[i];
    if (operation.op != Op::kFused) {
      std::string key = StrCat(static_cast<int>(operation.op), operation.attributes.ToString());
      for (const Value v : operation.inputs) key += StrCat(' ', to.at(v));
      const auto [it, is_new] = seen.emplace(std::move(key), &operation);
      if (!is_new) {
        for (size_t r = 0; r < operation.results.size(); ++r) {
          to[operation.results[r]] = to.at(it->second->results[r]);
        }
        continue;
      }
    }
    Copy(operation, &to, &distinct.program);
    distinct.origins.push_back(static_cast<int>(i));
  }
  for (const Value v : program.outputs()) distinct.program.AddOutput(to.at(v));
  return distinct;
}

}  // namespace mlcompute::apple
