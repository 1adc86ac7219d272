// MLCPoolingLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/pooling.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCPoolingLayer
@synthesize descriptor = _descriptor;

+ (instancetype)layerWithDescriptor:(MLCPoolingDescriptor*)descriptor {
  MLCPoolingLayer* layer = NewLayer(self, [&]() -> LayerPtr {
    if (descriptor == nil) throw InvalidArgument("a pooling layer without a descriptor");
    const auto yx = [](NSUInteger y, NSUInteger x) {
      return Yx(static_cast<int64_t>(y), static_cast<int64_t>(x));
    };
    Window window{yx(descriptor.kernelHeight, descriptor.kernelWidth)};
    window.strides = yx(descriptor.strideInY, descriptor.strideInX);
    window.dilations = yx(descriptor.dilationRateInY, descriptor.dilationRateInX);
    window.policy = static_cast<PaddingPolicy>(descriptor.paddingPolicy);
    window.padding = yx(descriptor.paddingSizeInY, descriptor.paddingSizeInX);
    return std::make_shared<PoolingLayer>(
        PoolingDescriptor{static_cast<PoolingType>(descriptor.poolingType), window,
                          static_cast<bool>(descriptor.countIncludesPadding)});
  });
  Keep(layer->_descriptor, descriptor);
  return layer;
}
@end
