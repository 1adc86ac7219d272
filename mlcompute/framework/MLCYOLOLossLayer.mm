// MLCYOLOLossLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/yolo_loss.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCYOLOLossLayer
@synthesize yoloLossDescriptor = _yoloLossDescriptor;

+ (instancetype)layerWithDescriptor:(MLCYOLOLossDescriptor*)lossDescriptor {
  MLCYOLOLossLayer* layer = NewLayer(self, [&]() -> LayerPtr {
    NSData* boxes = lossDescriptor.anchorBoxes;
    const size_t count = 2 * lossDescriptor.anchorBoxCount;
    if ([boxes length] < count * sizeof(float)) throw InvalidArgument("too few anchor boxes");
    const auto* sizes = static_cast<const float*>([boxes bytes]);
    YoloLossDescriptor to(std::vector<float>(sizes, sizes + count));
    to.should_rescore = lossDescriptor.shouldRescore;
    to.scale_spatial_position_loss = lossDescriptor.scaleSpatialPositionLoss;
    to.scale_spatial_size_loss = lossDescriptor.scaleSpatialSizeLoss;
    to.scale_no_object_confidence_loss = lossDescriptor.scaleNoObjectConfidenceLoss;
    to.scale_object_confidence_loss = lossDescriptor.scaleObjectConfidenceLoss;
    to.scale_class_loss = lossDescriptor.scaleClassLoss;
    to.minimum_iou_for_object_presence = lossDescriptor.minimumIOUForObjectPresence;
    to.maximum_iou_for_object_absence = lossDescriptor.maximumIOUForObjectAbsence;
    return std::make_shared<YoloLossLayer>(to);
  });
  Keep(layer->_yoloLossDescriptor, lossDescriptor);
  return layer;
}
@end
