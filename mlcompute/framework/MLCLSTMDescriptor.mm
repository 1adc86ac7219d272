// MLCLSTMDescriptor.
#include "mlcompute/framework/bridge.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCLSTMDescriptor
@synthesize inputSize = _inputSize;
@synthesize hiddenSize = _hiddenSize;
@synthesize layerCount = _layerCount;
@synthesize usesBiases = _usesBiases;
@synthesize batchFirst = _batchFirst;
@synthesize isBidirectional = _isBidirectional;
@synthesize returnsSequences = _returnsSequences;
@synthesize dropout = _dropout;
@synthesize resultMode = _resultMode;

+ (instancetype)descriptorWithInputSize:(NSUInteger)inputSize
                             hiddenSize:(NSUInteger)hiddenSize
                             layerCount:(NSUInteger)layerCount {
  return [self descriptorWithInputSize:inputSize
                            hiddenSize:hiddenSize
                            layerCount:layerCount
                            usesBiases:YES
                       isBidirectional:NO
                               dropout:0];
}

+ (instancetype)descriptorWithInputSize:(NSUInteger)inputSize
                             hiddenSize:(NSUInteger)hiddenSize
                             layerCount:(NSUInteger)layerCount
                             usesBiases:(BOOL)usesBiases
                        isBidirectional:(BOOL)isBidirectional
                                dropout:(float)dropout {
  return [self descriptorWithInputSize:inputSize
                            hiddenSize:hiddenSize
                            layerCount:layerCount
                            usesBiases:usesBiases
                            batchFirst:YES
                       isBidirectional:isBidirectional
                               dropout:dropout];
}

+ (instancetype)descriptorWithInputSize:(NSUInteger)inputSize
                             hiddenSize:(NSUInteger)hiddenSize
                             layerCount:(NSUInteger)layerCount
                             usesBiases:(BOOL)usesBiases
                             batchFirst:(BOOL)batchFirst
                        isBidirectional:(BOOL)isBidirectional
                                dropout:(float)dropout {
  return [self descriptorWithInputSize:inputSize
                            hiddenSize:hiddenSize
                            layerCount:layerCount
                            usesBiases:usesBiases
                            batchFirst:batchFirst
                       isBidirectional:isBidirectional
                      returnsSequences:YES
                               dropout:dropout];
}

+ (instancetype)descriptorWithInputSize:(NSUInteger)inputSize
                             hiddenSize:(NSUInteger)hiddenSize
                             layerCount:(NSUInteger)layerCount
                             usesBiases:(BOOL)usesBiases
                             batchFirst:(BOOL)batchFirst
                        isBidirectional:(BOOL)isBidirectional
                       returnsSequences:(BOOL)returnsSequences
                                dropout:(float)dropout {
  return [self descriptorWithInputSize:inputSize
                            hiddenSize:hiddenSize
                            layerCount:layerCount
                            usesBiases:usesBiases
                            batchFirst:batchFirst
                       isBidirectional:isBidirectional
                      returnsSequences:returnsSequences
                               dropout:dropout
                            resultMode:MLCLSTMResultModeOutput];
}

+ (instancetype)descriptorWithInputSize:(NSUInteger)inputSize
                             hiddenSize:(NSUInteger)hiddenSize
                             layerCount:(NSUInteger)layerCount
                             usesBiases:(BOOL)usesBiases
                             batchFirst:(BOOL)batchFirst
                        isBidirectional:(BOOL)isBidirectional
                       returnsSequences:(BOOL)returnsSequences
                                dropout:(float)dropout
                             resultMode:(MLCLSTMResultMode)resultMode {
  MLCLSTMDescriptor* made = New<MLCLSTMDescriptor>(self);
  made->_inputSize = inputSize;
  made->_hiddenSize = hiddenSize;
  made->_layerCount = layerCount;
  made->_usesBiases = usesBiases;
  made->_batchFirst = batchFirst;
  made->_isBidirectional = isBidirectional;
  made->_returnsSequences = returnsSequences;
  made->_dropout = dropout;
  made->_resultMode = resultMode;
  return made;
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}
@end
