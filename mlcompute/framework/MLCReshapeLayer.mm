// MLCReshapeLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/reshape.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCReshapeLayer
@synthesize shape = _shape;

+ (instancetype)layerWithShape:(NSArray<NSNumber*>*)shape {
  MLCReshapeLayer* layer = NewLayer(self, [&]() -> LayerPtr {
    const TensorDescriptor checked{Shape(Numbers(shape))};
    return std::make_shared<ReshapeLayer>(checked.shape());
  });
  if (!LayerOf(layer)) return nil;
  Keep(layer->_shape, shape);
  return layer;
}
@end
