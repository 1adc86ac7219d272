// MLCTensorDescriptor.h: element type and shape. Shapes are row-major, outermost axis first;
// strides are in bytes. nil for more than 4 axes or empty ones. Written by
// tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCTensorDescriptor : NSObject <NSCopying> {
 @package
  void *_object;
  MLCDataType _dataType;
  NSUInteger _dimensionCount;
  NSArray<NSNumber *> *_shape;
  NSArray<NSNumber *> *_stride;
  NSUInteger _tensorAllocationSizeInBytes;
  NSArray<NSNumber *> *_sequenceLengths;
  BOOL _sortedSequences;
  NSArray<NSNumber *> *_batchSizePerSequenceStep;
}
@property(readonly, nonatomic) MLCDataType dataType;
@property(readonly, nonatomic) NSUInteger dimensionCount;
@property(readonly, nonatomic, copy) NSArray<NSNumber *> *shape;
@property(readonly, nonatomic, copy) NSArray<NSNumber *> *stride;
@property(readonly, nonatomic) NSUInteger tensorAllocationSizeInBytes;
@property(readonly, nonatomic, nullable, copy) NSArray<NSNumber *> *sequenceLengths;
@property(readonly, nonatomic) BOOL sortedSequences;
@property(readonly, nonatomic, nullable, copy) NSArray<NSNumber *> *batchSizePerSequenceStep;
@property(class, readonly, nonatomic) NSUInteger maxTensorDimensions;
+ (nullable instancetype)descriptorWithShape:(NSArray<NSNumber *> *)shape
                                    dataType:(MLCDataType)dataType;
+ (nullable instancetype)descriptorWithShape:(NSArray<NSNumber *> *)shape
                             sequenceLengths:(NSArray<NSNumber *> *)sequenceLengths
                             sortedSequences:(BOOL)sortedSequences
                                    dataType:(MLCDataType)dataType;
+ (nullable instancetype)descriptorWithWidth:(NSUInteger)width
                                      height:(NSUInteger)height
                         featureChannelCount:(NSUInteger)featureChannels
                                   batchSize:(NSUInteger)batchSize;
+ (nullable instancetype)descriptorWithWidth:(NSUInteger)width
                                      height:(NSUInteger)height
                         featureChannelCount:(NSUInteger)featureChannelCount
                                   batchSize:(NSUInteger)batchSize
                                    dataType:(MLCDataType)dataType;
+ (nullable instancetype)convolutionWeightsDescriptorWithWidth:(NSUInteger)width
                                                        height:(NSUInteger)height
                                      inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                     outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                                                      dataType:(MLCDataType)dataType;
+ (nullable instancetype)
    convolutionWeightsDescriptorWithInputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                   outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                                                    dataType:(MLCDataType)dataType;
+ (nullable instancetype)convolutionBiasesDescriptorWithFeatureChannelCount:
                             (NSUInteger)featureChannelCount
                                                                   dataType:(MLCDataType)dataType;
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
