// mlcompute/apple/graph_plan.h: one MLCompute graph, written down before it is made. Plain C++, so
// that everything but the calls themselves can be decided and tested without Objective-C.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlcompute/program/program.h"

namespace mlcompute::apple {

enum class LayerKind {
  kActivation,      // code: ActivationType; a, b
  kArithmetic,      // code: ArithmeticOperation
  kComparison,      // code: ComparisonOperation
  kSelection,       // condition, x, y
  kMatMul,          // x, y
  kFullyConnected,  // x, weights [outputs, inputs][, biases [1, outputs, 1, 1]]
  // x, weights [outputs, inputs / groups, y, x][, biases [1, outputs, 1, 1]]
  kConvolution,
  kMaxPool,
  kAveragePool,
  kPadding,        // code: PaddingType; numbers: top, bottom, left, right; a: the value
  kSlice,          // numbers: starts, ends, strides, as many of each as axes
  kSoftmax,        // code: SoftmaxOperation; numbers: the axis
  kReduction,      // code: ReductionType; numbers: axes, which stay as 1
  kConcatenation,  // numbers: the axis
  kReshape,        // to the result's shape
  kTranspose,      // numbers: the permutation
};

// Of a convolution or pooling; pairs are height, width.
struct WindowNumbers {
  int64_t size[2] = {1, 1};
  int64_t strides[2] = {1, 1};
  int64_t dilations[2] = {1, 1};
  int64_t padding[2] = {0, 0};
  int64_t groups = 1;
};

struct GraphLayer {
  LayerKind kind;
  int operation;             // of the Program
  std::vector<int> sources;  // indices of tensors; of weights and biases after the others
  int result = -1;
  int code = 0;
  std::vector<int64_t> numbers = {};
  float a = 0;
  float b = 0;
  WindowNumbers window = {};
};

// What crosses the edge of a graph: a value of the Program and the tensor that holds it, whose axis
// i is axis permutation[i] of `shape` (for an input; the other way round for an output).
struct GraphEdge {
  Value value;  // -1: every element is `fill`
  int tensor;
  Shape shape;  // the value's elements, perhaps with further axes of 1
  std::vector<int> permutation;
  bool is_parameter = false;  // of a layer, not an input of the graph
  float fill = 0;
};

struct GraphPlan {
  std::vector<TensorType> tensors;  // rank 1 to 4
  std::vector<GraphLayer> layers;
  std::vector<GraphEdge> inputs;
  std::vector<GraphEdge> outputs;
  std::vector<int> operations;  // of the Program
};

// A gradient or a new parameter that is read from a training graph: `edge` as of an output, and the
// input of the graph it belongs to.
struct ResultEdge {
  GraphEdge edge;
  size_t input;
};

// A graph that is differentiated. `forward` is what it computes; its inputs are each used once.
struct TrainingPlan {
  GraphPlan forward;
  std::vector<GraphEdge> seeds;        // gradients of results, from outside; as inputs
  std::vector<ResultEdge> gradients;   // of inputs and parameters
  std::vector<ResultEdge> parameters;  // after a step of stochastic gradient descent
  std::vector<int> operations;         // of the Program: all, of every phase
};

// "MLCArithmeticLayer".
std::string ClassOf(LayerKind kind);

}  // namespace mlcompute::apple
