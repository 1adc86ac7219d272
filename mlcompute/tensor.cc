#include "mlcompute/tensor.h"

#include <atomic>
#include <cmath>
#include <cstring>
#include <utility>

#include "mlcompute/backend/choice.h"
#include "mlcompute/error.h"
#include "mlcompute/float16.h"
#include "mlcompute/platform.h"
#include "mlcompute/program/terms.h"

namespace mlcompute {
namespace {

uint64_t NextId() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

void CheckLength(const TensorDescriptor& descriptor, const TensorData& data) {
  const size_t needed = descriptor.tensor_allocation_size_in_bytes();
  if (data.length() < needed) {
    throw InvalidArgument("a tensor ", descriptor.type().ToString(), " needs ", needed,
                          " bytes, but its data have ", data.length());
  }
}

template <typename T>
bool AllFinite(const void* bytes, int64_t n) {
  const T* x = static_cast<const T*>(bytes);
  for (int64_t i = 0; i < n; ++i) {
    if (!std::isfinite(static_cast<float>(x[i]))) return false;
  }
  return true;
}

}  // namespace

Tensor::Tensor(TensorDescriptor descriptor)
    : id_(NextId()), descriptor_(std::move(descriptor)), label_("data" + std::to_string(id_)) {}

Tensor::Tensor(TensorDescriptor descriptor, std::shared_ptr<TensorData> data)
    : Tensor(std::move(descriptor)) {
  BindData(std::move(data));
}

Tensor::Tensor(const Tensor& other) : Tensor(other.descriptor_) { contents_ = other.contents(); }

TensorPtr Tensor::Filled(TensorDescriptor descriptor, double value) {
  // A program's constant rounds the value to the type.
  Program program;
  const std::byte* element = program.constant(program.AddScalar(descriptor.data_type(), value));
  const size_t size = SizeOf(descriptor.data_type());
  std::shared_ptr<TensorData> data =
      TensorData::Allocate(descriptor.tensor_allocation_size_in_bytes());
  auto* bytes = static_cast<std::byte*>(data->mutable_bytes());
  for (size_t i = 0; i < data->length(); i += size) std::memcpy(bytes + i, element, size);
  return std::make_shared<Tensor>(std::move(descriptor), std::move(data));
}

TensorPtr Tensor::Random(TensorDescriptor descriptor, RandomInitializerType type) {
  const TensorType of = descriptor.type();
  if (!IsFloating(of.dtype)) {
    throw InvalidArgument("random elements are floating-point, not ", of.ToString());
  }
  const auto fans = static_cast<double>(descriptor.fan_in() + descriptor.fan_out());
  Program program;
  const Terms t(program);
  const uint64_t key = Platform::NextRandomKey(), counter = 0;
  const std::vector<Value> state = {program.AddConstant({DataType::kUInt64, {1}}, &key),
                                    program.AddConstant({DataType::kUInt64, {1}}, &counter)};
  const Attributes attributes = {{"shape", of.shape.dims()}, {"to", DataType::kFloat32}};
  Value x =
      t.Append(type == RandomInitializerType::kXavier ? Op::kRandomNormal : Op::kRandomUniform,
               state, attributes);
  if (type == RandomInitializerType::kGlorotUniform) {
    x = t.Times(t.Plus(t.Times(x, 2), -1), std::sqrt(6 / fans));
  } else if (type == RandomInitializerType::kXavier) {
    x = t.Times(x, std::sqrt(0.5 / fans));
  }
  if (of.dtype != DataType::kFloat32) x = t.Append(Op::kCast, {x}, {{"to", of.dtype}});
  program.AddOutput(x);
  std::shared_ptr<TensorData> data = TensorData::Allocate(of.bytes());
  void* out[] = {data->mutable_bytes()};
  HostBackend().Compile(program)->Run(nullptr, out);
  return std::make_shared<Tensor>(std::move(descriptor), std::move(data));
}

std::string Tensor::label() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return label_;
}

void Tensor::set_label(std::string label) {
  const std::lock_guard<std::mutex> lock(mutex_);
  label_ = std::move(label);
}

std::shared_ptr<const Device> Tensor::device() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return device_;
}

Tensor::Contents Tensor::contents() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return contents_;
}

void Tensor::CopyData(void* bytes, size_t length) const {
  const Contents held = contents();
  if (!held.data) throw InvalidArgument("tensor ", ToString(), " holds no data");
  const size_t size = TensorType{descriptor_.data_type(), held.shape}.bytes();
  if (length < size) {
    throw InvalidArgument("tensor ", ToString(), " holds ", size, " bytes, more than the ", length,
                          " there is room for");
  }
  std::memcpy(bytes, held.data->bytes(), size);
}

void Tensor::BindData(std::shared_ptr<TensorData> data, std::shared_ptr<const Device> device) {
  if (!data) throw InvalidArgument("no data to bind to tensor ", ToString());
  CheckLength(descriptor_, *data);
  Deliver({std::move(data), descriptor_.shape()}, std::move(device));
}

std::shared_ptr<TensorData> Tensor::Deliver(Contents contents,
                                            std::shared_ptr<const Device> device) {
  // Data are let go outside the lock: their owner may be Python's, which has a lock of its own.
  std::shared_ptr<TensorData> given;
  const std::lock_guard<std::mutex> lock(mutex_);
  std::swap(contents_, contents);
  std::swap(given_, given);
  device_ = std::move(device);
  return std::move(contents.data);
}

void Tensor::Update(std::shared_ptr<TensorData> data, std::shared_ptr<const Device> device) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!given_) given_ = std::move(contents_.data);
  // What this lets go is a graph's own.
  contents_ = {std::move(data), descriptor_.shape()};
  device_ = std::move(device);
}

void Tensor::Synchronize() {
  std::shared_ptr<TensorData> given;
  const std::lock_guard<std::mutex> lock(mutex_);
  std::swap(given_, given);
  if (!given || !given->is_mutable()) return;
  std::memcpy(given->mutable_bytes(), contents_.data->bytes(), type().bytes());
  contents_.data = std::move(given);
}

std::vector<std::shared_ptr<TensorData>> Tensor::optimizer_data() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return optimizer_data_;
}

void Tensor::BindOptimizerData(std::vector<std::shared_ptr<TensorData>> data) {
  for (const auto& state : data) {
    if (!state) throw InvalidArgument("no optimizer data to bind to tensor ", ToString());
    CheckLength(descriptor_, *state);
  }
  std::vector<std::shared_ptr<TensorData>> given = data;
  const std::lock_guard<std::mutex> lock(mutex_);
  std::swap(given_optimizer_data_, given);
  std::swap(optimizer_data_, data);
}

void Tensor::UpdateOptimizerData(size_t index, std::shared_ptr<TensorData> data) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (optimizer_data_.size() <= index) optimizer_data_.resize(index + 1);
  optimizer_data_[index] = std::move(data);
}

void Tensor::SynchronizeOptimizerData() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (size_t i = 0; i < given_optimizer_data_.size(); ++i) {
    const std::shared_ptr<TensorData>& given = given_optimizer_data_[i];
    if (i >= optimizer_data_.size() || optimizer_data_[i] == given || !given->is_mutable())
      continue;
    std::memcpy(given->mutable_bytes(), optimizer_data_[i]->bytes(), type().bytes());
    optimizer_data_[i] = given;
  }
}

bool Tensor::has_valid_numerics() const {
  const Contents held = contents();
  if (!held.data) return true;
  const void* bytes = held.data->bytes();
  const int64_t n = held.shape.elements();
  switch (descriptor_.data_type()) {
    case DataType::kFloat32:
      return AllFinite<float>(bytes, n);
    case DataType::kFloat16:
      return AllFinite<Float16>(bytes, n);
    case DataType::kBFloat16:
      return AllFinite<BFloat16>(bytes, n);
    default:
      return true;
  }
}

std::string Tensor::ToString() const { return label() + " " + type().ToString(); }

}  // namespace mlcompute
