#include "mlcompute/portable/dispatch.h"

#include <cstdlib>

namespace mlcompute::portable {
namespace {

struct Set {
  std::string_view name;
  bool (*supported)();
  void (*fill)(SpanTable*);
};

// Poorest first.
const Set kSets[] = {
#if defined(__x86_64__)
    {"sse4", [] { return __builtin_cpu_supports("sse4.2") != 0; }, sse4::FillTable},
    {"avx2",
     [] {
       return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("bmi2");
     },
     avx2::FillTable},
    {"avx512",
     [] {
       return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
              __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512cd");
     },
     avx512::FillTable},
#else
    {"neon", [] { return true; }, neon::FillTable},
#endif
};

struct Choice {
  std::string_view name;
  SpanTable table{};
};

const Choice& Chosen() {
  static const Choice choice = [] {
    const char* limit = std::getenv("TF_MLC_MAX_ISA");
    const Set* best = &kSets[0];
    for (const Set& set : kSets) {
      if (set.supported()) best = &set;
      if (limit && set.name == limit) break;
    }
    Choice c{best->name};
    best->fill(&c.table);
    return c;
  }();
  return choice;
}

}  // namespace

const SpanTable& Spans() { return Chosen().table; }

std::string_view InstructionSet() { return Chosen().name; }

std::unique_ptr<const SpanTable> SpansOf(std::string_view isa) {
  for (const Set& set : kSets) {
    if (set.name != isa || !set.supported()) continue;
    auto table = std::make_unique<SpanTable>();
    set.fill(table.get());
    return table;
  }
  return nullptr;
}

}  // namespace mlcompute::portable
