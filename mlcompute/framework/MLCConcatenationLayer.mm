// MLCConcatenationLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/concatenation.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCConcatenationLayer
@synthesize dimension = _dimension;

+ (instancetype)layer {
  return [self layerWithDimension:1];
}

+ (instancetype)layerWithDimension:(NSUInteger)dimension {
  MLCConcatenationLayer* layer = NewLayer(
      self, [&] { return std::make_shared<ConcatenationLayer>(static_cast<int>(dimension)); });
  layer->_dimension = dimension;
  return layer;
}
@end
