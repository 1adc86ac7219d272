#include <algorithm>
#include <cstring>
#include <vector>

#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

using Ints = std::vector<int64_t>;

bool IsZero(const Program& program, Value v) {
  const std::byte* bytes = program.constant(v);
  return bytes && std::all_of(bytes, bytes + program.type(v).bytes(),
                              [](std::byte b) { return b == std::byte{0}; });
}

// The attributes of a convolution or a gradient of one, with more padding: before[axis] and
// after[axis] along all axes of its input. False when it cannot take that. Libraries expect that
// no window lies wholly in the padding.
bool TakePads(const Attributes& from, const Shape& filter, const Ints& before, const Ints& after,
              Attributes* to) {
  const size_t rank = from.Ints("strides").size();
  const size_t first = from.Bool("channels_last") ? 1 : 2;
  Ints begin = from.Ints("pads_begin");
  Ints end = from.Ints("pads_end");
  for (size_t axis = 0; axis < before.size(); ++axis) {
    if (axis < first || axis >= first + rank) {
      if (before[axis] != 0 || after[axis] != 0) return false;
      continue;
    }
    const size_t k = axis - first;
    const int64_t window = from.Ints("dilations")[k] * (filter[static_cast<int>(k)] - 1) + 1;
    begin[k] += before[axis];
    end[k] += after[axis];
    if (begin[k] >= window || end[k] >= window) return false;
  }
  *to = from;
  to->Set("pads_begin", begin).Set("pads_end", end);
  return true;
}

class Folder {
 public:
  explicit Folder(const Program& program)
      : program_(program), readers_(program), rewriter_(program) {}

  Program Run() {
    const auto& operations = program_.operations();
    for (size_t i = 0; i < operations.size(); ++i) {
      const Operation& operation = operations[i];
      if (operation.op == Op::kPad && IsFolded(i)) continue;  // its readers pad
      if (operation.op == Op::kConvolutionGradInput && Crop(i)) continue;
      const Operation* pad = PadBefore(operation);
      if (!pad) {
        if (rewriter_.Get(operation.results[0]) < 0) rewriter_.Copy(operation);
        continue;
      }
      Attributes attributes;
      Pads(operation, *pad, &attributes);
      std::vector<Value> inputs = rewriter_.Get(operation.inputs);
      inputs[0] = rewriter_.Get(pad->inputs[0]);
      rewriter_.Set(operation.results[0],
                    rewriter_.result().Append(operation.op, inputs, attributes));
    }
    return rewriter_.Finish();
  }

 private:
  // Whether convolutions alone read what is padded with zeros, and all of them can pad themselves.
  bool IsFolded(size_t pad) const {
    const Operation& operation = program_.operations()[pad];
    if (!IsZero(program_, operation.inputs[1]) || readers_.is_output[pad]) return false;
    const std::vector<int>& list = readers_.readers[pad];
    return std::all_of(list.begin(), list.end(), [&](int r) {
      Attributes attributes;
      return Pads(program_.operations()[static_cast<size_t>(r)], operation, &attributes);
    });
  }

  bool Pads(const Operation& reader, const Operation& pad, Attributes* to) const {
    if (reader.op != Op::kConvolution && reader.op != Op::kConvolutionGradFilter) return false;
    if (reader.inputs[0] != pad.results[0] || reader.inputs[1] == pad.results[0]) return false;
    const Value filter = reader.op == Op::kConvolution ? reader.inputs[1] : reader.results[0];
    return TakePads(reader.attributes, program_.type(filter).shape, pad.attributes.Ints("before"),
                    pad.attributes.Ints("after"), to);
  }

  const Operation* PadBefore(const Operation& operation) const {
    if (operation.op != Op::kConvolution && operation.op != Op::kConvolutionGradFilter) {
      return nullptr;
    }
    const int p = readers_.producer[static_cast<size_t>(operation.inputs[0])];
    if (p < 0) return nullptr;
    const Operation& source = program_.operations()[static_cast<size_t>(p)];
    return source.op == Op::kPad && IsFolded(static_cast<size_t>(p)) ? &source : nullptr;
  }

  // The gradient of what was padded, of which only the part inside is read.
  bool Crop(size_t gradient) {
    const Operation& operation = program_.operations()[gradient];
    if (readers_.is_output[gradient] || readers_.readers[gradient].size() != 1) return false;
    const Operation& slice =
        program_.operations()[static_cast<size_t>(readers_.readers[gradient][0])];
    if (slice.op != Op::kSlice) return false;
    const Ints& strides = slice.attributes.Ints("strides");
    if (std::any_of(strides.begin(), strides.end(), [](int64_t s) { return s != 1; })) return false;
    const Ints& before = slice.attributes.Ints("begin");
    const Ints& sizes = slice.attributes.Ints("sizes");
    const Shape& whole = program_.type(operation.results[0]).shape;
    Ints after;
    for (size_t axis = 0; axis < before.size(); ++axis) {
      after.push_back(whole[static_cast<int>(axis)] - before[axis] - sizes[axis]);
    }
    Attributes attributes;
    if (!TakePads(operation.attributes, program_.type(operation.inputs[0]).shape, before, after,
                  &attributes)) {
      return false;
    }
    attributes.Set("input_shape", sizes);
    rewriter_.Set(slice.results[0], rewriter_.result().Append(
                                        operation.op, rewriter_.Get(operation.inputs), attributes));
    return true;
  }

  const Program& program_;
  const Readers readers_;
  Rewriter rewriter_;
};

}  // namespace

Program FoldPads(const Program& program) { return Folder(program).Run(); }

}  // namespace mlcompute
