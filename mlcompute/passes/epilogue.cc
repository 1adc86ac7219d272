#include <map>

#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/move_into_reader.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {

Program JoinEpilogues(const Program& program, const Abilities& can) {
  const auto& operations = program.operations();
  const Readers readers(program);
  std::map<size_t, size_t> convolution_of;  // by who reads it
  for (size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].op != Op::kConvolution || readers.is_output[i] ||
        readers.readers[i].size() != 1 || !can.convolve ||
        !can.convolve(View(program, operations[i]))) {
      continue;
    }
    const auto reader = static_cast<size_t>(readers.readers[i][0]);
    if (!FitsRows(program, can.fuse, operations[reader], operations[i].results[0])) continue;
    // Of two convolutions that are added the second is joined by the sum.
    convolution_of[reader] = i;
  }
  return MoveIntoReaders(program, convolution_of);
}

}  // namespace mlcompute
