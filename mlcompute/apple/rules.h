// mlcompute/apple/rules.h: what MLCompute's layers can express, by operation.
#pragma once

#include <optional>
#include <string>

#include "mlcompute/apple/graph_plan.h"
#include "mlcompute/backend/step.h"

namespace mlcompute::apple {

// How an operation becomes layers.
enum class Recipe {
  kLayer,  // one layer of the inputs
  kNegate,
  kReciprocal,
  kSquare,
  kSquaredDifference,
  kMatrixProduct,
  kConvolution,
  kPool,
  kSoftmax,
  kReduction,
  kConcatenation,
  kReshape,
  kTranspose,
  kSlice,
  kPad,
  kClip,
};

struct Rule {
  Op op;
  Recipe recipe;
  LayerKind kind;
  int code = 0;
  float a = 0;
  float b = 0;
  bool since_11_3 = false;
};

// nullptr where MLCompute has no layer for `op`.
const Rule* RuleFor(Op op);

struct Decision {
  bool in_graph;
  std::string why;  // the layer's class, or what speaks against a graph
};

// By types, shapes and attributes; whether the framework takes it is seen when the graph is made.
Decision Decide(const OperationView& view);
// The same, and by the contents of constants.
Decision Decide(const Program& program, const Operation& operation);

// Whether kPad or kMirrorPad of 4 axes pads height and width of [N, H, W, C], and nothing else.
bool PadsImage(const Attributes& attributes);

// The number that a float32 constant of one element holds.
std::optional<float> NumberOf(const Program& program, Value value);

}  // namespace mlcompute::apple
