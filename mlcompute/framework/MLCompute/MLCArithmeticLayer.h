// MLCArithmeticLayer.h: elementwise functions of one source or two.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCArithmeticLayer : MLCLayer {
 @package
  MLCArithmeticOperation _operation;
}
@property(readonly, nonatomic) MLCArithmeticOperation operation;
+ (instancetype)layerWithOperation:(MLCArithmeticOperation)operation;
@end

NS_ASSUME_NONNULL_END
