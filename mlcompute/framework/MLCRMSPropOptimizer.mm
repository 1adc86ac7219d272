// MLCRMSPropOptimizer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/framework/optimizer.h"
#include "mlcompute/optimizers/rms_prop.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCRMSPropOptimizer
@synthesize momentumScale = _momentumScale;
@synthesize alpha = _alpha;
@synthesize epsilon = _epsilon;
@synthesize isCentered = _isCentered;

+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor*)optimizerDescriptor {
  return [self optimizerWithDescriptor:optimizerDescriptor
                         momentumScale:0
                                 alpha:0.99f
                               epsilon:1e-8f
                            isCentered:NO];
}

+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor*)optimizerDescriptor
                          momentumScale:(float)momentumScale
                                  alpha:(float)alpha
                                epsilon:(float)epsilon
                             isCentered:(BOOL)isCentered {
  MLCRMSPropOptimizer* made =
      NewOptimizer(self, optimizerDescriptor, [&](const OptimizerDescriptor& descriptor) {
        return std::make_shared<RmsPropOptimizer>(descriptor, momentumScale, alpha, epsilon,
                                                  isCentered);
      });
  made->_momentumScale = momentumScale;
  made->_alpha = alpha;
  made->_epsilon = epsilon;
  made->_isCentered = isCentered;
  return made;
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [static_cast<id>([[self class] optimizerWithDescriptor:self.asDescriptor
                                                  momentumScale:_momentumScale
                                                          alpha:_alpha
                                                        epsilon:_epsilon
                                                     isCentered:_isCentered]) retain];
}
@end
