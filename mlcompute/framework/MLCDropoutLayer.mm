// MLCDropoutLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/dropout.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCDropoutLayer
@synthesize rate = _rate;
@synthesize seed = _seed;

+ (instancetype)layerWithRate:(float)rate seed:(NSUInteger)seed {
  MLCDropoutLayer* layer =
      NewLayer(self, [&] { return std::make_shared<DropoutLayer>(rate, seed); });
  layer->_rate = rate;
  layer->_seed = seed;
  return layer;
}
@end
