// mlcompute/training_graph.h: graphs made ready to be trained (MLCTrainingGraph).
//
//   TrainingGraph training({graph}, std::make_shared<LossLayer>(
//                                       LossDescriptor(LossType::kSoftmaxCrossEntropy)),
//                          std::make_shared<SgdOptimizer>(OptimizerDescriptor(0.1f)));
//   training.AddInputs({{"x", x}}, {{"y", y}});
//   training.Compile(std::make_shared<Device>());
//   for (...) loss = training.Execute({{"x", x_data}}, {{"y", y_data}}).result;
//   training.SynchronizeUpdates();
//
// An execution is one call, or its phases one by one: ExecuteForward(), ExecuteGradient(),
// ExecuteOptimizerUpdate(), between which results and gradients can be read and written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mlcompute/executable_graph.h"
#include "mlcompute/optimizer.h"
#include "mlcompute/training_program.h"

namespace mlcompute {

class TrainingGraph : public ExecutableGraph {
 public:
  // Shares the graphs' layers. `loss_layer` is applied to the first result of the last node, with
  // the loss label and its weights; there may be loss layers among the nodes as well, or instead.
  // What is made small is the sum of all losses. Without any loss the gradients start from user
  // gradients. Without an optimizer no parameter changes.
  TrainingGraph(std::vector<std::shared_ptr<Graph>> graphs, LayerPtr loss_layer,
                std::shared_ptr<Optimizer> optimizer);
  ~TrainingGraph() override { Wait(); }

  std::shared_ptr<Optimizer> optimizer() const;

  // Tensors that each execution gets data for, under these names. `loss_layer` takes the label, and
  // the weights, that no node takes.
  void AddInputs(const TensorMap& inputs, const TensorMap& loss_labels = {},
                 const TensorMap& loss_label_weights = {}) {
    AddAll(inputs, loss_labels, loss_label_weights);
  }

  // Nothing passes back through these tensors. Takes effect with Compile().
  void StopGradient(const std::vector<TensorPtr>& tensors);

  // Sources with data that the optimizer updates as well as the layers' parameters. Takes effect
  // with Compile().
  void SetTrainingTensorParameters(std::vector<TensorParameterPtr> parameters);

  // A tensor for the gradient of what is computed outside from a result of this graph: it is added
  // to the gradients that the graph computes. It must hold data when gradients are executed:
  // BindData(), BindAndWriteData(), or from a linked graph that has the result as an input. The
  // result is kept. The same tensor if it was asked for before.
  TensorPtr AllocateUserGradient(const TensorPtr& tensor);

  // Throws Error(kInvalidArgument) when the graph has no layers, a source is neither an input, nor
  // a result, nor holds data, or the loss layer has no label; Error(kUnimplemented) when something
  // on the way has no gradient. Which parameters are updatable is looked up now. If there are no
  // losses and no user gradients, one is allocated for each result that no layer uses.
  void Compile(std::shared_ptr<const Device> device, const CompileOptions& options = {});
  // Replaces the optimizer; the parameters' optimizer data stay.
  void CompileOptimizer(std::shared_ptr<Optimizer> optimizer);

  // As InferenceGraph::Link(); and a gradient of an input of theirs, if it was executed, serves as
  // user gradient of the result here.
  void Link(const std::vector<std::shared_ptr<TrainingGraph>>& graphs);

  // ---- gradients. The tensors hold data after executions of gradients. To be asked for before
  // ExecuteForward(): what the phases compute depends on it.

  // Of an input. Throws Error(kInvalidArgument) unless the graph was compiled with
  // compute_all_gradients.
  TensorPtr GradientTensorForInput(const TensorPtr& input);
  // Of all floating-point sources, or results, of a layer.
  std::vector<TensorPtr> SourceGradientTensors(const Layer& layer);
  std::vector<TensorPtr> ResultGradientTensors(const Layer& layer);
  // Of a parameter of `layer` that is updated, after ExecuteGradient(), in the parameter's type and
  // shape, before clipping and the like. Throws Error(kInvalidArgument) with the reason when there
  // is none, as after Execute(), which does not keep it.
  std::shared_ptr<TensorData> GradientData(const TensorPtr& parameter, const Layer& layer) const;

  // ---- execution. Rows, buffers and errors are as in InferenceGraph. The result is the loss, of
  // the last loss layer if there are several; without losses that of the last node.

  struct Data {
    DataMap inputs;
    DataMap loss_labels = {};
    DataMap loss_label_weights = {};
    DataMap outputs = {};  // to be written
  };
  // Forward, gradients and update.
  Execution Execute(const Data& data, int64_t batch_size = 0,
                    const CompletionHandler& completion = nullptr);
  PendingExecution ExecuteAsync(const Data& data, int64_t batch_size = 0,
                                CompletionHandler completion = nullptr);

  // Reads inputs and labels from their tensors, BindAndWriteData() before. `for_inference`: nothing
  // is dropped and running statistics are used, and no gradients can follow.
  Execution ExecuteForward(int64_t batch_size = 0, bool for_inference = false,
                           const DataMap& outputs = {},
                           const CompletionHandler& completion = nullptr);
  PendingExecution ExecuteForwardAsync(int64_t batch_size = 0, bool for_inference = false,
                                       const DataMap& outputs = {},
                                       CompletionHandler completion = nullptr);
  // After ExecuteForward() of the same batch size.
  Execution ExecuteGradient(int64_t batch_size = 0, const CompletionHandler& completion = nullptr);
  PendingExecution ExecuteGradientAsync(int64_t batch_size = 0,
                                        CompletionHandler completion = nullptr);
  // After ExecuteGradient().
  Execution ExecuteOptimizerUpdate(const CompletionHandler& completion = nullptr);
  PendingExecution ExecuteOptimizerUpdateAsync(CompletionHandler completion = nullptr);

  // Copies parameters and running statistics into the data that their tensors were given.
  void SynchronizeUpdates();

  // What the optimizer goes on from for `parameter`, in the order of its states; before the first
  // update.
  void BindOptimizerData(const TensorPtr& parameter, std::vector<std::shared_ptr<TensorData>> data);

  // The result of executions, null before Compile().
  TensorPtr result_tensor() const;

  // Bytes of all results of layers and their gradients; 0 before Compile().
  size_t device_memory_size() const;

 protected:
  std::vector<const GraphNode*> AllNodes() const override;

 private:
  using Phase = TrainingProgram::Phase;
  using Fed = std::unordered_map<uint64_t, std::shared_ptr<TensorData>>;  // by the tensor's id

  void AddLoss();
  std::vector<TensorPtr> Parameters(const std::vector<GraphNode>& nodes) const;
  void CheckCompiled() const;
  void CheckGeneration(uint64_t prepared) const;
  // What a plan holds changed.
  void Forget();
  TensorPtr WantGradient(const TensorPtr& tensor);
  std::vector<TensorPtr> WantGradients(const std::vector<TensorPtr>& tensors);
  TrainingProgram& ProgramFor(int64_t batch, bool for_inference);
  Fed FedFromTensors(int64_t batch) const;
  std::shared_ptr<TensorData> SourceOf(const TrainingProgram::Input& input, const Fed& fed,
                                       const std::vector<float>& scalars);
  std::shared_ptr<TensorData> UserGradient(const TrainingProgram::Input& input) const;
  std::shared_ptr<TensorData> StateOf(const TrainingProgram::Input& input) const;
  double RunPhase(Phase phase, TrainingProgram& program, const Fed& fed, const DataMap& outputs);
  Execution Result(double seconds) const;

  ExecutionQueue::Work PrepareAll(const Data& data, int64_t batch_size);
  ExecutionQueue::Work PrepareForward(int64_t batch_size, bool for_inference,
                                      const DataMap& outputs);
  ExecutionQueue::Work PrepareGradient(int64_t batch_size);
  ExecutionQueue::Work PrepareUpdate();

  const LayerPtr loss_layer_;
  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<Optimizer> optimizer_;
  std::unique_ptr<GraphNode> loss_node_;
  std::vector<TensorPtr> stops_;
  std::vector<TensorParameterPtr> training_parameters_;
  std::map<uint64_t, std::pair<TensorPtr, TensorPtr>> user_gradients_;  // tensor and gradient
  std::map<uint64_t, std::pair<TensorPtr, TensorPtr>> gradients_;
  std::vector<std::weak_ptr<TrainingGraph>> following_;  // linked ones
  bool is_linked_ = false;

  bool compiled_ = false;
  uint64_t generation_ = 0;  // counts calls of Compile()
  CompileOptions options_;
  TrainingPlan plan_;
  TensorPtr result_;
  std::map<std::string, std::unique_ptr<TrainingProgram>> programs_;  // by batch and settings
  ResultBuffers buffers_;
  uint64_t executions_ = 0;  // makes random numbers differ

  // Between phases.
  enum class Done { kNothing, kForward, kGradient };
  Done done_ = Done::kNothing;
  int64_t done_batch_ = 0;
  Fed done_fed_;
  std::unordered_map<Value, std::shared_ptr<TensorData>> later_;
  std::unordered_map<uint64_t, std::shared_ptr<TensorData>> parameter_gradients_;
};

}  // namespace mlcompute
