// mlcompute/backend/step.h: one operation, made ready to run for fixed types and shapes.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "mlcompute/program/program.h"

namespace mlcompute {

// An operation together with the types it works on: what a backend decides by.
struct OperationView {
  const Operation& operation;
  std::vector<TensorType> inputs;
  std::vector<TensorType> results;

  Op op() const { return operation.op; }
  const Attributes& attributes() const { return operation.attributes; }
};

OperationView View(const Program& program, const Operation& operation);

class Step {
 public:
  virtual ~Step() = default;

  // Bytes of scratch memory Run() wants, 64-byte aligned.
  virtual size_t scratch_bytes() const { return 0; }

  // Whether result `result` may be written to the very buffer of input `input` (same type).
  virtual bool CanShare(int /*result*/, int /*input*/) const { return false; }

  // Whether Run() may be given nullptr for result `result`, when nobody reads it.
  virtual bool MayOmit(int /*result*/) const { return false; }

  // Computes. Buffers do not overlap unless CanShare() allows it; pointers of zero-sized tensors
  // may be null. Safe to call from several threads at once with different buffers. May throw Error
  // for what only the contents can show (an index out of range).
  virtual void Run(const void* const* inputs, void* const* results, void* scratch) const = 0;
};

}  // namespace mlcompute
