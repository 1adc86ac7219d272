// MLCAdamWOptimizer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/framework/optimizer.h"
#include "mlcompute/optimizers/adam.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCAdamWOptimizer
@synthesize beta1 = _beta1;
@synthesize beta2 = _beta2;
@synthesize epsilon = _epsilon;
@synthesize usesAMSGrad = _usesAMSGrad;

- (NSUInteger)timeStep {
  const auto adam = std::dynamic_pointer_cast<AdamOptimizer>(OptimizerOf(self));
  return adam ? adam->time_step() : _timeStep;
}

+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor*)optimizerDescriptor {
  return [self optimizerWithDescriptor:optimizerDescriptor
                                 beta1:0.9f
                                 beta2:0.999f
                               epsilon:1e-8f
                           usesAMSGrad:NO
                              timeStep:1];
}

+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor*)optimizerDescriptor
                                  beta1:(float)beta1
                                  beta2:(float)beta2
                                epsilon:(float)epsilon
                            usesAMSGrad:(BOOL)usesAmsGrad
                               timeStep:(NSUInteger)timeStep {
  MLCAdamWOptimizer* made =
      NewOptimizer(self, optimizerDescriptor, [&](const OptimizerDescriptor& descriptor) {
        return std::make_shared<AdamWOptimizer>(descriptor, beta1, beta2, epsilon, usesAmsGrad,
                                                timeStep);
      });
  made->_beta1 = beta1;
  made->_beta2 = beta2;
  made->_epsilon = epsilon;
  made->_usesAMSGrad = usesAmsGrad;
  made->_timeStep = timeStep;
  return made;
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [static_cast<id>([[self class] optimizerWithDescriptor:self.asDescriptor
                                                          beta1:_beta1
                                                          beta2:_beta2
                                                        epsilon:_epsilon
                                                    usesAMSGrad:_usesAMSGrad
                                                       timeStep:self.timeStep]) retain];
}
@end
