// MLCPoolingDescriptor.h: how a pooling window moves. Arrays are [y, x] or one number.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCPoolingDescriptor : NSObject <NSCopying> {
 @package
  MLCPoolingType _poolingType;
  NSUInteger _kernelWidth;
  NSUInteger _kernelHeight;
  NSUInteger _strideInX;
  NSUInteger _strideInY;
  NSUInteger _dilationRateInX;
  NSUInteger _dilationRateInY;
  MLCPaddingPolicy _paddingPolicy;
  NSUInteger _paddingSizeInX;
  NSUInteger _paddingSizeInY;
  BOOL _countIncludesPadding;
}
@property(readonly, nonatomic) MLCPoolingType poolingType;
@property(readonly, nonatomic) NSUInteger kernelWidth;
@property(readonly, nonatomic) NSUInteger kernelHeight;
@property(readonly, nonatomic) NSUInteger strideInX;
@property(readonly, nonatomic) NSUInteger strideInY;
@property(readonly, nonatomic) NSUInteger dilationRateInX;
@property(readonly, nonatomic) NSUInteger dilationRateInY;
@property(readonly, nonatomic) MLCPaddingPolicy paddingPolicy;
@property(readonly, nonatomic) NSUInteger paddingSizeInX;
@property(readonly, nonatomic) NSUInteger paddingSizeInY;
@property(readonly, nonatomic) BOOL countIncludesPadding;
+ (instancetype)poolingDescriptorWithType:(MLCPoolingType)poolingType
                               kernelSize:(NSUInteger)kernelSize
                                   stride:(NSUInteger)stride;
+ (instancetype)maxPoolingDescriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                                            strides:(NSArray<NSNumber *> *)strides
                                      paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                       paddingSizes:(nullable NSArray<NSNumber *> *)paddingSizes;
+ (instancetype)maxPoolingDescriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                                            strides:(NSArray<NSNumber *> *)strides
                                      dilationRates:(NSArray<NSNumber *> *)dilationRates
                                      paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                       paddingSizes:(nullable NSArray<NSNumber *> *)paddingSizes;
+ (instancetype)averagePoolingDescriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                                                strides:(NSArray<NSNumber *> *)strides
                                          paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                           paddingSizes:(nullable NSArray<NSNumber *> *)paddingSizes
                                   countIncludesPadding:(BOOL)countIncludesPadding;
+ (instancetype)averagePoolingDescriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                                                strides:(NSArray<NSNumber *> *)strides
                                          dilationRates:(NSArray<NSNumber *> *)dilationRates
                                          paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                           paddingSizes:(nullable NSArray<NSNumber *> *)paddingSizes
                                   countIncludesPadding:(BOOL)countIncludesPadding;
+ (instancetype)l2NormPoolingDescriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                                               strides:(NSArray<NSNumber *> *)strides
                                         paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                          paddingSizes:(nullable NSArray<NSNumber *> *)paddingSizes;
+ (instancetype)l2NormPoolingDescriptorWithKernelSizes:(NSArray<NSNumber *> *)kernelSizes
                                               strides:(NSArray<NSNumber *> *)strides
                                         dilationRates:(NSArray<NSNumber *> *)dilationRates
                                         paddingPolicy:(MLCPaddingPolicy)paddingPolicy
                                          paddingSizes:(nullable NSArray<NSNumber *> *)paddingSizes;
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
