// MLCMultiheadAttentionDescriptor.h: sizes of an attention.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCMultiheadAttentionDescriptor : NSObject <NSCopying> {
 @package
  NSUInteger _modelDimension;
  NSUInteger _keyDimension;
  NSUInteger _valueDimension;
  NSUInteger _headCount;
  float _dropout;
  BOOL _hasBiases;
  BOOL _hasAttentionBiases;
  BOOL _addsZeroAttention;
}
@property(readonly, nonatomic) NSUInteger modelDimension;
@property(readonly, nonatomic) NSUInteger keyDimension;
@property(readonly, nonatomic) NSUInteger valueDimension;
@property(readonly, nonatomic) NSUInteger headCount;
@property(readonly, nonatomic) float dropout;
@property(readonly, nonatomic) BOOL hasBiases;
@property(readonly, nonatomic) BOOL hasAttentionBiases;
@property(readonly, nonatomic) BOOL addsZeroAttention;
+ (nullable instancetype)descriptorWithModelDimension:(NSUInteger)modelDimension
                                         keyDimension:(NSUInteger)keyDimension
                                       valueDimension:(NSUInteger)valueDimension
                                            headCount:(NSUInteger)headCount
                                              dropout:(float)dropout
                                            hasBiases:(BOOL)hasBiases
                                   hasAttentionBiases:(BOOL)hasAttentionBiases
                                    addsZeroAttention:(BOOL)addsZeroAttention;
+ (instancetype)descriptorWithModelDimension:(NSUInteger)modelDimension
                                   headCount:(NSUInteger)headCount;
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
