// MLCSelectionLayer.h: condition ? x : y; sources condition, x, y.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5))
@interface MLCSelectionLayer : MLCLayer
+ (instancetype)layer;
@end

NS_ASSUME_NONNULL_END
