#include "mlcompute/layer.h"

#include <algorithm>

namespace mlcompute {

TensorParameter::TensorParameter(TensorPtr tensor) : tensor_(std::move(tensor)) {
  if (!tensor_) throw InvalidArgument("a parameter is made of a tensor, got none");
  if (!tensor_->has_data() || !IsFloating(tensor_->type().dtype)) {
    throw InvalidArgument("tensor ", tensor_->ToString(),
                          " is no parameter: it must hold floating-point data");
  }
}

std::vector<TensorParameterPtr> Layer::tensor_parameters() const {
  std::call_once(parameters_made_, [&] {
    for (const TensorPtr& tensor : parameters()) {
      if (!IsFloating(tensor->type().dtype)) continue;
      tensor_parameters_.push_back(std::make_shared<TensorParameter>(tensor));
    }
  });
  return tensor_parameters_;
}

std::string Layer::Describe() const {
  std::string text = kind_;
  if (const std::string detail = Detail(); !detail.empty()) text += " (" + detail + ")";
  if (label_ != kind_) text += " '" + label_ + "'";
  return text;
}

void Layer::SourceCount(const std::vector<Value>& sources, size_t n) {
  if (sources.size() == n) return;
  throw InvalidArgument("takes ", n, n == 1 ? " source" : " sources", ", got ", sources.size());
}

void Layer::CheckDimension(int64_t dimension, const Shape& shape) {
  if (dimension >= 0 && dimension < shape.rank()) return;
  throw InvalidArgument("dimension ", dimension, " is not in [0, ", shape.rank(), ")");
}

void Layer::CheckRank(const Shape& shape, int rank) {
  if (shape.rank() == rank) return;
  throw InvalidArgument("takes a source of rank ", rank, ", got ", shape.ToString());
}

void Layer::CheckParameter(const TensorPtr& tensor, const std::vector<Shape>& shapes,
                           const char* name) const {
  const std::string what = "layer " + Describe() + ": " + name;
  if (!tensor) throw InvalidArgument(what, ": no tensor");
  std::string expected;
  for (const Shape& shape : shapes) expected += (expected.empty() ? "" : " or ") + shape.ToString();
  if (std::find(shapes.begin(), shapes.end(), tensor->type().shape) == shapes.end()) {
    throw InvalidArgument(what, " ", tensor->ToString(), " must have shape ", expected);
  }
  if (!tensor->has_data()) throw InvalidArgument(what, " ", tensor->ToString(), " hold no data");
}

std::vector<Value> Layer::Append(Lowering& to, const std::vector<Value>& sources) const {
  try {
    return Lower(to, sources);
  } catch (const Error& e) {
    std::string given;
    for (const Value v : sources) given += (given.empty() ? "" : ", ") + to.type(v).ToString();
    throw Error(e.code(), StrCat("layer ", Describe(), " of (", given, "): ", e.what()));
  }
}

std::vector<TensorType> Layer::ResultTypes(const std::vector<TensorType>& sources) const {
  Lowering scratch;
  std::vector<Value> values;
  for (const TensorType& type : sources) values.push_back(scratch.program().AddInput(type));
  std::vector<TensorType> types;
  for (const Value v : Append(scratch, values)) types.push_back(scratch.type(v));
  return types;
}

}  // namespace mlcompute
