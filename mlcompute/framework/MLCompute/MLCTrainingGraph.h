// MLCTrainingGraph.h: graphs made ready to be trained; to be compiled before an inference graph of
// the same layers. Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCGraph.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCDevice, MLCLayer, MLCOptimizer, MLCTensor, MLCTensorData, MLCTensorOptimizerDeviceData,
    MLCTensorParameter;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCTrainingGraph : MLCGraph
@property(readonly, nonatomic, nullable, retain) MLCOptimizer *optimizer;
@property(readonly, nonatomic) NSUInteger deviceMemorySize;
+ (instancetype)graphWithGraphObjects:(NSArray<MLCGraph *> *)graphObjects
                            lossLayer:(nullable MLCLayer *)lossLayer
                            optimizer:(nullable MLCOptimizer *)optimizer;
- (BOOL)addInputs:(NSDictionary<NSString *, MLCTensor *> *)inputs
       lossLabels:(nullable NSDictionary<NSString *, MLCTensor *> *)lossLabels;
- (BOOL)addInputs:(NSDictionary<NSString *, MLCTensor *> *)inputs
          lossLabels:(nullable NSDictionary<NSString *, MLCTensor *> *)lossLabels
    lossLabelWeights:(nullable NSDictionary<NSString *, MLCTensor *> *)lossLabelWeights;
- (BOOL)addOutputs:(NSDictionary<NSString *, MLCTensor *> *)outputs;
- (BOOL)stopGradientForTensors:(NSArray<MLCTensor *> *)tensors;
- (BOOL)compileWithOptions:(MLCGraphCompilationOptions)options device:(MLCDevice *)device;
- (BOOL)compileWithOptions:(MLCGraphCompilationOptions)options
                    device:(MLCDevice *)device
              inputTensors:(nullable NSDictionary<NSString *, MLCTensor *> *)inputTensors
          inputTensorsData:(nullable NSDictionary<NSString *, MLCTensorData *> *)inputTensorsData
    MLCOMPUTE_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5));
- (BOOL)compileOptimizer:(MLCOptimizer *)optimizer;
- (BOOL)linkWithGraphs:(NSArray<MLCTrainingGraph *> *)graphs;
- (nullable MLCTensor *)gradientTensorForInput:(MLCTensor *)input;
- (NSArray<MLCTensor *> *)sourceGradientTensorsForLayer:(MLCLayer *)layer;
- (NSArray<MLCTensor *> *)resultGradientTensorsForLayer:(MLCLayer *)layer;
- (nullable NSData *)gradientDataForParameter:(MLCTensor *)parameter layer:(MLCLayer *)layer;
- (nullable MLCTensor *)allocateUserGradientForTensor:(MLCTensor *)tensor;
- (BOOL)executeWithInputsData:(NSDictionary<NSString *, MLCTensorData *> *)inputsData
               lossLabelsData:(nullable NSDictionary<NSString *, MLCTensorData *> *)lossLabelsData
         lossLabelWeightsData:
             (nullable NSDictionary<NSString *, MLCTensorData *> *)lossLabelWeightsData
                    batchSize:(NSUInteger)batchSize
                      options:(MLCExecutionOptions)options
            completionHandler:(nullable MLCGraphCompletionHandler)completionHandler;
- (BOOL)executeWithInputsData:(NSDictionary<NSString *, MLCTensorData *> *)inputsData
               lossLabelsData:(nullable NSDictionary<NSString *, MLCTensorData *> *)lossLabelsData
         lossLabelWeightsData:
             (nullable NSDictionary<NSString *, MLCTensorData *> *)lossLabelWeightsData
                  outputsData:(nullable NSDictionary<NSString *, MLCTensorData *> *)outputsData
                    batchSize:(NSUInteger)batchSize
                      options:(MLCExecutionOptions)options
            completionHandler:(nullable MLCGraphCompletionHandler)completionHandler;
- (BOOL)executeForwardWithBatchSize:(NSUInteger)batchSize
                            options:(MLCExecutionOptions)options
                  completionHandler:(nullable MLCGraphCompletionHandler)completionHandler;
- (BOOL)executeForwardWithBatchSize:(NSUInteger)batchSize
                            options:(MLCExecutionOptions)options
                        outputsData:
                            (nullable NSDictionary<NSString *, MLCTensorData *> *)outputsData
                  completionHandler:(nullable MLCGraphCompletionHandler)completionHandler;
- (BOOL)executeGradientWithBatchSize:(NSUInteger)batchSize
                             options:(MLCExecutionOptions)options
                   completionHandler:(nullable MLCGraphCompletionHandler)completionHandler;
- (BOOL)executeGradientWithBatchSize:(NSUInteger)batchSize
                             options:(MLCExecutionOptions)options
                         outputsData:
                             (nullable NSDictionary<NSString *, MLCTensorData *> *)outputsData
                   completionHandler:(nullable MLCGraphCompletionHandler)completionHandler;
- (BOOL)executeOptimizerUpdateWithOptions:(MLCExecutionOptions)options
                        completionHandler:(nullable MLCGraphCompletionHandler)completionHandler;
- (void)synchronizeUpdates;
- (BOOL)setTrainingTensorParameters:(NSArray<MLCTensorParameter *> *)parameters;
- (BOOL)bindOptimizerData:(NSArray<MLCTensorData *> *)data
               deviceData:(nullable NSArray<MLCTensorOptimizerDeviceData *> *)deviceData
               withTensor:(MLCTensor *)tensor;
@end

NS_ASSUME_NONNULL_END
