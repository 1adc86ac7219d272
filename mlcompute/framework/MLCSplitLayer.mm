// MLCSplitLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/split.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCSplitLayer
@synthesize dimension = _dimension;
@synthesize splitCount = _splitCount;
@synthesize splitSectionLengths = _splitSectionLengths;

+ (instancetype)layerWithSplitCount:(NSUInteger)splitCount dimension:(NSUInteger)dimension {
  MLCSplitLayer* layer = NewLayer(self, [&] {
    return std::make_shared<SplitLayer>(static_cast<int64_t>(splitCount),
                                        static_cast<int>(dimension));
  });
  layer->_dimension = dimension;
  layer->_splitCount = splitCount;
  return layer;
}

+ (instancetype)layerWithSplitSectionLengths:(NSArray<NSNumber*>*)splitSectionLengths
                                   dimension:(NSUInteger)dimension {
  MLCSplitLayer* layer = NewLayer(self, [&] {
    return std::make_shared<SplitLayer>(Numbers(splitSectionLengths), static_cast<int>(dimension));
  });
  layer->_dimension = dimension;
  layer->_splitCount = [splitSectionLengths count];
  Keep(layer->_splitSectionLengths, splitSectionLengths);
  return layer;
}
@end
