// mlcompute/backend/backend.h: turns a Program into something that runs.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "mlcompute/program/program.h"

namespace mlcompute {

struct OperationView;

class Executable {
 public:
  virtual ~Executable() = default;

  // Runs once and returns when all outputs are written. `inputs` and `outputs` are buffers in the
  // order of Program::inputs() and outputs(), 64-byte alignment preferred, none required. Safe to
  // call from several threads at once. Throws Error.
  virtual void Run(const void* const* inputs, void* const* outputs) = 0;

  // Whether output `output` may be given the very buffer of input `input`.
  virtual bool CanShare(int output, int input) const = 0;

  // Types of the outputs, so that a caller can allocate them.
  const std::vector<TensorType>& output_types() const { return output_types_; }

 protected:
  explicit Executable(const Program& program) {
    for (const Value v : program.outputs()) output_types_.push_back(program.type(v));
  }

 private:
  std::vector<TensorType> output_types_;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  // The instruction set it chose for this CPU; empty where it chose none.
  virtual std::string_view instruction_set() const { return ""; }
  virtual std::unique_ptr<Executable> Compile(const Program& program) = 0;
  // What would run an operation: "onednn", "loop" or "reference".
  virtual std::string_view StepKind(const OperationView& /*view*/) const { return "reference"; }
};

// Plain loops for every operation: the oracle of the tests.
Backend& ReferenceBackend();

// oneDNN primitives and SIMD loops; what they do not take runs on the reference loops.
Backend& PortableBackend();

// What TensorFlow's ops run on: the backend that TF_MLC_BACKEND names, on the device that was
// chosen (choice.h). Throws Error where there is none.
Backend& DefaultBackend();

}  // namespace mlcompute
