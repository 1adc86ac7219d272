#include "mlcompute/passes/move_into_reader.h"

#include <vector>

#include "mlcompute/passes/body_builder.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {

Program MoveIntoReaders(const Program& program, const std::map<size_t, size_t>& moved_of) {
  const auto& operations = program.operations();
  std::vector<bool> moves(operations.size(), false);
  for (const auto& [reader, moved] : moved_of) moves[moved] = true;
  Rewriter rewriter(program);
  for (size_t i = 0; i < operations.size(); ++i) {
    if (moves[i]) continue;
    const auto at = moved_of.find(i);
    if (at == moved_of.end()) {
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
