// MLCInferenceGraph.h: graphs made ready to run forward.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCGraph.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCDevice, MLCTensor, MLCTensorData;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCInferenceGraph : MLCGraph
@property(readonly, nonatomic) NSUInteger deviceMemorySize;
+ (instancetype)graphWithGraphObjects:(NSArray<MLCGraph *> *)graphObjects;
- (BOOL)addInputs:(NSDictionary<NSString *, MLCTensor *> *)inputs;
- (BOOL)addInputs:(NSDictionary<NSString *, MLCTensor *> *)inputs
          lossLabels:(nullable NSDictionary<NSString *, MLCTensor *> *)lossLabels
    lossLabelWeights:(nullable NSDictionary<NSString *, MLCTensor *> *)lossLabelWeights;
- (BOOL)addOutputs:(NSDictionary<NSString *, MLCTensor *> *)outputs;
- (BOOL)compileWithOptions:(MLCGraphCompilationOptions)options device:(MLCDevice *)device;
- (BOOL)compileWithOptions:(MLCGraphCompilationOptions)options
                    device:(MLCDevice *)device
              inputTensors:(nullable NSDictionary<NSString *, MLCTensor *> *)inputTensors
          inputTensorsData:(nullable NSDictionary<NSString *, MLCTensorData *> *)inputTensorsData
    MLCOMPUTE_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5));
- (BOOL)linkWithGraphs:(NSArray<MLCInferenceGraph *> *)graphs;
- (BOOL)executeWithInputsData:(NSDictionary<NSString *, MLCTensorData *> *)inputsData
                    batchSize:(NSUInteger)batchSize
                      options:(MLCExecutionOptions)options
            completionHandler:(nullable MLCGraphCompletionHandler)completionHandler;
- (BOOL)executeWithInputsData:(NSDictionary<NSString *, MLCTensorData *> *)inputsData
                  outputsData:(nullable NSDictionary<NSString *, MLCTensorData *> *)outputsData
                    batchSize:(NSUInteger)batchSize
                      options:(MLCExecutionOptions)options
            completionHandler:(nullable MLCGraphCompletionHandler)completionHandler;
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
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
