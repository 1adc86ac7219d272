#include "kernels/window.h"

#include <algorithm>

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

std::vector<int64_t> SpatialEntries(const DataFormat& format, const std::vector<int64_t>& list,
                                    std::string_view name) {
  if (static_cast<int>(list.size()) != format.rank()) {
    throw InvalidArgument("attribute '", name, "' must specify ", format.rank(),
                          " dimensions, not ", list.size());
  }
  const auto entry = [&](int axis) { return list[static_cast<size_t>(axis)]; };
  if (entry(0) != 1 || entry(format.channel_axis()) != 1) {
    throw mlcompute::Unimplemented("attribute '", name, "' other than 1 in the batch and depth ",
                                   "dimensions: ", entry(0), " and ", entry(format.channel_axis()));
  }
  std::vector<int64_t> entries;
  for (int i = 0; i < format.spatial; ++i) {
    entries.push_back(entry(format.spatial_axis(i)));
    if (entries.back() <= 0) {
      throw InvalidArgument("attribute '", name, "' must be positive, not ", entries.back());
    }
  }
  return entries;
}

std::vector<int64_t> SpatialSizes(const DataFormat& format, const Shape& shape) {
  std::vector<int64_t> sizes;
  for (int i = 0; i < format.spatial; ++i) sizes.push_back(shape[format.spatial_axis(i)]);
  return sizes;
}

void ResolvePadding(const Node& node, const DataFormat& format, const std::vector<int64_t>& input,
                    Window* window) {
  const std::string& padding = node.String("padding");
  const bool explicit_padding = padding == "EXPLICIT";
  if (!explicit_padding && padding != "SAME" && padding != "VALID") {
    throw InvalidArgument("Unknown padding type: padding = '", padding, "'");
  }
  std::vector<int64_t> amounts;
  if (explicit_padding) {
    amounts = node.Ints("explicit_paddings");
    if (static_cast<int>(amounts.size()) != 2 * format.rank()) {
      throw InvalidArgument("explicit_paddings must hold ", 2 * format.rank(), " values, not ",
                            amounts.size());
    }
    for (const int axis : {0, format.channel_axis()}) {
      const size_t at = 2 * static_cast<size_t>(axis);
      if (amounts[at] != 0 || amounts[at + 1] != 0) {
        throw InvalidArgument("explicit_paddings must be 0 in the batch and depth dimensions");
      }
    }
  }
  for (int i = 0; i < format.spatial; ++i) {
    const size_t s = static_cast<size_t>(i);
    const int64_t in = input[s];
    const int64_t stride = window->strides[s];
    const int64_t reach = (window->size[s] - 1) * window->dilations[s] + 1;
    int64_t begin = 0;
    int64_t end = 0;
    int64_t output = 0;
    if (padding == "SAME") {
      output = CeilDiv(in, stride);
      const int64_t missing = std::max<int64_t>((output - 1) * stride + reach - in, 0);
      begin = missing / 2;
      end = missing - begin;
    } else {
      if (explicit_padding) {
        const size_t at = 2 * static_cast<size_t>(format.spatial_axis(i));
        begin = amounts[at];
        end = amounts[at + 1];
        if (begin < 0 || end < 0) {
          throw InvalidArgument("explicit_paddings must be non-negative, not ", begin, ", ", end);
        }
      }
      output = (in + begin + end - reach + stride) / stride;
      if (in + begin + end - reach + stride < 0) {
        throw InvalidArgument("Computed output size would be negative: ", output,
                              " [input_size: ", in + begin + end,
                              ", effective_filter_size: ", reach, ", stride: ", stride, "]");
      }
    }
    window->pads_begin.push_back(begin);
    window->pads_end.push_back(end);
    window->output.push_back(output);
  }
}

Shape ActivationShape(const DataFormat& format, int64_t batch, const std::vector<int64_t>& spatial,
                      int64_t channels) {
  std::vector<int64_t> dims = {batch};
  if (!format.channels_last) dims.push_back(channels);
  dims.insert(dims.end(), spatial.begin(), spatial.end());
  if (format.channels_last) dims.push_back(channels);
  return Shape(dims);
}

}  // namespace tf_mlc
