// MLCActivationDescriptor: parameters that are not given depend on the type.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/activation.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

MLCActivationDescriptor* Made(Class kind, MLCActivationType type,
                              const std::function<ActivationDescriptor(ActivationType)>& make) {
  if (type < MLCActivationTypeNone || type >= MLCActivationTypeCount) {
    Refuse(StrCat("activation type ", type));
    return nil;
  }
  MLCActivationDescriptor* made = New<MLCActivationDescriptor>(kind);
  const ActivationDescriptor with = make(static_cast<ActivationType>(type));
  made->_activationType = type;
  made->_a = with.a;
  made->_b = with.b;
  made->_c = with.c;
  return made;
}

}  // namespace

@implementation MLCActivationDescriptor
@synthesize activationType = _activationType;
@synthesize a = _a;
@synthesize b = _b;
@synthesize c = _c;

+ (instancetype)descriptorWithType:(MLCActivationType)activationType {
  return Made(self, activationType, [](ActivationType type) { return ActivationDescriptor(type); });
}

+ (instancetype)descriptorWithType:(MLCActivationType)activationType a:(float)a {
  return Made(self, activationType,
              [=](ActivationType type) { return ActivationDescriptor(type, a); });
}

+ (instancetype)descriptorWithType:(MLCActivationType)activationType a:(float)a b:(float)b {
  return Made(self, activationType,
              [=](ActivationType type) { return ActivationDescriptor(type, a, b); });
}

+ (instancetype)descriptorWithType:(MLCActivationType)activationType
                                 a:(float)a
                                 b:(float)b
                                 c:(float)c {
  return Made(self, activationType,
              [=](ActivationType type) { return ActivationDescriptor(type, a, b, c); });
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}
@end
