#include "mlcompute/apple/graph_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace mlcompute::apple {
namespace {

NSArray<NSNumber*>* Array(const int64_t* numbers, size_t count) {
  NSMutableArray* array = [NSMutableArray array];
  for (size_t i = 0; i < count; ++i) {
    [array addObject:[NSNumber numberWithUnsignedInteger:static_cast<NSUInteger>(numbers[i])]];
  }
  return array;
}
NSArray<NSNumber*>* Array(const std::vector<int64_t>& numbers) {
  return Array(numbers.data(), numbers.size());
}
NSArray<NSNumber*>* Pair(const int64_t (&numbers)[2]) { return Array(numbers, 2); }

MLCDataType TypeOf(DataType type) {
  return type == DataType::kBool ? MLCDataTypeBoolean : MLCDataTypeFloat32;
}

MLCDevice* DeviceFor(DeviceType type) {
  switch (type) {
    case DeviceType::kGpu:
      return [MLCDevice gpuDevice];
    case DeviceType::kAny:
      return [MLCDevice deviceWithType:MLCDeviceTypeAny];
    case DeviceType::kAne:
      if (@available(macOS 12.0, *)) return [MLCDevice aneDevice];
      return nil;
    case DeviceType::kCpu:
      break;
  }
  return [MLCDevice cpuDevice];
}

MLCConvolutionDescriptor* ConvolutionFor(const WindowNumbers& window, NSUInteger in,
                                         NSUInteger out) {
  const bool pads = window.padding[0] != 0 || window.padding[1] != 0;
  return [MLCConvolutionDescriptor
      descriptorWithKernelSizes:Pair(window.size)
       inputFeatureChannelCount:in
      outputFeatureChannelCount:out
                     groupCount:static_cast<NSUInteger>(window.groups)
                        strides:Pair(window.strides)
                  dilationRates:Pair(window.dilations)
                  paddingPolicy:pads ? MLCPaddingPolicyUsePaddingSize : MLCPaddingPolicyValid
                   paddingSizes:pads ? Pair(window.padding) : nil];
}

MLCPoolingDescriptor* PoolingFor(const GraphLayer& layer) {
  const WindowNumbers& window = layer.window;
  const bool pads = window.padding[0] != 0 || window.padding[1] != 0;
  const MLCPaddingPolicy policy = pads ? MLCPaddingPolicyUsePaddingSize : MLCPaddingPolicyValid;
  NSArray<NSNumber*>* padding = pads ? Pair(window.padding) : nil;
  if (layer.kind == LayerKind::kMaxPool) {
    return [MLCPoolingDescriptor maxPoolingDescriptorWithKernelSizes:Pair(window.size)
                                                             strides:Pair(window.strides)
                                                       paddingPolicy:policy
                                                        paddingSizes:padding];
  }
  return [MLCPoolingDescriptor averagePoolingDescriptorWithKernelSizes:Pair(window.size)
                                                               strides:Pair(window.strides)
                                                         paddingPolicy:policy
                                                          paddingSizes:padding
                                                  countIncludesPadding:NO];
}

MLCPaddingLayer* PaddingFor(const GraphLayer& layer) {
  NSArray<NSNumber*>* numbers = Array(layer.numbers);
  switch (static_cast<PaddingType>(layer.code)) {
    case PaddingType::kReflect:
      return [MLCPaddingLayer layerWithReflectionPadding:numbers];
    case PaddingType::kSymmetric:
      return [MLCPaddingLayer layerWithSymmetricPadding:numbers];
    case PaddingType::kZero:
    case PaddingType::kConstant:
      break;
  }
  if (layer.a == 0) return [MLCPaddingLayer layerWithZeroPadding:numbers];
  return [MLCPaddingLayer layerWithConstantPadding:numbers constantValue:layer.a];
}

MLCTensorDescriptor* WeightsDescriptor(const Shape& shape) {
  const bool is_filter = shape.rank() == 4;
  return [MLCTensorDescriptor
      convolutionWeightsDescriptorWithWidth:static_cast<NSUInteger>(is_filter ? shape[3] : 1)
                                     height:static_cast<NSUInteger>(is_filter ? shape[2] : 1)
                   inputFeatureChannelCount:static_cast<NSUInteger>(shape[1])
                  outputFeatureChannelCount:static_cast<NSUInteger>(shape[0])
                                   dataType:MLCDataTypeFloat32];
}

MLCTensorDescriptor* BiasesDescriptor(const Shape& shape) {
  return [MLCTensorDescriptor
      convolutionBiasesDescriptorWithFeatureChannelCount:static_cast<NSUInteger>(shape[1])
                                                dataType:MLCDataTypeFloat32];
}

}  // namespace

std::mutex& FrameworkMutex() {
  static std::mutex& mutex = *new std::mutex;
  return mutex;
}

std::string Words(NSString* text) {
  const char* words = text ? [text UTF8String] : nullptr;
  return words ? words : "no reason given";
}

std::string Words(NSException* exception) {
  return Words([exception name]) + ": " + Words([exception reason]);
}

bool Buffer::Allocate(size_t wanted) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  length = (wanted + page - 1) / page * page;
  if (posix_memalign(&bytes, page, length) != 0) return false;
  memset(bytes, 0, length);
  return true;
}

Buffer::~Buffer() { free(bytes); }

GraphParts::~GraphParts() {
  @autoreleasepool {
    [sources release];
    [results release];
    [inputs_data release];
    [outputs_data release];
    [graph release];
    [device release];
    [kept release];
  }
}

// The tensor of a layer's weights or biases, over the buffer of its edge.
MLCTensor* GraphParts::Parameter(int index, MLCTensorDescriptor* descriptor) {
  if (descriptor == nil) return nil;
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    if (plan.inputs[i].tensor != index) continue;
    MLCTensorData* data = [MLCTensorData dataWithBytesNoCopy:inputs[i].bytes
                                                      length:inputs[i].length];
    MLCTensor* parameter = [MLCTensor tensorWithDescriptor:descriptor data:data];
    if (data == nil || parameter == nil) return nil;
    parameters_data[i] = data;
    [kept addObject:data];
    [kept addObject:parameter];
    tensors[static_cast<size_t>(index)] = parameter;
    return parameter;
  }
  return nil;
}

MLCLayer* GraphParts::LayerFor(const GraphLayer& layer) {
  switch (layer.kind) {
    case LayerKind::kActivation: {
      MLCActivationDescriptor* descriptor =
          [MLCActivationDescriptor descriptorWithType:static_cast<MLCActivationType>(layer.code)
                                                    a:layer.a
                                                    b:layer.b];
      return descriptor ? [MLCActivationLayer layerWithDescriptor:descriptor] : nil;
    }
    case LayerKind::kArithmetic:
      return
          [MLCArithmeticLayer layerWithOperation:static_cast<MLCArithmeticOperation>(layer.code)];
    case LayerKind::kComparison:
      if (@available(macOS 11.3, *)) {
        return
            [MLCComparisonLayer layerWithOperation:static_cast<MLCComparisonOperation>(layer.code)];
      }
      return nil;
    case LayerKind::kMatMul: {
      MLCMatMulDescriptor* descriptor = [MLCMatMulDescriptor descriptor];
      return descriptor ? [MLCMatMulLayer layerWithDescriptor:descriptor] : nil;
    }
    case LayerKind::kFullyConnected:
    case LayerKind::kConvolution:
      return WeightedLayerFor(layer);
    case LayerKind::kMaxPool:
    case LayerKind::kAveragePool:
      return [MLCPoolingLayer layerWithDescriptor:PoolingFor(layer)];
    case LayerKind::kPadding:
      return PaddingFor(layer);
    case LayerKind::kSlice: {
      const size_t rank = layer.numbers.size() / 3;
      const int64_t* numbers = layer.numbers.data();
      return [MLCSliceLayer sliceLayerWithStart:Array(numbers, rank)
                                            end:Array(numbers + rank, rank)
                                         stride:Array(numbers + 2 * rank, rank)];
    }
    case LayerKind::kSoftmax:
      return [MLCSoftmaxLayer layerWithOperation:static_cast<MLCSoftmaxOperation>(layer.code)
                                       dimension:static_cast<NSUInteger>(layer.numbers[0])];
    case LayerKind::kReduction: {
      const auto type = static_cast<MLCReductionType>(layer.code);
      if (layer.numbers.size() > 1) {
        if (@available(macOS 11.3, *)) {
          return [MLCReductionLayer layerWithReductionType:type dimensions:Array(layer.numbers)];
        }
        return nil;
      }
      return [MLCReductionLayer layerWithReductionType:type
                                             dimension:static_cast<NSUInteger>(layer.numbers[0])];
    }
    default:
      return nil;
  }
}

MLCLayer* GraphParts::WeightedLayerFor(const GraphLayer& layer) {
  const Shape& shape = ShapeOf(layer.sources[1]);
  MLCTensor* weights = Parameter(layer.sources[1], WeightsDescriptor(shape));
  if (weights == nil) return nil;
  MLCTensor* biases = nil;
  if (layer.sources.size() > 2) {
    biases = Parameter(layer.sources[2], BiasesDescriptor(ShapeOf(layer.sources[2])));
    if (biases == nil) return nil;
  }
  MLCConvolutionDescriptor* descriptor =
      ConvolutionFor(layer.window, static_cast<NSUInteger>(shape[1] * layer.window.groups),
                     static_cast<NSUInteger>(shape[0]));
  if (layer.kind == LayerKind::kFullyConnected) {
    return [MLCFullyConnectedLayer layerWithWeights:weights biases:biases descriptor:descriptor];
  }
  return [MLCConvolutionLayer layerWithWeights:weights biases:biases descriptor:descriptor];
}

MLCTensor* GraphParts::Node(const GraphLayer& layer, std::string* reason) {
  NSMutableArray* from = [NSMutableArray array];
  const bool has_weights =
      layer.kind == LayerKind::kConvolution || layer.kind == LayerKind::kFullyConnected;
  for (size_t i = 0; i < (has_weights ? 1 : layer.sources.size()); ++i) {
    [from addObject:TensorAt(layer.sources[i])];
  }
  const std::string kind = ClassOf(layer.kind);
  MLCLayer* made = nil;
  MLCTensor* result = nil;
  if (layer.kind == LayerKind::kReshape) {
    result = [graph reshapeWithShape:Array(ShapeOf(layer.result).dims())
                              source:[from objectAtIndex:0]];
  } else if (layer.kind == LayerKind::kTranspose) {
    result = [graph transposeWithDimensions:Array(layer.numbers) source:[from objectAtIndex:0]];
  } else if (layer.kind == LayerKind::kConcatenation) {
    result = [graph concatenateWithSources:from
                                 dimension:static_cast<NSUInteger>(layer.numbers[0])];
  } else if (layer.kind == LayerKind::kSelection) {
    MLCTensor* condition = [from objectAtIndex:0];
    NSMutableArray* both = [NSMutableArray array];
    [both addObject:[from objectAtIndex:1]];
    [both addObject:[from objectAtIndex:2]];
    if (@available(macOS 11.3, *)) {
      result = [graph selectWithSources:both condition:condition];
    }
  } else {
    made = LayerFor(layer);
    if (made == nil) {
      *reason = "the framework has no " + kind + " of these numbers";
      return nil;
    }
    [kept addObject:made];
    result = [graph nodeWithLayer:made sources:from];
  }
  if (result == nil) {
    *reason = kind + " does not take its sources";
    return nil;
  }
  const Shape& wanted = ShapeOf(layer.result);
  std::vector<int64_t> found;
  for (NSNumber* one in result.descriptor.shape) {
    found.push_back(static_cast<int64_t>([one unsignedLongValue]));
  }
  if (found != wanted.dims()) {
    *reason = kind + " gives " + Shape(found).ToString() + " instead of " + wanted.ToString();
    return nil;
  }
  layers.push_back(made);
  [kept addObject:result];
  return result;
}

bool GraphParts::Build(DeviceType type, Refusal* refusal) {
  kept = [[NSMutableArray alloc] init];
  device = [DeviceFor(type) retain];
  if (device == nil) {
    refusal->reason = "there is no device of type " + std::string(NameOf(type));
    return false;
  }
  graph = [[MLCGraph graph] retain];
  sources = [[NSMutableDictionary alloc] init];
  results = [[NSMutableDictionary alloc] init];
  inputs_data = [[NSMutableDictionary alloc] init];
  outputs_data = [[NSMutableDictionary alloc] init];
  tensors.resize(plan.tensors.size());
  parameters_data.resize(plan.inputs.size());
  inputs = std::vector<Buffer>(plan.inputs.size());
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    const GraphEdge& edge = plan.inputs[i];
    const TensorType& of = plan.tensors[static_cast<size_t>(edge.tensor)];
    if (!inputs[i].Allocate(of.bytes())) {
      refusal->reason = "no memory for an input";
      return false;
    }
    if (edge.is_parameter) continue;
    MLCTensor* tensor = [MLCTensor tensorWithShape:Array(of.shape.dims())
                                          dataType:TypeOf(of.dtype)];
    MLCTensorData* data = [MLCTensorData dataWithBytesNoCopy:inputs[i].bytes length:of.bytes()];
    if (tensor == nil || data == nil) {
      refusal->reason = "the framework has no tensor " + of.ToString();
      return false;
    }
    tensors[static_cast<size_t>(edge.tensor)] = tensor;
    [sources setObject:tensor forKey:NameOfEdge('x', i)];
    [inputs_data setObject:data forKey:NameOfEdge('x', i)];
    [kept addObject:tensor];
  }
  for (const GraphLayer& layer : plan.layers) {
    refusal->operation = layer.operation;
    MLCTensor* result = Node(layer, &refusal->reason);
    if (result == nil) return false;
    tensors[static_cast<size_t>(layer.result)] = result;
  }
  refusal->operation = -1;
  outputs = std::vector<Buffer>(plan.outputs.size());
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    const int index = plan.outputs[i].tensor;
    if (!outputs[i].Allocate(plan.tensors[static_cast<size_t>(index)].bytes())) {
      refusal->reason = "no memory for an output";
      return false;
    }
    MLCTensorData* data = [MLCTensorData dataWithBytesNoCopy:outputs[i].bytes
                                                      length:outputs[i].length];
    [results setObject:TensorAt(index) forKey:NameOfEdge('y', i)];
    [outputs_data setObject:data forKey:NameOfEdge('y', i)];
  }
  return true;
}

std::string GraphParts::WriteParameters() {
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    if (!plan.inputs[i].is_parameter) continue;
    if (![TensorAt(plan.inputs[i].tensor) bindAndWriteData:parameters_data[i] toDevice:device]) {
      return "MLCTensor bindAndWriteData:toDevice: answered NO";
    }
  }
  return "";
}

NSString* NameOfEdge(char kind, size_t index) {
  return [NSString stringWithFormat:@"%c%d", kind, static_cast<int>(index)];
}

}  // namespace mlcompute::apple
