// MLCArithmeticLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/arithmetic.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCArithmeticLayer
@synthesize operation = _operation;

+ (instancetype)layerWithOperation:(MLCArithmeticOperation)operation {
  MLCArithmeticLayer* layer = NewLayer(self, [&] {
    return std::make_shared<ArithmeticLayer>(static_cast<ArithmeticOperation>(operation));
  });
  layer->_operation = operation;
  return layer;
}
@end
