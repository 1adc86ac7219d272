// backend_check.h: runs Programs on the apple backend and on the reference backend, and makes
// methods of the framework refuse.
#pragma once

#include <objc/runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "mlcompute/apple/backend.h"
#include "mlcompute/error.h"

namespace mlcompute::apple_test {

using apple::AppleBackend;
using apple::AppleExecutable;
using apple::Options;

constexpr DataType kFloat = DataType::kFloat32;
using Ints = std::vector<int64_t>;

// Deterministic numbers in [-2, 2), small enough for every function; with specials some NaN,
// infinities and zeros.
inline std::vector<std::byte> Bytes(const TensorType& type, uint32_t seed, bool specials) {
  std::vector<std::byte> bytes(type.bytes());
  uint32_t state = seed * 2654435761u + 1;
  for (int64_t i = 0; i < type.elements(); ++i) {
    state = state * 1664525u + 1013904223u;
    const float number = static_cast<float>(state >> 8) / (1 << 22) - 2;
    const auto at = static_cast<size_t>(i) * SizeOf(type.dtype);
    if (type.dtype == kFloat) {
      const float special[] = {std::numeric_limits<float>::quiet_NaN(),
                               std::numeric_limits<float>::infinity(),
                               -std::numeric_limits<float>::infinity(), -0.0f, 0.0f};
      const float chosen = specials && i % 3 == 0 ? special[(i / 3) % 5] : number;
      std::memcpy(&bytes[at], &chosen, sizeof chosen);
    } else if (type.dtype == DataType::kBool) {
      bytes[at] = static_cast<std::byte>(number > 0);
    } else {
      const auto whole = static_cast<int32_t>(number * 10);
      std::memcpy(&bytes[at], &whole, std::min(sizeof whole, SizeOf(type.dtype)));
    }
  }
  return bytes;
}

inline std::vector<std::vector<std::byte>> Run(Executable& executable, const Program& program,
                                               uint32_t seed, bool specials) {
  std::vector<std::vector<std::byte>> inputs;
  std::vector<std::vector<std::byte>> outputs;
  std::vector<const void*> in;
  std::vector<void*> out;
  for (const Value v : program.inputs()) inputs.push_back(Bytes(program.type(v), seed++, specials));
  for (const Value v : program.outputs()) outputs.emplace_back(program.type(v).bytes());
  for (auto& one : inputs) in.push_back(one.data());
  for (auto& one : outputs) out.push_back(one.data());
  executable.Run(in.data(), out.data());
  return outputs;
}

// Within `tolerance` of each element, or of the largest finite one if `of_largest` is set.
inline bool Same(const TensorType& type, const std::vector<std::byte>& found,
                 const std::vector<std::byte>& wanted, float tolerance = 1e-5f,
                 bool of_largest = false) {
  if (type.dtype != kFloat) return found == wanted;
  float largest = 0;
  for (size_t at = 0; of_largest && at < wanted.size(); at += sizeof(float)) {
    float one = 0;
    std::memcpy(&one, &wanted[at], sizeof one);
    if (std::isfinite(one)) largest = std::max(largest, std::fabs(one));
  }
  for (size_t at = 0; at < wanted.size(); at += sizeof(float)) {
    float a = 0;
    float b = 0;
    std::memcpy(&a, &found[at], sizeof a);
    std::memcpy(&b, &wanted[at], sizeof b);
    if (std::isnan(a) && std::isnan(b)) continue;
    if (a == b) continue;
    if (!(std::fabs(a - b) <= 2e-6f + tolerance * std::max(largest, std::fabs(b)))) {
      std::fprintf(stderr, "element %zu is %g, not %g\n", at / sizeof(float),
                   static_cast<double>(a), static_cast<double>(b));
      return false;
    }
  }
  return true;
}

inline void Check(const std::string& name, const Program& program, bool specials = false,
                  const Options& options = {}) {
  try {
    const auto executable = AppleBackend(options).Compile(program);
    auto& made = dynamic_cast<AppleExecutable&>(*executable);
    const auto reference = ReferenceBackend().Compile(program);
    bool same = true;
    for (const uint32_t seed : {1u, 100u}) {
      const auto found = Run(made, program, seed, specials);
      const auto wanted = Run(*reference, program, seed, specials);
      for (size_t i = 0; i < wanted.size(); ++i) {
        same = Same(program.type(program.outputs()[i]), found[i], wanted[i]) && same;
      }
    }
    size_t in_graph = 0;
    for (const auto& row : made.placements()) in_graph += row.graph >= 0;
    std::printf("%s: %s, %zu of %zu in %d graphs, %ld counted\n", name.c_str(),
                same ? "the same" : "DIFFERENT", in_graph, made.placements().size(),
                made.graph_count(), static_cast<long>(made.operations_run_in_graphs()));
  } catch (const Error& error) {
    std::printf("%s: Error %d: %s\n", name.c_str(), static_cast<int>(error.code()), error.what());
  }
}

// ---- a framework that refuses: its methods are replaced while a Program runs.
inline id AnswerNil(id, SEL, ...) { return nullptr; }
inline BOOL AnswerNo(id, SEL, ...) { return 0; }

template <typename Call>
Call CallOf(id to, SEL name) {
  return reinterpret_cast<Call>(
      reinterpret_cast<void*>(class_getMethodImplementation(object_getClass(to), name)));
}

inline id Send(id to, const char* selector, const char* text) {
  const SEL name = sel_registerName(selector);
  using Call = id (*)(id, SEL, const char*);
  return CallOf<Call>(to, name)(to, name, text);
}

inline BOOL Raise(id, SEL, ...) {
  const auto text = [](const char* words) {
    return Send(reinterpret_cast<id>(objc_getClass("NSString")), "stringWithUTF8String:", words);
  };
  const auto kind = reinterpret_cast<id>(objc_getClass("NSException"));
  const SEL name = sel_registerName("raise:format:");
  using Call = void (*)(id, SEL, id, id, ...);
  CallOf<Call>(kind, name)(kind, name, text("NSPlantedException"), text("planted"));
  return 0;
}

class Replaced {
 public:
  Replaced(const char* kind, const char* selector, void* with, bool of_class = false) {
    const auto found = reinterpret_cast<Class>(objc_getClass(kind));
    const SEL name = sel_registerName(selector);
    method_ = of_class ? class_getClassMethod(found, name) : class_getInstanceMethod(found, name);
    before_ = method_setImplementation(method_, reinterpret_cast<IMP>(with));
  }
  ~Replaced() { method_setImplementation(method_, before_); }

 private:
  Method method_;
  IMP before_;
};

}  // namespace mlcompute::apple_test
