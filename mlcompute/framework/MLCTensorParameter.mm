// MLCTensorParameter.
#include "mlcompute/framework/bridge.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace mlcompute::framework {

std::shared_ptr<TensorParameter> ParameterPtrOf(MLCTensorParameter* parameter) {
  auto* held = parameter ? static_cast<TensorParameterPtr*>(parameter->_object) : nullptr;
  return held ? *held : nullptr;
}

MLCTensorParameter* ParameterOf(MLCLayer* layer, MLCTensor* tensor) {
  const LayerPtr of = LayerOf(layer);
  if (!of || tensor == nil) return nil;
  for (const TensorParameterPtr& parameter : of->tensor_parameters()) {
    if (parameter->tensor() != TensorOf(tensor)) continue;
    if (id made = WrapperOf(parameter.get())) return made;
    MLCTensorParameter* made = New<MLCTensorParameter>([MLCTensorParameter class]);
    made->_object = new TensorParameterPtr(parameter);
    Keep(made->_tensor, tensor);
    SetWrapper(parameter.get(), made);
    return made;
  }
  return nil;
}

NSArray<MLCTensorParameter*>* ParametersOf(MLCLayer* layer, NSArray<MLCTensor*>* tensors) {
  if (tensors == nil) return nil;
  NSMutableArray* found = [NSMutableArray array];
  for (MLCTensor* tensor in tensors) {
    if (MLCTensorParameter* parameter = ParameterOf(layer, tensor)) [found addObject:parameter];
  }
  return found;
}

}  // namespace mlcompute::framework

@implementation MLCTensorParameter
@synthesize tensor = _tensor;

+ (instancetype)parameterWithTensor:(MLCTensor*)tensor {
  return [self parameterWithTensor:tensor optimizerData:nil];
}

+ (instancetype)parameterWithTensor:(MLCTensor*)tensor
                      optimizerData:(NSArray<MLCTensorData*>*)optimizerData {
  MLCTensorParameter* made = New<MLCTensorParameter>(self);
  const bool ok = Try([&] {
    made->_object = new TensorParameterPtr(std::make_shared<TensorParameter>(TensorOf(tensor)));
  });
  if (!ok) return nil;
  Keep(made->_tensor, tensor);
  if (optimizerData && ![tensor bindOptimizerData:optimizerData deviceData:nil]) return nil;
  return made;
}

- (BOOL)isUpdatable {
  return ParameterPtrOf(self)->is_updatable();
}

- (void)setIsUpdatable:(BOOL)isUpdatable {
  ParameterPtrOf(self)->set_is_updatable(isUpdatable);
}

- (void)dealloc {
  if (_object) ForgetWrapper(ParameterPtrOf(self).get(), self);
  delete static_cast<TensorParameterPtr*>(_object);
  ReleaseVariables(self);
  [super dealloc];
}
@end
