// mlcompute/reference/fused.cc: a fused operation is what its body does, one operation after
// another.
#include "mlcompute/backend/backend.h"
#include "mlcompute/reference/families.h"

namespace mlcompute::reference {
namespace {

void Fused(const Call& call) {
  ReferenceBackend().Compile(*call.view.operation.body)->Run(call.inputs, call.results);
}

}  // namespace

const std::vector<Row>& FusedRows() {
  static const std::vector<Row> rows = {{Op::kFused, Fused}};
  return rows;
}

}  // namespace mlcompute::reference
