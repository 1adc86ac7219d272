// MLCConvolutionLayer.h: [N, I, H, W] to [N, O, H', W']. Weights [1, O * I / groups, height,
// width], biases [1, O, 1, 1], else the layer is empty and makes no node. Written by
// tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCConvolutionDescriptor, MLCTensor, MLCTensorParameter;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCConvolutionLayer : MLCLayer {
 @package
  MLCConvolutionDescriptor *_descriptor;
  MLCTensor *_weights;
  MLCTensor *_biases;
  MLCTensorParameter *_weightsParameter;
  MLCTensorParameter *_biasesParameter;
}
@property(readonly, nonatomic, copy) MLCConvolutionDescriptor *descriptor;
@property(readonly, nonatomic, retain) MLCTensor *weights;
@property(readonly, nonatomic, nullable, retain) MLCTensor *biases;
@property(readonly, nonatomic, retain) MLCTensorParameter *weightsParameter;
@property(readonly, nonatomic, nullable, retain) MLCTensorParameter *biasesParameter;
+ (nullable instancetype)layerWithWeights:(MLCTensor *)weights
                                   biases:(nullable MLCTensor *)biases
                               descriptor:(MLCConvolutionDescriptor *)descriptor;
@end

NS_ASSUME_NONNULL_END
