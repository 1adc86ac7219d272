// mlcompute/portable/movement.cc: data movement that is one strided copy, or one into a filled
// result.
#include <cstring>
#include <utility>
#include <vector>

#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/strided.h"

namespace mlcompute::portable {
namespace {

using Ints = std::vector<int64_t>;

std::byte* At(void* data, int64_t element, DataType type) {
  return static_cast<std::byte*>(data) + element * static_cast<int64_t>(SizeOf(type));
}
const std::byte* At(const void* data, int64_t element, DataType type) {
  return static_cast<const std::byte*>(data) + element * static_cast<int64_t>(SizeOf(type));
}

enum class Background { kNone, kZero, kInput1 };

class MovementStep : public Step {
 public:
  MovementStep(const OperationView& view, StridedCopy copy, int64_t from, int64_t to,
               Background background)
      : copy_(std::move(copy)),
        has_elements_(view.inputs[0].elements() > 0),
        type_(view.results[0].dtype),
        count_(view.results[0].elements()),
        from_(from),
        to_(to),
        background_(background) {}

  void Run(const void* const* inputs, void* const* results, void*) const override {
    const uint64_t zero = 0;
    if (background_ != Background::kNone) {
      const void* value = background_ == Background::kZero ? &zero : inputs[1];
      Fill(value, SizeOf(type_), count_, results[0]);
    }
    if (has_elements_) {
      copy_.Run(At(inputs[0], from_, type_), At(results[0], to_, type_));
    }
  }

 private:
  const StridedCopy copy_;
  const bool has_elements_;
  const DataType type_;
  const int64_t count_;
  const int64_t from_;
  const int64_t to_;
  const Background background_;
};

// The result, walked as `dims`, takes x[offset + sum of index * stride].
std::unique_ptr<Step> MakeRead(const OperationView& view, const Ints& dims, const Ints& strides,
                               int64_t offset = 0) {
  if (view.results[0].elements() == 0 || view.inputs[0].elements() == 0) return nullptr;
  const StridedCopy copy(dims, strides, Shape(dims).Strides(), view.results[0].dtype);
  return std::make_unique<MovementStep>(view, copy, offset, 0, Background::kNone);
}

// x is written to the elements of the filled result that begin at `begin` and go by `steps`.
std::unique_ptr<Step> MakeWrite(const OperationView& view, const Ints& begin, const Ints& steps,
                                Background background) {
  if (view.results[0].elements() == 0) return nullptr;
  Ints strides = view.results[0].shape.Strides();
  int64_t offset = 0;
  for (size_t i = 0; i < strides.size(); ++i) {
    offset += begin[i] * strides[i];
    strides[i] *= steps[i];
  }
  const Shape& x = view.inputs[0].shape;
  const StridedCopy copy(x.dims(), x.Strides(), strides, view.results[0].dtype);
  return std::make_unique<MovementStep>(view, copy, 0, offset, background);
}

std::unique_ptr<Step> MakeSlice(const OperationView& view) {
  const Ints& begin = view.attributes().Ints("begin");
  const Ints& steps = view.attributes().Ints("strides");
  Ints strides = view.inputs[0].shape.Strides();
  int64_t offset = 0;
  for (size_t i = 0; i < strides.size(); ++i) {
    offset += begin[i] * strides[i];
    strides[i] *= steps[i];
  }
  return MakeRead(view, view.results[0].shape.dims(), strides, offset);
}

std::unique_ptr<Step> MakeReverse(const OperationView& view) {
  const Shape& x = view.inputs[0].shape;
  Ints strides = x.Strides();
  int64_t offset = 0;
  for (const int64_t axis : view.attributes().Ints("axes")) {
    int64_t& stride = strides[static_cast<size_t>(axis)];
    offset += (x[static_cast<int>(axis)] - 1) * stride;
    stride = -stride;
  }
  return MakeRead(view, x.dims(), strides, offset);
}

class ConcatStep : public Step {
 public:
  explicit ConcatStep(const OperationView& view) : type_(view.results[0].dtype) {
    const auto axis = static_cast<int>(view.attributes().Int("axis"));
    const Ints strides = view.results[0].shape.Strides();
    int64_t offset = 0;
    for (size_t i = 0; i < view.inputs.size(); ++i) {
      const Shape& shape = view.inputs[i].shape;
      if (shape.elements() > 0) {
        parts_.push_back({i, offset, StridedCopy(shape.dims(), shape.Strides(), strides, type_)});
      }
      offset += shape[axis] * strides[static_cast<size_t>(axis)];
    }
  }

  void Run(const void* const* inputs, void* const* results, void*) const override {
    for (const Part& part : parts_) {
      part.copy.Run(inputs[part.input], At(results[0], part.offset, type_));
    }
  }

 private:
  struct Part {
    size_t input;
    int64_t offset;
    StridedCopy copy;
  };
  const DataType type_;
  std::vector<Part> parts_;
};

}  // namespace

std::unique_ptr<Step> MakeTranspose(const OperationView& view) {
  const Ints own = view.inputs[0].shape.Strides();
  Ints strides;
  for (const int64_t axis : view.attributes().Ints("perm")) {
    strides.push_back(own[static_cast<size_t>(axis)]);
  }
  return MakeRead(view, view.results[0].shape.dims(), strides);
}

std::unique_ptr<Step> MakeStrided(const OperationView& view) {
  const Attributes& attributes = view.attributes();
  switch (view.op()) {
    case Op::kSlice:
      return MakeSlice(view);
    case Op::kReverse:
      return MakeReverse(view);
    case Op::kSliceGrad:
      return MakeWrite(view, attributes.Ints("begin"), attributes.Ints("strides"),
                       Background::kZero);
    case Op::kPad: {
      const Ints& before = attributes.Ints("before");
      return MakeWrite(view, before, Ints(before.size(), 1), Background::kInput1);
    }
    default:
      return nullptr;
  }
}

std::unique_ptr<Step> MakeConcat(const OperationView& view) {
  if (view.results[0].elements() == 0) return nullptr;
  return std::make_unique<ConcatStep>(view);
}

std::unique_ptr<Step> MakeBroadcast(const OperationView& view) {
  const Shape& x = view.inputs[0].shape;
  const Shape& y = view.results[0].shape;
  const Ints own = x.Strides();
  Ints dims, strides;
  if (view.op() == Op::kTile) {
    // Every axis becomes two: which copy, and where in it.
    const Ints& multiples = view.attributes().Ints("multiples");
    for (size_t i = 0; i < own.size(); ++i) {
      dims.insert(dims.end(), {multiples[i], x[static_cast<int>(i)]});
      strides.insert(strides.end(), {0, own[i]});
    }
  } else {
    dims = y.dims();
    strides.assign(dims.size(), 0);
    const int offset = y.rank() - x.rank();
    for (int i = 0; i < x.rank(); ++i) {
      if (x[i] != 1) strides[static_cast<size_t>(i + offset)] = own[static_cast<size_t>(i)];
    }
  }
  return MakeRead(view, dims, strides);
}

}  // namespace mlcompute::portable
