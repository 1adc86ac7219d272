#include "mlcompute/portable/tiles.h"

#include <algorithm>

namespace mlcompute::portable {
namespace {

std::vector<int64_t> BroadcastStrides(const Shape& shape, const Shape& result) {
  std::vector<int64_t> strides(static_cast<size_t>(result.rank()), 0);
  const std::vector<int64_t> own = shape.Strides();
  const int offset = result.rank() - shape.rank();
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] != 1) strides[static_cast<size_t>(i + offset)] = own[static_cast<size_t>(i)];
  }
  return strides;
}

// Elements of fixed size are copied by the compiler's own moves.
template <typename T>
void GatherAs(const T* data, const std::vector<int64_t>& dims, const std::vector<int64_t>& strides,
              int64_t start, int64_t n, T* out) {
  const size_t rank = dims.size();
  std::vector<int64_t> index(rank);
  int64_t rest = start;
  int64_t offset = 0;
  for (size_t axis = rank; axis-- > 0;) {
    index[axis] = rest % dims[axis];
    rest /= dims[axis];
    offset += index[axis] * strides[axis];
  }
  const int64_t inner = dims[rank - 1];
  const int64_t step = strides[rank - 1];
  while (n > 0) {
    const int64_t run = std::min(n, inner - index[rank - 1]);
    if (step == 0) {
      std::fill_n(out, run, data[offset]);
    } else if (step == 1) {
      std::copy_n(data + offset, run, out);
    } else {
      for (int64_t i = 0; i < run; ++i) out[i] = data[offset + i * step];
    }
    out += run;
    n -= run;
    offset += run * step;
    index[rank - 1] += run;
    for (size_t axis = rank - 1; index[axis] == dims[axis] && axis > 0; --axis) {
      offset += strides[axis - 1] - dims[axis] * strides[axis];
      index[axis] = 0;
      ++index[axis - 1];
    }
  }
}

}  // namespace

TilePlan::TilePlan(const std::vector<Shape>& operands, const Shape& result)
    : elements_(result.elements()), strides_(operands.size()) {
  std::vector<std::vector<int64_t>> full;
  for (const Shape& shape : operands) full.push_back(BroadcastStrides(shape, result));
  for (int axis = 0; axis < result.rank(); ++axis) {
    const auto a = static_cast<size_t>(axis);
    const int64_t size = result[axis];
    if (size == 1) continue;
    bool merges = !dims_.empty();
    for (size_t k = 0; merges && k < operands.size(); ++k) {
      merges = strides_[k].back() == full[k][a] * size;
    }
    if (!merges) {
      dims_.push_back(1);
      for (auto& strides : strides_) strides.push_back(0);
    }
    dims_.back() *= size;
    for (size_t k = 0; k < operands.size(); ++k) strides_[k].back() = full[k][a];
  }
  if (dims_.empty()) {
    dims_.push_back(1);
    for (auto& strides : strides_) strides.push_back(0);
  }

  const std::vector<int64_t> dense = Shape(dims_).Strides();
  std::vector<int64_t> by_row = dims_;
  by_row.back() = 1;
  by_row = Shape(by_row).Strides();
  by_row.back() = 0;
  for (const auto& strides : strides_) {
    repeats_.push_back(strides == by_row);
    const bool outer_constant =
        std::all_of(strides.begin(), strides.end() - 1, [](int64_t s) { return s == 0; });
    if (outer_constant && strides.back() == 0) {
      walks_.push_back(Walk::kScalar);
    } else if (strides == dense) {
      walks_.push_back(Walk::kDense);
    } else if (outer_constant && strides.back() == 1) {
      walks_.push_back(Walk::kRow);
    } else {
      walks_.push_back(Walk::kMixed);
    }
  }
  const int64_t row = dims_.back();
  if (dims_.size() == 1 || row <= 0) {
    tile_ = kTile;
  } else if (row <= kTile) {
    tile_ = kTile / row * row;
  } else {
    tile_ = kTile;
    tiles_per_row_ = (row + kTile - 1) / kTile;
  }
  tile_count_ =
      tiles_per_row_ > 0 ? elements_ / row * tiles_per_row_ : (elements_ + tile_ - 1) / tile_;
}

TilePlan::Tile TilePlan::tile(int64_t index) const {
  if (tiles_per_row_ > 0) {
    const int64_t in_row = index % tiles_per_row_ * tile_;
    return {index / tiles_per_row_ * row() + in_row, std::min(tile_, row() - in_row)};
  }
  return {index * tile_, std::min(tile_, elements_ - index * tile_)};
}

int64_t TilePlan::Offset(size_t operand, int64_t start) const {
  switch (walks_[operand]) {
    case Walk::kDense:
      return start;
    case Walk::kRow:
      return start % row();
    default:
      return 0;
  }
}

void TilePlan::Gather(size_t operand, const std::byte* data, size_t size, int64_t start, int64_t n,
                      std::byte* out) const {
  const auto gather = [&](auto element) {
    using T = decltype(element);
    GatherAs(reinterpret_cast<const T*>(data), dims_, strides_[operand], start, n,
             reinterpret_cast<T*>(out));
  };
  switch (size) {
    case 1:
      return gather(uint8_t{});
    case 2:
      return gather(uint16_t{});
    case 4:
      return gather(uint32_t{});
    default:
      return gather(uint64_t{});
  }
}

}  // namespace mlcompute::portable
