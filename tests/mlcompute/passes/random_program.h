// tests/mlcompute/passes/random_program.h: valid Programs made of a seed, with contents of inputs.
//
// Single operations at random, and the sequences that training steps are made of: dense layers and
// their gradients, convolutions with bias, normalizations, attention, GELU, optimizer updates.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "mlcompute/program/program.h"
#include "tests/mlcompute/evaluate.h"
#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute::testing {

struct ProgramCase {
  Program program;
  std::vector<Tensor> inputs;
};

class RandomProgram {
 public:
  // The same seed gives the same program.
  explicit RandomProgram(uint32_t seed) : random_(seed) {
    constexpr DataType kTypes[] = {DataType::kFloat32,  DataType::kFloat32, DataType::kFloat32,
                                   DataType::kFloat32,  DataType::kFloat32, DataType::kFloat32,
                                   DataType::kBFloat16, DataType::kFloat16, DataType::kInt32,
                                   DataType::kInt64,    DataType::kFloat64};
    type_ = kTypes[Below(std::size(kTypes))];
    has_specials_ = IsFloating(type_) && Chance(4);
    const int64_t shapes = 1 + Below(3);
    for (int64_t i = 0; i < shapes; ++i) shapes_.push_back(NewShape());
    for (int64_t i = 0; i < shapes; ++i) Input(shapes_[static_cast<size_t>(i)]);
  }

  ProgramCase Make() {
    const int64_t operations = 2 + Below(Chance(4) ? 40 : 14);
    for (int64_t tries = 0; tries < 400 && Operations() < operations; ++tries) AppendSomething();
    AddOutputs();
    return {std::move(program_), std::move(inputs_)};
  }

 private:
  using Family = void (RandomProgram::*)();
  static constexpr int64_t kMostElements = 1 << 16;

  template <typename N>
  int64_t Below(N n) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(n));
  }
  bool Chance(int64_t one_in) { return Below(one_in) == 0; }
  int64_t Operations() const { return static_cast<int64_t>(program_.operations().size()); }
  template <typename T, size_t n>
  T Any(const T (&list)[n]) {
    return list[Below(n)];
  }

  // ---- types and contents

  Shape NewShape() {
    constexpr int64_t kSizes[] = {1, 2, 3, 4, 5, 8, 16, 17, 32, 33, 64};
    std::vector<int64_t> dims;
    for (int64_t rank = Below(5); rank > 0; --rank) {
      dims.push_back(Chance(40) ? 0 : Any(kSizes));
      while (Shape(dims).elements() > 6000) dims.back() /= 2;
    }
    if (Chance(12)) dims = {Any(kSizes), 1 + Below(2500)};
    if (Chance(30)) dims = {40 + Below(20), 1000 + Below(200)};
    return Shape(dims);
  }

  Value Input(const Shape& shape) { return Input({type_, shape}); }
  Value Input(const TensorType& type) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    constexpr float kSpecials[] = {kInfinity, -kInfinity, -0.0f, 0.0f,
                                   std::numeric_limits<float>::quiet_NaN()};
    Tensor tensor{type, std::vector<std::byte>(type.bytes())};
    const bool specials = has_specials_ && IsFloating(type.dtype) && Chance(2);
    for (int64_t i = 0; i < type.elements(); ++i) {
      const int64_t number = Below(257) - 128;
      float value = static_cast<float>(IsFloating(type.dtype) ? number : number / 16);
      if (IsFloating(type.dtype)) value /= 64.0f;
      if (type.dtype == DataType::kBool) value = static_cast<float>(number & 1);
      if (specials && Chance(20)) value = Any(kSpecials);
      Set(type.dtype, tensor.bytes.data(), i, value);
    }
    return Take(std::move(tensor), true);
  }

  // Whole numbers in [0, limit).
  Value Indices(const Shape& shape, int64_t limit) {
    std::vector<int32_t> numbers;
    for (int64_t i = 0; i < shape.elements(); ++i) {
      numbers.push_back(static_cast<int32_t>(Below(limit)));
    }
    return Take(testing::Make<int32_t>(shape, numbers), false);
  }

  Value Take(Tensor tensor, bool reusable) {
    Value v;
    if (reusable && Chance(6)) {
      v = program_.AddConstant(tensor.type, tensor.bytes.data());
    } else {
      v = program_.AddInput(tensor.type);
      inputs_.push_back(std::move(tensor));
    }
    if (reusable) values_.push_back(v);
    return v;
  }

  const TensorType& TypeOf(Value v) const { return program_.type(v); }
  const Shape& ShapeOf(Value v) const { return program_.type(v).shape; }
  bool IsFloat(Value v) const { return IsFloating(TypeOf(v).dtype); }

  // A value that `fits`, most often a recent one; -1 if none was found.
  template <typename Fits>
  Value Find(const Fits& fits) {
    for (int i = 0; i < 12; ++i) {
      const size_t count = values_.size();
      const size_t recent = std::min<size_t>(count, 6);
      const Value v = Chance(3) ? values_[static_cast<size_t>(Below(count))]
                                : values_[count - 1 - static_cast<size_t>(Below(recent))];
      if (fits(v)) return v;
    }
    return -1;
  }
  Value FindFloat(int min_rank) {
    return Find([&](Value v) {
      return TypeOf(v).dtype == type_ && IsFloat(v) && ShapeOf(v).rank() >= min_rank;
    });
  }
  Value Like(Value v) {
    const Value found = Find([&](Value other) { return other != v && TypeOf(other) == TypeOf(v); });
    return found >= 0 ? found : Input(TypeOf(v));
  }

  Value Append(Op op, const std::vector<Value>& inputs, Attributes attributes = {}) {
    values_.push_back(program_.Append(op, inputs, std::move(attributes)));
    return values_.back();
  }
  Value Scalar(Value like, double value) { return program_.AddScalar(TypeOf(like).dtype, value); }

  // A shape that broadcasts to `shape`.
  Shape Narrow(const Shape& shape) {
    if (Chance(4)) return shape;
    std::vector<int64_t> dims = shape.dims();
    dims.erase(dims.begin(), dims.begin() + Below(dims.size() + 1));
    for (int64_t& d : dims) {
      if (Chance(3)) d = 1;
    }
    return Shape(dims);
  }
  Value Partner(Value v) {
    const Value found = Find([&](Value other) {
      if (TypeOf(other).dtype != TypeOf(v).dtype) return false;
      try {
        return Broadcast(ShapeOf(v), ShapeOf(other)).elements() <= kMostElements;
      } catch (const Error&) {
        return false;
      }
    });
    return found >= 0 && !Chance(3) ? found : Input({TypeOf(v).dtype, Narrow(ShapeOf(v))});
  }

  // ---- single operations

  void Unary() {
    constexpr Op kFloatOps[] = {
        Op::kAbs,   Op::kNeg,     Op::kSign,  Op::kReciprocal, Op::kSquare,   Op::kSqrt,
        Op::kRsqrt, Op::kExp,     Op::kExpm1, Op::kLog,        Op::kLog1p,    Op::kSin,
        Op::kCos,   Op::kAtan,    Op::kTanh,  Op::kErf,        Op::kErfc,     Op::kCeil,
        Op::kFloor, Op::kSigmoid, Op::kRelu,  Op::kRelu6,      Op::kElu,      Op::kSelu,
        Op::kRelu,  Op::kCopy,    Op::kTanh,  Op::kSoftplus,   Op::kSoftsign, Op::kRound};
    constexpr Op kIntegerOps[] = {Op::kAbs,    Op::kNeg,  Op::kSign, Op::kBitwiseNot,
                                  Op::kSquare, Op::kRelu, Op::kCopy};
    const Value v = Find([](Value) { return true; });
    const DataType type = TypeOf(v).dtype;
    if (type == DataType::kBool) {
      Append(Op::kLogicalNot, {v});
    } else if (!IsFloat(v)) {
      Append(Any(kIntegerOps), {v});
    } else if (Chance(12)) {
      Append(Op::kGelu, {v}, {{"approximate", Chance(2)}});
    } else if (Chance(12)) {
      Append(Op::kLeakyRelu, {v}, {{"alpha", 0.25}});
    } else {
      Append(Any(kFloatOps), {v});
    }
  }

  void Binary() {
    constexpr Op kFloatOps[] = {Op::kAdd,     Op::kSub,      Op::kMul,      Op::kAdd,
                                Op::kMul,     Op::kDiv,      Op::kDivNoNan, Op::kMaximum,
                                Op::kMinimum, Op::kMulNoNan, Op::kXdivy,    Op::kSquaredDifference,
                                Op::kSub};
    constexpr Op kIntegerOps[] = {Op::kAdd,     Op::kSub,        Op::kMul,       Op::kMaximum,
                                  Op::kMinimum, Op::kBitwiseAnd, Op::kBitwiseXor};
    constexpr Op kBoolOps[] = {Op::kLogicalAnd, Op::kLogicalOr, Op::kLogicalXor};
    Value a = Find([](Value) { return true; });
    Value b = Partner(a);
    if (Chance(2)) std::swap(a, b);
    if (TypeOf(a).dtype == DataType::kBool) {
      Append(Any(kBoolOps), {a, b});
    } else {
      Append(IsFloat(a) ? Any(kFloatOps) : Any(kIntegerOps), {a, b});
    }
  }

  void Compare() {
    constexpr Op kOps[] = {Op::kEqual,     Op::kNotEqual, Op::kLess,
                           Op::kLessEqual, Op::kGreater,  Op::kGreaterEqual};
    const Value a = Find([&](Value v) { return TypeOf(v).dtype != DataType::kBool; });
    if (a < 0) return;
    constexpr Op kTests[] = {Op::kIsNan, Op::kIsInf, Op::kIsFinite};
    if (IsFloat(a) && Chance(4)) {
      Append(Any(kTests), {a});
    } else {
      Append(Any(kOps), {a, Chance(2) ? Scalar(a, 0) : Partner(a)});
    }
  }

  void Select() {
    const Value condition = Find([&](Value v) { return TypeOf(v).dtype == DataType::kBool; });
    if (condition < 0) return Compare();
    const Value a = Find([&](Value v) { return ShapeOf(v) == ShapeOf(condition); });
    if (a < 0) return;
    Append(Op::kSelect, {condition, a, Input({TypeOf(a).dtype, Narrow(ShapeOf(a))})});
  }

  void Gradient() {
    constexpr Op kOps[] = {Op::kTanhGrad,     Op::kSigmoidGrad,    Op::kSqrtGrad,
                           Op::kRsqrtGrad,    Op::kReciprocalGrad, Op::kReluGrad,
                           Op::kReluGrad,     Op::kRelu6Grad,      Op::kEluGrad,
                           Op::kSoftplusGrad, Op::kSeluGrad,       Op::kSoftsignGrad};
    const Value a = Find([&](Value v) { return IsFloat(v); });
    if (a < 0) return;
    Append(Any(kOps), {a, Like(a)});
  }

  void Reduce() {
    constexpr Op kOps[] = {Op::kReduceSum, Op::kReduceSum, Op::kReduceMean,
                           Op::kReduceMax, Op::kReduceMin, Op::kReduceProd};
    constexpr Op kBoolOps[] = {Op::kReduceAll, Op::kReduceAny};
    const Value v = Find([](Value) { return true; });
    const int rank = ShapeOf(v).rank();
    std::vector<int64_t> axes;
    const int64_t style = Below(4);
    for (int axis = 0; axis < rank; ++axis) {
      const bool last = axis + 1 == rank;
      if (style == 0 ? last : style == 1 ? !last : style == 2 ? Chance(2) : true) {
        axes.push_back(axis);
      }
    }
    Append(TypeOf(v).dtype == DataType::kBool ? Any(kBoolOps) : Any(kOps), {v},
           {{"axes", axes}, {"keep_dims", Chance(2)}});
  }

  void Move() {
    const Value v = Find([&](Value x) { return ShapeOf(x).rank() > 0; });
    if (v < 0) return;
    const Shape& shape = ShapeOf(v);
    const auto rank = static_cast<size_t>(shape.rank());
    switch (Below(6)) {
      case 0: {
        std::vector<int64_t> dims = shape.dims();
        if (rank >= 2 && Chance(2)) {
          dims[1] *= dims[0];
          dims.erase(dims.begin());
        } else {
          dims.insert(dims.begin() + Below(rank + 1), 1);
        }
        if (dims.size() <= 5) Append(Op::kReshape, {v}, {{"shape", dims}});
        return;
      }
      case 1: {
        std::vector<int64_t> perm;
        for (size_t i = 0; i < rank; ++i) perm.push_back(static_cast<int64_t>(i));
        for (size_t i = rank - 1; i > 0; --i) std::swap(perm[i], perm[Below(i + 1)]);
        Append(Op::kTranspose, {v}, {{"perm", perm}});
        return;
      }
      case 2: {
        std::vector<int64_t> dims = shape.dims();
        for (int64_t& d : dims) {
          if (d == 1) d = 1 + Below(4);
        }
        if (rank < 4 && Chance(2)) dims.insert(dims.begin(), 1 + Below(4));
        if (Shape(dims).elements() > kMostElements) return;
        Append(Op::kBroadcastTo, {v}, {{"shape", dims}});
        return;
      }
      case 3: {
        std::vector<int64_t> multiples;
        for (size_t i = 0; i < rank; ++i) multiples.push_back(Chance(3) ? 2 : 1);
        if (shape.elements() > kMostElements / 16) return;
        Append(Op::kTile, {v}, {{"multiples", multiples}});
        return;
      }
      case 4: {
        std::vector<int64_t> begin, strides, sizes;
        for (const int64_t d : shape.dims()) {
          const int64_t first = d > 0 ? Below(d) : 0;
          begin.push_back(first);
          strides.push_back(1);
          sizes.push_back(d > 0 ? 1 + Below(d - first) : 0);
        }
        Append(Op::kSlice, {v}, {{"begin", begin}, {"strides", strides}, {"sizes", sizes}});
        return;
      }
      default: {
        const Value other = Like(v);
        if (shape.elements() > kMostElements / 2) return;
        Append(Op::kConcat, {v, other}, {{"axis", Below(rank)}});
        return;
      }
    }
  }

  void Cast() {
    constexpr DataType kTo[] = {DataType::kFloat32,  DataType::kFloat32, DataType::kFloat16,
                                DataType::kBFloat16, DataType::kInt32,   DataType::kBool};
    const Value v = Find([](Value) { return true; });
    Append(Op::kCast, {v}, {{"to", Any(kTo)}});
    // What is of the program's type can be used again.
    if (Chance(2)) Append(Op::kCast, {values_.back()}, {{"to", type_}});
  }

  void MatMul() {
    const Value a = FindFloat(2);
    if (a < 0) return;
    const Shape& shape = ShapeOf(a);
    const int rank = shape.rank();
    const bool transpose_a = Chance(3), transpose_b = Chance(3);
    const int64_t k = shape[transpose_a ? rank - 2 : rank - 1];
    const int64_t n = 1 + Below(40);
    std::vector<int64_t> dims;
    if (Chance(2)) dims.assign(shape.dims().begin(), shape.dims().end() - 2);
    dims.push_back(transpose_b ? n : k);
    dims.push_back(transpose_b ? k : n);
    if (shape.elements() * n > (1 << 18) || Shape(dims).elements() > kMostElements) return;
    Append(Op::kMatMul, {a, Input(Shape(dims))},
           {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}});
  }

  void Softmax() {
    const Value v = FindFloat(1);
    if (v < 0 || ShapeOf(v).dims().back() == 0) return;
    Append(Chance(3) ? Op::kLogSoftmax : Op::kSoftmax, {v});
  }

  void Gather() {
    const Value v = Find([&](Value x) { return ShapeOf(x).rank() > 0; });
    if (v < 0) return;
    const Shape& shape = ShapeOf(v);
    if (shape[0] == 0 || shape.elements() > kMostElements / 8) return;
    if (Chance(2)) {
      Append(Op::kGather, {v, Indices({1 + Below(7)}, shape[0])},
             {{"axis", int64_t{0}}, {"batch_dims", int64_t{0}}});
    } else if (TypeOf(v).dtype == type_ && type_ != DataType::kBool) {
      const int64_t segments = 1 + Below(9);
      Append(Op::kUnsortedSegment, {v, Indices({shape[0]}, segments)},
             {{"segments", segments}, {"combine", std::string("sum")}});
    }
  }

  // ---- what layers are made of

  void Activate(Value v) {
    switch (Below(6)) {
      case 0:
        Append(Op::kTanh, {v});
        return;
      case 1:
        Append(Op::kSigmoid, {v});
        return;
      case 2:
        return GeluOf(v);
      case 3:
        return;
      default:
        Append(Op::kRelu, {v});
    }
  }

  Value Bias(Value v) {
    const int64_t n = ShapeOf(v).dims().back();
    const Value bias = Input(Chance(3) ? Shape({1, n}) : Shape({n}));
    return Chance(4) ? Append(Op::kAdd, {bias, v}) : Append(Op::kAdd, {v, bias});
  }

  void Dense() {
    const Value x = FindFloat(2);
    if (x < 0) return;
    const int64_t k = ShapeOf(x).dims().back(), n = Chance(2) ? k : 1 + Below(40);
    if (ShapeOf(x).elements() * n > (1 << 18)) return;
    const Value w = Input({k, n});
    Value y = Append(Op::kMatMul, {x, w}, {{"transpose_a", false}, {"transpose_b", false}});
    if (!Chance(5)) y = Bias(y);
    if (Chance(4)) y = Append(Op::kMul, {y, Scalar(y, 0.5)});
    if (Chance(3)) y = Append(Op::kAdd, {y, n == k ? x : Input(ShapeOf(y))});
    Activate(y);
    if (Chance(2)) DenseGradient(x, w, y);
  }

  void DenseGradient(Value x, Value w, Value y) {
    const Value dy = Input(ShapeOf(y));
    const Value inner = Chance(2) ? Append(Op::kReluGrad, {dy, y}) : dy;
    Append(Op::kMatMul, {inner, w}, {{"transpose_a", false}, {"transpose_b", true}});
    const Value dw =
        Append(Op::kMatMul, {x, inner}, {{"transpose_a", true}, {"transpose_b", false}});
    std::vector<int64_t> rows, batch;
    for (int axis = 0; axis + 1 < ShapeOf(y).rank(); ++axis) rows.push_back(axis);
    for (int axis = 0; axis + 2 < ShapeOf(y).rank(); ++axis) batch.push_back(axis);
    Append(Op::kReduceSum, {inner}, {{"axes", rows}, {"keep_dims", Chance(2)}});
    if (!batch.empty()) Append(Op::kReduceSum, {dw}, {{"axes", batch}, {"keep_dims", false}});
  }

  void ConvolutionLayer() {
    const std::vector<int64_t> ones = {1, 1}, pads = {Below(2), Below(2)};
    const bool channels_last = !Chance(4);
    const bool large = Chance(6);  // enough for what small ones are not worth
    const int64_t n = large ? 6 : 1 + Below(3), size = large ? 14 + Below(5) : 3 + Below(6);
    const int64_t groups = Chance(4) ? 2 : 1;
    const int64_t channels = groups * (1 + Below(8));
    const int64_t filters = groups * (1 + Below(large ? 24 : 9));
    Value x = FindFloat(4);
    if (x < 0 || ShapeOf(x).dims().back() != channels || !channels_last || ShapeOf(x)[1] < 3 ||
        ShapeOf(x)[2] < 3 || ShapeOf(x).elements() > 4000) {
      x = Input(channels_last ? Shape({n, size, size, channels})
                              : Shape({n, channels, size, size}));
    }
    // Whether a filter's NaN meets the zeros of the padding is left to the implementation.
    const bool specials = std::exchange(has_specials_, false);
    const Value filter = Input({1 + Below(3), 1 + Below(3), channels / groups, filters});
    has_specials_ = specials;
    const std::vector<int64_t> strides = {1 + Below(2), 1 + Below(2)};
    if (!IsFloating(type_)) return;
    const Shape inner = ShapeOf(x);
    std::vector<int64_t> before(4, 0), after(4, 0);
    if (Chance(3)) {
      for (const size_t axis :
           std::array<size_t, 2>{channels_last ? 1u : 2u, channels_last ? 2u : 3u}) {
        before[axis] = Below(3);
        after[axis] = Below(2);
      }
      x = Append(Op::kPad, {x, Scalar(x, 0)}, {{"before", before}, {"after", after}});
    }
    const Attributes attributes = {{"strides", strides}, {"dilations", ones},
                                   {"pads_begin", pads}, {"pads_end", pads},
                                   {"groups", groups},   {"channels_last", channels_last}};
    Value y = Append(Op::kConvolution, {x, filter}, attributes);
    if (Chance(3)) {
      const bool were_special = std::exchange(has_specials_, false);
      const Value dy = Input(ShapeOf(y));
      has_specials_ = were_special;
      Append(Op::kConvolutionGradFilter, {x, dy},
             Attributes(attributes).Set("filter_shape", ShapeOf(filter).dims()));
      const Value dx = Append(Op::kConvolutionGradInput, {filter, dy},
                              Attributes(attributes).Set("input_shape", ShapeOf(x).dims()));
      if (inner != ShapeOf(x)) {
        Append(
            Op::kSlice, {dx},
            {{"begin", before}, {"strides", std::vector<int64_t>(4, 1)}, {"sizes", inner.dims()}});
      }
    }
    if (!channels_last && !Chance(3)) {
      y = Append(Op::kAdd, {y, Input({filters, 1, 1})});
    } else if (channels_last && !Chance(4)) {
      y = Bias(y);
    }
    if (Chance(3)) y = Append(Op::kAdd, {y, Input(ShapeOf(y))});
    Activate(y);
  }

  // ReLU, max pooling, and back, with the sums that a bias's gradient is.
  void Pooling() {
    if (!IsFloating(type_)) return;
    const int64_t n = 1 + Below(3), size = 4 + Below(5), channels = 1 + Below(40);
    const int64_t window = 2 + Below(2), stride = Chance(4) ? 1 : window;
    Value x = FindFloat(4);
    if (x < 0 || ShapeOf(x).rank() != 4 || ShapeOf(x)[1] < 3 || ShapeOf(x)[2] < 3) {
      x = Input({n, size, size, channels});
    }
    if (Chance(2)) x = Append(Op::kRelu, {x});
    const std::vector<int64_t> pads = {0, 0};
    const Attributes attributes = {{"window", std::vector<int64_t>{window, window}},
                                   {"strides", std::vector<int64_t>{stride, stride}},
                                   {"pads_begin", pads},
                                   {"pads_end", pads},
                                   {"channels_last", true}};
    const Value y = Append(Op::kMaxPool, {x}, attributes);
    if (Chance(3)) return;
    const Value dx = Append(Op::kMaxPoolGrad, {x, y, Input(ShapeOf(y))}, attributes);
    if (Chance(4)) return;
    const Value dr = Append(Op::kReluGrad, {dx, x});
    if (!Chance(3)) {
      Append(Op::kReduceSum, {dr},
             {{"axes", std::vector<int64_t>{0, 1, 2}}, {"keep_dims", Chance(2)}});
    }
  }

  void Gelu() {
    const Value x = FindFloat(0);
    if (x >= 0) GeluOf(x);
  }
  void GeluOf(Value x) {
    if (Chance(2)) {  // x / 2 (1 + erf(x / sqrt 2))
      const Value e = Append(Op::kErf, {Append(Op::kMul, {x, Scalar(x, 0.70710678)})});
      const Value one = Append(Op::kAdd, {e, Scalar(x, 1)});
      Append(Op::kMul, {Append(Op::kMul, {Scalar(x, 0.5), x}), one});
    } else {
      const Value cube = Append(Op::kMul, {x, Append(Op::kSquare, {x})});
      const Value sum = Append(Op::kAdd, {x, Append(Op::kMul, {cube, Scalar(x, 0.044715)})});
      const Value t = Append(Op::kTanh, {Append(Op::kMul, {sum, Scalar(x, 0.79788456)})});
      Append(Op::kMul,
             {Append(Op::kMul, {x, Scalar(x, 0.5)}), Append(Op::kAdd, {t, Scalar(x, 1)})});
      if (Chance(2)) {
        const Value dy = Input(ShapeOf(x));
        const Value dt = Append(Op::kTanhGrad, {t, dy});
        Append(Op::kMul, {dt, Append(Op::kMul, {Scalar(x, 3), Append(Op::kSquare, {x})})});
      }
    }
  }

  // Layer, batch and root-mean-square normalization as Keras decomposes them.
  void Normalize() {
    const Value x = FindFloat(2);
    if (x < 0) return;
    const int rank = ShapeOf(x).rank();
    std::vector<int64_t> axes;
    if (Chance(2)) {
      axes = {rank - 1};
    } else {
      for (int axis = 0; axis + 1 < rank; ++axis) axes.push_back(axis);
    }
    const Attributes over = {{"axes", axes}, {"keep_dims", true}};
    const Value mean = Append(Op::kReduceMean, {x}, over);
    const Value deviation = Chance(3) ? Append(Op::kSquare, {Append(Op::kSub, {x, mean})})
                                      : Append(Op::kSquaredDifference, {x, mean});
    const Value variance = Append(Op::kReduceMean, {deviation}, over);
    const Value inverse = Append(Op::kRsqrt, {Append(Op::kAdd, {variance, Scalar(x, 0.125)})});
    const Value gamma = Input({ShapeOf(x).dims().back()});
    const Value beta = Input({ShapeOf(x).dims().back()});
    Value y;
    if (Chance(2)) {
      const Value scale = Append(Op::kMul, {inverse, gamma});
      const Value shift = Append(Op::kSub, {beta, Append(Op::kMul, {mean, scale})});
      y = Append(Op::kAdd, {Append(Op::kMul, {x, scale}), shift});
    } else {
      const Value unit = Append(Op::kMul, {Append(Op::kSub, {x, mean}), inverse});
      y = Append(Op::kAdd, {Append(Op::kMul, {unit, gamma}), beta});
    }
    if (Chance(3)) y = Append(Chance(2) ? Op::kRelu : Op::kRelu6, {y});
    if (Chance(2)) {  // the whole gradient
      const Value from = Append(Op::kReluGrad, {Input(ShapeOf(x)), y});
      const Value dy = Chance(3) ? Append(Op::kAdd, {from, Like(x)}) : from;
      const Value centred = Append(Op::kSub, {x, mean});
      const Value scaled = Append(Op::kMul, {dy, inverse});
      const Value total = Append(Op::kReduceSum, {dy}, over);
      const Value along = Append(Op::kReduceSum, {Append(Op::kMul, {dy, centred})}, over);
      const Value sum = Append(Op::kAdd, {scaled, Append(Op::kMul, {centred, along})});
      Append(Op::kSub, {sum, Append(Op::kMul, {total, Scalar(x, 0.25)})});
    } else if (Chance(2)) {
      const Value dy = Input(ShapeOf(x));
      const Value product = Append(Op::kMul, {dy, y});
      const Value sum = Append(Op::kReduceSum, {product}, over);
      Append(Op::kReduceSum, {dy}, over);
      Append(Op::kMul, {Append(Op::kSub, {dy, sum}), inverse});
    }
  }

  void SoftmaxByHand() {
    const Value x = FindFloat(1);
    if (x < 0) return;
    const Attributes over = {{"axes", std::vector<int64_t>{ShapeOf(x).rank() - 1}},
                             {"keep_dims", true}};
    const Value shifted = Append(Op::kSub, {x, Append(Op::kReduceMax, {x}, over)});
    const Value e = Append(Op::kExp, {shifted});
    const Value y = Append(Op::kDiv, {e, Append(Op::kReduceSum, {e}, over)});
    if (Chance(2)) {
      const Value dy = Input(ShapeOf(x));
      const Value sum = Append(Op::kReduceSum, {Append(Op::kMul, {dy, y})}, over);
      Append(Op::kMul, {Append(Op::kSub, {dy, sum}), y});
    }
  }

  void Attention() {
    if (!IsFloating(type_)) return;
    const int64_t n = 1 + Below(3), t = 1 + Below(12), heads = 1 + Below(4), size = 1 + Below(9);
    const auto split = [&] {
      const Value x = Append(Op::kReshape, {Input({n, t, heads * size})},
                             {{"shape", std::vector<int64_t>{n, t, heads, size}}});
      return x;
    };
    const std::vector<int64_t> to_heads = {0, 2, 1, 3}, to_columns = {0, 2, 3, 1};
    const bool by_columns = Chance(2);
    const Value q = Append(Op::kTranspose, {split()}, {{"perm", to_heads}});
    const Value k =
        Append(Op::kTranspose, {split()}, {{"perm", by_columns ? to_columns : to_heads}});
    const Value v = Append(Op::kTranspose, {split()}, {{"perm", to_heads}});
    Value scores =
        Append(Op::kMatMul, {q, k}, {{"transpose_a", false}, {"transpose_b", !by_columns}});
    scores = Append(Op::kMul, {scores, Scalar(q, 0.5)});
    const Value weights = Append(Op::kSoftmax, {scores});
    const Value mixed =
        Append(Op::kMatMul, {weights, v}, {{"transpose_a", false}, {"transpose_b", false}});
    const Value back = Append(Op::kTranspose, {mixed}, {{"perm", to_heads}});
    Append(Op::kReshape, {back}, {{"shape", std::vector<int64_t>{n, t, heads * size}}});
  }

  void Adam() {
    const Value g = FindFloat(0);
    if (g < 0) return;
    const Value m = Input(ShapeOf(g)), v = Input(ShapeOf(g)), w = Input(ShapeOf(g));
    const auto toward = [&](Value from, Value to, double by) {
      return Append(Op::kAdd,
                    {from, Append(Op::kMul, {Append(Op::kSub, {to, from}), Scalar(g, by)})});
    };
    const Value m2 = toward(m, g, 0.125);
    const Value v2 = toward(Append(Op::kAbs, {v}), Append(Op::kSquare, {g}), 0.0625);
    const Value root = Append(Op::kAdd, {Append(Op::kSqrt, {v2}), Scalar(g, 0.25)});
    const Value rate = Chance(2) ? Input(Shape{}) : Scalar(g, 0.0625);
    Append(Op::kSub, {w, Append(Op::kDiv, {Append(Op::kMul, {m2, rate}), root})});
  }

  void Clip() {
    const Value x = FindFloat(0);
    if (x < 0) return;
    Append(Op::kClipByValue, {x, Scalar(x, -0.5), Scalar(x, 0.75)});
  }

  void Repeat() {  // something there is already
    if (program_.operations().empty()) return;
    const Operation again = program_.operations()[static_cast<size_t>(Below(Operations()))];
    if (again.results.size() != 1) return;
    Append(again.op, again.inputs, again.attributes);
  }

  void AppendSomething() {
    struct Row {
      Family family;
      int weight;
    };
    static constexpr Row kRows[] = {
        {&RandomProgram::Unary, 14},    {&RandomProgram::Binary, 18},
        {&RandomProgram::Compare, 3},   {&RandomProgram::Select, 5},
        {&RandomProgram::Gradient, 5},  {&RandomProgram::Reduce, 10},
        {&RandomProgram::Move, 10},     {&RandomProgram::Cast, 3},
        {&RandomProgram::MatMul, 4},    {&RandomProgram::Softmax, 2},
        {&RandomProgram::Gather, 3},    {&RandomProgram::Dense, 6},
        {&RandomProgram::Gelu, 3},      {&RandomProgram::ConvolutionLayer, 4},
        {&RandomProgram::Normalize, 5}, {&RandomProgram::SoftmaxByHand, 3},
        {&RandomProgram::Attention, 2}, {&RandomProgram::Adam, 4},
        {&RandomProgram::Clip, 1},      {&RandomProgram::Repeat, 4},
        {&RandomProgram::Pooling, 3},
    };
    int total = 0;
    for (const Row& row : kRows) total += row.weight;
    int64_t at = Below(total);
    const Row* row = kRows;
    while (at >= row->weight) at -= (row++)->weight;
    (this->*row->family)();
  }

  void AddOutputs() {
    std::vector<bool> read(static_cast<size_t>(program_.value_count()), false);
    for (const Operation& operation : program_.operations()) {
      for (const Value v : operation.inputs) read[static_cast<size_t>(v)] = true;
    }
    for (const Operation& operation : program_.operations()) {
      for (const Value v : operation.results) {
        if (read[static_cast<size_t>(v)] ? Chance(8) : !Chance(8)) program_.AddOutput(v);
      }
    }
    if (Chance(8)) program_.AddOutput(values_[static_cast<size_t>(Below(values_.size()))]);
    if (Chance(8) || program_.outputs().empty()) program_.AddOutput(values_.back());
  }

  std::mt19937 random_;
  DataType type_;
  bool has_specials_;
  std::vector<Shape> shapes_;
  Program program_;
  std::vector<Tensor> inputs_;
  std::vector<Value> values_;
};

}  // namespace mlcompute::testing
