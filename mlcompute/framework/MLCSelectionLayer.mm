// MLCSelectionLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/selection.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCSelectionLayer

+ (instancetype)layer {
  return NewLayer(self, [] { return std::make_shared<SelectionLayer>(); });
}
@end
