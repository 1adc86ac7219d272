// MLCPoolingDescriptor: arrays are [y, x].
#include "mlcompute/framework/bridge.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

id Made(Class kind, MLCPoolingType type, NSArray<NSNumber*>* kernel, NSArray<NSNumber*>* strides,
        NSArray<NSNumber*>* dilations, MLCPaddingPolicy policy, NSArray<NSNumber*>* padding,
        BOOL counts_padding = NO) {
  MLCPoolingDescriptor* made = New<MLCPoolingDescriptor>(kind);
  made->_poolingType = type;
  std::tie(made->_kernelHeight, made->_kernelWidth) = Pair(kernel, 1);
  std::tie(made->_strideInY, made->_strideInX) = Pair(strides, 1);
  std::tie(made->_dilationRateInY, made->_dilationRateInX) = Pair(dilations, 1);
  made->_paddingPolicy = policy;
  std::tie(made->_paddingSizeInY, made->_paddingSizeInX) = Pair(padding, 0);
  made->_countIncludesPadding = counts_padding;
  return made;
}

}  // namespace

@implementation MLCPoolingDescriptor
@synthesize poolingType = _poolingType;
@synthesize kernelWidth = _kernelWidth;
@synthesize kernelHeight = _kernelHeight;
@synthesize strideInX = _strideInX;
@synthesize strideInY = _strideInY;
@synthesize dilationRateInX = _dilationRateInX;
@synthesize dilationRateInY = _dilationRateInY;
@synthesize paddingPolicy = _paddingPolicy;
@synthesize paddingSizeInX = _paddingSizeInX;
@synthesize paddingSizeInY = _paddingSizeInY;
@synthesize countIncludesPadding = _countIncludesPadding;

+ (instancetype)poolingDescriptorWithType:(MLCPoolingType)poolingType
                               kernelSize:(NSUInteger)kernelSize
                                   stride:(NSUInteger)stride {
  return Made(self, poolingType, @[ @(kernelSize) ], @[ @(stride) ], nil, MLCPaddingPolicySame,
              nil);
}

+ (instancetype)maxPoolingDescriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                                            strides:(NSArray<NSNumber*>*)strides
                                      paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                       paddingSizes:(NSArray<NSNumber*>*)paddingSizes {
  return Made(self, MLCPoolingTypeMax, kernelSizes, strides, nil, paddingPolicy, paddingSizes);
}

+ (instancetype)maxPoolingDescriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                                            strides:(NSArray<NSNumber*>*)strides
                                      dilationRates:(NSArray<NSNumber*>*)dilationRates
                                      paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                       paddingSizes:(NSArray<NSNumber*>*)paddingSizes {
  return Made(self, MLCPoolingTypeMax, kernelSizes, strides, dilationRates, paddingPolicy,
              paddingSizes);
}

+ (instancetype)averagePoolingDescriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                                                strides:(NSArray<NSNumber*>*)strides
                                          paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                           paddingSizes:(NSArray<NSNumber*>*)paddingSizes
                                   countIncludesPadding:(BOOL)countIncludesPadding {
  return Made(self, MLCPoolingTypeAverage, kernelSizes, strides, nil, paddingPolicy, paddingSizes,
              countIncludesPadding);
}

+ (instancetype)averagePoolingDescriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                                                strides:(NSArray<NSNumber*>*)strides
                                          dilationRates:(NSArray<NSNumber*>*)dilationRates
                                          paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                           paddingSizes:(NSArray<NSNumber*>*)paddingSizes
                                   countIncludesPadding:(BOOL)countIncludesPadding {
  return Made(self, MLCPoolingTypeAverage, kernelSizes, strides, dilationRates, paddingPolicy,
              paddingSizes, countIncludesPadding);
}

+ (instancetype)l2NormPoolingDescriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                                               strides:(NSArray<NSNumber*>*)strides
                                         paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                          paddingSizes:(NSArray<NSNumber*>*)paddingSizes {
  return Made(self, MLCPoolingTypeL2Norm, kernelSizes, strides, nil, paddingPolicy, paddingSizes);
}

+ (instancetype)l2NormPoolingDescriptorWithKernelSizes:(NSArray<NSNumber*>*)kernelSizes
                                               strides:(NSArray<NSNumber*>*)strides
                                         dilationRates:(NSArray<NSNumber*>*)dilationRates
                                         paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                          paddingSizes:(NSArray<NSNumber*>*)paddingSizes {
  return Made(self, MLCPoolingTypeL2Norm, kernelSizes, strides, dilationRates, paddingPolicy,
              paddingSizes);
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}
@end
