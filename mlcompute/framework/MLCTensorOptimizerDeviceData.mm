// MLCTensorOptimizerDeviceData: nothing to hold, since here the device's memory is the host's.
#include "mlcompute/framework/bridge.h"

@implementation MLCTensorOptimizerDeviceData
- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}
@end
