// mlcompute/apple/group_builder.h: operations of a Program become one GraphPlan.
//
// Images are [N, C, H, W] inside a graph. Values that convolutions and poolings with channels last
// pass on, and what elementwise operations make of those, are converted where they enter or leave a
// graph and nowhere else; an operation that would need a conversion inside begins another graph.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mlcompute/apple/graph_plan.h"
#include "mlcompute/apple/pairs.h"
#include "mlcompute/apple/rules.h"

namespace mlcompute::apple {

// By value: whether graphs hold it as [N, C, H, W] though the Program has [N, H, W, C].
// `in_graph`, by operation, as decided.
std::vector<bool> ImagesOf(const Program& program, const std::vector<bool>& in_graph);

class GroupBuilder {
 public:
  // Both arguments must outlive this.
  GroupBuilder(const Program& program, const std::vector<bool>& images)
      : program_(program), images_(images) {}

  // Adds an operation whose inputs are in this group or made before it. Returns "", or why it must
  // begin another group; nothing is added then.
  std::string Add(int operation);
  // The same for a pair's layer: no input that has a gradient serves twice, for each use has a
  // gradient of its own.
  std::string Add(const Pair& pair);

  // The plan, with `outputs` of the values made here.
  GraphPlan Finish(const std::vector<Value>& outputs);
  // The plan of the pairs: their gradients come in and go out where `is_wanted` says so, by value.
  TrainingPlan FinishTraining(const std::vector<Value>& outputs,
                              const std::vector<const Pair*>& pairs,
                              const std::vector<bool>& is_wanted);

  const std::vector<int>& operations() const { return plan_.operations; }
  bool Makes(Value value) const { return made_.count(value) != 0; }

 private:
  struct Made {
    int tensor;
    bool is_image;
  };

  template <typename Appending>
  std::string TryTo(Appending append);
  void Append(int operation);
  void AppendPair(const Pair& pair);
  void AppendBiases(const Pair& pair);
  void AppendFullyConnected(const Operation& operation);
  int NewTensor(DataType dtype, Shape shape);
  int Layer(GraphLayer layer, DataType dtype, Shape shape);
  int Reshaped(int tensor, const Shape& shape);
  int Input(Value value, const Shape& shape, std::vector<int> permutation, bool is_parameter);
  int Number(float number, int rank);
  int Take(Value value, int rank, bool as_image);
  int TakeMatrix(Value value, int rank, bool transposed);
  void Give(Value value, int tensor, bool is_image);

  void AppendElementwise(const Rule& rule, const Operation& operation);
  void AppendProduct(const Operation& operation);
  void AppendConvolution(const Operation& operation);
  void AppendPool(const Rule& rule, const Operation& operation);
  void AppendReduction(const Rule& rule, const Operation& operation);
  void AppendMove(const Rule& rule, const Operation& operation);
  void AppendSlice(const Operation& operation);
  void AppendPad(const Rule& rule, const Operation& operation);
  void AppendClip(const Rule& rule, const Operation& operation);

  const Program& program_;
  const std::vector<bool>& images_;
  int current_ = 0;
  bool shares_inputs_ = true;
  GraphPlan plan_;
  std::map<Value, Made> made_;
  std::map<std::string, int> taken_;           // inputs by value, shape and permutation
  std::map<const Operand*, size_t> input_of_;  // of pairs: where an operand comes in
};

}  // namespace mlcompute::apple
