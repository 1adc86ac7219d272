// mlcompute/tensor_descriptor.h: element type and shape of a tensor (MLCTensorDescriptor).
//
// Shapes are row-major, outermost axis first: images are [N, C, H, W], sequences [N, T, C].
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlcompute/shape.h"

namespace mlcompute {

class TensorDescriptor {
 public:
  static constexpr int kMaxTensorDimensions = 4;

  // Throws Error(kInvalidArgument) unless `shape` has 1 to 4 axes, none of them empty, and `dtype`
  // is one of TensorDataTypes().
  explicit TensorDescriptor(Shape shape, DataType dtype = DataType::kFloat32);

  // [batch_size, feature_channel_count, height, width].
  static TensorDescriptor Image(int64_t width, int64_t height, int64_t feature_channel_count,
                                int64_t batch_size, DataType dtype = DataType::kFloat32);

  // [1, outputs * inputs, height, width]; in memory outputs, inputs, height, width.
  static TensorDescriptor ConvolutionWeights(int64_t width, int64_t height,
                                             int64_t input_feature_channel_count,
                                             int64_t output_feature_channel_count,
                                             DataType dtype = DataType::kFloat32);

  // [1, feature_channel_count, 1, 1]: also what normalization layers take.
  static TensorDescriptor ConvolutionBiases(int64_t feature_channel_count,
                                            DataType dtype = DataType::kFloat32);

  // Sequences of these lengths, padded to the longest: [sequences, longest, feature_channel_count].
  // Throws Error(kInvalidArgument) for lengths under 1, or `sorted` ones that do not descend.
  static TensorDescriptor Sequences(std::vector<int64_t> lengths, int64_t feature_channel_count,
                                    bool sorted = false, DataType dtype = DataType::kFloat32);

  const TensorType& type() const { return type_; }
  DataType data_type() const { return type_.dtype; }
  const Shape& shape() const { return type_.shape; }
  int dimension_count() const { return type_.shape.rank(); }
  std::vector<int64_t> stride() const;  // in bytes
  size_t tensor_allocation_size_in_bytes() const { return type_.bytes(); }

  // Of Sequences(); empty for other descriptors. The second: how many sequences have each step.
  const std::vector<int64_t>& sequence_lengths() const { return sequence_lengths_; }
  std::vector<int64_t> batch_size_per_sequence_step() const;
  bool sorted_sequences() const { return sorted_sequences_; }

  // How many inputs an output depends on, and outputs on an input, which random initializers go by.
  // 1 unless made by ConvolutionWeights(): inputs or outputs times height times width.
  int64_t fan_in() const { return fan_in_; }
  int64_t fan_out() const { return fan_out_; }

 private:
  TensorType type_;
  int64_t fan_in_ = 1;
  int64_t fan_out_ = 1;
  std::vector<int64_t> sequence_lengths_;
  bool sorted_sequences_ = false;
};

}  // namespace mlcompute
