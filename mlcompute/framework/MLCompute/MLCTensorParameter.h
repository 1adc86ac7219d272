// MLCTensorParameter.h: a tensor that an optimizer may update, and whether it does.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCTensor, MLCTensorData;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCTensorParameter : NSObject {
 @package
  void *_object;
  MLCTensor *_tensor;
}
@property(readonly, nonatomic, retain) MLCTensor *tensor;
@property(readwrite, nonatomic) BOOL isUpdatable;
+ (instancetype)parameterWithTensor:(MLCTensor *)tensor;
+ (instancetype)parameterWithTensor:(MLCTensor *)tensor
                      optimizerData:(nullable NSArray<MLCTensorData *> *)optimizerData;
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
