#include "mlcompute/portable/jit/loop.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "mlcompute/portable/jit/code_cache.h"
#include "mlcompute/portable/jit/x86_loop.h"

namespace mlcompute::portable {

CompiledLoop::CompiledLoop(const LoopBody& body) {
  for (const LoopSource& source : body.sources) {
    places_.push_back({SizeOf(source.dtype), source.is_scalar, false, false});
  }
  for (const LoopTarget& target : body.targets) {
    places_.push_back({SizeOf(target.dtype), false, true, target.past_caches});
  }
}

void CompiledLoop::Run(std::byte* const* at, size_t n) const {
  constexpr size_t kLine = 64;
  const size_t whole = n / lanes() * lanes();
  if (whole > 0) {
    bool aligned = true;
    for (size_t k = 0; k < places_.size(); ++k) {
      aligned =
          aligned && !(places_[k].past_caches && reinterpret_cast<uintptr_t>(at[k]) % kLine != 0);
    }
    RunWhole(at, whole, aligned);
  }
  if (whole == n) return;
  // The last elements go through a copy of as many as a register holds.
  thread_local std::vector<std::byte> memory;
  thread_local std::vector<std::byte*> parts;
  if (memory.size() < (places_.size() + 1) * kLine) memory.resize((places_.size() + 1) * kLine);
  parts.resize(places_.size());
  const auto first = (reinterpret_cast<uintptr_t>(memory.data()) + kLine - 1) / kLine * kLine;
  for (size_t k = 0; k < places_.size(); ++k) {
    const Place& place = places_[k];
    if (place.is_scalar) {
      parts[k] = at[k];
      continue;
    }
    parts[k] = reinterpret_cast<std::byte*>(first) + k * kLine;
    if (place.is_target) continue;
    std::memset(parts[k], 0, kLine);
    std::memcpy(parts[k], at[k] + whole * place.size, (n - whole) * place.size);
  }
  RunWhole(parts.data(), lanes(), true);
  for (size_t k = 0; k < places_.size(); ++k) {
    if (!places_[k].is_target) continue;
    std::memcpy(at[k] + whole * places_[k].size, parts[k], (n - whole) * places_[k].size);
  }
}

#if defined(__x86_64__)

namespace {

bool IsWanted() {
  static const bool wanted = [] {
    const char* value = std::getenv("TF_MLC_COMPILED_LOOPS");
    return value == nullptr || std::string_view(value) != "0";
  }();
  return wanted;
}

// What a loop does, whatever its values are called.
std::string Describe(const LoopBody& body, std::string_view set) {
  std::map<int, int> numbers;
  std::ostringstream text;
  const auto value = [&](int v) {
    text << ' '
         << (v < 0 ? -1 : numbers.emplace(v, static_cast<int>(numbers.size())).first->second);
  };
  const auto type = [&](DataType t) { text << ' ' << static_cast<int>(t); };
  text << set << ' ' << body.row;
  for (const LoopSource& source : body.sources) {
    value(source.value);
    type(source.dtype);
    text << (source.is_scalar ? "s" : "") << (source.is_narrow ? "n" : "")
         << static_cast<int>(source.of);
  }
  for (const LoopOperation& operation : body.operations) {
    text << ';' << static_cast<int>(operation.op);
    for (const DataType t : {operation.from, operation.rounded_to}) type(t);
    for (const int v : operation.inputs) value(v);
    value(operation.result);
    text << (operation.is_rough ? "r" : "");
  }
  text << ';';
  for (const LoopTarget& target : body.targets) {
    value(target.value);
    type(target.dtype);
    text << (target.past_caches ? "p" : "");
  }
  return text.str();
}

}  // namespace

bool CanCompile(Op op, DataType from) {
  return IsWanted() && IsX86Set(InstructionSet()) && IsX86Operation(op, from);
}

std::shared_ptr<const CompiledLoop> CompiledLoop::Compile(const LoopBody& body,
                                                          std::string_view set) {
  if (!IsWanted() || !IsX86Set(set)) return nullptr;
  // Never freed: threads may compile while the process ends.
  static auto* cache = new CodeCache<std::string, CompiledLoop>;
  return cache->Get(Describe(body, set), [&] { return CompileX86(body, set); });
}

#else

bool CanCompile(Op, DataType) { return false; }

std::shared_ptr<const CompiledLoop> CompiledLoop::Compile(const LoopBody&, std::string_view) {
  return nullptr;
}

#endif

}  // namespace mlcompute::portable
