// What MLCompute calls the values of its enumerations.
#include "mlcompute/debug_description.h"

#include "mlcompute/framework/bridge.h"

namespace {

template <typename Ours, typename Theirs>
NSString* Description(Theirs value) {
  return mlcompute::framework::Text(mlcompute::DebugDescription(static_cast<Ours>(value)));
}

}  // namespace

NSString* MLCActivationTypeDebugDescription(MLCActivationType value) {
  return Description<mlcompute::ActivationType>(value);
}
NSString* MLCArithmeticOperationDebugDescription(MLCArithmeticOperation value) {
  return Description<mlcompute::ArithmeticOperation>(value);
}
NSString* MLCComparisonOperationDebugDescription(MLCComparisonOperation value) {
  return Description<mlcompute::ComparisonOperation>(value);
}
NSString* MLCConvolutionTypeDebugDescription(MLCConvolutionType value) {
  return Description<mlcompute::ConvolutionType>(value);
}
NSString* MLCGradientClippingTypeDebugDescription(MLCGradientClippingType value) {
  return Description<mlcompute::GradientClippingType>(value);
}
NSString* MLCLSTMResultModeDebugDescription(MLCLSTMResultMode value) {
  return Description<mlcompute::LstmResultMode>(value);
}
NSString* MLCLossTypeDebugDescription(MLCLossType value) {
  return Description<mlcompute::LossType>(value);
}
NSString* MLCPaddingPolicyDebugDescription(MLCPaddingPolicy value) {
  return Description<mlcompute::PaddingPolicy>(value);
}
NSString* MLCPaddingTypeDebugDescription(MLCPaddingType value) {
  return Description<mlcompute::PaddingType>(value);
}
NSString* MLCPoolingTypeDebugDescription(MLCPoolingType value) {
  return Description<mlcompute::PoolingType>(value);
}
NSString* MLCReductionTypeDebugDescription(MLCReductionType value) {
  return Description<mlcompute::ReductionType>(value);
}
NSString* MLCSampleModeDebugDescription(MLCSampleMode value) {
  return Description<mlcompute::SampleMode>(value);
}
NSString* MLCSoftmaxOperationDebugDescription(MLCSoftmaxOperation value) {
  return Description<mlcompute::SoftmaxOperation>(value);
}
