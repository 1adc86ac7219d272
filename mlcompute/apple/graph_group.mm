#include "mlcompute/apple/graph_group.h"

#import <MLCompute/MLCompute.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mutex>
#include <utility>
#include <vector>

namespace mlcompute::apple {
namespace {

// Whether several threads may execute graphs is not documented.
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
    case DeviceType::kCpu:
    case DeviceType::kAne:
      break;
  }
  return [MLCDevice cpuDevice];
}

// Whole pages, which a GPU needs of outputs.
struct Buffer {
  void* bytes = nullptr;
  size_t length = 0;

  bool Allocate(size_t wanted) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    length = (wanted + page - 1) / page * page;
    if (posix_memalign(&bytes, page, length) != 0) return false;
    memset(bytes, 0, length);
    return true;
  }
};

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

}  // namespace

struct GraphGroup::State {
  GraphPlan plan;
  std::vector<Buffer> inputs;
  std::vector<Buffer> outputs;
  std::vector<MLCTensor*> tensors;  // retained by the graph and `kept`
  NSMutableArray* kept = nil;
  MLCDevice* device = nil;
  MLCGraph* graph = nil;
  MLCInferenceGraph* inference = nil;
  NSMutableDictionary* inputs_data = nil;
  NSMutableDictionary* outputs_data = nil;

  ~State() {
    @autoreleasepool {
      [inputs_data release];
      [outputs_data release];
      [inference release];
      [graph release];
      [device release];
      [kept release];
    }
    for (const Buffer& buffer : inputs) free(buffer.bytes);
    for (const Buffer& buffer : outputs) free(buffer.bytes);
  }

  MLCTensor* Source(int index) const { return tensors[static_cast<size_t>(index)]; }
  const Shape& ShapeOf(int index) const { return plan.tensors[static_cast<size_t>(index)].shape; }

  // The tensor of a convolution's or product's weights, over the buffer of its edge.
  MLCTensor* Weights(const GraphLayer& layer) {
    const int index = layer.sources[1];
    const Shape& shape = ShapeOf(index);
    MLCTensorDescriptor* descriptor = [MLCTensorDescriptor
        convolutionWeightsDescriptorWithWidth:static_cast<NSUInteger>(shape.rank() == 4 ? shape[3]
                                                                                        : 1)
                                       height:static_cast<NSUInteger>(shape.rank() == 4 ? shape[2]
                                                                                        : 1)
                     inputFeatureChannelCount:static_cast<NSUInteger>(shape[1])
                    outputFeatureChannelCount:static_cast<NSUInteger>(shape[0])
                                     dataType:MLCDataTypeFloat32];
    if (descriptor == nil) return nil;
    for (size_t i = 0; i < plan.inputs.size(); ++i) {
      if (plan.inputs[i].tensor != index) continue;
      MLCTensorData* data = [MLCTensorData dataWithBytesNoCopy:inputs[i].bytes
                                                        length:inputs[i].length];
      MLCTensor* weights = [MLCTensor tensorWithDescriptor:descriptor data:data];
      if (data == nil || weights == nil) return nil;
      [kept addObject:data];
      [kept addObject:weights];
      tensors[static_cast<size_t>(index)] = weights;
      return weights;
    }
    return nil;
  }

  MLCLayer* LayerFor(const GraphLayer& layer) {
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
          return [MLCComparisonLayer
              layerWithOperation:static_cast<MLCComparisonOperation>(layer.code)];
        }
        return nil;
      case LayerKind::kMatMul: {
        MLCMatMulDescriptor* descriptor = [MLCMatMulDescriptor descriptor];
        return descriptor ? [MLCMatMulLayer layerWithDescriptor:descriptor] : nil;
      }
      case LayerKind::kFullyConnected: {
        MLCTensor* weights = Weights(layer);
        const Shape& shape = ShapeOf(layer.sources[1]);
        if (weights == nil) return nil;
        return [MLCFullyConnectedLayer
            layerWithWeights:weights
                      biases:nil
                  descriptor:ConvolutionFor({}, static_cast<NSUInteger>(shape[1]),
                                            static_cast<NSUInteger>(shape[0]))];
      }
      case LayerKind::kConvolution: {
        MLCTensor* weights = Weights(layer);
        const Shape& shape = ShapeOf(layer.sources[1]);
        if (weights == nil) return nil;
        return [MLCConvolutionLayer
            layerWithWeights:weights
                      biases:nil
                  descriptor:ConvolutionFor(layer.window,
                                            static_cast<NSUInteger>(shape[1] * layer.window.groups),
                                            static_cast<NSUInteger>(shape[0]))];
      }
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

  // nil, with the reason, where the framework has no such node.
  MLCTensor* Node(const GraphLayer& layer, std::string* reason) {
    NSMutableArray* sources = [NSMutableArray array];
    const bool has_weights =
        layer.kind == LayerKind::kConvolution || layer.kind == LayerKind::kFullyConnected;
    for (size_t i = 0; i < (has_weights ? 1 : layer.sources.size()); ++i) {
      [sources addObject:Source(layer.sources[i])];
    }
    const std::string kind = ClassOf(layer.kind);
    MLCTensor* result = nil;
    if (layer.kind == LayerKind::kReshape) {
      result = [graph reshapeWithShape:Array(ShapeOf(layer.result).dims())
                                source:[sources objectAtIndex:0]];
    } else if (layer.kind == LayerKind::kTranspose) {
      result = [graph transposeWithDimensions:Array(layer.numbers)
                                       source:[sources objectAtIndex:0]];
    } else if (layer.kind == LayerKind::kConcatenation) {
      result = [graph concatenateWithSources:sources
                                   dimension:static_cast<NSUInteger>(layer.numbers[0])];
    } else if (layer.kind == LayerKind::kSelection) {
      MLCTensor* condition = [sources objectAtIndex:0];
      NSMutableArray* both = [NSMutableArray array];
      [both addObject:[sources objectAtIndex:1]];
      [both addObject:[sources objectAtIndex:2]];
      if (@available(macOS 11.3, *)) {
        result = [graph selectWithSources:both condition:condition];
      }
    } else {
      MLCLayer* made = LayerFor(layer);
      if (made == nil) {
        *reason = "the framework has no " + kind + " of these numbers";
        return nil;
      }
      result = [graph nodeWithLayer:made sources:sources];
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
    [kept addObject:result];
    return result;
  }

  bool Build(DeviceType type, Refusal* refusal) {
    kept = [[NSMutableArray alloc] init];
    device = [DeviceFor(type) retain];
    if (device == nil) {
      refusal->reason = "there is no device of type " + std::string(NameOf(type));
      return false;
    }
    graph = [[MLCGraph graph] retain];
    inputs_data = [[NSMutableDictionary alloc] init];
    outputs_data = [[NSMutableDictionary alloc] init];
    tensors.resize(plan.tensors.size());
    NSMutableDictionary* sources = [NSMutableDictionary dictionary];
    inputs.resize(plan.inputs.size());
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
      NSString* name = [NSString stringWithFormat:@"x%d", static_cast<int>(i)];
      tensors[static_cast<size_t>(edge.tensor)] = tensor;
      [sources setObject:tensor forKey:name];
      [inputs_data setObject:data forKey:name];
      [kept addObject:tensor];
    }
    for (const GraphLayer& layer : plan.layers) {
      refusal->operation = layer.operation;
      MLCTensor* result = Node(layer, &refusal->reason);
      if (result == nil) return false;
      tensors[static_cast<size_t>(layer.result)] = result;
    }
    refusal->operation = -1;
    NSMutableDictionary* results = [NSMutableDictionary dictionary];
    outputs.resize(plan.outputs.size());
    for (size_t i = 0; i < plan.outputs.size(); ++i) {
      const int index = plan.outputs[i].tensor;
      if (!outputs[i].Allocate(plan.tensors[static_cast<size_t>(index)].bytes())) {
        refusal->reason = "no memory for an output";
        return false;
      }
      MLCTensorData* data = [MLCTensorData dataWithBytesNoCopy:outputs[i].bytes
                                                        length:outputs[i].length];
      NSString* name = [NSString stringWithFormat:@"y%d", static_cast<int>(i)];
      [results setObject:Source(index) forKey:name];
      [outputs_data setObject:data forKey:name];
    }
    NSMutableArray* graphs = [NSMutableArray array];
    [graphs addObject:graph];
    inference = [[MLCInferenceGraph graphWithGraphObjects:graphs] retain];
    if (inference == nil) {
      refusal->reason = "MLCInferenceGraph is nil";
    } else if (![inference addInputs:sources]) {
      refusal->reason = "MLCInferenceGraph does not take the inputs";
    } else if (![inference addOutputs:results]) {
      refusal->reason = "MLCInferenceGraph does not take the outputs";
    } else if (![inference compileWithOptions:MLCGraphCompilationOptionsNone device:device]) {
      refusal->reason = "MLCInferenceGraph does not compile";
    } else {
      return true;
    }
    return false;
  }

  std::string Execute(bool parameters_changed) {
    if (parameters_changed) {
      for (size_t i = 0; i < plan.inputs.size(); ++i) {
        if (!plan.inputs[i].is_parameter) continue;
        MLCTensorData* data = [MLCTensorData dataWithBytesNoCopy:inputs[i].bytes
                                                          length:inputs[i].length];
        if (![Source(plan.inputs[i].tensor) bindAndWriteData:data toDevice:device]) {
          return "MLCTensor bindAndWriteData:toDevice: answered NO";
        }
      }
    }
    __block bool called = false;
    __block std::string reason;
    const BOOL done =
        [inference executeWithInputsData:inputs_data
                             outputsData:outputs_data
                               batchSize:0
                                 options:MLCExecutionOptionsSynchronous
                       completionHandler:^(MLCTensor* result, NSError* error, NSTimeInterval) {
                         called = true;
                         (void)result;
                         if (error) reason = Words([error localizedDescription]);
                       }];
    if (!reason.empty()) return reason;
    if (!done) return "MLCInferenceGraph executeWithInputsData: answered NO";
    if (!called) return "MLCInferenceGraph did not call its handler";
    return "";
  }
};

GraphGroup::GraphGroup() : state_(new State) {}
GraphGroup::~GraphGroup() {
  const std::lock_guard<std::mutex> lock(FrameworkMutex());
  state_.reset();
}

std::unique_ptr<GraphGroup> GraphGroup::Make(const GraphPlan& plan, DeviceType device,
                                             Refusal* refusal) {
  std::unique_ptr<GraphGroup> group(new GraphGroup);
  bool built = false;
  {
    const std::lock_guard<std::mutex> lock(FrameworkMutex());
    @autoreleasepool {
      group->state_->plan = plan;
      @try {
        built = group->state_->Build(device, refusal);
      } @catch (NSException* exception) {
        refusal->reason = Words(exception);
      }
    }
  }
  return built ? std::move(group) : nullptr;
}

void* GraphGroup::input(size_t index) const { return state_->inputs[index].bytes; }
const void* GraphGroup::output(size_t index) const { return state_->outputs[index].bytes; }

std::string GraphGroup::Execute(bool parameters_changed) {
  const std::lock_guard<std::mutex> lock(FrameworkMutex());
  std::string reason;
  @autoreleasepool {
    @try {
      reason = state_->Execute(parameters_changed);
    } @catch (NSException* exception) {
      reason = Words(exception);
    }
  }
  return reason;
}

}  // namespace mlcompute::apple
