#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {

// Readers read what was broadcast. An operation all of whose inputs are broadcasts or numbers
// computes on what was broadcast, and its result is broadcast instead.
Program ForwardBroadcasts(const Program& program) {
  Rewriter rewriter(program);
  // By old value: the new one that it is a broadcast of, or -1.
  std::vector<Value> source(static_cast<size_t>(program.value_count()), -1);
  for (const Operation& operation : program.operations()) {
    const Value result = operation.results[0];
    std::vector<Value> inputs = rewriter.Get(operation.inputs);
    if (operation.op == Op::kBroadcastTo) source[static_cast<size_t>(result)] = inputs[0];
    // Gradients want equal shapes, so theirs stay.
    if (Kind(operation.op) != OpKind::kUnary && !Broadcasts(operation.op)) {
      rewriter.Copy(operation);
      continue;
    }
    const auto shape_of = [&](Value v) { return rewriter.result().type(v).shape; };
    const Shape& wide = program.type(result).shape;
    std::vector<Value> narrow = inputs;
    Shape narrow_shape({});
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Value from = source[static_cast<size_t>(operation.inputs[i])];
      if (from >= 0) narrow[i] = from;
      narrow_shape = Broadcast(narrow_shape, shape_of(narrow[i]));
    }
    if (narrow != inputs && narrow_shape != wide) {
      const Value small =
          rewriter.result().AppendMulti(operation.op, narrow, operation.attributes)[0];
      source[static_cast<size_t>(result)] = small;
      rewriter.Set(result,
                   rewriter.result().Append(Op::kBroadcastTo, {small}, {{"shape", wide.dims()}}));
      continue;
    }
    if (Kind(operation.op) != OpKind::kUnary) inputs = narrow;
    rewriter.CopyWith(operation, inputs);
  }
  return rewriter.Finish();
}

}  // namespace mlcompute
