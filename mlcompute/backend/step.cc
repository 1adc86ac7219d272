#include "mlcompute/backend/step.h"

namespace mlcompute {

OperationView View(const Program& program, const Operation& operation) {
  OperationView view{operation, {}, {}};
  for (const Value v : operation.inputs) view.inputs.push_back(program.type(v));
  for (const Value v : operation.results) view.results.push_back(program.type(v));
  return view;
}

}  // namespace mlcompute
