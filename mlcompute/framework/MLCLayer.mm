// MLCLayer.
#include "mlcompute/framework/bridge.h"

#include <climits>

using namespace mlcompute;
using namespace mlcompute::framework;

namespace mlcompute::framework {

id NewLayer(Class kind, const std::function<LayerPtr()>& make) {
  MLCLayer* layer = New<MLCLayer>(kind);
  layer->_deviceType = static_cast<MLCDeviceType>(INT_MAX);  // as measured, until it is compiled
  Try([&] {
    const LayerPtr made = make();
    layer->_object = new LayerPtr(made);
    layer.label = Text(made->label());
  });
  return layer;
}

LayerPtr LayerOf(MLCLayer* layer) {
  auto* held = layer ? static_cast<LayerPtr*>(layer->_object) : nullptr;
  return held ? *held : nullptr;
}

}  // namespace mlcompute::framework

@implementation MLCLayer
@synthesize layerID = _layerID;
@synthesize label = _label;
@synthesize isDebuggingEnabled = _isDebuggingEnabled;
@synthesize deviceType = _deviceType;

// What the framework answers, whatever is asked.
+ (BOOL)supportsDataType:(MLCDataType)dataType onDevice:(MLCDevice*)device {
  (void)dataType, (void)device;
  return NO;
}

- (void)dealloc {
  delete static_cast<LayerPtr*>(_object);
  ReleaseVariables(self);
  [super dealloc];
}
@end
