// MLCSliceLayer.h: from start to before end in steps of stride.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCSliceLayer : MLCLayer {
 @package
  NSArray<NSNumber *> *_start;
  NSArray<NSNumber *> *_end;
  NSArray<NSNumber *> *_stride;
}
@property(readonly, nonatomic, copy) NSArray<NSNumber *> *start;
@property(readonly, nonatomic, copy) NSArray<NSNumber *> *end;
@property(readonly, nonatomic, nullable, copy) NSArray<NSNumber *> *stride;
+ (nullable instancetype)sliceLayerWithStart:(NSArray<NSNumber *> *)start
                                         end:(NSArray<NSNumber *> *)end
                                      stride:(nullable NSArray<NSNumber *> *)stride;
@end

NS_ASSUME_NONNULL_END
