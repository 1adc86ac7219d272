#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "mlcompute/error.h"
#include "mlcompute/passes/passes.h"

namespace mlcompute {
namespace {

bool IsOn(std::string_view pass) {
  const char* text = std::getenv("TF_MLC_PASSES");
  if (!text) return true;
  const std::string list = StrCat(",", text, ",");
  return list.find(StrCat(",-", pass, ",")) == std::string::npos;
}

// Writes numbered text files into TF_MLC_DUMP; a folder that cannot be written is no error.
class Dump {
 public:
  Dump() : folder_(std::getenv("TF_MLC_DUMP")) {
    static std::atomic<int> count{0};
    if (folder_) number_ = count.fetch_add(1);
  }
  void Write(const Program& program, std::string_view stage) const {
    if (!folder_) return;
    std::ofstream(StrCat(folder_, "/program_", number_, "_", stage, ".txt")) << program.ToString();
  }

 private:
  const char* const folder_;
  int number_ = 0;
};

}  // namespace

Program Optimize(const Program& program, CanFuse can_fuse) {
  const Dump dump;
  dump.Write(program, "0_built");
  Program now = program;
  if (IsOn("common")) {
    now = EliminateCommon(now);
    dump.Write(now, "1_common");
  }
  if (IsOn("products")) {
    now = StackProducts(now);
    dump.Write(now, "1_products");
  }
  if (IsOn("broadcast")) {
    now = ForwardBroadcasts(now);
    dump.Write(now, "2_broadcast");
  }
  if (IsOn("fuse")) {
    now = FuseElementwise(now, can_fuse);
    dump.Write(now, "3_fuse");
  }
  return now;
}

}  // namespace mlcompute
