#include <string>
#include <unordered_map>

#include "mlcompute/error.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

constexpr size_t kMaxComparedConstant = 4096;  // bytes; larger constants are rarely equal

}  // namespace

Program EliminateCommon(const Program& program) {
  Rewriter rewriter(program);
  std::unordered_map<std::string, Value> constants;
  for (Value v = 0; v < program.value_count(); ++v) {
    const std::byte* bytes = program.constant(v);
    const size_t size = program.type(v).bytes();
    if (!bytes || size > kMaxComparedConstant) continue;
    const std::string key =
        program.type(v).ToString() + std::string(reinterpret_cast<const char*>(bytes), size);
    rewriter.Set(v, constants.emplace(key, rewriter.Get(v)).first->second);
  }
  std::unordered_map<std::string, const Operation*> seen;
  for (const Operation& operation : program.operations()) {
    if (operation.body) {
      rewriter.Copy(operation);
      continue;
    }
    std::string key = StrCat(static_cast<int>(operation.op), operation.attributes.ToString());
    for (const Value v : operation.inputs) key += StrCat(' ', rewriter.Get(v));
    const auto [it, is_new] = seen.emplace(std::move(key), &operation);
    if (is_new) {
      rewriter.Copy(operation);
    } else {
      for (size_t i = 0; i < operation.results.size(); ++i) {
        rewriter.Set(operation.results[i], rewriter.Get(it->second->results[i]));
      }
    }
  }
  return rewriter.Finish();
}

}  // namespace mlcompute
