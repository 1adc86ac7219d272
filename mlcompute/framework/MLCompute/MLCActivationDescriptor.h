// MLCActivationDescriptor.h: an elementwise function and its parameters.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCActivationDescriptor : NSObject <NSCopying> {
 @package
  MLCActivationType _activationType;
  float _a;
  float _b;
  float _c;
}
@property(readonly, nonatomic) MLCActivationType activationType;
@property(readonly, nonatomic) float a;
@property(readonly, nonatomic) float b;
@property(readonly, nonatomic) float c;
+ (nullable instancetype)descriptorWithType:(MLCActivationType)activationType;
+ (nullable instancetype)descriptorWithType:(MLCActivationType)activationType a:(float)a;
+ (nullable instancetype)descriptorWithType:(MLCActivationType)activationType a:(float)a b:(float)b;
+ (nullable instancetype)descriptorWithType:(MLCActivationType)activationType
                                          a:(float)a
                                          b:(float)b
                                          c:(float)c;
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
