// mlcompute/reference/reference.h: the reference implementation of every operation.
//
// Short loops over elements, no blocking, no threads, no SIMD: written to be read and believed. One
// file per family, each with a table of (operation, function).
#pragma once

#include <memory>
#include <vector>

#include "mlcompute/backend/step.h"

namespace mlcompute::reference {

struct Call {
  const OperationView& view;
  const void* const* inputs;
  void* const* results;

  template <typename T>
  const T* input(int i) const {
    return static_cast<const T*>(inputs[i]);
  }
  template <typename T>
  T* result(int i = 0) const {
    return static_cast<T*>(results[i]);
  }
};

using Function = void (*)(const Call& call);

struct Row {
  Op op;
  Function function;
};

const std::vector<Row>& ElementwiseRows();
const std::vector<Row>& ReductionRows();
const std::vector<Row>& RecurrentRows();
const std::vector<Row>& MatrixRows();  // matmul, convolution, pooling, softmax family
const std::vector<Row>& MovementRows();
const std::vector<Row>& RandomRows();

// The reference step of any operation; throws Error(kUnimplemented) for a type it does not take.
std::unique_ptr<Step> MakeStep(const OperationView& view);

}  // namespace mlcompute::reference
