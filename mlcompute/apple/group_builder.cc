#include "mlcompute/apple/group_builder.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "mlcompute/error.h"
#include "mlcompute/types.h"

namespace mlcompute::apple {
namespace {

// An operation does not fit into the group that is being built.
struct Misfit {
  std::string why;
};

const std::vector<int> kToImage = {0, 3, 1, 2};
const std::vector<int> kFromImage = {0, 2, 3, 1};

// Where axis i of [N, H, W, C] is in [N, C, H, W].
int64_t ImageAxis(int64_t axis) { return kFromImage[static_cast<size_t>(axis)]; }

std::vector<int> Identity(int rank) {
  std::vector<int> permutation(static_cast<size_t>(rank));
  std::iota(permutation.begin(), permutation.end(), 0);
  return permutation;
}

Shape Permuted(const Shape& shape, const std::vector<int>& permutation) {
  std::vector<int64_t> dims;
  for (const int axis : permutation) dims.push_back(shape[axis]);
  return Shape(dims);
}

std::vector<int> Inverse(const std::vector<int>& permutation) {
  std::vector<int> inverse(permutation.size());
  for (size_t i = 0; i < permutation.size(); ++i) {
    inverse[static_cast<size_t>(permutation[i])] = static_cast<int>(i);
  }
  return inverse;
}

// With axes of 1 before it, up to `rank`; a scalar has one axis.
Shape Padded(const Shape& shape, int rank) {
  std::vector<int64_t> dims = shape.dims();
  while (static_cast<int>(dims.size()) < std::max(rank, 1)) dims.insert(dims.begin(), 1);
  return Shape(dims);
}

int AxesBeyondOne(const Shape& shape) {
  return static_cast<int>(
      std::count_if(shape.dims().begin(), shape.dims().end(), [](int64_t n) { return n != 1; }));
}

bool KeepsForm(const Rule& rule, const Operation& operation) {
  switch (rule.recipe) {
    case Recipe::kMatrixProduct:
    case Recipe::kConvolution:
    case Recipe::kPool:
    case Recipe::kReshape:
    case Recipe::kTranspose:
    case Recipe::kPad:
      return false;
    case Recipe::kReduction:
      return operation.attributes.Bool("keep_dims");
    default:
      return true;
  }
}

}  // namespace

std::vector<bool> ImagesOf(const Program& program, const std::vector<bool>& in_graph) {
  std::vector<bool> images(static_cast<size_t>(program.value_count()));
  const auto mark = [&](Value v) {
    if (program.type(v).shape.rank() != 4 || images[static_cast<size_t>(v)]) return false;
    images[static_cast<size_t>(v)] = true;
    return true;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < program.operations().size(); ++i) {
      const Operation& operation = program.operations()[i];
      if (!in_graph[i]) continue;
      const Rule& rule = *RuleFor(operation.op);
      if (rule.recipe == Recipe::kConvolution || rule.recipe == Recipe::kPool) {
        if (!operation.attributes.Bool("channels_last")) continue;
        changed |= mark(operation.inputs[0]);
        changed |= mark(operation.results[0]);
      } else if (rule.recipe == Recipe::kPad) {
        if (!PadsImage(operation.attributes)) continue;
        changed |= mark(operation.inputs[0]);
        changed |= mark(operation.results[0]);
      } else if (KeepsForm(rule, operation)) {
        std::vector<Value> all = operation.inputs;
        all.insert(all.end(), operation.results.begin(), operation.results.end());
        const bool any = std::any_of(all.begin(), all.end(),
                                     [&](Value v) { return images[static_cast<size_t>(v)]; });
        for (const Value v : all) changed |= any && mark(v);
      }
    }
  }
  return images;
}

template <typename Appending>
std::string GroupBuilder::TryTo(Appending append) {
  const GraphPlan plan = plan_;
  const auto made = made_;
  const auto taken = taken_;
  try {
    append();
    return "";
  } catch (const Misfit& misfit) {
    plan_ = plan;
    made_ = made;
    taken_ = taken;
    return misfit.why;
  }
}

std::string GroupBuilder::Add(int operation) {
  return TryTo([&] {
    current_ = operation;
    Append(operation);
    plan_.operations.push_back(operation);
  });
}

std::string GroupBuilder::Add(const Pair& pair) {
  shares_inputs_ = false;
  return TryTo([&] { AppendPair(pair); });
}

GraphPlan GroupBuilder::Finish(const std::vector<Value>& outputs) {
  for (const Value value : outputs) {
    const Made& made = made_.at(value);
    const Shape& shape = plan_.tensors[static_cast<size_t>(made.tensor)].shape;
    plan_.outputs.push_back(
        {value, made.tensor, shape, made.is_image ? kFromImage : Identity(shape.rank())});
  }
  return std::move(plan_);
}

TrainingPlan GroupBuilder::FinishTraining(const std::vector<Value>& outputs,
                                          const std::vector<const Pair*>& pairs,
                                          const std::vector<bool>& is_wanted) {
  TrainingPlan plan;
  const auto shape_of = [&](int tensor) {
    return plan_.tensors[static_cast<size_t>(tensor)].shape;
  };
  std::set<Value> inside;  // results whose gradient stays in the graph
  for (const Pair* pair : pairs) {
    for (const Operand& source : pair->sources) {
      if (input_of_.count(&source) == 0) inside.insert(source.value);
    }
  }
  for (const Pair* pair : pairs) {
    if (inside.count(pair->y) == 0) {
      const Made& made = made_.at(pair->y);
      const std::vector<int> permutation =
          made.is_image ? kToImage : Identity(shape_of(made.tensor).rank());
      // The value has the axes of the tensor in the other order.
      const Shape shape = Permuted(shape_of(made.tensor), Inverse(permutation));
      plan.seeds.push_back({pair->dy, made.tensor, shape, permutation});
    }
    for (const Operand* operand : pair->operands()) {
      const auto found = input_of_.find(operand);
      if (found == input_of_.end()) continue;
      const GraphEdge& edge = plan_.inputs[found->second];
      GraphEdge back{operand->gradient, edge.tensor, shape_of(edge.tensor),
                     Inverse(edge.permutation), edge.is_parameter};
      if (operand->updated != kNone) {
        back.value = operand->updated;
        plan.parameters.push_back({back, found->second});
      } else if (operand->gradient != kNone && is_wanted[static_cast<size_t>(operand->gradient)]) {
        plan.gradients.push_back({back, found->second});
      }
    }
    for (const auto* list : {&pair->forward, &pair->gradients, &pair->updates}) {
      plan.operations.insert(plan.operations.end(), list->begin(), list->end());
    }
  }
  plan.forward = Finish(outputs);
  return plan;
}

int GroupBuilder::NewTensor(DataType dtype, Shape shape) {
  plan_.tensors.push_back({dtype, std::move(shape)});
  return static_cast<int>(plan_.tensors.size()) - 1;
}

int GroupBuilder::Layer(GraphLayer layer, DataType dtype, Shape shape) {
  layer.operation = current_;
  layer.result = NewTensor(dtype, std::move(shape));
  plan_.layers.push_back(layer);
  return layer.result;
}

int GroupBuilder::Reshaped(int tensor, const Shape& shape) {
  const TensorType type = plan_.tensors[static_cast<size_t>(tensor)];
  if (type.shape == shape) return tensor;
  return Layer({LayerKind::kReshape, current_, {tensor}}, type.dtype, shape);
}

int GroupBuilder::Input(Value value, const Shape& shape, std::vector<int> permutation,
                        bool is_parameter) {
  std::string key = StrCat(value, shape.ToString(), is_parameter ? "parameter" : "");
  for (const int axis : permutation) key += static_cast<char>('0' + axis);
  const auto [found, is_new] = taken_.try_emplace(key, 0);
  if (is_new || is_parameter || !shares_inputs_) {
    found->second = NewTensor(program_.type(value).dtype, Permuted(shape, permutation));
    plan_.inputs.push_back({value, found->second, shape, std::move(permutation), is_parameter});
  }
  return found->second;
}

int GroupBuilder::Number(float number, int rank) {
  const Shape shape = Padded({}, rank);
  const int tensor = NewTensor(DataType::kFloat32, shape);
  plan_.inputs.push_back({-1, tensor, shape, Identity(shape.rank()), false, number});
  return tensor;
}

// The tensor of `value` with axes of 1 before it up to `rank`.
int GroupBuilder::Take(Value value, int rank, bool as_image) {
  const Shape& own = program_.type(value).shape;
  const Shape shape = Padded(own, rank);
  const std::vector<int> permutation = as_image ? kToImage : Identity(shape.rank());
  const auto made = made_.find(value);
  if (made == made_.end()) return Input(value, shape, permutation, false);
  if (own.rank() == shape.rank() || own.rank() == 0) {
    if (own.rank() != 0 && made->second.is_image != as_image) {
      throw Misfit{"its input has another layout here"};
    }
    if (own.rank() != 0) return made->second.tensor;
  }
  if (as_image && AxesBeyondOne(own) > 1) throw Misfit{"its operand would have to be transposed"};
  return Reshaped(made->second.tensor, Permuted(shape, permutation));
}

// [..., rows, columns] of at least 3 axes, for the framework's products are of batches.
int GroupBuilder::TakeMatrix(Value value, int rank, bool transposed) {
  const Shape shape = Padded(program_.type(value).shape, rank);
  std::vector<int> permutation = Identity(rank);
  if (transposed)
    std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
  if (!Makes(value)) return Input(value, shape, permutation, false);
  const int tensor = Take(value, rank, false);
  if (!transposed) return tensor;
  GraphLayer layer{LayerKind::kTranspose, current_, {tensor}};
  layer.numbers.assign(permutation.begin(), permutation.end());
  return Layer(layer, DataType::kFloat32, Permuted(shape, permutation));
}

void GroupBuilder::Give(Value value, int tensor, bool is_image) {
  made_[value] = {tensor, is_image};
}

void GroupBuilder::Append(int index) {
  const Operation& operation = program_.operations()[static_cast<size_t>(index)];
  const Rule& rule = *RuleFor(operation.op);
  switch (rule.recipe) {
    case Recipe::kLayer:
    case Recipe::kNegate:
    case Recipe::kReciprocal:
    case Recipe::kSquare:
    case Recipe::kSquaredDifference:
      return AppendElementwise(rule, operation);
    case Recipe::kMatrixProduct:
      return AppendProduct(operation);
    case Recipe::kConvolution:
      return AppendConvolution(operation);
    case Recipe::kPool:
      return AppendPool(rule, operation);
    case Recipe::kReduction:
      return AppendReduction(rule, operation);
    case Recipe::kSoftmax:
    case Recipe::kConcatenation:
    case Recipe::kReshape:
    case Recipe::kTranspose:
      return AppendMove(rule, operation);
    case Recipe::kSlice:
      return AppendSlice(operation);
    case Recipe::kPad:
      return AppendPad(rule, operation);
    case Recipe::kClip:
      return AppendClip(rule, operation);
  }
}

void GroupBuilder::AppendElementwise(const Rule& rule, const Operation& operation) {
  const Value y = operation.results[0];
  const TensorType& type = program_.type(y);
  const int rank = std::max(type.shape.rank(), 1);
  const bool image = images_[static_cast<size_t>(y)];
  const Shape shape = image ? Permuted(type.shape, kToImage) : Padded(type.shape, rank);
  std::vector<int> sources;
  for (const Value v : operation.inputs) sources.push_back(Take(v, rank, image));
  GraphLayer layer{rule.kind, current_, sources};
  layer.code = rule.code;
  layer.a = rule.a;
  layer.b = rule.b;
  if (operation.op == Op::kLeakyRelu) {
    layer.a = static_cast<float>(operation.attributes.Double("alpha"));
  }
  const auto code = [](ArithmeticOperation one) { return static_cast<int>(one); };
  switch (rule.recipe) {
    case Recipe::kNegate:
      layer.code = code(ArithmeticOperation::kMultiply);
      layer.sources.push_back(Number(-1, rank));
      break;
    case Recipe::kReciprocal:
      layer.code = code(ArithmeticOperation::kDivide);
      layer.sources.insert(layer.sources.begin(), Number(1, rank));
      break;
    case Recipe::kSquaredDifference:
      layer.code = code(ArithmeticOperation::kSubtract);
      layer.sources = {Layer(layer, type.dtype, shape)};
      [[fallthrough]];
    case Recipe::kSquare:
      layer.code = code(ArithmeticOperation::kMultiply);
      layer.sources = {layer.sources[0], layer.sources[0]};
      break;
    default:
      break;
  }
  Give(y, Layer(layer, type.dtype, shape), image);
}

void GroupBuilder::AppendProduct(const Operation& operation) {
  const Value a = operation.inputs[0];
  const Value b = operation.inputs[1];
  const bool transpose_a = operation.attributes.Bool("transpose_a");
  const bool transpose_b = operation.attributes.Bool("transpose_b");
  const Shape& shape = program_.type(operation.results[0]).shape;
  const DataType dtype = DataType::kFloat32;
  // Fixed weights are a layer's own.
  if (program_.constant(b) && shape.rank() == 2 && !transpose_a && shares_inputs_) {
    return AppendFullyConnected(operation);
  }
  const int rank = std::max(shape.rank(), 3);
  const int x = TakeMatrix(a, rank, transpose_a);
  const int y = TakeMatrix(b, rank, transpose_b);
  const int product = Layer({LayerKind::kMatMul, current_, {x, y}}, dtype, Padded(shape, rank));
  Give(operation.results[0], Reshaped(product, shape), false);
}

void GroupBuilder::AppendFullyConnected(const Operation& operation) {
  const Value b = operation.inputs[1];
  const bool transposed = operation.attributes.Bool("transpose_b");
  const int x = Take(operation.inputs[0], program_.type(operation.inputs[0]).shape.rank(), false);
  const int weights = Input(b, program_.type(b).shape,
                            transposed ? std::vector<int>{0, 1} : std::vector<int>{1, 0}, true);
  Give(operation.results[0],
       Layer({LayerKind::kFullyConnected, current_, {x, weights}}, DataType::kFloat32,
             program_.type(operation.results[0]).shape),
       false);
}

void GroupBuilder::AppendPair(const Pair& pair) {
  const size_t first_input = plan_.inputs.size();
  for (const int index : pair.forward) {
    const Operation& operation = program_.operations()[static_cast<size_t>(index)];
    plan_.operations.push_back(index);
    // What else there may be in a pair is its biases'.
    if (pair.biases && (operation.op == Op::kAdd || operation.op == Op::kReshape)) continue;
    current_ = index;
    if (pair.kind == LayerKind::kFullyConnected) {
      AppendFullyConnected(operation);
    } else {
      Append(index);
    }
    if (pair.biases) AppendBiases(pair);
  }
  std::set<size_t> known;
  for (const Operand* operand : pair.operands()) {
    for (size_t i = first_input; i < plan_.inputs.size(); ++i) {
      const GraphEdge& edge = plan_.inputs[i];
      const bool is_source =
          operand >= pair.sources.data() && operand < pair.sources.data() + pair.sources.size();
      if (edge.value != operand->value || edge.is_parameter == is_source) continue;
      if (!known.insert(i).second) continue;
      input_of_[operand] = i;
      break;
    }
  }
}

// Of the layer that was added last.
void GroupBuilder::AppendBiases(const Pair& pair) {
  GraphLayer& layer = plan_.layers.back();
  const int64_t count = program_.type(pair.biases->value).elements();
  const Shape shape{1, count, 1, 1};
  const int result = layer.result;
  const int biases = Input(pair.biases->value, shape, Identity(4), true);
  plan_.layers.back().sources.push_back(biases);
  Give(pair.y, result, images_[static_cast<size_t>(pair.y)]);
}

void GroupBuilder::AppendConvolution(const Operation& operation) {
  const Attributes& attributes = operation.attributes;
  const bool image = attributes.Bool("channels_last");
  const Value filter = operation.inputs[1];
  if (Makes(filter)) throw Misfit{"its filter is computed here, and weights come from outside"};
  int x = Take(operation.inputs[0], 4, image);
  const int weights = Input(filter, program_.type(filter).shape, {3, 2, 0, 1}, true);
  const Shape& kernel = program_.type(filter).shape;
  const auto& begin = attributes.Ints("pads_begin");
  const auto& end = attributes.Ints("pads_end");
  GraphLayer layer{LayerKind::kConvolution, current_, {}};
  for (size_t i = 0; i < 2; ++i) {
    layer.window.size[i] = kernel[static_cast<int>(i)];
    layer.window.strides[i] = attributes.Ints("strides")[i];
    layer.window.dilations[i] = attributes.Ints("dilations")[i];
    if (begin == end) layer.window.padding[i] = begin[i];
  }
  layer.window.groups = attributes.Int("groups");
  if (begin != end) {  // a layer pads both sides alike
    GraphLayer padding{LayerKind::kPadding, current_, {x}};
    padding.code = static_cast<int>(PaddingType::kConstant);
    padding.numbers = {begin[0], end[0], begin[1], end[1]};
    Shape padded = plan_.tensors[static_cast<size_t>(x)].shape;
    padded[2] += begin[0] + end[0];
    padded[3] += begin[1] + end[1];
    x = Layer(padding, DataType::kFloat32, padded);
  }
  layer.sources = {x, weights};
  const Value y = operation.results[0];
  const Shape& shape = program_.type(y).shape;
  Give(y, Layer(layer, DataType::kFloat32, image ? Permuted(shape, kToImage) : shape), image);
}

void GroupBuilder::AppendPool(const Rule& rule, const Operation& operation) {
  const Attributes& attributes = operation.attributes;
  const bool image = attributes.Bool("channels_last");
  int x = Take(operation.inputs[0], 4, image);
  const auto& begin = attributes.Ints("pads_begin");
  const auto& end = attributes.Ints("pads_end");
  GraphLayer layer{rule.kind, current_, {}};
  for (size_t i = 0; i < 2; ++i) {
    layer.window.size[i] = attributes.Ints("window")[i];
    layer.window.strides[i] = attributes.Ints("strides")[i];
    if (begin == end) layer.window.padding[i] = begin[i];
  }
  if (begin != end) {
    GraphLayer padding{LayerKind::kPadding, current_, {x}};
    padding.code = static_cast<int>(PaddingType::kConstant);
    padding.numbers = {begin[0], end[0], begin[1], end[1]};
    padding.a = std::numeric_limits<float>::lowest();  // no maximum is less
    Shape padded = plan_.tensors[static_cast<size_t>(x)].shape;
    padded[2] += begin[0] + end[0];
    padded[3] += begin[1] + end[1];
    x = Layer(padding, DataType::kFloat32, padded);
  }
  layer.sources = {x};
  const Value y = operation.results[0];
  const Shape& shape = program_.type(y).shape;
  Give(y, Layer(layer, DataType::kFloat32, image ? Permuted(shape, kToImage) : shape), image);
}

void GroupBuilder::AppendReduction(const Rule& rule, const Operation& operation) {
  const Value x = operation.inputs[0];
  const Value y = operation.results[0];
  const Shape& shape = program_.type(x).shape;
  const bool keep = operation.attributes.Bool("keep_dims");
  Shape kept = shape;
  for (const int64_t axis : operation.attributes.Ints("axes")) kept[static_cast<int>(axis)] = 1;
  const auto made = made_.find(x);
  bool image = made != made_.end() ? made->second.is_image : images_[static_cast<size_t>(x)];
  // What remains has one order in both layouts without C, or if it is one axis, or N and another.
  if (image && !keep && kept[3] != 1 && AxesBeyondOne(kept) > (kept[0] == 1 ? 1 : 2)) {
    if (made != made_.end()) throw Misfit{"its result would have to be transposed"};
    image = false;
  }
  GraphLayer layer{rule.kind, current_, {Take(x, shape.rank(), image)}};
  layer.code = rule.code;
  for (const int64_t axis : operation.attributes.Ints("axes")) {
    layer.numbers.push_back(image ? ImageAxis(axis) : axis);
  }
  std::sort(layer.numbers.begin(), layer.numbers.end());
  const int tensor = Layer(layer, DataType::kFloat32, image ? Permuted(kept, kToImage) : kept);
  if (keep) return Give(y, tensor, image);
  Give(y, Reshaped(tensor, Padded(program_.type(y).shape, 1)), false);
}

void GroupBuilder::AppendMove(const Rule& rule, const Operation& operation) {
  const Value y = operation.results[0];
  const Shape& shape = program_.type(y).shape;
  const Shape& from = program_.type(operation.inputs[0]).shape;
  const DataType dtype = DataType::kFloat32;
  const bool image = images_[static_cast<size_t>(y)];
  GraphLayer layer{rule.kind, current_, {}};
  if (rule.recipe == Recipe::kReshape) {
    const int x = Take(operation.inputs[0], 0, false);
    layer.sources = {x};
    return Give(y, Layer(layer, dtype, Padded(shape, 1)), false);
  }
  if (rule.recipe == Recipe::kTranspose) {
    // Axis 0 stays: another one goes before it where it would move.
    const auto& perm = operation.attributes.Ints("perm");
    const int ahead = perm[0] == 0 ? 0 : 1;
    layer.sources = {Take(operation.inputs[0], from.rank() + ahead, false)};
    if (ahead) layer.numbers.push_back(0);
    for (const int64_t axis : perm) layer.numbers.push_back(axis + ahead);
    const int tensor = Layer(layer, dtype, Padded(shape, shape.rank() + ahead));
    return Give(y, Reshaped(tensor, shape), false);
  }
  for (const Value v : operation.inputs) layer.sources.push_back(Take(v, shape.rank(), image));
  const int64_t axis =
      rule.recipe == Recipe::kSoftmax ? shape.rank() - 1 : operation.attributes.Int("axis");
  layer.code = rule.code;
  layer.numbers = {image ? ImageAxis(axis) : axis};
  Give(y, Layer(layer, dtype, image ? Permuted(shape, kToImage) : shape), image);
}

void GroupBuilder::AppendSlice(const Operation& operation) {
  const Value y = operation.results[0];
  const Shape& from = program_.type(operation.inputs[0]).shape;
  const Shape& shape = program_.type(y).shape;
  const bool image = images_[static_cast<size_t>(y)];
  const std::vector<int> order = image ? kToImage : Identity(shape.rank());
  GraphLayer layer{LayerKind::kSlice, current_, {Take(operation.inputs[0], shape.rank(), image)}};
  const auto& begin = operation.attributes.Ints("begin");
  const auto& strides = operation.attributes.Ints("strides");
  for (const int axis : order) layer.numbers.push_back(begin[static_cast<size_t>(axis)]);
  for (const int axis : order) {
    // A whole number of strides where there is room, so that it does not matter how a rest counts.
    const auto i = static_cast<size_t>(axis);
    layer.numbers.push_back(std::min(begin[i] + shape[axis] * strides[i], from[axis]));
  }
  for (const int axis : order) layer.numbers.push_back(strides[static_cast<size_t>(axis)]);
  Give(y, Layer(layer, DataType::kFloat32, Permuted(shape, order)), image);
}

void GroupBuilder::AppendPad(const Rule& rule, const Operation& operation) {
  const Value y = operation.results[0];
  const Shape& shape = program_.type(y).shape;
  const bool image = PadsImage(operation.attributes);
  const auto& before = operation.attributes.Ints("before");
  const auto& after = operation.attributes.Ints("after");
  GraphLayer layer{rule.kind, current_, {Take(operation.inputs[0], 4, image)}};
  if (operation.op == Op::kPad) {
    layer.code = rule.code;
    layer.a = *NumberOf(program_, operation.inputs[1]);
  } else {
    layer.code = static_cast<int>(operation.attributes.Bool("reflect") ? PaddingType::kReflect
                                                                       : PaddingType::kSymmetric);
  }
  // Height and width are the last two axes but in [N, H, W, C]; there may be only one axis.
  const size_t width = image ? 2 : before.size() - 1;
  if (width == 0) {
    layer.numbers = {0, 0, before[0], after[0]};
  } else {
    layer.numbers = {before[width - 1], after[width - 1], before[width], after[width]};
  }
  const int tensor =
      Layer(layer, DataType::kFloat32, image ? Permuted(shape, kToImage) : Padded(shape, 4));
  Give(y, image ? tensor : Reshaped(tensor, shape), image);
}

void GroupBuilder::AppendClip(const Rule& rule, const Operation& operation) {
  const Value y = operation.results[0];
  const TensorType& type = program_.type(y);
  const int rank = std::max(type.shape.rank(), 1);
  const bool image = images_[static_cast<size_t>(y)];
  GraphLayer layer{rule.kind, current_, {Take(operation.inputs[0], rank, image)}};
  layer.code = rule.code;
  layer.a = *NumberOf(program_, operation.inputs[1]);
  layer.b = *NumberOf(program_, operation.inputs[2]);
  const Shape shape = image ? Permuted(type.shape, kToImage) : Padded(type.shape, rank);
  Give(y, Layer(layer, type.dtype, shape), image);
}

}  // namespace mlcompute::apple
