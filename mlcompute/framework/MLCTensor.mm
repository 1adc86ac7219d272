// MLCTensor: the host's bytes, the device's copy of them, and when one becomes the other.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/framework/execution.h"
#include "mlcompute/framework/foreign_bytes.h"
#include "mlcompute/quantization.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

size_t BytesOf(const TensorState& state) { return state.tensor->type().bytes(); }

void SetHost(TensorState& state, MLCTensorData* host) {
  Keep(state.host, host);
  Keep(state.data, [NSData dataWithBytesNoCopy:host.bytes length:host.length freeWhenDone:NO]);
  state.is_uploaded = false;
}

// Bytes of our own as the host's.
void SetStorage(TensorState& state, const TensorPtr& from) {
  Keep(state.storage, [NSMutableData dataWithLength:BytesOf(state)]);
  from->CopyData([state.storage mutableBytes], BytesOf(state));
  SetHost(state, [MLCTensorData dataWithBytesNoCopy:[state.storage mutableBytes]
                                             length:BytesOf(state)]);
}

MLCTensor* Adopted(Class kind, const TensorPtr& tensor, MLCTensorDescriptor* descriptor) {
  MLCTensor* made = New<MLCTensor>(kind);
  auto* state = new TensorState;
  made->_object = state;
  state->tensor = tensor;
  Keep(state->descriptor, descriptor);
  SetWrapper(tensor.get(), made);
  return made;
}

MLCTensor* Made(Class kind, MLCTensorDescriptor* descriptor, MLCTensorData* data = nil) {
  if (descriptor == nil) {
    Refuse("a tensor needs a descriptor");
    return nil;
  }
  const TensorDescriptor& type = DescriptorOf(descriptor);
  if (data && data.length < type.tensor_allocation_size_in_bytes()) {
    Refuse(StrCat("data of ", data.length, " bytes for ", type.type().ToString()));
    return nil;
  }
  MLCTensor* made = Adopted(kind, std::make_shared<Tensor>(type), descriptor);
  if (data == nil) return made;
  TensorState& state = StateOf(made);
  SetHost(state, data);
  Upload(made);
  // What the host writes before the graph is compiled still counts.
  state.is_uploaded = false;
  return made;
}

// A tensor that begins with what `make` computes.
MLCTensor* Computed(Class kind, MLCTensorDescriptor* descriptor,
                    const std::function<TensorPtr(const TensorDescriptor&)>& make) {
  MLCTensor* made = Made(kind, descriptor);
  if (made == nil) return nil;
  const bool ok = Try([&] {
    const TensorPtr filled = make(DescriptorOf(descriptor));
    SetStorage(StateOf(made), filled);
    StateOf(made).tensor->BindData(filled->contents().data);
  });
  return ok ? made : nil;
}

MLCTensor* Random(Class kind, MLCTensorDescriptor* descriptor, MLCRandomInitializerType type) {
  return Computed(kind, descriptor, [type](const TensorDescriptor& of) {
    if (type <= MLCRandomInitializerTypeInvalid || type >= MLCRandomInitializerTypeCount) {
      throw InvalidArgument("random initializer type ", type);
    }
    return Tensor::Random(of, static_cast<RandomInitializerType>(type));
  });
}

MLCTensor* Filled(Class kind, MLCTensorDescriptor* descriptor, double value) {
  return Computed(kind, descriptor,
                  [value](const TensorDescriptor& of) { return Tensor::Filled(of, value); });
}

MLCTensorDescriptor* Sequence(NSUInteger length, NSUInteger channels, NSUInteger batch) {
  MLCTensorDescriptor* made =
      [MLCTensorDescriptor descriptorWithShape:@[ @(batch), @(length), @(channels) ]
                                      dataType:MLCDataTypeFloat32];
  if (made == nil) return nil;
  Keep(made->_sequenceLengths, Array(std::vector<int64_t>(batch, static_cast<int64_t>(length))));
  Keep(made->_batchSizePerSequenceStep,
       Array(std::vector<int64_t>(length, static_cast<int64_t>(batch))));
  return made;
}

// What was measured: the batch size is the first axis, and the batch sizes per step came back as
// the lengths.
MLCTensorDescriptor* Sequences(NSArray<NSNumber*>* lengths, BOOL sorted, NSUInteger channels,
                               NSUInteger batch) {
  const std::vector<int64_t> numbers = Numbers(lengths);
  int64_t longest = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    longest = std::max(longest, numbers[i]);
    if (numbers[i] < 1 || (sorted && i > 0 && numbers[i] > numbers[i - 1])) {
      Refuse(StrCat("lengths of sequences ", Shape(numbers).ToString()));
      return nil;
    }
  }
  MLCTensorDescriptor* made = Sequence(static_cast<NSUInteger>(longest), channels, batch);
  if (made == nil) return nil;
  Keep(made->_sequenceLengths, lengths);
  Keep(made->_batchSizePerSequenceStep, lengths);
  made->_sortedSequences = sorted;
  return made;
}

MLCTensorDescriptor* Image(NSUInteger width, NSUInteger height, NSUInteger channels,
                           NSUInteger batch, MLCDataType type = MLCDataTypeFloat32) {
  return [MLCTensorDescriptor descriptorWithWidth:width
                                           height:height
                              featureChannelCount:channels
                                        batchSize:batch
                                         dataType:type];
}

MLCTensorDescriptor* Shaped(NSArray<NSNumber*>* shape, MLCDataType type) {
  return [MLCTensorDescriptor descriptorWithShape:shape dataType:type];
}

// The framework answered with zeros on its CPU, and nil for other types: nothing to rely on.
MLCTensor* Zeros(MLCTensor* like, MLCDataType type, BOOL allowed) {
  if (!allowed) {
    Refuse(StrCat("quantization to or from data type ", type));
    return nil;
  }
  Refuse("quantized tensors are all zeros on the framework's CPU device");
  return Filled([MLCTensor class], Shaped(like.descriptor.shape, type), 0);
}

BOOL IsQuantized(MLCDataType type) {
  return type == MLCDataTypeInt8 || type == MLCDataTypeUInt8 || type == MLCDataTypeInt32;
}

}  // namespace

namespace mlcompute::framework {

TensorState::~TensorState() {
  [descriptor release];
  [data release];
  [host release];
  [storage release];
  [device release];
  [optimizer_data release];
  [optimizer_storage release];
}

TensorState& StateOf(MLCTensor* tensor) { return *static_cast<TensorState*>(tensor->_object); }

TensorPtr TensorOf(MLCTensor* tensor) { return tensor ? StateOf(tensor).tensor : nullptr; }

std::vector<TensorPtr> Tensors(NSArray<MLCTensor*>* tensors) {
  std::vector<TensorPtr> found;
  for (MLCTensor* tensor in tensors) found.push_back(TensorOf(tensor));
  return found;
}

MLCTensor* Wrap(const TensorPtr& tensor) {
  if (!tensor) return nil;
  if (id found = WrapperOf(tensor.get())) return found;
  return Adopted([MLCTensor class], tensor, WrapDescriptor(tensor->descriptor()));
}

void Upload(MLCTensor* tensor) {
  TensorState& state = StateOf(tensor);
  if (state.host == nil || state.is_uploaded) return;
  if (!Fingerprint(state.host.bytes, BytesOf(state))) {
    Refuse(StrCat("the bytes of ", state.tensor->ToString(), " cannot be read: freed?"));
    return;
  }
  state.tensor->BindData(TensorData::Copy(state.host.bytes, BytesOf(state)));
  state.is_uploaded = true;
}

bool WriteToHost(MLCTensor* tensor) {
  TensorState& state = StateOf(tensor);
  if (state.host == nil) return false;
  std::vector<char> bytes(BytesOf(state));
  if (!Try([&] { state.tensor->CopyData(bytes.data(), bytes.size()); })) return false;
  if (WriteBytes(state.host.bytes, bytes.data(), bytes.size())) return true;
  Refuse(StrCat("the bytes of ", state.tensor->ToString(), " cannot be written: freed?"));
  return false;
}

void DeliverData(MLCTensor* tensor) {
  TensorState& state = StateOf(tensor);
  const Tensor::Contents contents = state.tensor->contents();
  if (!contents.data) return;
  const size_t length = TensorType{state.tensor->type().dtype, contents.shape}.bytes();
  Keep(state.data, [NSData dataWithBytes:contents.data->bytes() length:length]);
}

}  // namespace mlcompute::framework

@implementation MLCTensor

+ (instancetype)tensorWithDescriptor:(MLCTensorDescriptor*)tensorDescriptor {
  return Made(self, tensorDescriptor);
}

+ (instancetype)tensorWithDescriptor:(MLCTensorDescriptor*)tensorDescriptor
               randomInitializerType:(MLCRandomInitializerType)randomInitializerType {
  return Random(self, tensorDescriptor, randomInitializerType);
}

+ (instancetype)tensorWithDescriptor:(MLCTensorDescriptor*)tensorDescriptor
                        fillWithData:(NSNumber*)fillData {
  return Filled(self, tensorDescriptor, [fillData doubleValue]);
}

+ (instancetype)tensorWithDescriptor:(MLCTensorDescriptor*)tensorDescriptor
                                data:(MLCTensorData*)data {
  return Made(self, tensorDescriptor, data);
}

+ (instancetype)tensorWithShape:(NSArray<NSNumber*>*)shape {
  return Made(self, Shaped(shape, MLCDataTypeFloat32));
}

+ (instancetype)tensorWithShape:(NSArray<NSNumber*>*)shape
          randomInitializerType:(MLCRandomInitializerType)randomInitializerType {
  return Random(self, Shaped(shape, MLCDataTypeFloat32), randomInitializerType);
}

+ (instancetype)tensorWithShape:(NSArray<NSNumber*>*)shape
          randomInitializerType:(MLCRandomInitializerType)randomInitializerType
                       dataType:(MLCDataType)dataType {
  return Random(self, Shaped(shape, dataType), randomInitializerType);
}

+ (instancetype)tensorWithShape:(NSArray<NSNumber*>*)shape dataType:(MLCDataType)dataType {
  return Made(self, Shaped(shape, dataType));
}

+ (instancetype)tensorWithShape:(NSArray<NSNumber*>*)shape
                           data:(MLCTensorData*)data
                       dataType:(MLCDataType)dataType {
  return Made(self, Shaped(shape, dataType), data);
}

+ (instancetype)tensorWithShape:(NSArray<NSNumber*>*)shape
                   fillWithData:(NSNumber*)fillData
                       dataType:(MLCDataType)dataType {
  return Filled(self, Shaped(shape, dataType), [fillData doubleValue]);
}

+ (instancetype)tensorWithWidth:(NSUInteger)width
                         height:(NSUInteger)height
            featureChannelCount:(NSUInteger)featureChannelCount
                      batchSize:(NSUInteger)batchSize {
  return Made(self, Image(width, height, featureChannelCount, batchSize));
}

+ (instancetype)tensorWithWidth:(NSUInteger)width
                         height:(NSUInteger)height
            featureChannelCount:(NSUInteger)featureChannelCount
                      batchSize:(NSUInteger)batchSize
                   fillWithData:(float)fillData
                       dataType:(MLCDataType)dataType {
  return Filled(self, Image(width, height, featureChannelCount, batchSize, dataType),
                static_cast<double>(fillData));
}

+ (instancetype)tensorWithWidth:(NSUInteger)width
                         height:(NSUInteger)height
            featureChannelCount:(NSUInteger)featureChannelCount
                      batchSize:(NSUInteger)batchSize
          randomInitializerType:(MLCRandomInitializerType)randomInitializerType {
  return Random(self, Image(width, height, featureChannelCount, batchSize), randomInitializerType);
}

+ (instancetype)tensorWithWidth:(NSUInteger)width
                         height:(NSUInteger)height
            featureChannelCount:(NSUInteger)featureChannelCount
                      batchSize:(NSUInteger)batchSize
                           data:(MLCTensorData*)data {
  return Made(self, Image(width, height, featureChannelCount, batchSize), data);
}

+ (instancetype)tensorWithWidth:(NSUInteger)width
                         height:(NSUInteger)height
            featureChannelCount:(NSUInteger)featureChannelCount
                      batchSize:(NSUInteger)batchSize
                           data:(MLCTensorData*)data
                       dataType:(MLCDataType)dataType {
  return Made(self, Image(width, height, featureChannelCount, batchSize, dataType), data);
}

+ (instancetype)tensorWithSequenceLength:(NSUInteger)sequenceLength
                     featureChannelCount:(NSUInteger)featureChannelCount
                               batchSize:(NSUInteger)batchSize {
  return Made(self, Sequence(sequenceLength, featureChannelCount, batchSize));
}

+ (instancetype)tensorWithSequenceLength:(NSUInteger)sequenceLength
                     featureChannelCount:(NSUInteger)featureChannelCount
                               batchSize:(NSUInteger)batchSize
                   randomInitializerType:(MLCRandomInitializerType)randomInitializerType {
  return Random(self, Sequence(sequenceLength, featureChannelCount, batchSize),
                randomInitializerType);
}

+ (instancetype)tensorWithSequenceLength:(NSUInteger)sequenceLength
                     featureChannelCount:(NSUInteger)featureChannelCount
                               batchSize:(NSUInteger)batchSize
                                    data:(MLCTensorData*)data {
  return Made(self, Sequence(sequenceLength, featureChannelCount, batchSize), data);
}

+ (instancetype)tensorWithSequenceLengths:(NSArray<NSNumber*>*)sequenceLengths
                          sortedSequences:(BOOL)sortedSequences
                      featureChannelCount:(NSUInteger)featureChannelCount
                                batchSize:(NSUInteger)batchSize
                    randomInitializerType:(MLCRandomInitializerType)randomInitializerType {
  return Random(self, Sequences(sequenceLengths, sortedSequences, featureChannelCount, batchSize),
                randomInitializerType);
}

+ (instancetype)tensorWithSequenceLengths:(NSArray<NSNumber*>*)sequenceLengths
                          sortedSequences:(BOOL)sortedSequences
                      featureChannelCount:(NSUInteger)featureChannelCount
                                batchSize:(NSUInteger)batchSize
                                     data:(MLCTensorData*)data {
  return Made(self, Sequences(sequenceLengths, sortedSequences, featureChannelCount, batchSize),
              data);
}

- (NSUInteger)tensorID {
  return StateOf(self).tensor->id();
}

- (MLCTensorDescriptor*)descriptor {
  return StateOf(self).descriptor;
}

- (NSData*)data {
  return [[StateOf(self).data retain] autorelease];
}

- (NSString*)label {
  return Text(StateOf(self).tensor->label());
}

- (void)setLabel:(NSString*)label {
  StateOf(self).tensor->set_label(String(label));
}

- (MLCDevice*)device {
  return StateOf(self).device;
}

- (NSArray<MLCTensorData*>*)optimizerData {
  NSArray* data = StateOf(self).optimizer_data;
  return data ? data : @[];
}

- (NSArray<MLCTensorOptimizerDeviceData*>*)optimizerDeviceData {
  NSMutableArray* found = [NSMutableArray array];
  for (size_t i = 0; i < StateOf(self).tensor->optimizer_data().size(); ++i) {
    [found addObject:New<MLCTensorOptimizerDeviceData>([MLCTensorOptimizerDeviceData class])];
  }
  return found;
}

- (BOOL)hasValidNumerics {
  return StateOf(self).tensor->has_valid_numerics();
}

- (BOOL)synchronizeData {
  TensorState& state = StateOf(self);
  if (IsInGpuHandler()) {
    Refuse("synchronizeData inside a completion handler of the GPU");
    return NO;
  }
  if (state.host) return WriteToHost(self);
  DeliverData(self);
  return YES;
}

- (BOOL)synchronizeOptimizerData {
  TensorState& state = StateOf(self);
  const auto states = state.tensor->optimizer_data();
  if (states.empty()) return YES;
  if (state.optimizer_data == nil) {
    Keep(state.optimizer_storage, [NSMutableArray array]);
    NSMutableArray* data = [NSMutableArray array];
    for (const auto& one : states) {
      NSMutableData* storage = [NSMutableData dataWithLength:one->length()];
      [state.optimizer_storage addObject:storage];
      [data addObject:[MLCTensorData dataWithBytesNoCopy:[storage mutableBytes]
                                                  length:one->length()]];
    }
    Keep(state.optimizer_data, static_cast<NSArray*>(data));
  }
  for (size_t i = 0; i < states.size() && i < [state.optimizer_data count]; ++i) {
    MLCTensorData* to = [state.optimizer_data objectAtIndex:i];
    if (!WriteBytes(to.bytes, states[i]->bytes(), std::min(to.length, states[i]->length()))) {
      Refuse("the bytes of an optimizer's data cannot be written: freed?");
      return NO;
    }
  }
  return YES;
}

- (BOOL)copyDataFromDeviceMemoryToBytes:(void*)bytes
                                 length:(NSUInteger)length
                  synchronizeWithDevice:(BOOL)synchronizeWithDevice {
  TensorState& state = StateOf(self);
  if (synchronizeWithDevice && state.device && state.device.type == MLCDeviceTypeGPU &&
      (IsInGpuHandler() || state.is_output)) {
    Refuse(StrCat(state.tensor->ToString(), " is read with synchronizeWithDevice:YES ",
                  state.is_output ? "though it is an output" : "inside a completion handler",
                  " of the GPU"));
    return NO;
  }
  return Try([&] { state.tensor->CopyData(bytes, length); });
}

- (BOOL)bindAndWriteData:(MLCTensorData*)data toDevice:(MLCDevice*)device {
  TensorState& state = StateOf(self);
  if (data == nil || device == nil || data.length < BytesOf(state)) {
    Refuse(StrCat("no device, or too few data, for ", state.tensor->ToString()));
    return NO;
  }
  SetHost(state, data);
  Upload(self);
  return state.is_uploaded;
}

- (BOOL)bindOptimizerData:(NSArray<MLCTensorData*>*)data
               deviceData:(NSArray<MLCTensorOptimizerDeviceData*>*)deviceData {
  (void)deviceData;
  TensorState& state = StateOf(self);
  const bool ok = Try([&] {
    std::vector<std::shared_ptr<TensorData>> copies;
    for (MLCTensorData* one in data) copies.push_back(TensorData::Copy(one.bytes, one.length));
    state.tensor->BindOptimizerData(copies);
  });
  if (ok) Keep(state.optimizer_data, data);
  return ok;
}

- (MLCTensor*)tensorByQuantizingToType:(MLCDataType)type scale:(float)scale bias:(NSInteger)bias {
  (void)scale, (void)bias;
  return Zeros(self, type, IsQuantized(type));
}

- (MLCTensor*)tensorByQuantizingToType:(MLCDataType)type
                                 scale:(MLCTensor*)scale
                                  bias:(MLCTensor*)bias
                                  axis:(NSInteger)axis {
  (void)scale, (void)bias, (void)axis;
  return Zeros(self, type, IsQuantized(type));
}

- (MLCTensor*)tensorByDequantizingToType:(MLCDataType)type
                                   scale:(MLCTensor*)scale
                                    bias:(MLCTensor*)bias
                                    axis:(NSInteger)axis {
  (void)scale, (void)bias, (void)axis;
  return Zeros(self, type, type == MLCDataTypeFloat32 || type == MLCDataTypeFloat16);
}

- (MLCTensor*)tensorByDequantizingToType:(MLCDataType)type
                                   scale:(MLCTensor*)scale
                                    bias:(MLCTensor*)bias {
  return [self tensorByDequantizingToType:type scale:scale bias:bias axis:0];
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  TensorState& state = StateOf(self);
  MLCTensor* copy =
      Adopted([self class], std::make_shared<Tensor>(*state.tensor), state.descriptor);
  TensorState& to = StateOf(copy);
  Keep(to.host, state.host);
  Keep(to.storage, state.storage);
  Keep(to.data, state.data);
  to.is_uploaded = state.is_uploaded;
  Keep(to.optimizer_data, state.optimizer_data);
  Keep(to.optimizer_storage, state.optimizer_storage);
  return [copy retain];
}

- (void)dealloc {
  if (_object) ForgetWrapper(StateOf(self).tensor.get(), self);
  delete static_cast<TensorState*>(_object);
  [super dealloc];
}
@end
