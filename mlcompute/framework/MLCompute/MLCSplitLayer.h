// MLCSplitLayer.h: parts along a dimension.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCSplitLayer : MLCLayer {
 @package
  NSUInteger _dimension;
  NSUInteger _splitCount;
  NSArray<NSNumber *> *_splitSectionLengths;
}
@property(readonly, nonatomic) NSUInteger dimension;
@property(readonly, nonatomic) NSUInteger splitCount;
@property(readonly, nonatomic, nullable, copy) NSArray<NSNumber *> *splitSectionLengths;
+ (instancetype)layerWithSplitCount:(NSUInteger)splitCount dimension:(NSUInteger)dimension;
+ (instancetype)layerWithSplitSectionLengths:(NSArray<NSNumber *> *)splitSectionLengths
                                   dimension:(NSUInteger)dimension;
@end

NS_ASSUME_NONNULL_END
