// MLCSliceLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/slice.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCSliceLayer
@synthesize start = _start;
@synthesize end = _end;
@synthesize stride = _stride;

+ (instancetype)sliceLayerWithStart:(NSArray<NSNumber*>*)start
                                end:(NSArray<NSNumber*>*)end
                             stride:(NSArray<NSNumber*>*)stride {
  MLCSliceLayer* layer = NewLayer(self, [&] {
    return std::make_shared<SliceLayer>(Numbers(start), Numbers(end), Numbers(stride));
  });
  if (!LayerOf(layer)) return nil;
  Keep(layer->_start, start);
  Keep(layer->_end, end);
  Keep(layer->_stride, stride);
  return layer;
}
@end
