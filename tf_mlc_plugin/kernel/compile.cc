#include "tf_mlc_plugin/kernel/compile.h"

#include <map>
#include <mutex>

#include "tf_mlc_plugin/kernel/debugging.h"

namespace tf_mlc {

mlcompute::ExecutableCache& Executables() {
  static auto* cache = new mlcompute::ExecutableCache;
  return *cache;
}

std::unique_ptr<mlcompute::Executable> Compile(const std::string& op, const Cluster& cluster,
                                               const std::vector<Argument>& arguments) {
  if (LoggingIsOn()) {
    std::string types;
    for (const Argument& argument : arguments) types += " " + argument.type.ToString();
    Log("compiles ", op, " of", types);
  }
  return mlcompute::DefaultBackend().Compile(BuildProgram(cluster, arguments));
}

std::string ContentsKey(const std::string& contents) {
  static auto* mutex = new std::mutex;
  static auto* ids = new std::map<std::string, size_t>;
  const std::lock_guard<std::mutex> lock(*mutex);
  return "cluster " + std::to_string(ids->emplace(contents, ids->size()).first->second) + "\n";
}

}  // namespace tf_mlc
