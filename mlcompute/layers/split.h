// mlcompute/layers/split.h: parts of a source along one axis (MLCSplitLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// A layer with several results: Graph::Split() returns all of them.
class SplitLayer : public Layer {
 public:
  // `count` parts; where the extent does not divide, the first ones are longer by one. An extent
  // under `count` gives parts of 1.
  explicit SplitLayer(int64_t count, int dimension = 1);
  // Parts of these lengths, which must add up to the extent.
  explicit SplitLayer(std::vector<int64_t> section_lengths, int dimension = 1);

  int dimension() const { return dimension_; }
  int64_t split_count() const { return count_; }
  // Empty when the layer was made with a count.
  const std::vector<int64_t>& split_section_lengths() const { return lengths_; }

 protected:
  std::string Detail() const override;
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  std::vector<int64_t> Lengths(int64_t extent) const;

  const int64_t count_;
  const std::vector<int64_t> lengths_;
  const int dimension_;
};

}  // namespace mlcompute
