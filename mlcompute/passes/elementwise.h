// mlcompute/passes/elementwise.h: what passes know of elementwise operations.
#pragma once

#include <cstdint>
#include <vector>

#include "mlcompute/passes/passes.h"
#include "mlcompute/program/op.h"
#include "mlcompute/program/program.h"

namespace mlcompute {

inline bool IsElementwise(Op op) {
  const OpKind kind = Kind(op);
  return kind == OpKind::kUnary || kind == OpKind::kBinary || kind == OpKind::kTernary;
}

// Whether the operation makes few numbers of many.
inline bool Reduces(Op op) { return Kind(op) == OpKind::kReduction || op == Op::kMoments; }

// Whether the operation's inputs need not have the result's shape.
inline bool Broadcasts(Op op) {
  return Kind(op) == OpKind::kTernary ||
         (Kind(op) == OpKind::kBinary && (op < Op::kTanhGrad || op > Op::kSoftsignGrad));
}

// Who reads what in a program.
struct Readers {
  explicit Readers(const Program& program);
  std::vector<int> producer;              // by value: the operation, or -1
  std::vector<std::vector<int>> readers;  // by operation, each once, ascending
  std::vector<bool> is_output;            // by operation: whether a result leaves the program
};

// Whether it is a cast to a larger type, as of halves to float32.
bool Widens(const Program& program, const Operation& operation);

// Whether the result can be had again for no more than reading it costs: some additions on one
// tensor of its shape and no more bytes, all else that is read being much smaller. The tensor has
// to be in memory anyway, so that of a product or convolution which elementwise operations alone
// read is none: they may become one step. One that is widened is better in memory as it is.
bool IsCheap(const Program& program, const Readers& readers, const Operation& operation);

// Whether the operation is elementwise, a kFused one without anything else among them, its results
// have the shape of its input `made`, and what it reads besides is of that shape, one number, or
// one for each element of the last axis: it can be run on some rows of `made` alone. With `columns`
// a row is so many elements, of some last axes.
bool FitsRows(const Program& program, CanFuse can_fuse, const Operation& operation, Value made,
              int64_t columns = 0);

}  // namespace mlcompute
