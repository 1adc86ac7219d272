#include "mlcompute/framework/guard.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

namespace mlcompute::framework {

bool Try(const std::function<void()>& work) {
  std::string reason;
  try {
    work();
    return true;
  } catch (const std::exception& error) {
    reason = error.what();
  }
  Refuse(reason);
  return false;
}

void Refuse(const std::string& reason) {
  const char* strict = std::getenv("MLC_STRICT");
  const std::string_view mode = strict ? strict : "";
  if (mode.empty() || mode == "0") return;
  std::fprintf(stderr, "MLCompute: %s\n", reason.c_str());
  if (mode != "warn") std::abort();
}

}  // namespace mlcompute::framework
