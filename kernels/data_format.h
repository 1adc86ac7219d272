// kernels/data_format.h: where batch, spatial and channel axes are.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/builder.h"

namespace tf_mlc {

struct DataFormat {
  bool channels_last;
  int spatial;  // number of spatial axes

  int rank() const { return spatial + 2; }
  int channel_axis() const { return channels_last ? spatial + 1 : 1; }
  int spatial_axis(int i) const { return channels_last ? i + 1 : i + 2; }
};

// Reads `data_format`: "NHWC" or "NCHW" for any rank, "NDHWC" or "NCDHW" for three spatial axes.
inline DataFormat DataFormatOf(const Node& node, int spatial) {
  const std::string& text = node.String("data_format");
  if (text == (spatial == 3 ? "NDHWC" : "NHWC")) return {true, spatial};
  if (text == (spatial == 3 ? "NCDHW" : "NCHW")) return {false, spatial};
  throw mlcompute::InvalidArgument("Invalid data format: data_format = '", text, "'");
}

// A vector over the channels, shaped so that it broadcasts against a tensor of `rank` axes.
inline Value AlongChannels(const BuildContext& c, Value vector, bool channels_last, int rank) {
  if (channels_last) return vector;
  std::vector<int64_t> shape(static_cast<size_t>(rank) - 1, 1);
  shape[0] = c.program.type(vector).shape[0];
  return c.Append(Op::kReshape, {vector}, {{"shape", shape}});
}

}  // namespace tf_mlc
