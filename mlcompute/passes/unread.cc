#include <algorithm>
#include <vector>

#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {

Program DropUnread(Program program) {
  const auto& operations = program.operations();
  std::vector<bool> is_read(static_cast<size_t>(program.value_count()), false);
  for (const Value v : program.outputs()) is_read[static_cast<size_t>(v)] = true;
  std::vector<bool> stays(operations.size(), false);
  for (size_t i = operations.size(); i-- > 0;) {
    const std::vector<Value>& results = operations[i].results;
    stays[i] = std::any_of(results.begin(), results.end(),
                           [&](Value v) { return is_read[static_cast<size_t>(v)]; });
    if (!stays[i]) continue;
    for (const Value v : operations[i].inputs) is_read[static_cast<size_t>(v)] = true;
  }
  if (std::all_of(stays.begin(), stays.end(), [](bool stay) { return stay; })) return program;
  Rewriter rewriter(program);
  for (size_t i = 0; i < operations.size(); ++i) {
    if (stays[i]) rewriter.Copy(operations[i]);
  }
  return rewriter.Finish();
}

}  // namespace mlcompute
