#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {

Program ForwardBroadcasts(const Program& program) {
  Rewriter rewriter(program);
  std::vector<Value> source(static_cast<size_t>(program.value_count()), -1);
  for (const Operation& operation : program.operations()) {
    if (operation.op == Op::kBroadcastTo) {
      source[static_cast<size_t>(operation.results[0])] = operation.inputs[0];
    }
    const OpKind kind = Kind(operation.op);
    // Gradients want equal shapes, so theirs stay.
    if ((kind != OpKind::kBinary && kind != OpKind::kTernary) || !Broadcasts(operation.op)) {
      rewriter.Copy(operation);
      continue;
    }
    std::vector<Value> inputs = rewriter.Get(operation.inputs);
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Value narrow = source[static_cast<size_t>(operation.inputs[i])];
      if (narrow < 0) continue;
      // The result must keep its shape, which another operand then has to give.
      Shape shape = program.type(narrow).shape;
      for (size_t k = 0; k < inputs.size(); ++k) {
        if (k != i) shape = Broadcast(shape, rewriter.result().type(inputs[k]).shape);
      }
      if (shape == program.type(operation.results[0]).shape) inputs[i] = rewriter.Get(narrow);
    }
    rewriter.CopyWith(operation, inputs);
  }
  return rewriter.Finish();
}

}  // namespace mlcompute
