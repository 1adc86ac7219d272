// MLCTransposeLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/transpose.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCTransposeLayer
@synthesize dimensions = _dimensions;

+ (instancetype)layerWithDimensions:(NSArray<NSNumber*>*)dimensions {
  if ([dimensions count] == 0) return nil;
  MLCTransposeLayer* layer =
      NewLayer(self, [&] { return std::make_shared<TransposeLayer>(Numbers(dimensions)); });
  if (!LayerOf(layer)) return nil;
  Keep(layer->_dimensions, dimensions);
  return layer;
}
@end
