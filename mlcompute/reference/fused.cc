// mlcompute/reference/fused.cc: a fused operation is what its body does, one operation after
// another; one in blocks does it for each of them and
// adds up what is to be summed.
#include "mlcompute/backend/backend.h"
#include "mlcompute/reference/families.h"

namespace mlcompute::reference {
namespace {

void Fused(const Call& call) {
  ReferenceBackend().Compile(*call.view.operation.body)->Run(call.inputs, call.results);
}

void AddTo(const std::vector<std::byte>& x, void* sum) {
  const auto* from = reinterpret_cast<const float*>(x.data());
  auto* to = static_cast<float*>(sum);
  for (size_t i = 0; i < x.size() / sizeof(float); ++i) to[i] += from[i];
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
    std::vector<std::vector<std::byte>> made(view.results.size());  // what is summed
    std::vector<void*> results;
    for (size_t i = 0; i < view.results.size(); ++i) {
      const TensorType& part = body.type(body.outputs()[i]);
      auto* all = static_cast<std::byte*>(call.results[i]);
      if (part == view.results[i] && block > 0) {
        made[i].resize(part.bytes());
        results.push_back(made[i].data());
      } else {
        const size_t at = part == view.results[i] ? 0 : part.bytes() * static_cast<size_t>(block);
        results.push_back(all + at);
      }
    }
    executable->Run(inputs.data(), results.data());
    for (size_t i = 0; i < made.size(); ++i) {
      AddTo(made[i], call.results[i]);
    }
  }
}

}  // namespace

const std::vector<Row>& FusedRows() {
  static const std::vector<Row> rows = {{Op::kFused, Fused}, {Op::kBlocked, Blocked}};
  return rows;
}

}  // namespace mlcompute::reference
