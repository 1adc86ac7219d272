// MLCConvolutionDescriptor.h: how a convolution moves. Arrays are [y, x] or one number.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCConvolutionDescriptor : NSObject <NSCopying> {
 @package
  MLCConvolutionType _convolutionType;
  NSUInteger _kernelWidth;
  NSUInteger _kernelHeight;
  NSUInteger _inputFeatureChannelCount;
  NSUInteger _outputFeatureChannelCount;
  NSUInteger _strideInX;
  NSUInteger _strideInY;
  NSUInteger _dilationRateInX;
  NSUInteger _dilationRateInY;
  NSUInteger _groupCount;
  MLCPaddingPolicy _paddingPolicy;
  NSUInteger _paddingSizeInX;
  NSUInteger _paddingSizeInY;
  BOOL _isConvolutionTranspose;
  BOOL _usesDepthwiseConvolution;
}
@property(readonly, nonatomic) MLCConvolutionType convolutionType;
@property(readonly, nonatomic) NSUInteger kernelWidth;
@property(readonly, nonatomic) NSUInteger kernelHeight;
@property(readonly, nonatomic) NSUInteger inputFeatureChannelCount;
@property(readonly, nonatomic) NSUInteger outputFeatureChannelCount;
@property(readonly, nonatomic) NSUInteger strideInX;
@property(readonly, nonatomic) NSUInteger strideInY;
@property(readonly, nonatomic) NSUInteger dilationRateInX;
@property(readonly, nonatomic) NSUInteger dilationRateInY;
@property(readonly, nonatomic) NSUInteger groupCount;
@property(readonly, nonatomic) MLCPaddingPolicy paddingPolicy;
@property(readonly, nonatomic) NSUInteger paddingSizeInX;
@property(readonly, nonatomic) NSUInteger paddingSizeInY;
@property(readonly, nonatomic) BOOL isConvolutionTranspose;
@property(readonly, nonatomic) BOOL usesDepthwiseConvolution;
+ (instancetype)descriptorWithType:(MLCConvolutionType)convolutionType
                       kernelSizes:(NSArray<NSNumber *> *)kernelSizes
          inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
         outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                        groupCount:(NSUInteger)groupCount
                           strides:(NSArray<NSNumber *> *)strides
                     dilationRates:(NSArray<NSNumber *> *)dilationRates
                     paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                      paddingSizes:(nullable NSArray<NSNumber *> *)paddingSizes;
+ (instancetype)descriptorWithKernelWidth:(NSUInteger)kernelWidth
                             kernelHeight:(NSUInteger)kernelHeight
                 inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount;
+ (instancetype)descriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                 inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                                  strides:(NSArray<NSNumber *> *)strides
                            paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                             paddingSizes:(nullable NSArray<NSNumber *> *)paddingSizes;
+ (instancetype)descriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                 inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                               groupCount:(NSUInteger)groupCount
                                  strides:(NSArray<NSNumber *> *)strides
                            dilationRates:(NSArray<NSNumber *> *)dilationRates
                            paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                             paddingSizes:(nullable NSArray<NSNumber *> *)paddingSizes;
+ (instancetype)convolutionTransposeDescriptorWithKernelWidth:(NSUInteger)kernelWidth
                                                 kernelHeight:(NSUInteger)kernelHeight
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                    outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount;
+ (instancetype)convolutionTransposeDescriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                    outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                                                      strides:(NSArray<NSNumber *> *)strides
                                                paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                                 paddingSizes:
                                                     (nullable NSArray<NSNumber *> *)paddingSizes;
+ (instancetype)convolutionTransposeDescriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                    outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                                                   groupCount:(NSUInteger)groupCount
                                                      strides:(NSArray<NSNumber *> *)strides
                                                dilationRates:(NSArray<NSNumber *> *)dilationRates
                                                paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                                 paddingSizes:
                                                     (nullable NSArray<NSNumber *> *)paddingSizes;
+ (instancetype)depthwiseConvolutionDescriptorWithKernelWidth:(NSUInteger)kernelWidth
                                                 kernelHeight:(NSUInteger)kernelHeight
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                            channelMultiplier:(NSUInteger)channelMultiplier;
+ (instancetype)depthwiseConvolutionDescriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                            channelMultiplier:(NSUInteger)channelMultiplier
                                                      strides:(NSArray<NSNumber *> *)strides
                                                paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                                 paddingSizes:
                                                     (nullable NSArray<NSNumber *> *)paddingSizes;
+ (instancetype)depthwiseConvolutionDescriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                                     inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                            channelMultiplier:(NSUInteger)channelMultiplier
                                                      strides:(NSArray<NSNumber *> *)strides
                                                dilationRates:(NSArray<NSNumber *> *)dilationRates
                                                paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                                 paddingSizes:
                                                     (nullable NSArray<NSNumber *> *)paddingSizes;
@end

NS_ASSUME_NONNULL_END
