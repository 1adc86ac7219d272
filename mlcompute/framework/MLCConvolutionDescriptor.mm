// MLCConvolutionDescriptor: arrays are [y, x].
#include "mlcompute/framework/bridge.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

// What the factories are given; the others' defaults.
struct Parts {
  MLCConvolutionType type;
  NSArray<NSNumber*>* kernel;
  NSUInteger inputs;
  NSUInteger outputs;
  NSUInteger groups = 1;
  NSArray<NSNumber*>* strides = nil;
  NSArray<NSNumber*>* dilations = nil;
  MLCPaddingPolicy policy = MLCPaddingPolicySame;
  NSArray<NSNumber*>* padding = nil;
};

id Made(Class kind, const Parts& parts) {
  MLCConvolutionDescriptor* made = New<MLCConvolutionDescriptor>(kind);
  made->_convolutionType = parts.type;
  std::tie(made->_kernelHeight, made->_kernelWidth) = Pair(parts.kernel, 1);
  made->_inputFeatureChannelCount = parts.inputs;
  made->_outputFeatureChannelCount = parts.outputs;
  std::tie(made->_strideInY, made->_strideInX) = Pair(parts.strides, 1);
  std::tie(made->_dilationRateInY, made->_dilationRateInX) = Pair(parts.dilations, 1);
  made->_groupCount = parts.groups;
  made->_paddingPolicy = parts.policy;
  std::tie(made->_paddingSizeInY, made->_paddingSizeInX) = Pair(parts.padding, 0);
  made->_isConvolutionTranspose = parts.type == MLCConvolutionTypeTransposed;
  made->_usesDepthwiseConvolution = parts.type == MLCConvolutionTypeDepthwise;
  return made;
}

}  // namespace

@implementation MLCConvolutionDescriptor
@synthesize convolutionType = _convolutionType;
@synthesize kernelWidth = _kernelWidth;
@synthesize kernelHeight = _kernelHeight;
@synthesize inputFeatureChannelCount = _inputFeatureChannelCount;
@synthesize outputFeatureChannelCount = _outputFeatureChannelCount;
@synthesize strideInX = _strideInX;
@synthesize strideInY = _strideInY;
@synthesize dilationRateInX = _dilationRateInX;
@synthesize dilationRateInY = _dilationRateInY;
@synthesize groupCount = _groupCount;
@synthesize paddingPolicy = _paddingPolicy;
@synthesize paddingSizeInX = _paddingSizeInX;
@synthesize paddingSizeInY = _paddingSizeInY;
@synthesize isConvolutionTranspose = _isConvolutionTranspose;
@synthesize usesDepthwiseConvolution = _usesDepthwiseConvolution;

+ (instancetype)descriptorWithType:(MLCConvolutionType)convolutionType
                       kernelSizes:(NSArray<NSNumber*>*)kernelSizes
          inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
         outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                        groupCount:(NSUInteger)groupCount
                           strides:(NSArray<NSNumber*>*)strides
                     dilationRates:(NSArray<NSNumber*>*)dilationRates
                     paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                      paddingSizes:(NSArray<NSNumber*>*)paddingSizes {
  return Made(self,
              {convolutionType, kernelSizes, inputFeatureChannelCount, outputFeatureChannelCount,
               groupCount, strides, dilationRates, paddingPolicy, paddingSizes});
}

+ (instancetype)descriptorWithKernelWidth:(NSUInteger)kernelWidth
                             kernelHeight:(NSUInteger)kernelHeight
                 inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount {
  return Made(self, {
    MLCConvolutionTypeStandard, @[ @(kernelHeight), @(kernelWidth) ], inputFeatureChannelCount,
        outputFeatureChannelCount
  });
}

+ (instancetype)descriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                 inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                                  strides:(NSArray<NSNumber*>*)strides
                            paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                             paddingSizes:(NSArray<NSNumber*>*)paddingSizes {
  return Made(self, {MLCConvolutionTypeStandard, kernelSizes, inputFeatureChannelCount,
                     outputFeatureChannelCount, 1, strides, nil, paddingPolicy, paddingSizes});
}

+ (instancetype)descriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                 inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                               groupCount:(NSUInteger)groupCount
                                  strides:(NSArray<NSNumber*>*)strides
                            dilationRates:(NSArray<NSNumber*>*)dilationRates
                            paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                             paddingSizes:(NSArray<NSNumber*>*)paddingSizes {
  return Made(self, {MLCConvolutionTypeStandard, kernelSizes, inputFeatureChannelCount,
                     outputFeatureChannelCount, groupCount, strides, dilationRates, paddingPolicy,
                     paddingSizes});
}

+ (instancetype)convolutionTransposeDescriptorWithKernelWidth:(NSUInteger)kernelWidth
                                                 kernelHeight:(NSUInteger)kernelHeight
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                    outputFeatureChannelCount:
                                        (NSUInteger)outputFeatureChannelCount {
  return Made(self, {
    MLCConvolutionTypeTransposed, @[ @(kernelHeight), @(kernelWidth) ], inputFeatureChannelCount,
        outputFeatureChannelCount
  });
}

+ (instancetype)convolutionTransposeDescriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                    outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                                                      strides:(NSArray<NSNumber*>*)strides
                                                paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                                 paddingSizes:(NSArray<NSNumber*>*)paddingSizes {
  return Made(self, {MLCConvolutionTypeTransposed, kernelSizes, inputFeatureChannelCount,
                     outputFeatureChannelCount, 1, strides, nil, paddingPolicy, paddingSizes});
}

+ (instancetype)convolutionTransposeDescriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                    outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                                                   groupCount:(NSUInteger)groupCount
                                                      strides:(NSArray<NSNumber*>*)strides
                                                dilationRates:(NSArray<NSNumber*>*)dilationRates
                                                paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                                 paddingSizes:(NSArray<NSNumber*>*)paddingSizes {
  return Made(self, {MLCConvolutionTypeTransposed, kernelSizes, inputFeatureChannelCount,
                     outputFeatureChannelCount, groupCount, strides, dilationRates, paddingPolicy,
                     paddingSizes});
}

+ (instancetype)depthwiseConvolutionDescriptorWithKernelWidth:(NSUInteger)kernelWidth
                                                 kernelHeight:(NSUInteger)kernelHeight
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                            channelMultiplier:(NSUInteger)channelMultiplier {
  return Made(self, {
    MLCConvolutionTypeDepthwise, @[ @(kernelHeight), @(kernelWidth) ], inputFeatureChannelCount,
        inputFeatureChannelCount* channelMultiplier
  });
}

+ (instancetype)depthwiseConvolutionDescriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                            channelMultiplier:(NSUInteger)channelMultiplier
                                                      strides:(NSArray<NSNumber*>*)strides
                                                paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                                 paddingSizes:(NSArray<NSNumber*>*)paddingSizes {
  return Made(self, {MLCConvolutionTypeDepthwise, kernelSizes, inputFeatureChannelCount,
                     inputFeatureChannelCount * channelMultiplier, 1, strides, nil, paddingPolicy,
                     paddingSizes});
}

+ (instancetype)depthwiseConvolutionDescriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                            channelMultiplier:(NSUInteger)channelMultiplier
                                                      strides:(NSArray<NSNumber*>*)strides
                                                dilationRates:(NSArray<NSNumber*>*)dilationRates
                                                paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                                 paddingSizes:(NSArray<NSNumber*>*)paddingSizes {
  return Made(self, {MLCConvolutionTypeDepthwise, kernelSizes, inputFeatureChannelCount,
                     inputFeatureChannelCount * channelMultiplier, 1, strides, dilationRates,
                     paddingPolicy, paddingSizes});
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}
@end
