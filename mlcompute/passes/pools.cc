#include <map>
#include <vector>

#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/move_into_reader.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

bool IsReluGrad(const Operation& operation, Value dy, Value x) {
  return operation.op == Op::kReluGrad && operation.inputs[0] == dy && operation.inputs[1] == x;
}

// Whether the operation sums `v` over all axes but the last.
bool SumsRows(const Program& program, const Operation& operation, Value v) {
  if (operation.op != Op::kReduceSum || operation.inputs[0] != v) return false;
  const auto leading = static_cast<size_t>(program.type(v).shape.rank()) - 1;
  const std::vector<int64_t>& axes = operation.attributes.Ints("axes");
  return axes.size() == leading &&
         (leading == 0 || axes.back() == static_cast<int64_t>(leading) - 1);
}

bool Widens(const Program& program, const Operation& operation, Value v) {
  return operation.op == Op::kCast && operation.inputs[0] == v &&
         program.type(operation.results[0]).dtype == DataType::kFloat32;
}

// Whether the operation gives ReluGrad(dx, x), as it is or in float32, and perhaps its sums, and
// nothing else.
bool IsReluGradWithSums(const Operation& operation, Value dx, Value x) {
  if (!operation.body) return IsReluGrad(operation, dx, x);
  const Program& body = *operation.body;
  const std::vector<Operation>& inner = body.operations();
  if (operation.inputs != std::vector<Value>{dx, x} ||
      !IsReluGrad(inner[0], body.inputs()[0], body.inputs()[1])) {
    return false;
  }
  size_t next = 1;
  std::vector<Value> outputs = inner[0].results;
  if (next < inner.size() && Widens(body, inner[next], outputs[0])) outputs = inner[next++].results;
  if (next < inner.size() && SumsRows(body, inner[next], outputs[0])) {
    outputs.push_back(inner[next++].results[0]);
  }
  return next == inner.size() && body.outputs() == outputs;
}

}  // namespace

Program JoinPoolGradients(const Program& program, const Abilities& can) {
  const auto& operations = program.operations();
  const Readers readers(program);
  std::map<size_t, size_t> pool_of;  // by who reads it
  for (size_t i = 0; i < operations.size(); ++i) {
    const Operation& pool = operations[i];
    if (pool.op != Op::kMaxPoolGrad || readers.is_output[i] || readers.readers[i].size() != 1 ||
        !can.pool || !can.pool(View(program, pool))) {
      continue;
    }
    const auto reader = static_cast<size_t>(readers.readers[i][0]);
    if (!IsReluGradWithSums(operations[reader], pool.results[0], pool.inputs[0])) continue;
    pool_of[reader] = i;
  }
  return MoveIntoReaders(program, pool_of);
}

}  // namespace mlcompute
