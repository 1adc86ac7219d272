// mlcompute/portable/jit/loop.h: a loop over elements that is compiled when a Program is, so that
// what passes from operation to operation stays in registers.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "mlcompute/data_type.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/program/op.h"

namespace mlcompute::portable {

// What the loop reads: one element a turn, or the same one (`is_scalar`, not of kBool) each turn.
// In a loop over rows it may have one element for each column, or for each row (not of kBool).
struct LoopSource {
  enum class Of { kElements, kColumns, kRows };
  int value;
  DataType dtype;  // kFloat32, kFloat16, kBFloat16 or kBool
  bool is_scalar;
  bool is_narrow = false;  // kFloat32: of numbers that bfloat16 has
  Of of = Of::kElements;
};

// Computed in float32, as the spans of simd/ compute it.
struct LoopOperation {
  Op op;
  DataType from;          // the type of the operands; of kSelect's last two
  int inputs[3];          // values; -1: none
  int result;             // a value, given once
  DataType rounded_to;    // kFloat32, or to halves: before the result is read
  bool is_rough = false;  // bfloat16's precision is enough
};

// What the loop writes, when it has it. A value may be written to several.
struct LoopTarget {
  int value;
  DataType dtype;
  bool past_caches;  // float32 in large results: see SpanTable::stream
};

struct LoopBody {
  std::vector<LoopSource> sources;
  std::vector<LoopOperation> operations;
  std::vector<LoopTarget> targets;
  int64_t row = 0;  // elements of each, a multiple of kLoopRow, where a source is not of elements
};

constexpr int64_t kLoopRow = 16;

// Whether loops on this CPU can hold the operation; from: see LoopOperation.
bool CanCompile(Op op, DataType from);

class CompiledLoop {
 public:
  // Loops that do the same are one, for as long as somebody has it: Adam's, for any number of
  // variables. nullptr if it would need more registers than there are, if this CPU has no compiler
  // (x86-64 with AVX2 or AVX-512 has one), if memory may not be made executable, or with
  // TF_MLC_COMPILED_LOOPS=0. set: as InstructionSet(), of those this CPU has.
  static std::shared_ptr<const CompiledLoop> Compile(const LoopBody& body,
                                                     std::string_view set = InstructionSet());
  virtual ~CompiledLoop() = default;

  // at[k]: where the sources, then the targets, begin: those of columns and rows with the first of
  // them, and `n` is whole rows then. A target may be a source of float32 itself,
  // if no operation reads the source after the one that gives the target. What is written past the
  // caches is seen by other threads after SpanTable::flush_stream.
  void Run(std::byte* const* at, size_t n) const;

 protected:
  explicit CompiledLoop(const LoopBody& body);

 private:
  // `n`: a multiple of lanes(). A target that is written past the caches is aligned to 64 bytes if
  // `aligned`.
  virtual void RunWhole(std::byte* const* at, size_t n, bool aligned) const = 0;
  virtual size_t lanes() const = 0;

  struct Place {
    size_t size;  // of an element, in bytes
    bool is_scalar;
    bool is_target;
    bool past_caches;
  };
  std::vector<Place> places_;
};

}  // namespace mlcompute::portable
