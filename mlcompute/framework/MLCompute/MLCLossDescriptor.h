// MLCLossDescriptor.h: a loss and its parameters.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCLossDescriptor : NSObject <NSCopying> {
 @package
  MLCLossType _lossType;
  MLCReductionType _reductionType;
  float _weight;
  float _labelSmoothing;
  NSUInteger _classCount;
  float _epsilon;
  float _delta;
}
@property(readonly, nonatomic) MLCLossType lossType;
@property(readonly, nonatomic) MLCReductionType reductionType;
@property(readonly, nonatomic) float weight;
@property(readonly, nonatomic) float labelSmoothing;
@property(readonly, nonatomic) NSUInteger classCount;
@property(readonly, nonatomic) float epsilon;
@property(readonly, nonatomic) float delta;
+ (instancetype)descriptorWithType:(MLCLossType)lossType
                     reductionType:(MLCReductionType)reductionType;
+ (instancetype)descriptorWithType:(MLCLossType)lossType
                     reductionType:(MLCReductionType)reductionType
                            weight:(float)weight;
+ (instancetype)descriptorWithType:(MLCLossType)lossType
                     reductionType:(MLCReductionType)reductionType
                            weight:(float)weight
                    labelSmoothing:(float)labelSmoothing
                        classCount:(NSUInteger)classCount;
+ (instancetype)descriptorWithType:(MLCLossType)lossType
                     reductionType:(MLCReductionType)reductionType
                            weight:(float)weight
                    labelSmoothing:(float)labelSmoothing
                        classCount:(NSUInteger)classCount
                           epsilon:(float)epsilon
                             delta:(float)delta;
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
