// MLCMatMulLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/matmul.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCMatMulLayer
@synthesize descriptor = _descriptor;

+ (instancetype)layerWithDescriptor:(MLCMatMulDescriptor*)descriptor {
  if (descriptor == nil) return nil;
  MLCMatMulLayer* layer = NewLayer(self, [&] {
    return std::make_shared<MatMulLayer>(descriptor.alpha, descriptor.transposesX,
                                         descriptor.transposesY);
  });
  Keep(layer->_descriptor, descriptor);
  return layer;
}
@end
