// mlcompute/apple/pairs.h: layers that a Program computes forward and differentiates.
//
// A training step holds both: a forward operation and those that turn the gradient `dy` of its
// result into the gradients of what it read. That these are the gradients follows from the operands
// alone, whatever dy is. So a wrong guess of which dy belongs to which layer costs a graph, but no
// number is ever wrong.
#pragma once

#include <optional>
#include <vector>

#include "mlcompute/apple/graph_plan.h"
#include "mlcompute/program/program.h"

namespace mlcompute::apple {

constexpr Value kNone = -1;

// What a layer reads, and what the Program calls the gradient of that.
struct Operand {
  Value value;
  Value gradient = kNone;  // kNone: the Program does not compute it
  Value updated = kNone;   // of a parameter: value - rate * gradient, if an optimizer makes it
};

struct Pair {
  LayerKind kind;
  Value y;
  Value dy;
  std::vector<Operand> sources;  // of the layer's node
  std::optional<Operand> weights;
  std::optional<Operand> biases;  // one number a channel; in any shape
  std::vector<int> forward;       // operations, in order; the last makes y
  std::vector<int> gradients;     // operations that make the operands' gradients
  std::vector<int> updates;       // operations that make Operand::updated

  // Sources, weights and biases.
  std::vector<Operand*> operands();
  std::vector<const Operand*> operands() const;
};

// By value: the operation that makes it, -1 for inputs and constants, and the live operations that
// read it.
struct Uses {
  Uses(const Program& program, const std::vector<bool>& live);

  std::vector<int> maker;
  std::vector<std::vector<int>> readers;
  std::vector<bool> is_output;
};

// The pairs of a Program, no operation in two of them, by their first forward operation. `live`
// and `barred` are by operation; what is barred is in none. MatMul, Convolution with and without
// biases, MaxPool, AvgPool, activations that have an operation as gradient, and Reshape.
std::vector<Pair> FindPairs(const Program& program, const Uses& uses, const std::vector<bool>& live,
                            const std::vector<bool>& barred);

// By value: whether graphs of pairs hold it as [N, C, H, W] though the Program has [N, H, W, C].
std::vector<bool> ImagesOf(const Program& program, const std::vector<Pair>& pairs);

}  // namespace mlcompute::apple
