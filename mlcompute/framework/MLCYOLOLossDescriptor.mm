// MLCYOLOLossDescriptor: the framework's copy has the default scales.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/yolo_loss.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCYOLOLossDescriptor
@synthesize anchorBoxCount = _anchorBoxCount;
@synthesize anchorBoxes = _anchorBoxes;
@synthesize shouldRescore = _shouldRescore;
@synthesize scaleSpatialPositionLoss = _scaleSpatialPositionLoss;
@synthesize scaleSpatialSizeLoss = _scaleSpatialSizeLoss;
@synthesize scaleNoObjectConfidenceLoss = _scaleNoObjectConfidenceLoss;
@synthesize scaleObjectConfidenceLoss = _scaleObjectConfidenceLoss;
@synthesize scaleClassLoss = _scaleClassLoss;
@synthesize minimumIOUForObjectPresence = _minimumIOUForObjectPresence;
@synthesize maximumIOUForObjectAbsence = _maximumIOUForObjectAbsence;

+ (instancetype)descriptorWithAnchorBoxes:(NSData*)anchorBoxes
                           anchorBoxCount:(NSUInteger)anchorBoxCount {
  const YoloLossDescriptor defaults({});
  MLCYOLOLossDescriptor* made = New<MLCYOLOLossDescriptor>(self);
  Keep(made->_anchorBoxes, anchorBoxes);
  made->_anchorBoxCount = anchorBoxCount;
  made->_shouldRescore = defaults.should_rescore;
  made->_scaleSpatialPositionLoss = defaults.scale_spatial_position_loss;
  made->_scaleSpatialSizeLoss = defaults.scale_spatial_size_loss;
  made->_scaleNoObjectConfidenceLoss = defaults.scale_no_object_confidence_loss;
  made->_scaleObjectConfidenceLoss = defaults.scale_object_confidence_loss;
  made->_scaleClassLoss = defaults.scale_class_loss;
  made->_minimumIOUForObjectPresence = defaults.minimum_iou_for_object_presence;
  made->_maximumIOUForObjectAbsence = defaults.maximum_iou_for_object_absence;
  return made;
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [[[self class] descriptorWithAnchorBoxes:_anchorBoxes
                                   anchorBoxCount:_anchorBoxCount] retain];
}

- (void)dealloc {
  ReleaseVariables(self);
  [super dealloc];
}
@end
