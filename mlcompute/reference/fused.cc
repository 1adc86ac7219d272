// mlcompute/reference/fused.cc: a fused operation is what its body does, one operation after
// another; one in blocks does it for each of them.
#include "mlcompute/backend/backend.h"
#include "mlcompute/reference/families.h"

namespace mlcompute::reference {
namespace {

void Fused(const Call& call) {
  ReferenceBackend().Compile(*call.view.operation.body)->Run(call.inputs, call.results);
}

void Blocked(const Call& call) {
  const OperationView& view = call.view;
  const Program& body = *view.operation.body;
  const auto executable = ReferenceBackend().Compile(body);
  const int64_t blocks = view.attributes().Int("blocks");
  for (int64_t block = 0; block < blocks; ++block) {
    std::vector<const void*> inputs;
    for (size_t i = 0; i < view.inputs.size(); ++i) {
      const TensorType& part = body.type(body.inputs()[i]);
      const size_t at = part == view.inputs[i] ? 0 : part.bytes() * static_cast<size_t>(block);
      inputs.push_back(static_cast<const std::byte*>(call.inputs[i]) + at);
    }
    std::vector<void*> results;
    for (size_t i = 0; i < view.results.size(); ++i) {
      const size_t at = body.type(body.outputs()[i]).bytes() * static_cast<size_t>(block);
      results.push_back(static_cast<std::byte*>(call.results[i]) + at);
    }
    executable->Run(inputs.data(), results.data());
  }
}

}  // namespace

const std::vector<Row>& FusedRows() {
  static const std::vector<Row> rows = {{Op::kFused, Fused}, {Op::kBlocked, Blocked}};
  return rows;
}

}  // namespace mlcompute::reference
