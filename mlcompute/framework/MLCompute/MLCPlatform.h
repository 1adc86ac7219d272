// MLCPlatform.h: what the whole process has: the seed of random numbers.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0))
@interface MLCPlatform : NSObject
+ (void)setRNGSeedTo:(NSNumber *)seed;
+ (nullable NSNumber *)getRNGseed;
@end

NS_ASSUME_NONNULL_END
