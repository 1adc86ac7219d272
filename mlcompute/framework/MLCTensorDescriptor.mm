// MLCTensorDescriptor: shapes that the framework does not take are nil, and an empty one raises, as
// measured of it.
#include "mlcompute/framework/bridge.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

void Fill(MLCTensorDescriptor* to, const TensorDescriptor& from) {
  to->_object = new TensorDescriptor(from);
  for (const TensorDataType& row : TensorDataTypes()) {
    if (row.type == from.data_type()) to->_dataType = static_cast<MLCDataType>(row.value);
  }
  to->_dimensionCount = static_cast<NSUInteger>(from.dimension_count());
  Keep(to->_shape, Array(from.shape().dims()));
  Keep(to->_stride, Array(from.stride()));
  to->_tensorAllocationSizeInBytes = from.tensor_allocation_size_in_bytes();
}

MLCTensorDescriptor* Made(Class kind, const std::function<TensorDescriptor()>& make) {
  MLCTensorDescriptor* made = New<MLCTensorDescriptor>(kind);
  return Try([&] { Fill(made, make()); }) ? made : nil;
}

int64_t Size(NSUInteger size) { return static_cast<int64_t>(size); }

}  // namespace

namespace mlcompute::framework {

TensorDescriptor& DescriptorOf(MLCTensorDescriptor* descriptor) {
  return *static_cast<TensorDescriptor*>(descriptor->_object);
}

MLCTensorDescriptor* WrapDescriptor(const TensorDescriptor& descriptor) {
  return Made([MLCTensorDescriptor class], [&] { return descriptor; });
}

}  // namespace mlcompute::framework

@implementation MLCTensorDescriptor
@synthesize dataType = _dataType;
@synthesize dimensionCount = _dimensionCount;
@synthesize shape = _shape;
@synthesize stride = _stride;
@synthesize tensorAllocationSizeInBytes = _tensorAllocationSizeInBytes;
@synthesize sequenceLengths = _sequenceLengths;
@synthesize sortedSequences = _sortedSequences;
@synthesize batchSizePerSequenceStep = _batchSizePerSequenceStep;

+ (NSUInteger)maxTensorDimensions {
  return TensorDescriptor::kMaxTensorDimensions;
}

+ (instancetype)descriptorWithShape:(NSArray<NSNumber*>*)shape dataType:(MLCDataType)dataType {
  if ([shape count] == 0) Raise(NSRangeException, "a tensor's shape is empty");
  return Made(self, [&] { return TensorDescriptor(Shape(Numbers(shape)), TypeOf(dataType)); });
}

// nil for every combination that was tried of the framework.
+ (instancetype)descriptorWithShape:(NSArray<NSNumber*>*)shape
                    sequenceLengths:(NSArray<NSNumber*>*)sequenceLengths
                    sortedSequences:(BOOL)sortedSequences
                           dataType:(MLCDataType)dataType {
  (void)shape, (void)sequenceLengths, (void)sortedSequences, (void)dataType;
  Refuse("descriptors of sequences are made by MLCTensor's factories");
  return nil;
}

+ (instancetype)descriptorWithWidth:(NSUInteger)width
                             height:(NSUInteger)height
                featureChannelCount:(NSUInteger)featureChannels
                          batchSize:(NSUInteger)batchSize {
  return [self descriptorWithWidth:width
                            height:height
               featureChannelCount:featureChannels
                         batchSize:batchSize
                          dataType:MLCDataTypeFloat32];
}

+ (instancetype)descriptorWithWidth:(NSUInteger)width
                             height:(NSUInteger)height
                featureChannelCount:(NSUInteger)featureChannelCount
                          batchSize:(NSUInteger)batchSize
                           dataType:(MLCDataType)dataType {
  return Made(self, [&] {
    return TensorDescriptor::Image(Size(width), Size(height), Size(featureChannelCount),
                                   Size(batchSize), TypeOf(dataType));
  });
}

+ (instancetype)convolutionWeightsDescriptorWithWidth:(NSUInteger)width
                                               height:(NSUInteger)height
                             inputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                            outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                                             dataType:(MLCDataType)dataType {
  return Made(self, [&] {
    return TensorDescriptor::ConvolutionWeights(Size(width), Size(height),
                                                Size(inputFeatureChannelCount),
                                                Size(outputFeatureChannelCount), TypeOf(dataType));
  });
}

+ (instancetype)
    convolutionWeightsDescriptorWithInputFeatureChannelCount:(NSUInteger)inputFeatureChannelCount
                                   outputFeatureChannelCount:(NSUInteger)outputFeatureChannelCount
                                                    dataType:(MLCDataType)dataType {
  return [self convolutionWeightsDescriptorWithWidth:1
                                              height:1
                            inputFeatureChannelCount:inputFeatureChannelCount
                           outputFeatureChannelCount:outputFeatureChannelCount
                                            dataType:dataType];
}

+ (instancetype)convolutionBiasesDescriptorWithFeatureChannelCount:(NSUInteger)featureChannelCount
                                                          dataType:(MLCDataType)dataType {
  return Made(self, [&] {
    return TensorDescriptor::ConvolutionBiases(Size(featureChannelCount), TypeOf(dataType));
  });
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}

- (void)dealloc {
  delete static_cast<TensorDescriptor*>(_object);
  ReleaseVariables(self);
  [super dealloc];
}
@end
