// MLCReductionLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/reduction.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCReductionLayer
@synthesize reductionType = _reductionType;
@synthesize dimension = _dimension;
@synthesize dimensions = _dimensions;

+ (instancetype)layerWithReductionType:(MLCReductionType)reductionType
                             dimension:(NSUInteger)dimension {
  return [self layerWithReductionType:reductionType dimensions:@[ @(dimension) ]];
}

+ (instancetype)layerWithReductionType:(MLCReductionType)reductionType
                            dimensions:(NSArray<NSNumber*>*)dimensions {
  MLCReductionLayer* layer = NewLayer(self, [&] {
    return std::make_shared<ReductionLayer>(static_cast<ReductionType>(reductionType),
                                            Numbers(dimensions));
  });
  if (!LayerOf(layer)) return nil;
  layer->_reductionType = reductionType;
  layer->_dimension = [[dimensions objectAtIndex:0] unsignedIntegerValue];
  Keep(layer->_dimensions, dimensions);
  return layer;
}
@end
