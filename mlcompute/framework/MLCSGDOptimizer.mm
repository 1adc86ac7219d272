// MLCSGDOptimizer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/framework/optimizer.h"
#include "mlcompute/optimizers/sgd.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCSGDOptimizer
@synthesize momentumScale = _momentumScale;
@synthesize usesNesterovMomentum = _usesNesterovMomentum;

+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor*)optimizerDescriptor {
  return [self optimizerWithDescriptor:optimizerDescriptor momentumScale:0 usesNesterovMomentum:NO];
}

+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor*)optimizerDescriptor
                          momentumScale:(float)momentumScale
                   usesNesterovMomentum:(BOOL)usesNesterovMomentum {
  MLCSGDOptimizer* made =
      NewOptimizer(self, optimizerDescriptor, [&](const OptimizerDescriptor& descriptor) {
        return std::make_shared<SgdOptimizer>(descriptor, momentumScale, usesNesterovMomentum);
      });
  made->_momentumScale = momentumScale;
  made->_usesNesterovMomentum = usesNesterovMomentum;
  return made;
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [static_cast<id>([[self class] optimizerWithDescriptor:self.asDescriptor
                                                  momentumScale:_momentumScale
                                           usesNesterovMomentum:_usesNesterovMomentum]) retain];
}
@end
