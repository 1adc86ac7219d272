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

struct Pass {
  std::string_view name;
  Program (*run)(const Program& program, const Abilities& can);
};

// In the order they run.
constexpr Pass kPasses[] = {
    {"common", [](const Program& p, const Abilities&) { return EliminateCommon(p); }},
    {"products", [](const Program& p, const Abilities&) { return StackProducts(p); }},
    {"broadcast", [](const Program& p, const Abilities&) { return ForwardBroadcasts(p); }},
    {"pads", [](const Program& p, const Abilities&) { return FoldPads(p); }},
    {"moments", JoinMoments},
    {"recompute", [](const Program& p, const Abilities&) { return Recompute(p); }},
    {"blocks", RunInBlocks},
    {"fuse", [](const Program& p, const Abilities& can) { return FuseElementwise(p, can.fuse); }},
    {"sink", [](const Program& p, const Abilities& can) { return SinkElementwise(p, can.fuse); }},
    {"join", JoinProducts},
    {"epilogue", JoinEpilogues},
    {"reduce", JoinReductions},
    {"pools", JoinPoolGradients},
};

}  // namespace

const std::vector<std::string_view>& PassNames() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const Pass& pass : kPasses) all.push_back(pass.name);
    return all;
  }();
  return names;
}

Program Optimize(const Program& program, const Abilities& can) {
  const Dump dump;
  dump.Write(program, "0_built");
  Program now = program;
  int number = 0;
  for (const Pass& pass : kPasses) {
    ++number;
    if (!IsOn(pass.name)) continue;
    now = DropUnread(pass.run(now, can));
    dump.Write(now, StrCat(number, "_", pass.name));
  }
  return now;
}

}  // namespace mlcompute
