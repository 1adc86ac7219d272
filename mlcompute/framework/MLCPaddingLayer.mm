// MLCPaddingLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/padding.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

id Made(Class kind, MLCPaddingType type, NSArray<NSNumber*>* padding, float value = 0) {
  const NSUInteger count = [padding count];
  if (count != 1 && count != 2 && count != 4) {
    Raise(NSRangeException, StrCat("padding by ", count, " numbers"));
  }
  MLCPaddingLayer* layer = NewLayer(kind, [&] {
    return std::make_shared<PaddingLayer>(static_cast<PaddingType>(type), Numbers(padding), value);
  });
  layer->_paddingType = type;
  layer->_constantValue = value;
  if (const auto made = std::dynamic_pointer_cast<PaddingLayer>(LayerOf(layer))) {
    layer->_paddingLeft = static_cast<NSUInteger>(made->padding_left());
    layer->_paddingRight = static_cast<NSUInteger>(made->padding_right());
    layer->_paddingTop = static_cast<NSUInteger>(made->padding_top());
    layer->_paddingBottom = static_cast<NSUInteger>(made->padding_bottom());
  }
  return layer;
}

}  // namespace

@implementation MLCPaddingLayer
@synthesize paddingType = _paddingType;
@synthesize paddingLeft = _paddingLeft;
@synthesize paddingRight = _paddingRight;
@synthesize paddingTop = _paddingTop;
@synthesize paddingBottom = _paddingBottom;
@synthesize constantValue = _constantValue;

+ (instancetype)layerWithReflectionPadding:(NSArray<NSNumber*>*)padding {
  return Made(self, MLCPaddingTypeReflect, padding);
}

+ (instancetype)layerWithSymmetricPadding:(NSArray<NSNumber*>*)padding {
  return Made(self, MLCPaddingTypeSymmetric, padding);
}

+ (instancetype)layerWithZeroPadding:(NSArray<NSNumber*>*)padding {
  return Made(self, MLCPaddingTypeZero, padding);
}

+ (instancetype)layerWithConstantPadding:(NSArray<NSNumber*>*)padding
                           constantValue:(float)constantValue {
  return Made(self, MLCPaddingTypeConstant, padding, constantValue);
}

// A layer of its own, which no graph owns.
- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  NSArray* padding = @[ @(_paddingTop), @(_paddingBottom), @(_paddingLeft), @(_paddingRight) ];
  return [Made([self class], _paddingType, padding, _constantValue) retain];
}
@end
