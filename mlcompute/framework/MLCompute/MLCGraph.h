// MLCGraph.h: layers applied to tensors. A node that cannot be made is nil.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCDevice, MLCLayer, MLCTensor, MLCTensorData;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCGraph : NSObject {
 @package
  void *_object;
}
@property(readonly, nonatomic, nullable, retain) MLCDevice *device;
@property(readonly, nonatomic) NSArray<MLCLayer *> *layers;
@property(readonly, nonatomic) NSString *summarizedDOTDescription;
+ (instancetype)graph;
- (nullable MLCTensor *)nodeWithLayer:(MLCLayer *)layer source:(MLCTensor *)source;
- (nullable MLCTensor *)nodeWithLayer:(MLCLayer *)layer sources:(NSArray<MLCTensor *> *)sources;
- (nullable MLCTensor *)nodeWithLayer:(MLCLayer *)layer
                              sources:(NSArray<MLCTensor *> *)sources
                        disableUpdate:(BOOL)disableUpdate;
- (nullable MLCTensor *)nodeWithLayer:(MLCLayer *)layer
                              sources:(NSArray<MLCTensor *> *)sources
                           lossLabels:(NSArray<MLCTensor *> *)lossLabels;
- (nullable NSArray<MLCTensor *> *)splitWithSource:(MLCTensor *)source
                                        splitCount:(NSUInteger)splitCount
                                         dimension:(NSUInteger)dimension;
- (nullable NSArray<MLCTensor *> *)splitWithSource:(MLCTensor *)source
                               splitSectionLengths:(NSArray<NSNumber *> *)splitSectionLengths
                                         dimension:(NSUInteger)dimension;
- (nullable MLCTensor *)concatenateWithSources:(NSArray<MLCTensor *> *)sources
                                     dimension:(NSUInteger)dimension;
- (nullable MLCTensor *)reshapeWithShape:(NSArray<NSNumber *> *)shape source:(MLCTensor *)source;
- (nullable MLCTensor *)transposeWithDimensions:(NSArray<NSNumber *> *)dimensions
                                         source:(MLCTensor *)source;
- (nullable MLCTensor *)selectWithSources:(NSArray<MLCTensor *> *)sources
                                condition:(MLCTensor *)condition
    MLCOMPUTE_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5));
- (nullable MLCTensor *)scatterWithDimension:(NSUInteger)dimension
                                      source:(MLCTensor *)source
                                     indices:(MLCTensor *)indices
                                    copyFrom:(MLCTensor *)copyFrom
                               reductionType:(MLCReductionType)reductionType
    MLCOMPUTE_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5));
- (nullable MLCTensor *)gatherWithDimension:(NSUInteger)dimension
                                     source:(MLCTensor *)source
                                    indices:(MLCTensor *)indices
    MLCOMPUTE_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5));
- (BOOL)bindAndWriteData:(NSDictionary<NSString *, MLCTensorData *> *)inputsData
               forInputs:(NSDictionary<NSString *, MLCTensor *> *)inputTensors
                toDevice:(MLCDevice *)device
               batchSize:(NSUInteger)batchSize
             synchronous:(BOOL)synchronous;
- (BOOL)bindAndWriteData:(NSDictionary<NSString *, MLCTensorData *> *)inputsData
               forInputs:(NSDictionary<NSString *, MLCTensor *> *)inputTensors
                toDevice:(MLCDevice *)device
             synchronous:(BOOL)synchronous;
- (NSArray<MLCTensor *> *)sourceTensorsForLayer:(MLCLayer *)layer;
- (NSArray<MLCTensor *> *)resultTensorsForLayer:(MLCLayer *)layer;
@end

NS_ASSUME_NONNULL_END
