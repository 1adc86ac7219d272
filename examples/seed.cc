// The first program that was ever written against this API, in C++: the sum of three vectors, on
// another thread. What it prints is what examples/seed.py prints.
#include <cstdio>
#include <memory>
#include <vector>

#include "mlcompute/inference_graph.h"
#include "mlcompute/layers/arithmetic.h"

using namespace mlcompute;

int main() {
  const std::vector<std::vector<float>> vectors = {
      {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f},
      {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f},
      {-0.1f, -0.1f, -0.1f, -0.1f, -0.1f, -0.1f},
  };
  TensorMap inputs;
  DataMap data;
  std::vector<TensorPtr> tensors;
  for (const std::vector<float>& vector : vectors) {
    for (const float x : vector) std::printf("%g ", double{x});
    std::printf("\n");
    tensors.push_back(std::make_shared<Tensor>(TensorDescriptor({6, 1})));
    const std::string name = "data" + std::to_string(tensors.size());
    inputs[name] = tensors.back();
    // The bytes are read where they are, so they have to live until the execution is done.
    data[name] = TensorData::ImmutableNoCopy(vector.data(), vector.size() * sizeof(float));
  }

  try {
    const auto graph = std::make_shared<Graph>();
    const auto add = [] { return std::make_shared<ArithmeticLayer>(ArithmeticOperation::kAdd); };
    const TensorPtr sum =
        graph->Node(add(), {graph->Node(add(), {tensors[0], tensors[1]}), tensors[2]});

    InferenceGraph inference({graph});
    inference.AddInputs(inputs);
    inference.Compile(std::make_shared<Device>(DeviceType::kCpu));
    const PendingExecution pending = inference.ExecuteAsync(
        data, 0, {}, [](const TensorPtr& result, const Error* error, double /*seconds*/) {
          if (error) {
            std::printf("failed: %s\n", error->what());
            return;
          }
          std::vector<float> values(6);
          result->CopyData(values.data(), values.size() * sizeof(float));
          std::printf("MLCTensor %s :", result->label().c_str());
          for (const float x : values) std::printf(" %g", double{x});
          std::printf("\n");
        });
    // Throws what the execution failed with. The handler was called before this returns.
    return pending.get().result == sum ? 0 : 1;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
