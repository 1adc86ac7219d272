// MLCTensor.h: a value of graphs: an input or result without data, a parameter with.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCDevice, MLCTensorData, MLCTensorDescriptor, MLCTensorOptimizerDeviceData;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCTensor : NSObject <NSCopying> {
 @package
  void *_object;
}
@property(readonly, nonatomic) NSUInteger tensorID;
@property(readonly, nonatomic, copy) MLCTensorDescriptor *descriptor;
@property(readonly, nonatomic, nullable, retain) NSData *data;
@property(readwrite, nonatomic, copy) NSString *label;
@property(readonly, nonatomic, nullable, retain) MLCDevice *device;
@property(readonly, nonatomic, copy) NSArray<MLCTensorData *> *optimizerData;
@property(readonly, nonatomic, copy) NSArray<MLCTensorOptimizerDeviceData *> *optimizerDeviceData;
@property(readonly, nonatomic) BOOL hasValidNumerics;
+ (instancetype)tensorWithDescriptor:(MLCTensorDescriptor *)tensorDescriptor;
+ (instancetype)tensorWithDescriptor:(MLCTensorDescriptor *)tensorDescriptor
               randomInitializerType:(MLCRandomInitializerType)randomInitializerType;
+ (instancetype)tensorWithDescriptor:(MLCTensorDescriptor *)tensorDescriptor
                        fillWithData:(NSNumber *)fillData;
+ (instancetype)tensorWithDescriptor:(MLCTensorDescriptor *)tensorDescriptor
                                data:(MLCTensorData *)data;
+ (instancetype)tensorWithShape:(NSArray<NSNumber *> *)shape;
+ (instancetype)tensorWithShape:(NSArray<NSNumber *> *)shape
          randomInitializerType:(MLCRandomInitializerType)randomInitializerType;
+ (instancetype)tensorWithShape:(NSArray<NSNumber *> *)shape
          randomInitializerType:(MLCRandomInitializerType)randomInitializerType
                       dataType:(MLCDataType)dataType
    MLCOMPUTE_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0));
+ (instancetype)tensorWithShape:(NSArray<NSNumber *> *)shape dataType:(MLCDataType)dataType;
+ (instancetype)tensorWithShape:(NSArray<NSNumber *> *)shape
                           data:(MLCTensorData *)data
                       dataType:(MLCDataType)dataType;
+ (instancetype)tensorWithShape:(NSArray<NSNumber *> *)shape
                   fillWithData:(NSNumber *)fillData
                       dataType:(MLCDataType)dataType;
+ (instancetype)tensorWithWidth:(NSUInteger)width
                         height:(NSUInteger)height
            featureChannelCount:(NSUInteger)featureChannelCount
                      batchSize:(NSUInteger)batchSize;
+ (instancetype)tensorWithWidth:(NSUInteger)width
                         height:(NSUInteger)height
            featureChannelCount:(NSUInteger)featureChannelCount
                      batchSize:(NSUInteger)batchSize
                   fillWithData:(float)fillData
                       dataType:(MLCDataType)dataType;
+ (instancetype)tensorWithWidth:(NSUInteger)width
                         height:(NSUInteger)height
            featureChannelCount:(NSUInteger)featureChannelCount
                      batchSize:(NSUInteger)batchSize
          randomInitializerType:(MLCRandomInitializerType)randomInitializerType;
+ (instancetype)tensorWithWidth:(NSUInteger)width
                         height:(NSUInteger)height
            featureChannelCount:(NSUInteger)featureChannelCount
                      batchSize:(NSUInteger)batchSize
                           data:(MLCTensorData *)data;
+ (instancetype)tensorWithWidth:(NSUInteger)width
                         height:(NSUInteger)height
            featureChannelCount:(NSUInteger)featureChannelCount
                      batchSize:(NSUInteger)batchSize
                           data:(MLCTensorData *)data
                       dataType:(MLCDataType)dataType;
+ (instancetype)tensorWithSequenceLength:(NSUInteger)sequenceLength
                     featureChannelCount:(NSUInteger)featureChannelCount
                               batchSize:(NSUInteger)batchSize;
+ (instancetype)tensorWithSequenceLength:(NSUInteger)sequenceLength
                     featureChannelCount:(NSUInteger)featureChannelCount
                               batchSize:(NSUInteger)batchSize
                   randomInitializerType:(MLCRandomInitializerType)randomInitializerType;
+ (instancetype)tensorWithSequenceLength:(NSUInteger)sequenceLength
                     featureChannelCount:(NSUInteger)featureChannelCount
                               batchSize:(NSUInteger)batchSize
                                    data:(nullable MLCTensorData *)data;
+ (nullable instancetype)tensorWithSequenceLengths:(NSArray<NSNumber *> *)sequenceLengths
                                   sortedSequences:(BOOL)sortedSequences
                               featureChannelCount:(NSUInteger)featureChannelCount
                                         batchSize:(NSUInteger)batchSize
                             randomInitializerType:(MLCRandomInitializerType)randomInitializerType;
+ (nullable instancetype)tensorWithSequenceLengths:(NSArray<NSNumber *> *)sequenceLengths
                                   sortedSequences:(BOOL)sortedSequences
                               featureChannelCount:(NSUInteger)featureChannelCount
                                         batchSize:(NSUInteger)batchSize
                                              data:(nullable MLCTensorData *)data;
- (BOOL)synchronizeData;
- (BOOL)synchronizeOptimizerData;
- (BOOL)copyDataFromDeviceMemoryToBytes:(void *)bytes
                                 length:(NSUInteger)length
                  synchronizeWithDevice:(BOOL)synchronizeWithDevice;
- (BOOL)bindAndWriteData:(MLCTensorData *)data toDevice:(MLCDevice *)device;
- (BOOL)bindOptimizerData:(NSArray<MLCTensorData *> *)data
               deviceData:(nullable NSArray<MLCTensorOptimizerDeviceData *> *)deviceData;
- (nullable MLCTensor *)tensorByQuantizingToType:(MLCDataType)type
                                           scale:(float)scale
                                            bias:(NSInteger)bias
    MLCOMPUTE_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0));
- (nullable MLCTensor *)tensorByQuantizingToType:(MLCDataType)type
                                           scale:(MLCTensor *)scale
                                            bias:(MLCTensor *)bias
                                            axis:(NSInteger)axis
    MLCOMPUTE_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0));
- (nullable MLCTensor *)tensorByDequantizingToType:(MLCDataType)type
                                             scale:(MLCTensor *)scale
                                              bias:(MLCTensor *)bias
                                              axis:(NSInteger)axis
    MLCOMPUTE_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0));
- (nullable MLCTensor *)tensorByDequantizingToType:(MLCDataType)type
                                             scale:(MLCTensor *)scale
                                              bias:(MLCTensor *)bias
    MLCOMPUTE_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0));
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
