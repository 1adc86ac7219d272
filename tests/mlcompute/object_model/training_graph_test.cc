// Training as a C++ program does it. What each loss, optimizer and gradient computes is tested from
// Python.
#include "mlcompute/training_graph.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

#include "mlcompute/layers/arithmetic.h"
#include "mlcompute/layers/fully_connected.h"
#include "mlcompute/layers/loss.h"
#include "mlcompute/optimizers/adam.h"
#include "mlcompute/optimizers/sgd.h"

namespace mlcompute {
namespace {

std::shared_ptr<TensorData> Data(const std::vector<float>& values) {
  return TensorData::Copy(values.data(), values.size() * sizeof(float));
}

std::vector<float> Values(const Tensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.contents().shape.elements()));
  tensor.CopyData(values.data(), values.size() * sizeof(float));
  return values;
}

// y = w x with the squared error of two rows.
struct Line {
  std::vector<float> w = {3};
  TensorPtr x = std::make_shared<Tensor>(TensorDescriptor({2, 1}));
  TensorPtr y = std::make_shared<Tensor>(TensorDescriptor({2, 1}));
  TensorPtr weights = std::make_shared<Tensor>(
      TensorDescriptor({1, 1}), TensorData::NoCopy(w.data(), w.size() * sizeof(float)));
  std::shared_ptr<FullyConnectedLayer> layer =
      std::make_shared<FullyConnectedLayer>(weights, nullptr, 1, 1);
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  std::shared_ptr<TrainingGraph> training;

  explicit Line(std::shared_ptr<Optimizer> optimizer =
                    std::make_shared<SgdOptimizer>(OptimizerDescriptor(0.1f))) {
    graph->Node(layer, {x});
    training = std::make_shared<TrainingGraph>(
        std::vector<std::shared_ptr<Graph>>{graph},
        std::make_shared<LossLayer>(LossDescriptor(LossType::kMeanSquaredError)),
        std::move(optimizer));
    training->AddInputs({{"x", x}}, {{"y", y}});
    training->Compile(std::make_shared<Device>());
  }
};

TEST(TrainingGraph, OneStep) {
  Line line;
  const Execution done = line.training->Execute({{{"x", Data({1, 2})}}, {{"y", Data({1, 1})}}});
  // Errors 2 and 5; the gradient is (2 * 1 + 5 * 2) * 2 / 2.
  EXPECT_EQ(Values(*done.result), std::vector<float>{14.5f});
  EXPECT_EQ(done.result, line.training->result_tensor());
  EXPECT_FLOAT_EQ(Values(*line.weights)[0], 3 - 0.1f * 12);
  EXPECT_EQ(line.w[0], 3);
  line.training->SynchronizeUpdates();
  EXPECT_FLOAT_EQ(line.w[0], 3 - 0.1f * 12);
}

TEST(TrainingGraph, Phases) {
  Line line;
  line.training->BindAndWriteData({{"x", Data({1, 2})}, {"y", Data({1, 1})}},
                                  {{"x", line.x}, {"y", line.y}}, nullptr);
  line.training->ExecuteForward();
  line.training->ExecuteGradient();
  const auto gradient = line.training->GradientData(line.weights, *line.layer);
  EXPECT_EQ(*static_cast<const float*>(gradient->bytes()), 12);
  EXPECT_EQ(Values(*line.weights)[0], 3);
  line.training->ExecuteOptimizerUpdate();
  EXPECT_FLOAT_EQ(Values(*line.weights)[0], 3 - 0.1f * 12);
}

TEST(TrainingGraph, CompletionHandlersAreCalledOnceAndInOrder) {
  Line line;
  std::vector<float> losses;
  std::vector<PendingExecution> pending;
  for (int i = 0; i < 10; ++i) {
    pending.push_back(line.training->ExecuteAsync(
        {{{"x", Data({1, 2})}}, {{"y", Data({1, 2})}}}, 0,
        [&](const TensorPtr& result, const Error* error, double seconds) {
          EXPECT_EQ(error, nullptr);
          EXPECT_GE(seconds, 0);
          losses.push_back(Values(*result)[0]);
        }));
  }
  for (const PendingExecution& one : pending)
    EXPECT_EQ(one.get().result, line.training->result_tensor());
  ASSERT_EQ(losses.size(), 10u);
  for (size_t i = 1; i < losses.size(); ++i) EXPECT_LT(losses[i], losses[i - 1]);
}

TEST(TrainingGraph, ErrorsOfExecutions) {
  Line line;
  try {
    line.training->ExecuteForward();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  }
  int calls = 0;
  const PendingExecution pending = line.training->ExecuteGradientAsync(
      0, [&](const TensorPtr& result, const Error* error, double) {
        ++calls;
        EXPECT_EQ(result, nullptr);
        ASSERT_NE(error, nullptr);
        EXPECT_EQ(error->code(), ErrorCode::kInvalidArgument);
      });
  EXPECT_THROW(pending.get(), Error);
  EXPECT_EQ(calls, 1);
  line.training->Execute({{{"x", Data({1, 2})}}, {{"y", Data({1, 1})}}});
}

TEST(TrainingGraph, OptimizersAreCopiedWithTheirState) {
  const auto adam = std::make_shared<AdamOptimizer>(OptimizerDescriptor(0.1f));
  Line line(adam);
  for (int i = 0; i < 3; ++i) {
    line.training->Execute({{{"x", Data({1, 2})}}, {{"y", Data({1, 1})}}});
  }
  adam->set_learning_rate(0.5f);
  const AdamOptimizer copy(*adam);
  EXPECT_EQ(copy.time_step(), 4u);
  EXPECT_EQ(copy.learning_rate(), 0.5f);
  EXPECT_EQ(line.weights->optimizer_data().size(), 2u);
}

TEST(TrainingGraph, WaitsWhenItIsDestroyed) {
  std::atomic<int> calls{0};
  {
    Line line;
    for (int i = 0; i < 5; ++i) {
      line.training->ExecuteAsync({{{"x", Data({1, 2})}}, {{"y", Data({1, 1})}}}, 0,
                                  [&](const TensorPtr&, const Error*, double) { ++calls; });
    }
  }
  EXPECT_EQ(calls, 5);
}

}  // namespace
}  // namespace mlcompute
