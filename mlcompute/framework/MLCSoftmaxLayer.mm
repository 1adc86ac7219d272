// MLCSoftmaxLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/softmax.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCSoftmaxLayer
@synthesize operation = _operation;
@synthesize dimension = _dimension;

+ (instancetype)layerWithOperation:(MLCSoftmaxOperation)operation {
  return [self layerWithOperation:operation dimension:1];
}

+ (instancetype)layerWithOperation:(MLCSoftmaxOperation)operation dimension:(NSUInteger)dimension {
  MLCSoftmaxLayer* layer = NewLayer(self, [&] {
    return std::make_shared<SoftmaxLayer>(static_cast<SoftmaxOperation>(operation),
                                          static_cast<int>(dimension));
  });
  layer->_operation = operation;
  layer->_dimension = dimension;
  return layer;
}
@end
