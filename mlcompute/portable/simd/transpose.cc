// mlcompute/portable/simd/transpose.cc: transposition of small matrices.
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// A square of as many rows as a 128-bit vector has lanes: each round interleaves row i with the one
// half a square below; after log2(lanes) rounds rows have become columns.
template <typename T>
HWY_INLINE void Square(const uint8_t* x, ptrdiff_t from, uint8_t* y, ptrdiff_t to) {
  const hn::Full128<T> d;
  constexpr int kLanes = 16 / sizeof(T);
  hn::Vec<decltype(d)> a[kLanes], b[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    a[i] = hn::LoadU(d, reinterpret_cast<const T*>(x + i * from));
  }
  for (int round = 1; round < kLanes; round *= 2) {
    for (int i = 0; i < kLanes / 2; ++i) {
      b[2 * i] = hn::InterleaveLower(d, a[i], a[i + kLanes / 2]);
      b[2 * i + 1] = hn::InterleaveUpper(d, a[i], a[i + kLanes / 2]);
    }
    for (int i = 0; i < kLanes; ++i) a[i] = b[i];
  }
  for (int i = 0; i < kLanes; ++i) hn::StoreU(a[i], d, reinterpret_cast<T*>(y + i * to));
}

template <typename T>
HWY_INLINE void Elements(const uint8_t* x, ptrdiff_t from, uint8_t* y, ptrdiff_t to, size_t rows,
                         size_t columns) {
  for (size_t j = 0; j < columns; ++j) {
    for (size_t i = 0; i < rows; ++i) {
      reinterpret_cast<T*>(y + static_cast<ptrdiff_t>(j) * to)[i] =
          reinterpret_cast<const T*>(x + static_cast<ptrdiff_t>(i) * from)[j];
    }
  }
}

template <typename T>
void Transpose(const void* x, ptrdiff_t from, void* y, ptrdiff_t to, size_t rows, size_t columns) {
  constexpr size_t kLanes = 16 / sizeof(T);
  const auto* in = static_cast<const uint8_t*>(x);
  auto* out = static_cast<uint8_t*>(y);
  const size_t whole_rows = rows - rows % kLanes;
  const size_t whole_columns = columns - columns % kLanes;
  const auto size = static_cast<ptrdiff_t>(sizeof(T));
  for (size_t j = 0; j < whole_columns; j += kLanes) {
    const auto column = static_cast<ptrdiff_t>(j);
    for (size_t i = 0; i < whole_rows; i += kLanes) {
      const auto row = static_cast<ptrdiff_t>(i);
      Square<T>(in + row * from + column * size, from, out + column * to + row * size, to);
    }
  }
  const auto row = static_cast<ptrdiff_t>(whole_rows);
  const auto column = static_cast<ptrdiff_t>(whole_columns);
  Elements<T>(in + row * from, from, out + row * size, to, rows - whole_rows, whole_columns);
  Elements<T>(in + column * size, from, out + column * to, to, rows, columns - whole_columns);
}

}  // namespace

void FillTranspose(SpanTable* table) {
  table->transpose[0] = Transpose<uint8_t>;
  table->transpose[1] = Transpose<uint16_t>;
  table->transpose[2] = Transpose<uint32_t>;
  table->transpose[3] = Transpose<uint64_t>;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
