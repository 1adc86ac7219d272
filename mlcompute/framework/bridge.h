// mlcompute/framework/bridge.h: between Objective-C's objects and those of the object model.
#pragma once

#import <MLCompute/MLCompute.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mlcompute/framework/guard.h"
#include "mlcompute/inference_graph.h"
#include "mlcompute/layers/activation.h"
#include "mlcompute/training_graph.h"

namespace mlcompute::framework {

// ---- objects

// A new object, autoreleased, whose variables are 0. Most classes declare -init unavailable.
id NewObject(Class kind);
template <typename T>
T* New(Class kind) {
  return static_cast<T*>(NewObject(kind));
}
// For -dealloc: releases all variables that are objects, those of all classes up to NSObject.
void ReleaseVariables(id object);
// A variable that is an object gets `value`, retained.
template <typename T>
void Keep(T*& variable, id value) {
  [value retain];
  [variable release];
  variable = value;
}

// The Objective-C object of an object of the object model, nil when there is none (any more).
id WrapperOf(const void* object);
void SetWrapper(const void* object, id wrapper);
void ForgetWrapper(const void* object, id wrapper);

// Throws NSException(name); aborts under MLC_STRICT.
[[noreturn]] void Raise(NSString* name, const std::string& reason);

// ---- values

std::string String(NSString* text);
NSString* Text(const std::string& text);
std::vector<int64_t> Numbers(NSArray<NSNumber*>* numbers);
NSArray<NSNumber*>* Array(const std::vector<int64_t>& numbers);
// One number for both axes, or [y, x]. Raises NSRangeException for others; nil is `otherwise`.
std::pair<NSUInteger, NSUInteger> Pair(NSArray<NSNumber*>* numbers, NSUInteger otherwise);
// kInvalid for what is no type of the framework's.
DataType TypeOf(MLCDataType type);

// ---- tensors

struct TensorState {
  ~TensorState();

  TensorPtr tensor;
  MLCTensorDescriptor* descriptor = nil;
  // The caller's bytes, or ours in `storage`. The device's copy is the tensor's.
  MLCTensorData* host = nil;
  NSMutableData* storage = nil;
  NSData* data = nil;  // over the host's bytes, or a copy of a result
  bool is_uploaded = false;
  bool is_output = false;
  MLCDevice* device = nil;
  NSArray<MLCTensorData*>* optimizer_data = nil;
  NSMutableArray<NSMutableData*>* optimizer_storage = nil;
};

TensorState& StateOf(MLCTensor* tensor);
TensorPtr TensorOf(MLCTensor* tensor);  // null for nil
std::vector<TensorPtr> Tensors(NSArray<MLCTensor*>* tensors);
// The tensor's Objective-C object, a new one if need be.
MLCTensor* Wrap(const TensorPtr& tensor);
// Device to host. False if there is nothing, or the host's bytes are gone.
bool WriteToHost(MLCTensor* tensor);
// Host to device, unless that has happened.
void Upload(MLCTensor* tensor);
// `data` of a result becomes what the device has.
void DeliverData(MLCTensor* tensor);
// A tensor over the caller's bytes.
TensorDescriptor& DescriptorOf(MLCTensorDescriptor* descriptor);
MLCTensorDescriptor* WrapDescriptor(const TensorDescriptor& descriptor);

// ---- layers

// A new layer of this class; `make` gives the object model's. Where that throws the layer is empty,
// as measured of the framework: no node can be made of it.
id NewLayer(Class kind, const std::function<LayerPtr()>& make);
LayerPtr LayerOf(MLCLayer* layer);  // null for nil and empty layers
// The layer's parameter that is `tensor`; nil if it is none.
MLCTensorParameter* ParameterOf(MLCLayer* layer, MLCTensor* tensor);
NSArray<MLCTensorParameter*>* ParametersOf(MLCLayer* layer, NSArray<MLCTensor*>* tensors);

ActivationDescriptor ActivationOf(MLCActivationDescriptor* descriptor);
std::shared_ptr<TensorParameter> ParameterPtrOf(MLCTensorParameter* parameter);

// ---- devices and optimizers

std::shared_ptr<const Device> DeviceOf(MLCDevice* device);
std::shared_ptr<Optimizer> OptimizerOf(MLCOptimizer* optimizer);  // null for nil

}  // namespace mlcompute::framework
