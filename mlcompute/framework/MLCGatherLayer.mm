// MLCGatherLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/gather.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCGatherLayer
@synthesize dimension = _dimension;

+ (instancetype)layerWithDimension:(NSUInteger)dimension {
  MLCGatherLayer* layer =
      NewLayer(self, [&] { return std::make_shared<GatherLayer>(static_cast<int>(dimension)); });
  layer->_dimension = dimension;
  return layer;
}
@end
