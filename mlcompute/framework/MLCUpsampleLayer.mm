// MLCUpsampleLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/upsample.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCUpsampleLayer
@synthesize shape = _shape;
@synthesize sampleMode = _sampleMode;
@synthesize alignsCorners = _alignsCorners;

+ (instancetype)layerWithShape:(NSArray<NSNumber*>*)shape {
  return [self layerWithShape:shape sampleMode:MLCSampleModeNearest alignsCorners:NO];
}

+ (instancetype)layerWithShape:(NSArray<NSNumber*>*)shape
                    sampleMode:(MLCSampleMode)sampleMode
                 alignsCorners:(BOOL)alignsCorners {
  MLCUpsampleLayer* layer = NewLayer(self, [&] {
    return std::make_shared<UpsampleLayer>(Yx(Numbers(shape), "shape"),
                                           static_cast<SampleMode>(sampleMode), alignsCorners);
  });
  if (!LayerOf(layer)) return nil;
  Keep(layer->_shape, shape);
  layer->_sampleMode = sampleMode;
  layer->_alignsCorners = alignsCorners;
  return layer;
}
@end
