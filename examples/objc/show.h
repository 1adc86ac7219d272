// examples/objc/show.h: what the examples share.
#pragma once

#import <MLCompute/MLCompute.h>

#include <cstdio>
#include <vector>

// Bytes of `numbers`, which must live as long as they are used.
inline MLCTensorData* DataOf(std::vector<float>& numbers) {
  return [MLCTensorData dataWithBytesNoCopy:numbers.data() length:numbers.size() * sizeof(float)];
}

inline MLCTensor* FloatTensor(NSArray<NSNumber*>* shape, std::vector<float>* numbers = nullptr) {
  if (numbers == nullptr) return [MLCTensor tensorWithShape:shape dataType:MLCDataTypeFloat32];
  return [MLCTensor tensorWithShape:shape data:DataOf(*numbers) dataType:MLCDataTypeFloat32];
}

inline void Show(const char* name, const float* numbers, size_t count) {
  std::printf("%s:", name);
  for (size_t i = 0; i < count; ++i) std::printf(" %.6g", static_cast<double>(numbers[i]));
  std::printf("\n");
}

inline void Show(const char* name, const std::vector<float>& numbers) {
  Show(name, numbers.data(), numbers.size());
}

// The elements that the device has; none if there are none.
inline std::vector<float> ReadBack(MLCTensor* tensor) {
  std::vector<float> numbers(tensor.descriptor.tensorAllocationSizeInBytes / sizeof(float));
  if (![tensor copyDataFromDeviceMemoryToBytes:numbers.data()
                                        length:numbers.size() * sizeof(float)
                         synchronizeWithDevice:NO]) {
    numbers.clear();
  }
  return numbers;
}

// inputs features to outputs features; the weights are [outputs, inputs] in memory.
inline MLCFullyConnectedLayer* Dense(std::vector<float>& weights, std::vector<float>* biases,
                                     NSUInteger inputs, NSUInteger outputs) {
  MLCConvolutionDescriptor* descriptor =
      [MLCConvolutionDescriptor descriptorWithKernelWidth:1
                                             kernelHeight:1
                                 inputFeatureChannelCount:inputs
                                outputFeatureChannelCount:outputs];
  return [MLCFullyConnectedLayer
      layerWithWeights:FloatTensor(@[ @1, @(outputs * inputs), @1, @1 ], &weights)
                biases:(biases ? FloatTensor(@[ @1, @(outputs), @1, @1 ], biases) : nil)descriptor
                      :descriptor];
}

inline MLCOptimizerDescriptor* Rate(float learning_rate) {
  return [MLCOptimizerDescriptor descriptorWithLearningRate:learning_rate
                                            gradientRescale:1
                                         regularizationType:MLCRegularizationTypeNone
                                        regularizationScale:0];
}

// For calls that must succeed.
inline bool Done(BOOL answer, const char* what) {
  if (!answer) std::fprintf(stderr, "NO from %s\n", what);
  return answer;
}
