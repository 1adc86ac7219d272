// MLCTypes.h: enumerations, and what handlers are called with.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCDefines.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCTensor;

typedef NS_ENUM(int32_t, MLCActivationType) {
  MLCActivationTypeNone = 0,
  MLCActivationTypeReLU = 1,
  MLCActivationTypeLinear = 2,
  MLCActivationTypeSigmoid = 3,
  MLCActivationTypeHardSigmoid = 4,
  MLCActivationTypeTanh = 5,
  MLCActivationTypeAbsolute = 6,
  MLCActivationTypeSoftPlus = 7,
  MLCActivationTypeSoftSign = 8,
  MLCActivationTypeELU = 9,
  MLCActivationTypeReLUN = 10,
  MLCActivationTypeLogSigmoid = 11,
  MLCActivationTypeSELU = 12,
  MLCActivationTypeCELU = 13,
  MLCActivationTypeHardShrink = 14,
  MLCActivationTypeSoftShrink = 15,
  MLCActivationTypeTanhShrink = 16,
  MLCActivationTypeThreshold = 17,
  MLCActivationTypeGELU = 18,
  MLCActivationTypeHardSwish = 19,
  MLCActivationTypeClamp = 20,
  MLCActivationTypeCount = 21,
};

typedef NS_ENUM(int32_t, MLCArithmeticOperation) {
  MLCArithmeticOperationAdd = 0,
  MLCArithmeticOperationSubtract = 1,
  MLCArithmeticOperationMultiply = 2,
  MLCArithmeticOperationDivide = 3,
  MLCArithmeticOperationFloor = 4,
  MLCArithmeticOperationRound = 5,
  MLCArithmeticOperationCeil = 6,
  MLCArithmeticOperationSqrt = 7,
  MLCArithmeticOperationRsqrt = 8,
  MLCArithmeticOperationSin = 9,
  MLCArithmeticOperationCos = 10,
  MLCArithmeticOperationTan = 11,
  MLCArithmeticOperationAsin = 12,
  MLCArithmeticOperationAcos = 13,
  MLCArithmeticOperationAtan = 14,
  MLCArithmeticOperationSinh = 15,
  MLCArithmeticOperationCosh = 16,
  MLCArithmeticOperationTanh = 17,
  MLCArithmeticOperationAsinh = 18,
  MLCArithmeticOperationAcosh = 19,
  MLCArithmeticOperationAtanh = 20,
  MLCArithmeticOperationPow = 21,
  MLCArithmeticOperationExp = 22,
  MLCArithmeticOperationExp2 = 23,
  MLCArithmeticOperationLog = 24,
  MLCArithmeticOperationLog2 = 25,
  MLCArithmeticOperationMultiplyNoNaN = 26,
  MLCArithmeticOperationDivideNoNaN = 27,
  MLCArithmeticOperationMin = 28,
  MLCArithmeticOperationMax = 29,
  MLCArithmeticOperationCount = 30,
};

typedef NS_ENUM(int32_t, MLCComparisonOperation) {
  MLCComparisonOperationEqual = 0,
  MLCComparisonOperationNotEqual = 1,
  MLCComparisonOperationLess = 2,
  MLCComparisonOperationGreater = 3,
  MLCComparisonOperationLessOrEqual = 4,
  MLCComparisonOperationGreaterOrEqual = 5,
  MLCComparisonOperationLogicalAND = 6,
  MLCComparisonOperationLogicalOR = 7,
  MLCComparisonOperationLogicalNOT = 8,
  MLCComparisonOperationLogicalNAND = 9,
  MLCComparisonOperationLogicalNOR = 10,
  MLCComparisonOperationLogicalXOR = 11,
  MLCComparisonOperationCount = 12,
};

typedef NS_ENUM(int32_t, MLCConvolutionType) {
  MLCConvolutionTypeStandard = 0,
  MLCConvolutionTypeTransposed = 1,
  MLCConvolutionTypeDepthwise = 2,
};

typedef NS_ENUM(int32_t, MLCDataType) {
  MLCDataTypeInvalid = 0,
  MLCDataTypeFloat32 = 1,
  MLCDataTypeFloat16 = 3,
  MLCDataTypeBoolean = 4,
  MLCDataTypeInt64 = 5,
  MLCDataTypeInt32 = 7,
  MLCDataTypeInt8 = 8,
  MLCDataTypeUInt8 = 9,
  MLCDataTypeCount = 10,
};

typedef NS_ENUM(int32_t, MLCDeviceType) {
  MLCDeviceTypeCPU = 0,
  MLCDeviceTypeGPU = 1,
  MLCDeviceTypeAny = 2,
  MLCDeviceTypeANE = 3,
  MLCDeviceTypeCount = 4,
};

typedef NS_OPTIONS(uint64_t, MLCExecutionOptions) {
  MLCExecutionOptionsNone = 0,
  MLCExecutionOptionsSkipWritingInputDataToDevice = 1,
  MLCExecutionOptionsSynchronous = 2,
  MLCExecutionOptionsProfiling = 4,
  MLCExecutionOptionsForwardForInference = 8,
  MLCExecutionOptionsPerLayerProfiling = 16,
};

typedef NS_ENUM(int32_t, MLCGradientClippingType) {
  MLCGradientClippingTypeByValue = 0,
  MLCGradientClippingTypeByNorm = 1,
  MLCGradientClippingTypeByGlobalNorm = 2,
};

typedef NS_OPTIONS(uint64_t, MLCGraphCompilationOptions) {
  MLCGraphCompilationOptionsNone = 0,
  MLCGraphCompilationOptionsDebugLayers = 1,
  MLCGraphCompilationOptionsDisableLayerFusion = 2,
  MLCGraphCompilationOptionsLinkGraphs = 4,
  MLCGraphCompilationOptionsComputeAllGradients = 8,
};

typedef NS_ENUM(uint64_t, MLCLSTMResultMode) {
  MLCLSTMResultModeOutput = 0,
  MLCLSTMResultModeOutputAndStates = 1,
};

typedef NS_ENUM(int32_t, MLCLossType) {
  MLCLossTypeMeanAbsoluteError = 0,
  MLCLossTypeMeanSquaredError = 1,
  MLCLossTypeSoftmaxCrossEntropy = 2,
  MLCLossTypeSigmoidCrossEntropy = 3,
  MLCLossTypeCategoricalCrossEntropy = 4,
  MLCLossTypeHinge = 5,
  MLCLossTypeHuber = 6,
  MLCLossTypeCosineDistance = 7,
  MLCLossTypeLog = 8,
  MLCLossTypeCount = 9,
};

typedef NS_ENUM(int32_t, MLCPaddingPolicy) {
  MLCPaddingPolicySame = 0,
  MLCPaddingPolicyValid = 1,
  MLCPaddingPolicyUsePaddingSize = 2,
};

typedef NS_ENUM(int32_t, MLCPaddingType) {
  MLCPaddingTypeZero = 0,
  MLCPaddingTypeReflect = 1,
  MLCPaddingTypeSymmetric = 2,
  MLCPaddingTypeConstant = 3,
};

typedef NS_ENUM(int32_t, MLCPoolingType) {
  MLCPoolingTypeMax = 1,
  MLCPoolingTypeAverage = 2,
  MLCPoolingTypeL2Norm = 3,
  MLCPoolingTypeCount = 4,
};

typedef NS_ENUM(int32_t, MLCRandomInitializerType) {
  MLCRandomInitializerTypeInvalid = 0,
  MLCRandomInitializerTypeUniform = 1,
  MLCRandomInitializerTypeGlorotUniform = 2,
  MLCRandomInitializerTypeXavier = 3,
  MLCRandomInitializerTypeCount = 4,
};

typedef NS_ENUM(int32_t, MLCReductionType) {
  MLCReductionTypeNone = 0,
  MLCReductionTypeSum = 1,
  MLCReductionTypeMean = 2,
  MLCReductionTypeMax = 3,
  MLCReductionTypeMin = 4,
  MLCReductionTypeArgMax = 5,
  MLCReductionTypeArgMin = 6,
  MLCReductionTypeL1Norm = 7,
  MLCReductionTypeAny = 8,
  MLCReductionTypeAll = 9,
  MLCReductionTypeCount = 10,
};

typedef NS_ENUM(int32_t, MLCRegularizationType) {
  MLCRegularizationTypeNone = 0,
  MLCRegularizationTypeL1 = 1,
  MLCRegularizationTypeL2 = 2,
};

typedef NS_ENUM(int32_t, MLCSampleMode) {
  MLCSampleModeNearest = 0,
  MLCSampleModeLinear = 1,
};

typedef NS_ENUM(int32_t, MLCSoftmaxOperation) {
  MLCSoftmaxOperationSoftmax = 0,
  MLCSoftmaxOperationLogSoftmax = 1,
};

// Called once for each execution that was accepted: with the loss or the last node's
// result, or with an error. executionTime, in seconds, is measured when profiling is
// asked for.
typedef void (^MLCGraphCompletionHandler)(MLCTensor *__autoreleasing _Nullable resultTensor,
                                          NSError *_Nullable error, NSTimeInterval executionTime);

#ifdef __cplusplus
extern "C" {
#endif
NSString *MLCActivationTypeDebugDescription(MLCActivationType value);
NSString *MLCArithmeticOperationDebugDescription(MLCArithmeticOperation value);
NSString *MLCComparisonOperationDebugDescription(MLCComparisonOperation value);
NSString *MLCConvolutionTypeDebugDescription(MLCConvolutionType value);
NSString *MLCGradientClippingTypeDebugDescription(MLCGradientClippingType value);
NSString *MLCLSTMResultModeDebugDescription(MLCLSTMResultMode value);
NSString *MLCLossTypeDebugDescription(MLCLossType value);
NSString *MLCPaddingPolicyDebugDescription(MLCPaddingPolicy value);
NSString *MLCPaddingTypeDebugDescription(MLCPaddingType value);
NSString *MLCPoolingTypeDebugDescription(MLCPoolingType value);
NSString *MLCReductionTypeDebugDescription(MLCReductionType value);
NSString *MLCSampleModeDebugDescription(MLCSampleMode value);
NSString *MLCSoftmaxOperationDebugDescription(MLCSoftmaxOperation value);
#ifdef __cplusplus
}
#endif

NS_ASSUME_NONNULL_END
