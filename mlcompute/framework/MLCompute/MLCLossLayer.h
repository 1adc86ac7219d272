// MLCLossLayer.h: how far predictions are from labels of their shape.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCLossDescriptor, MLCTensor;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCLossLayer : MLCLayer {
 @package
  MLCLossDescriptor *_descriptor;
  MLCTensor *_weights;
}
@property(readonly, nonatomic, copy) MLCLossDescriptor *descriptor;
@property(readonly, nonatomic, nullable, retain) MLCTensor *weights;
+ (instancetype)layerWithDescriptor:(MLCLossDescriptor *)lossDescriptor;
+ (instancetype)layerWithDescriptor:(MLCLossDescriptor *)lossDescriptor
                            weights:(MLCTensor *)weights;
+ (instancetype)softmaxCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                          labelSmoothing:(float)labelSmoothing
                                              classCount:(NSUInteger)classCount
                                                  weight:(float)weight;
+ (instancetype)softmaxCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                          labelSmoothing:(float)labelSmoothing
                                              classCount:(NSUInteger)classCount
                                                 weights:(nullable MLCTensor *)weights;
+ (instancetype)categoricalCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                              labelSmoothing:(float)labelSmoothing
                                                  classCount:(NSUInteger)classCount
                                                      weight:(float)weight;
+ (instancetype)categoricalCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                              labelSmoothing:(float)labelSmoothing
                                                  classCount:(NSUInteger)classCount
                                                     weights:(nullable MLCTensor *)weights;
+ (instancetype)sigmoidCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                          labelSmoothing:(float)labelSmoothing
                                                  weight:(float)weight;
+ (instancetype)sigmoidCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                          labelSmoothing:(float)labelSmoothing
                                                 weights:(nullable MLCTensor *)weights;
+ (instancetype)logLossWithReductionType:(MLCReductionType)reductionType
                                 epsilon:(float)epsilon
                                  weight:(float)weight;
+ (instancetype)logLossWithReductionType:(MLCReductionType)reductionType
                                 epsilon:(float)epsilon
                                 weights:(nullable MLCTensor *)weights;
+ (instancetype)huberLossWithReductionType:(MLCReductionType)reductionType
                                     delta:(float)delta
                                    weight:(float)weight;
+ (instancetype)huberLossWithReductionType:(MLCReductionType)reductionType
                                     delta:(float)delta
                                   weights:(nullable MLCTensor *)weights;
+ (instancetype)meanAbsoluteErrorLossWithReductionType:(MLCReductionType)reductionType
                                                weight:(float)weight;
+ (instancetype)meanAbsoluteErrorLossWithReductionType:(MLCReductionType)reductionType
                                               weights:(nullable MLCTensor *)weights;
+ (instancetype)meanSquaredErrorLossWithReductionType:(MLCReductionType)reductionType
                                               weight:(float)weight;
+ (instancetype)meanSquaredErrorLossWithReductionType:(MLCReductionType)reductionType
                                              weights:(nullable MLCTensor *)weights;
+ (instancetype)hingeLossWithReductionType:(MLCReductionType)reductionType weight:(float)weight;
+ (instancetype)hingeLossWithReductionType:(MLCReductionType)reductionType
                                   weights:(nullable MLCTensor *)weights;
+ (instancetype)cosineDistanceLossWithReductionType:(MLCReductionType)reductionType
                                             weight:(float)weight;
+ (instancetype)cosineDistanceLossWithReductionType:(MLCReductionType)reductionType
                                            weights:(nullable MLCTensor *)weights;
@end

NS_ASSUME_NONNULL_END
