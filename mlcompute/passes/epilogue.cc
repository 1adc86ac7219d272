#include <map>
#include <vector>

#include "mlcompute/passes/body_builder.h"
#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {

Program JoinEpilogues(const Program& program, const Abilities& can) {
  const auto& operations = program.operations();
  const Readers readers(program);
  std::map<size_t, size_t> convolution_of;  // by who reads it
  std::vector<bool> moves(operations.size(), false);
  for (size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].op != Op::kConvolution || readers.is_output[i] ||
        readers.readers[i].size() != 1 || !can.convolve ||
        !can.convolve(View(program, operations[i]))) {
      continue;
    }
    const auto reader = static_cast<size_t>(readers.readers[i][0]);
    if (!FitsRows(program, can.fuse, operations[reader], operations[i].results[0])) continue;
    // Of two convolutions that are added the second is joined by the sum.
    const auto [at, is_first] = convolution_of.emplace(reader, i);
    if (!is_first) moves[at->second] = false;
    at->second = i;
    moves[i] = true;
  }
  Rewriter rewriter(program);
  for (size_t i = 0; i < operations.size(); ++i) {
    if (moves[i]) continue;
    const auto at = convolution_of.find(i);
    if (at == convolution_of.end()) {
      rewriter.Copy(operations[i]);
      continue;
    }
    BodyBuilder builder(program);
    builder.Append(operations[at->second]);
    builder.Append(operations[i]);
    builder.Finish(operations[i].results, &rewriter);
  }
  return rewriter.Finish();
}

}  // namespace mlcompute
