#include "mlcompute/portable/strided.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kGrain = 128 << 10;  // bytes that pay for waking another thread
constexpr int64_t kBlock = 64;         // sides of a block of a transposition
constexpr int64_t kBand = 1024;        // columns of a task
constexpr int64_t kShort = 64;         // bytes that inline copies move faster than a call
constexpr int64_t kStreams = 16;       // places that may be written to in turns

template <typename T>
void CopyElements(int64_t n, const std::byte* x, int64_t from, std::byte* y, int64_t to) {
  if (from == 0 && to == static_cast<int64_t>(sizeof(T))) {
    std::fill_n(reinterpret_cast<T*>(y), n, *reinterpret_cast<const T*>(x));
    return;
  }
  for (int64_t i = 0; i < n; ++i) {
    *reinterpret_cast<T*>(y + i * to) = *reinterpret_cast<const T*>(x + i * from);
  }
}

// Moves to where both go on.
template <size_t kBytes>
void CopyPiece(const std::byte*& x, std::byte*& y) {
  std::memcpy(y, x, kBytes);
  x += kBytes;
  y += kBytes;
}

void CopyDense(int64_t bytes, const std::byte* x, std::byte* y) {
  if (bytes > kShort) {
    std::memcpy(y, x, static_cast<size_t>(bytes));
    return;
  }
  for (int64_t i = bytes / 16; i > 0; --i) CopyPiece<16>(x, y);
  if (bytes & 8) CopyPiece<8>(x, y);
  if (bytes & 4) CopyPiece<4>(x, y);
  if (bytes & 2) CopyPiece<2>(x, y);
  if (bytes & 1) CopyPiece<1>(x, y);
}

void CopyRun(size_t size, int64_t n, const std::byte* x, int64_t from, std::byte* y, int64_t to) {
  const auto step = static_cast<int64_t>(size);
  if (from == step && to == step) return CopyDense(n * step, x, y);
  switch (size) {
    case 1:
      return CopyElements<uint8_t>(n, x, from, y, to);
    case 2:
      return CopyElements<uint16_t>(n, x, from, y, to);
    case 4:
      return CopyElements<uint32_t>(n, x, from, y, to);
    default:
      return CopyElements<uint64_t>(n, x, from, y, to);
  }
}

}  // namespace

StridedCopy::StridedCopy(const std::vector<int64_t>& dims, const std::vector<int64_t>& from,
                         const std::vector<int64_t>& to, DataType type)
    : size_(SizeOf(type)) {
  const auto bytes = static_cast<int64_t>(size_);
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1) continue;
    const Axis axis{dims[i], from[i] * bytes, to[i] * bytes};
    if (!outer_.empty() && outer_.back().from == axis.from * axis.size &&
        outer_.back().to == axis.to * axis.size) {
      outer_.back() = {outer_.back().size * axis.size, axis.from, axis.to};
    } else {
      outer_.push_back(axis);
    }
  }
  if (outer_.empty()) outer_.push_back({1, bytes, bytes});
  inner_ = outer_.back();
  outer_.pop_back();
  ChooseBlocks();
  ReadInOrder();
  for (const Axis& axis : outer_) outer_count_ *= axis.size;
}

void StridedCopy::ChooseBlocks() {
  const auto bytes = static_cast<int64_t>(size_);
  if (inner_.to != bytes || inner_.from == bytes || inner_.from <= 0 || inner_.size < 4) return;
  const auto dense = std::find_if(outer_.begin(), outer_.end(), [&](const Axis& axis) {
    return axis.from == bytes && axis.to > 0 && axis.size >= 4;
  });
  if (dense == outer_.end()) return;
  columns_ = *dense;
  outer_.erase(dense);
}

// Short runs that follow each other where they are read, as those of attention's heads, are read in
// that order and written to a few places in turns: single lines from all over memory come slowly.
void StridedCopy::ReadInOrder() {
  const int64_t run = inner_.size * static_cast<int64_t>(size_);
  if (columns_.size > 0 || outer_.size() < 2 || run > kShort) return;
  Axis& last = outer_[outer_.size() - 1];
  Axis& before = outer_[outer_.size() - 2];
  if (before.from > 0 && before.from < last.from && before.size <= kStreams) {
    std::swap(before, last);
  }
}

template <typename Body>
void StridedCopy::ForEachOuter(int64_t begin, int64_t end, const std::byte* x, std::byte* y,
                               const Body& body) const {
  std::vector<int64_t> index(outer_.size());
  int64_t rest = begin;
  for (size_t i = outer_.size(); i-- > 0;) {
    index[i] = rest % outer_[i].size;
    rest /= outer_[i].size;
    x += index[i] * outer_[i].from;
    y += index[i] * outer_[i].to;
  }
  for (int64_t n = begin; n < end; ++n) {
    body(x, y);
    for (size_t i = outer_.size(); i-- > 0;) {
      x += outer_[i].from;
      y += outer_[i].to;
      if (++index[i] < outer_[i].size) break;
      x -= outer_[i].from * index[i];
      y -= outer_[i].to * index[i];
      index[i] = 0;
    }
  }
}

void StridedCopy::RunRows(const std::byte* x, std::byte* y) const {
  const int64_t bytes = inner_.size * static_cast<int64_t>(size_);
  if (outer_count_ == 1) {
    ParallelFor(inner_.size, kGrain / static_cast<int64_t>(size_), [&](int64_t begin, int64_t end) {
      CopyRun(size_, end - begin, x + begin * inner_.from, inner_.from, y + begin * inner_.to,
              inner_.to);
    });
    return;
  }
  ParallelFor(outer_count_, std::max<int64_t>(kGrain / bytes, 1), [&](int64_t begin, int64_t end) {
    ForEachOuter(begin, end, x, y, [&](const std::byte* from, std::byte* to) {
      CopyRun(size_, inner_.size, from, inner_.from, to, inner_.to);
    });
  });
}

// Tasks are kBlock elements of inner_ times kBand of columns_.
void StridedCopy::RunBlocks(const std::byte* x, std::byte* y) const {
  const auto transpose = Spans().transpose[size_ == 1 ? 0 : size_ == 2 ? 1 : size_ == 4 ? 2 : 3];
  const int64_t strips = (inner_.size + kBlock - 1) / kBlock;
  const int64_t bands = (columns_.size + kBand - 1) / kBand;
  const int64_t bytes = kBlock * std::min(kBand, columns_.size) * static_cast<int64_t>(size_);
  const int64_t grain = std::max<int64_t>(kGrain / bytes, 1);
  ParallelFor(outer_count_ * strips * bands, grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first = task % bands * kBand;
      const int64_t last = std::min(first + kBand, columns_.size);
      const int64_t row = task / bands % strips * kBlock;
      const auto rows = static_cast<size_t>(std::min(kBlock, inner_.size - row));
      const int64_t o = task / bands / strips;
      ForEachOuter(o, o + 1, x, y, [&](const std::byte* from, std::byte* to) {
        from += row * inner_.from;
        to += row * inner_.to;
        for (int64_t column = first; column < last; column += kBlock) {
          transpose(from + column * columns_.from, inner_.from, to + column * columns_.to,
                    columns_.to, rows, static_cast<size_t>(std::min(kBlock, last - column)));
        }
      });
    }
  });
}

void StridedCopy::Run(const void* x, void* y) const {
  const auto* from = static_cast<const std::byte*>(x);
  auto* to = static_cast<std::byte*>(y);
  if (columns_.size > 0) {
    RunBlocks(from, to);
  } else {
    RunRows(from, to);
  }
}

void Fill(const void* value, size_t size, int64_t count, void* y) {
  StridedCopy({count}, {0}, {1},
              size == 1   ? DataType::kUInt8
              : size == 2 ? DataType::kUInt16
              : size == 4 ? DataType::kUInt32
                          : DataType::kUInt64)
      .Run(value, y);
}

}  // namespace mlcompute::portable
