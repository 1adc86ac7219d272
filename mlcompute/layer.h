// mlcompute/layer.h: a function of tensors, with its parameters (MLCLayer).
//
// A layer is a value without inputs; Graph::Node() applies it to tensors. It belongs to the first
// graph that does so, where it may be applied several times.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mlcompute/error.h"
#include "mlcompute/lowering.h"

namespace mlcompute {

// A tensor that an optimizer may update, and whether it does (MLCTensorParameter).
class TensorParameter {
 public:
  // Throws Error(kInvalidArgument) unless `tensor` holds floating-point data.
  explicit TensorParameter(TensorPtr tensor);

  const TensorPtr& tensor() const { return tensor_; }
  bool is_updatable() const { return is_updatable_; }
  void set_is_updatable(bool is_updatable) { is_updatable_ = is_updatable; }

 private:
  const TensorPtr tensor_;
  std::atomic<bool> is_updatable_{true};
};

using TensorParameterPtr = std::shared_ptr<TensorParameter>;

class Layer {
 public:
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // 0 until the layer is in a graph, then its place there, from 1.
  uint64_t id() const { return id_; }

  const std::string& label() const { return label_; }
  void set_label(std::string label) { label_ = std::move(label); }

  // Whether a graph compiled with CompileOptions::debug_layers keeps the layer's results.
  bool is_debugging_enabled() const { return is_debugging_enabled_; }
  void set_is_debugging_enabled(bool enabled) { is_debugging_enabled_ = enabled; }

  // "Arithmetic (add)".
  std::string Describe() const;

  // The tensors that the layer owns and an optimizer may update. They hold data.
  virtual std::vector<TensorPtr> parameters() const { return {}; }
  // Tensors that training keeps up to date by itself, such as running means.
  virtual std::vector<TensorPtr> statistics() const { return {}; }
  // The floating-point parameters with their settings; always the same objects.
  std::vector<TensorParameterPtr> tensor_parameters() const;

  // Whether training makes the result small, rather than handing it on.
  virtual bool is_loss() const { return false; }

  // Types of the results for sources of these types, found by lowering into a program that is
  // thrown away. Throws Error(kInvalidArgument) that names the layer and the sources.
  std::vector<TensorType> ResultTypes(const std::vector<TensorType>& sources) const;

  // Appends the layer's operations and returns its results. Throws as ResultTypes().
  std::vector<Value> Append(Lowering& to, const std::vector<Value>& sources) const;

 protected:
  // `kind` is MLCompute's default label.
  explicit Layer(std::string_view kind) : kind_(kind), label_(kind) {}

  // What tells this layer from others of its kind, like an operation's name; may be empty.
  virtual std::string Detail() const { return ""; }

  virtual std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const = 0;

  // For Lower(): throws unless there are `n` sources.
  static void SourceCount(const std::vector<Value>& sources, size_t n);
  // For Lower(): throws unless `dimension` is an axis of `shape`.
  static void CheckDimension(int64_t dimension, const Shape& shape);
  // For Lower(): throws unless `shape` has that rank.
  static void CheckRank(const Shape& shape, int rank);
  // For constructors: throws unless `tensor` holds data and has one of the shapes.
  void CheckParameter(const TensorPtr& tensor, const std::vector<Shape>& shapes,
                      const char* name) const;

 private:
  friend class Graph;

  const std::string kind_;
  std::string label_;
  bool is_debugging_enabled_ = false;
  uint64_t id_ = 0;
  uint64_t graph_id_ = 0;  // of the graph it belongs to
  mutable std::once_flag parameters_made_;
  mutable std::vector<TensorParameterPtr> tensor_parameters_;
};

using LayerPtr = std::shared_ptr<Layer>;

}  // namespace mlcompute
