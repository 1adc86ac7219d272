#include "mlcompute/layers/split.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mlcompute {

SplitLayer::SplitLayer(int64_t count, int dimension)
    : Layer("Split"), count_(count), dimension_(dimension) {
  if (count < 1) throw InvalidArgument("layer Split: split count ", count, " is under 1");
}

SplitLayer::SplitLayer(std::vector<int64_t> section_lengths, int dimension)
    : Layer("Split"),
      count_(static_cast<int64_t>(section_lengths.size())),
      lengths_(std::move(section_lengths)),
      dimension_(dimension) {
  if (lengths_.empty() || *std::min_element(lengths_.begin(), lengths_.end()) < 1) {
    throw InvalidArgument("layer Split: section lengths ", Shape(lengths_).ToString(),
                          " must be one or more positive lengths");
  }
}

std::string SplitLayer::Detail() const {
  const std::string parts =
      lengths_.empty() ? StrCat(count_, " parts") : Shape(lengths_).ToString();
  return StrCat(parts, ", dimension ", dimension_);
}

std::vector<int64_t> SplitLayer::Lengths(int64_t extent) const {
  if (!lengths_.empty()) {
    if (std::accumulate(lengths_.begin(), lengths_.end(), int64_t{0}) != extent) {
      throw InvalidArgument("section lengths ", Shape(lengths_).ToString(),
                            " do not add up to the extent ", extent);
    }
    return lengths_;
  }
  const int64_t parts = std::min(count_, extent);
  std::vector<int64_t> lengths(static_cast<size_t>(parts), extent / parts);
  for (int64_t i = 0; i < extent % parts; ++i) ++lengths[static_cast<size_t>(i)];
  return lengths;
}

std::vector<Value> SplitLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const Shape& x = to.shape(sources[0]);
  CheckDimension(dimension_, x);
  std::vector<Value> results;
  std::vector<int64_t> begin(static_cast<size_t>(x.rank()), 0);
  const std::vector<int64_t> strides(begin.size(), 1);
  for (const int64_t length : Lengths(x[dimension_])) {
    std::vector<int64_t> sizes = x.dims();
    sizes[static_cast<size_t>(dimension_)] = length;
    results.push_back(
        to.Append(Op::kSlice, sources, {{"begin", begin}, {"strides", strides}, {"sizes", sizes}}));
    begin[static_cast<size_t>(dimension_)] += length;
  }
  return results;
}

}  // namespace mlcompute
