// MLCMultiheadAttentionLayer.h: attention of several heads over [N, T, C]. Weights: query, key,
// value, output. Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCMultiheadAttentionDescriptor, MLCTensor, MLCTensorParameter;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCMultiheadAttentionLayer : MLCLayer {
 @package
  MLCMultiheadAttentionDescriptor *_descriptor;
  NSArray<MLCTensor *> *_weights;
  NSArray<MLCTensor *> *_biases;
  NSArray<MLCTensor *> *_attentionBiases;
  NSArray<MLCTensorParameter *> *_weightsParameters;
  NSArray<MLCTensorParameter *> *_biasesParameters;
}
@property(readonly, nonatomic, copy) MLCMultiheadAttentionDescriptor *descriptor;
@property(readonly, nonatomic, retain) NSArray<MLCTensor *> *weights;
@property(readonly, nonatomic, nullable, retain) NSArray<MLCTensor *> *biases;
@property(readonly, nonatomic, nullable, retain) NSArray<MLCTensor *> *attentionBiases;
@property(readonly, nonatomic, retain) NSArray<MLCTensorParameter *> *weightsParameters;
@property(readonly, nonatomic, nullable, retain) NSArray<MLCTensorParameter *> *biasesParameters;
+ (nullable instancetype)layerWithDescriptor:(MLCMultiheadAttentionDescriptor *)descriptor
                                     weights:(NSArray<MLCTensor *> *)weights
                                      biases:(nullable NSArray<MLCTensor *> *)biases
                             attentionBiases:(nullable NSArray<MLCTensor *> *)attentionBiases;
@end

NS_ASSUME_NONNULL_END
