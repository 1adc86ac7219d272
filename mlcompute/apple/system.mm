#include "mlcompute/apple/system.h"

#include <atomic>

namespace mlcompute::apple {
namespace {

std::atomic<bool> pretend_old{false};

}  // namespace

bool HasMacOS11_3() {
  if (pretend_old) return false;
  if (@available(macOS 11.3, *)) return true;
  return false;
}

void PretendMacOS11_0(bool pretend) { pretend_old = pretend; }

}  // namespace mlcompute::apple
