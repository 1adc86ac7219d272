// MLCScatterLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/scatter.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCScatterLayer
@synthesize dimension = _dimension;
@synthesize reductionType = _reductionType;

+ (instancetype)layerWithDimension:(NSUInteger)dimension
                     reductionType:(MLCReductionType)reductionType {
  MLCScatterLayer* layer = NewLayer(self, [&] {
    return std::make_shared<ScatterLayer>(static_cast<int>(dimension),
                                          static_cast<ReductionType>(reductionType));
  });
  if (!LayerOf(layer)) return nil;
  layer->_dimension = dimension;
  layer->_reductionType = reductionType;
  return layer;
}
@end
