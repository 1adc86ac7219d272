// MLCLossDescriptor.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/loss.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCLossDescriptor
@synthesize lossType = _lossType;
@synthesize reductionType = _reductionType;
@synthesize weight = _weight;
@synthesize labelSmoothing = _labelSmoothing;
@synthesize classCount = _classCount;
@synthesize epsilon = _epsilon;
@synthesize delta = _delta;

+ (instancetype)descriptorWithType:(MLCLossType)lossType
                     reductionType:(MLCReductionType)reductionType {
  return [self descriptorWithType:lossType reductionType:reductionType weight:1];
}

+ (instancetype)descriptorWithType:(MLCLossType)lossType
                     reductionType:(MLCReductionType)reductionType
                            weight:(float)weight {
  return [self descriptorWithType:lossType
                    reductionType:reductionType
                           weight:weight
                   labelSmoothing:0
                       classCount:1];
}

+ (instancetype)descriptorWithType:(MLCLossType)lossType
                     reductionType:(MLCReductionType)reductionType
                            weight:(float)weight
                    labelSmoothing:(float)labelSmoothing
                        classCount:(NSUInteger)classCount {
  const LossDescriptor defaults{static_cast<LossType>(lossType)};
  return [self descriptorWithType:lossType
                    reductionType:reductionType
                           weight:weight
                   labelSmoothing:labelSmoothing
                       classCount:classCount
                          epsilon:defaults.epsilon
                            delta:defaults.delta];
}

+ (instancetype)descriptorWithType:(MLCLossType)lossType
                     reductionType:(MLCReductionType)reductionType
                            weight:(float)weight
                    labelSmoothing:(float)labelSmoothing
                        classCount:(NSUInteger)classCount
                           epsilon:(float)epsilon
                             delta:(float)delta {
  MLCLossDescriptor* made = New<MLCLossDescriptor>(self);
  made->_lossType = lossType;
  made->_reductionType = reductionType;
  made->_weight = weight;
  made->_labelSmoothing = labelSmoothing;
  made->_classCount = classCount;
  made->_epsilon = epsilon;
  made->_delta = delta;
  return made;
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}
@end
