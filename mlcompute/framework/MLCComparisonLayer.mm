// MLCComparisonLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/comparison.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCComparisonLayer
@synthesize operation = _operation;

+ (instancetype)layerWithOperation:(MLCComparisonOperation)operation {
  MLCComparisonLayer* layer = NewLayer(self, [&] {
    return std::make_shared<ComparisonLayer>(static_cast<ComparisonOperation>(operation));
  });
  layer->_operation = operation;
  return layer;
}
@end
