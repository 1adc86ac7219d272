// MLCLSTMDescriptor.h: sizes and results of an LSTM.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCLSTMDescriptor : NSObject <NSCopying> {
 @package
  NSUInteger _inputSize;
  NSUInteger _hiddenSize;
  NSUInteger _layerCount;
  BOOL _usesBiases;
  BOOL _batchFirst;
  BOOL _isBidirectional;
  BOOL _returnsSequences;
  float _dropout;
  MLCLSTMResultMode _resultMode;
}
@property(readonly, nonatomic) NSUInteger inputSize;
@property(readonly, nonatomic) NSUInteger hiddenSize;
@property(readonly, nonatomic) NSUInteger layerCount;
@property(readonly, nonatomic) BOOL usesBiases;
@property(readonly, nonatomic) BOOL batchFirst;
@property(readonly, nonatomic) BOOL isBidirectional;
@property(readonly, nonatomic) BOOL returnsSequences;
@property(readonly, nonatomic) float dropout;
@property(readonly, nonatomic) MLCLSTMResultMode resultMode;
+ (instancetype)descriptorWithInputSize:(NSUInteger)inputSize
                             hiddenSize:(NSUInteger)hiddenSize
                             layerCount:(NSUInteger)layerCount;
+ (instancetype)descriptorWithInputSize:(NSUInteger)inputSize
                             hiddenSize:(NSUInteger)hiddenSize
                             layerCount:(NSUInteger)layerCount
                             usesBiases:(BOOL)usesBiases
                        isBidirectional:(BOOL)isBidirectional
                                dropout:(float)dropout;
+ (instancetype)descriptorWithInputSize:(NSUInteger)inputSize
                             hiddenSize:(NSUInteger)hiddenSize
                             layerCount:(NSUInteger)layerCount
                             usesBiases:(BOOL)usesBiases
                             batchFirst:(BOOL)batchFirst
                        isBidirectional:(BOOL)isBidirectional
                                dropout:(float)dropout;
+ (instancetype)descriptorWithInputSize:(NSUInteger)inputSize
                             hiddenSize:(NSUInteger)hiddenSize
                             layerCount:(NSUInteger)layerCount
                             usesBiases:(BOOL)usesBiases
                             batchFirst:(BOOL)batchFirst
                        isBidirectional:(BOOL)isBidirectional
                       returnsSequences:(BOOL)returnsSequences
                                dropout:(float)dropout;
+ (instancetype)descriptorWithInputSize:(NSUInteger)inputSize
                             hiddenSize:(NSUInteger)hiddenSize
                             layerCount:(NSUInteger)layerCount
                             usesBiases:(BOOL)usesBiases
                             batchFirst:(BOOL)batchFirst
                        isBidirectional:(BOOL)isBidirectional
                       returnsSequences:(BOOL)returnsSequences
                                dropout:(float)dropout
                             resultMode:(MLCLSTMResultMode)resultMode;
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
