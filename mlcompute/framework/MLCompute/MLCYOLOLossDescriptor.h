// MLCYOLOLossDescriptor.h: anchor boxes and scales of a detector's loss. A copy has the default
// scales. Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCYOLOLossDescriptor : NSObject <NSCopying> {
 @package
  NSUInteger _anchorBoxCount;
  NSData *_anchorBoxes;
  BOOL _shouldRescore;
  float _scaleSpatialPositionLoss;
  float _scaleSpatialSizeLoss;
  float _scaleNoObjectConfidenceLoss;
  float _scaleObjectConfidenceLoss;
  float _scaleClassLoss;
  float _minimumIOUForObjectPresence;
  float _maximumIOUForObjectAbsence;
}
@property(readonly, nonatomic) NSUInteger anchorBoxCount;
@property(readonly, nonatomic, copy) NSData *anchorBoxes;
@property(readwrite, nonatomic) BOOL shouldRescore;
@property(readwrite, nonatomic) float scaleSpatialPositionLoss;
@property(readwrite, nonatomic) float scaleSpatialSizeLoss;
@property(readwrite, nonatomic) float scaleNoObjectConfidenceLoss;
@property(readwrite, nonatomic) float scaleObjectConfidenceLoss;
@property(readwrite, nonatomic) float scaleClassLoss;
@property(readwrite, nonatomic) float minimumIOUForObjectPresence;
@property(readwrite, nonatomic) float maximumIOUForObjectAbsence;
+ (instancetype)descriptorWithAnchorBoxes:(NSData *)anchorBoxes
                           anchorBoxCount:(NSUInteger)anchorBoxCount;
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
