// MLCGramMatrixLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/gram_matrix.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCGramMatrixLayer
@synthesize scale = _scale;

+ (instancetype)layerWithScale:(float)scale {
  MLCGramMatrixLayer* layer =
      NewLayer(self, [&] { return std::make_shared<GramMatrixLayer>(scale); });
  layer->_scale = scale;
  return layer;
}
@end
