// MLCMultiheadAttentionDescriptor.
#include "mlcompute/framework/bridge.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCMultiheadAttentionDescriptor
@synthesize modelDimension = _modelDimension;
@synthesize keyDimension = _keyDimension;
@synthesize valueDimension = _valueDimension;
@synthesize headCount = _headCount;
@synthesize dropout = _dropout;
@synthesize hasBiases = _hasBiases;
@synthesize hasAttentionBiases = _hasAttentionBiases;
@synthesize addsZeroAttention = _addsZeroAttention;

+ (instancetype)descriptorWithModelDimension:(NSUInteger)modelDimension
                                   headCount:(NSUInteger)headCount {
  return [self descriptorWithModelDimension:modelDimension
                               keyDimension:modelDimension
                             valueDimension:modelDimension
                                  headCount:headCount
                                    dropout:0
                                  hasBiases:NO
                         hasAttentionBiases:NO
                          addsZeroAttention:NO];
}

+ (instancetype)descriptorWithModelDimension:(NSUInteger)modelDimension
                                keyDimension:(NSUInteger)keyDimension
                              valueDimension:(NSUInteger)valueDimension
                                   headCount:(NSUInteger)headCount
                                     dropout:(float)dropout
                                   hasBiases:(BOOL)hasBiases
                          hasAttentionBiases:(BOOL)hasAttentionBiases
                           addsZeroAttention:(BOOL)addsZeroAttention {
  if (headCount == 0) {
    Refuse("an attention without heads");
    return nil;
  }
  MLCMultiheadAttentionDescriptor* made = New<MLCMultiheadAttentionDescriptor>(self);
  made->_modelDimension = modelDimension;
  made->_keyDimension = keyDimension;
  made->_valueDimension = valueDimension;
  made->_headCount = headCount;
  made->_dropout = dropout;
  made->_hasBiases = hasBiases;
  made->_hasAttentionBiases = hasAttentionBiases;
  made->_addsZeroAttention = addsZeroAttention;
  return made;
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}
@end
