// MLCGramMatrixLayer.h: [N, C, H, W] to the products of channels, [N, 1, C, C].
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCGramMatrixLayer : MLCLayer {
 @package
  float _scale;
}
@property(readonly, nonatomic) float scale;
+ (instancetype)layerWithScale:(float)scale;
@end

NS_ASSUME_NONNULL_END
