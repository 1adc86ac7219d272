// MLCEmbeddingLayer.h: rows of a table; first in a graph, on the CPU only.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCEmbeddingDescriptor, MLCTensor, MLCTensorParameter;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCEmbeddingLayer : MLCLayer {
 @package
  MLCEmbeddingDescriptor *_descriptor;
  MLCTensor *_weights;
  MLCTensorParameter *_weightsParameter;
}
@property(readonly, nonatomic, copy) MLCEmbeddingDescriptor *descriptor;
@property(readonly, nonatomic, retain) MLCTensor *weights;
@property(readonly, nonatomic, retain) MLCTensorParameter *weightsParameter;
+ (instancetype)layerWithDescriptor:(MLCEmbeddingDescriptor *)descriptor
                            weights:(MLCTensor *)weights;
@end

NS_ASSUME_NONNULL_END
