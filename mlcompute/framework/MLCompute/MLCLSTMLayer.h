// MLCLSTMLayer.h: long short-term memory over [N, T, C]. Gates: input, forget, cell, output.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCActivationDescriptor, MLCLSTMDescriptor, MLCTensor, MLCTensorParameter;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCLSTMLayer : MLCLayer {
 @package
  MLCLSTMDescriptor *_descriptor;
  NSArray<MLCActivationDescriptor *> *_gateActivations;
  MLCActivationDescriptor *_outputResultActivation;
  NSArray<MLCTensor *> *_inputWeights;
  NSArray<MLCTensor *> *_hiddenWeights;
  NSArray<MLCTensor *> *_peepholeWeights;
  NSArray<MLCTensor *> *_biases;
  NSArray<MLCTensorParameter *> *_inputWeightsParameters;
  NSArray<MLCTensorParameter *> *_hiddenWeightsParameters;
  NSArray<MLCTensorParameter *> *_peepholeWeightsParameters;
  NSArray<MLCTensorParameter *> *_biasesParameters;
}
@property(readonly, nonatomic, copy) MLCLSTMDescriptor *descriptor;
@property(readonly, nonatomic, copy) NSArray<MLCActivationDescriptor *> *gateActivations;
@property(readonly, nonatomic, copy) MLCActivationDescriptor *outputResultActivation;
@property(readonly, nonatomic, retain) NSArray<MLCTensor *> *inputWeights;
@property(readonly, nonatomic, retain) NSArray<MLCTensor *> *hiddenWeights;
@property(readonly, nonatomic, nullable, retain) NSArray<MLCTensor *> *peepholeWeights;
@property(readonly, nonatomic, nullable, retain) NSArray<MLCTensor *> *biases;
@property(readonly, nonatomic, retain) NSArray<MLCTensorParameter *> *inputWeightsParameters;
@property(readonly, nonatomic, retain) NSArray<MLCTensorParameter *> *hiddenWeightsParameters;
@property(readonly, nonatomic, nullable, retain)
    NSArray<MLCTensorParameter *> *peepholeWeightsParameters;
@property(readonly, nonatomic, nullable, retain) NSArray<MLCTensorParameter *> *biasesParameters;
+ (nullable instancetype)layerWithDescriptor:(MLCLSTMDescriptor *)descriptor
                                inputWeights:(NSArray<MLCTensor *> *)inputWeights
                               hiddenWeights:(NSArray<MLCTensor *> *)hiddenWeights
                                      biases:(nullable NSArray<MLCTensor *> *)biases;
+ (nullable instancetype)layerWithDescriptor:(MLCLSTMDescriptor *)descriptor
                                inputWeights:(NSArray<MLCTensor *> *)inputWeights
                               hiddenWeights:(NSArray<MLCTensor *> *)hiddenWeights
                             peepholeWeights:(nullable NSArray<MLCTensor *> *)peepholeWeights
                                      biases:(nullable NSArray<MLCTensor *> *)biases;
+ (nullable instancetype)layerWithDescriptor:(MLCLSTMDescriptor *)descriptor
                                inputWeights:(NSArray<MLCTensor *> *)inputWeights
                               hiddenWeights:(NSArray<MLCTensor *> *)hiddenWeights
                             peepholeWeights:(nullable NSArray<MLCTensor *> *)peepholeWeights
                                      biases:(nullable NSArray<MLCTensor *> *)biases
                             gateActivations:(NSArray<MLCActivationDescriptor *> *)gateActivations
                      outputResultActivation:(MLCActivationDescriptor *)outputResultActivation;
@end

NS_ASSUME_NONNULL_END
