// MLCEmbeddingDescriptor.h: size and bounds of a table of rows.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCEmbeddingDescriptor : NSObject <NSCopying> {
 @package
  NSNumber *_embeddingCount;
  NSNumber *_embeddingDimension;
  NSNumber *_paddingIndex;
  NSNumber *_maximumNorm;
  NSNumber *_pNorm;
  BOOL _scalesGradientByFrequency;
}
@property(readonly, nonatomic) NSNumber *embeddingCount;
@property(readonly, nonatomic) NSNumber *embeddingDimension;
@property(readonly, nonatomic, nullable) NSNumber *paddingIndex;
@property(readonly, nonatomic, nullable) NSNumber *maximumNorm;
@property(readonly, nonatomic, nullable) NSNumber *pNorm;
@property(readonly, nonatomic) BOOL scalesGradientByFrequency;
+ (nullable instancetype)descriptorWithEmbeddingCount:(NSNumber *)embeddingCount
                                   embeddingDimension:(NSNumber *)embeddingDimension;
+ (nullable instancetype)descriptorWithEmbeddingCount:(NSNumber *)embeddingCount
                                   embeddingDimension:(NSNumber *)embeddingDimension
                                         paddingIndex:(nullable NSNumber *)paddingIndex
                                          maximumNorm:(nullable NSNumber *)maximumNorm
                                                pNorm:(nullable NSNumber *)pNorm
                            scalesGradientByFrequency:(BOOL)scalesGradientByFrequency;
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
