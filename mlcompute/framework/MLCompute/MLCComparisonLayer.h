// MLCComparisonLayer.h: elementwise; the result is Boolean.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5))
@interface MLCComparisonLayer : MLCLayer {
 @package
  MLCComparisonOperation _operation;
}
@property(readonly, nonatomic) MLCComparisonOperation operation;
+ (instancetype)layerWithOperation:(MLCComparisonOperation)operation;
@end

NS_ASSUME_NONNULL_END
