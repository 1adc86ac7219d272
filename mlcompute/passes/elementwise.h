// mlcompute/passes/elementwise.h: what passes know of elementwise operations.
#pragma once

#include "mlcompute/program/op.h"

namespace mlcompute {

// Whether the operation's inputs need not have the result's shape.
inline bool Broadcasts(Op op) {
  return Kind(op) == OpKind::kTernary ||
         (Kind(op) == OpKind::kBinary && (op < Op::kTanhGrad || op > Op::kSoftsignGrad));
}

}  // namespace mlcompute
