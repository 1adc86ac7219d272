// MLCMatMulDescriptor: the framework's copy loses the transposes.
#include "mlcompute/framework/bridge.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCMatMulDescriptor
@synthesize alpha = _alpha;
@synthesize transposesX = _transposesX;
@synthesize transposesY = _transposesY;

+ (instancetype)descriptor {
  return [self descriptorWithAlpha:1 transposesX:NO transposesY:NO];
}

+ (instancetype)descriptorWithAlpha:(float)alpha
                        transposesX:(BOOL)transposesX
                        transposesY:(BOOL)transposesY {
  MLCMatMulDescriptor* made = New<MLCMatMulDescriptor>(self);
  made->_alpha = alpha;
  made->_transposesX = transposesX;
  made->_transposesY = transposesY;
  return made;
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  if (_transposesX || _transposesY) Refuse("a copied MLCMatMulDescriptor loses its transposes");
  return [[[self class] descriptorWithAlpha:_alpha transposesX:NO transposesY:NO] retain];
}
@end
