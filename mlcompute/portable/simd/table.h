// mlcompute/portable/simd/table.h: functions over runs of elements, one table per instruction set.
//
// Every .cc of this folder is compiled once per instruction set, in a namespace of its own
// (MLC_SIMD_ISA), and holds nothing that the linker could merge with another set's copy. Runs are
// contiguous, of any length, without alignment; a result may be the very run of an operand.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mlcompute/program/op.h"

namespace mlcompute::portable {

using UnarySpan = void (*)(const float* x, float* y, size_t n);
using BinarySpan = void (*)(const float* a, const float* b, float* y, size_t n);
using CompareSpan = void (*)(const float* a, const float* b, uint8_t* y, size_t n);
using TestSpan = void (*)(const float* x, uint8_t* y, size_t n);
using LogicSpan = void (*)(const uint8_t* a, const uint8_t* b, uint8_t* y, size_t n);

using AnyUnarySpan = void (*)(const void* x, void* y, size_t n);
using AnyBinarySpan = void (*)(const void* a, const void* b, void* y, size_t n);
using SelectSpan = void (*)(const uint8_t* condition, const void* x, const void* y, void* z,
                            size_t n);

// Functions of one element type. Comparisons give bool; integers wrap around.
struct TypedSpans {
  AnyUnarySpan unary[kOpCount];
  AnyBinarySpan binary[kOpCount];
};

enum class Fold { kSum, kProd, kMax, kMin };
constexpr int kFoldCount = 4;

// Folding many elements into one. Elements A are combined as they are in short runs, and the runs'
// results as W, so that rounding errors grow with neither the length nor the number of runs.
// Extrema are NaN if any element is; integers wrap around.
template <typename A, typename W>
struct FoldSpans {
  W (*run)(const A* x, size_t n);
  // y[j] = y[j] combined with x[i * stride + j], for i < rows.
  void (*rows)(const A* x, size_t stride, size_t rows, A* y, size_t n);
  // y[j] = y[j] combined with x[j].
  void (*merge)(const A* x, W* y, size_t n);
  void (*merge_wide)(const W* x, W* y, size_t n);
};

// Windows of pooling next to each other, of interleaved channels, none of them empty: element c of
// tap t of window i is x[i * step + offsets[t] + c], channel c of its result y[i * pitch + c].
struct WindowRun {
  const int64_t* offsets;
  size_t taps;
  size_t windows;
  ptrdiff_t step;
  ptrdiff_t pitch;
  size_t channels;
};

// Extrema and gradients as Op::kMaxPool and its kin define them, of float32 or bfloat16 (uint16_t).
// Gradients are added to dx.
template <typename T>
struct WindowSpans {
  void (*max)(const WindowRun& run, const T* x, T* y);
  void (*average)(const WindowRun& run, const T* x, T* y);
  void (*max_grad)(const WindowRun& run, const T* x, const T* dy, float* dx);
  // Of windows that do not overlap, whose elements of dx need not be zero before. relu: the
  // gradient is multiplied by maximum > 0 ? 1 : 0. `given`, as large as dy, gets what is given to
  // the maxima, unless it is nullptr.
  void (*max_grad_apart)(const WindowRun& run, bool relu, const T* x, const T* dy, T* dx,
                         float* given);
  // The same in float32.
  void (*max_grad_apart_wide)(const WindowRun& run, bool relu, const T* x, const T* dy, float* dx,
                              float* given);
  void (*average_grad)(const WindowRun& run, const T* dy, float* dx);
};

// A step of some sequences of a recurrent layer, see Op::kLstm and Op::kGru; row i of each tensor
// is one sequence's. `state`, `states`, `cells` and `gates` are written, `cell` is updated.
struct RecurrentStep {
  size_t rows, units;
  // u, in blocks of SpanTable::recurrent_lanes units, the last padded with zeros: of each
  // the rows of u, which hold all gates of the first unit's column, then those of the next gate.
  const float* weights;
  const float* x;
  size_t x_row;
  const float* bias;  // GRU's
  // true: the mask leaves this sequence as it is. nullptr: none is.
  const bool* keeps;
  const float* before;
  float* state;
  float* cell;  // LSTM's
  size_t state_row;
  // Not written where nullptr.
  float* states;
  float* cells;
  size_t states_row;
  float* gates;
  size_t gates_row;
};

// Columns of a panel of SpanTable::product.
constexpr size_t kPanel = 64;
constexpr size_t kNarrowPanel = 32;

// Of Winograd's convolutions with a 3x3 filter, for one size of tiles: an m x m tile of the result,
// p x p points, p = m + 2. A tensor of points has a matrix for each, `stride` elements apart, whose
// rows of channels are 64 bytes aligned and padded with zeros to a multiple of kWinogradUnit.
constexpr size_t kWinogradUnit = 16;

// A square of pixels; those of row i and column j begin at rows[i] + columns[j]. Some may be
// outside of the image: columns outside of [begin, end), and rows.
template <typename T>
struct WinogradSquare {
  static constexpr size_t kMost = 6;
  T* rows[kMost];  // of one outside: zeros to read; not written
  size_t columns[kMost];
  size_t begin, end;  // what is read outside counts as zero
  size_t bottom;      // no row from this one on is written
};

// T: of pixels and filters, float32 or bfloat16 (uint16_t).
template <typename T>
struct WinogradSpans {
  // p x p pixels of the input.
  void (*input)(const WinogradSquare<const T>& pixels, size_t channels, float* points,
                size_t stride);
  // m x m pixels of the gradient of the result.
  void (*output_gradient)(const WinogradSquare<const T>& pixels, size_t channels, float* points,
                          size_t stride);
  // One row of a filter's matrices, of which there is one for each tap, `tap` elements apart.
  void (*filter)(const T* filter, size_t tap, size_t channels, float* points, size_t stride);
  // m x m pixels of the result. False if there is a number among them that is not finite.
  bool (*output)(const float* points, size_t stride, const WinogradSquare<T>& pixels,
                 size_t channels);
  // The filter's gradient, from the sum of `parts` tensors of points `part` elements apart. False
  // as above.
  bool (*filter_gradient)(const float* points, size_t stride, size_t part, size_t parts, T* filter,
                          size_t tap, size_t channels);
};

// Of convolutions of each channel by itself, channels last. Sums are over taps: tap t of pixel p
// reads x from p * x_step + offsets[t] on, and has row rows[t] of a filter. T: float32 or bfloat16
// (uint16_t).
template <typename T>
struct DepthwiseSpans {
  // Pixel p, written from p * y_step on.
  void (*sum)(const T* x, size_t x_step, const ptrdiff_t* offsets, const float* const* rows,
              size_t taps, size_t pixels, size_t channels, T* y, size_t y_step);
  // Adds to each row of the filter's gradient what the pixels of dy make.
  void (*filter_gradient)(const T* x, size_t x_step, const ptrdiff_t* offsets, float* const* rows,
                          size_t taps, size_t pixels, size_t channels, const T* dy, size_t dy_step);
};

struct SpanTable {
  // By Op; nullptr where the set has none. Gradients are binary.
  UnarySpan unary[kOpCount];
  BinarySpan binary[kOpCount];
  CompareSpan compare[kOpCount];
  TestSpan test[kOpCount];    // IsFinite and its kin
  LogicSpan logic[kOpCount];  // on bool; LogicalNot ignores b

  // Operations with attributes, and of three inputs.
  UnarySpan gelu;
  UnarySpan gelu_tanh;
  void (*leaky_relu)(const float* x, float alpha, float* y, size_t n);
  void (*leaky_relu_grad)(const float* dy, const float* x, float alpha, float* y, size_t n);
  void (*clip)(const float* x, const float* low, const float* high, float* y, size_t n);
  void (*select)(const uint8_t* condition, const float* x, const float* y, float* z, size_t n);
  SelectSpan select_any[4];  // by log2 of the size of an element
  TypedSpans float64;
  TypedSpans int32;
  TypedSpans int64;
  void (*fill)(float value, float* y, size_t n);
  // Copies past the caches, for results too large to be in them when they are read. y: 64 bytes
  // aligned. FlushStream() of a thread before another may read what it wrote.
  void (*stream)(const float* x, float* y, size_t n);
  void (*flush_stream)();
  void (*from_bool)(const uint8_t* x, float* y, size_t n);
  void (*from_float16)(const uint16_t* x, float* y, size_t n);
  void (*to_float16)(const float* x, uint16_t* y, size_t n);
  void (*from_bfloat16)(const uint16_t* x, float* y, size_t n);
  void (*to_bfloat16)(const float* x, uint16_t* y, size_t n);
  // Pairs of rows of a matrix of 2-byte elements as rows of 4-byte ones, the first row in the low
  // halves; a row without another is paired with zeros. `row`, `to_row`: elements from one row to
  // the next, the latter no less than `columns` in whole vectors, which are written.
  void (*pair_rows)(const uint16_t* x, size_t row, size_t rows, size_t columns, float* to,
                    size_t to_row);

  // By Fold.
  FoldSpans<float, double> fold_float32[kFoldCount];
  FoldSpans<double, double> fold_float64[kFoldCount];
  FoldSpans<int32_t, int32_t> fold_int32[kFoldCount];
  FoldSpans<int64_t, int64_t> fold_int64[kFoldCount];
  FoldSpans<uint8_t, uint8_t> fold_uint8[kFoldCount];

  // The means of n columns and the sums of squared deviations from them, so far of `before` rows,
  // take in `rows` more, one at least, which are `stride` elements apart. As exact as two passes if
  // `rows` is no more than `before`, or that is 0. work: 3 n elements.
  void (*moments)(const float* x, size_t stride, size_t rows, size_t n, float* work, double before,
                  double* mean, double* squares);
  // Those of `before` rows, one at least, take in those of `count` others.
  void (*merge_moments)(const double* mean_of, const double* squares_of, double count,
                        double before, double* mean, double* squares, size_t n);

  float (*max)(const float* x, size_t n);  // NaN if any is
  // Each row of n elements, few enough to be summed up in float32; y may be x.
  void (*softmax)(const float* x, float* y, size_t rows, size_t n);
  // y[i] = exp(x[i] - shift) of x no larger than it; returns their sum, which is why runs should be
  // short.
  float (*exp_shifted)(const float* x, float shift, float* y, size_t n);
  // y = a * x + b with scalars.
  void (*affine)(const float* x, float a, float b, float* y, size_t n);
  // y = (x - a) - b with scalars.
  void (*subtract)(const float* x, float a, float b, float* y, size_t n);
  // y = a * x - z.
  void (*scale_subtract)(const float* x, float a, const float* z, float* y, size_t n);
  // The sum of w[i] * (b - (x[i] - a)).
  float (*weigh)(const float* x, const float* w, float a, float b, size_t n);

  // [0] for minima, [1] for maxima: the index of the first of the best numbers beyond `limit`, 0 if
  // there is none.
  int64_t (*arg_run[2])(const float* x, float limit, size_t n);
  // The same down columns: takes row `index` into `best` and where it is.
  void (*arg_row[2])(const float* x, int32_t index, float* best, int32_t* at, size_t n);

  // c = init + a b for matrices of m x k and k x n floats on the calling thread. Rows are lda, ldi
  // and ldc elements apart; ldi 0 repeats one row. b comes in panels of kPanel columns, each k rows
  // of kPanel elements, the last padded with zeros.
  void (*product)(const float* a, size_t lda, const float* b, const float* init, size_t ldi,
                  float* c, size_t ldc, size_t m, size_t k, size_t n);

  // c = a b, or c += a b if it `adds`, for n <= kPanel columns. Element (i, j) of a is at
  // i * a_row + j * a_column. Rows of b are ldb apart; of each, kNarrowPanel elements are read if n
  // is no more than that, else kPanel.
  void (*product_panel)(const float* a, size_t a_row, size_t a_column, const float* b, size_t ldb,
                        bool adds, float* c, size_t ldc, size_t m, size_t k, size_t n);

  DepthwiseSpans<float> depthwise;
  DepthwiseSpans<uint16_t> depthwise_bfloat16;

  WinogradSpans<float> winograd[2];  // for m = 2 and 4
  WinogradSpans<uint16_t> winograd_bfloat16[2];
  // c = a b, or c += a b if it `adds`, for n columns, a multiple of kWinogradUnit. Element (i, j)
  // of a is at i * a_row + j * a_column; rows of b and c are 64 bytes aligned.
  void (*winograd_product)(const float* a, size_t a_row, size_t a_column, const float* b,
                           size_t ldb, bool adds, float* c, size_t ldc, size_t m, size_t k,
                           size_t n);
  // y[j] += weights[i * step] * rows[i * stride + j], for i < count in turn.
  void (*add_weighted)(const float* weights, size_t step, const float* rows, size_t stride,
                       size_t count, float* y, size_t n);

  // Units of a block of RecurrentStep::weights.
  size_t recurrent_lanes;
  void (*lstm_step)(const RecurrentStep& step);
  void (*gru_step)(const RecurrentStep& step);
  // Of one sequence and step of h units, backwards. The state's gradient is doutput + dstate. dx
  // [4h] is written twice, also to dx_too. dc: the gradient of c on entry, of c_before on return.
  void (*lstm_cell_grad)(const float* gates, const float* c, const float* c_before,
                         const float* doutput, const float* dstate, float* dc, float* dx,
                         float* dx_too, size_t h);
  // gates [4h], dx and drecurrent [3h]; dbefore: without what comes through the recurrent product.
  void (*gru_cell_grad)(const float* gates, const float* before, const float* doutput,
                        const float* dstate, float* dx, float* drecurrent, float* drecurrent_too,
                        float* dbefore, size_t h);

  // Words of `blocks` blocks of the generator in philox.h, counter[4] being the first one's.
  void (*philox)(const uint32_t* counter, const uint32_t* key, uint32_t* y, size_t blocks);
  void (*unit_float)(const uint32_t* bits, float* y, size_t n);  // to [0, 1)

  WindowSpans<float> windows;
  WindowSpans<uint16_t> windows_bfloat16;

  // By log2 of the size of an element. Row i of x begins at byte i * from; it becomes column i of
  // y, whose row j begins at byte j * to.
  void (*transpose[4])(const void* x, ptrdiff_t from, void* y, ptrdiff_t to, size_t rows,
                       size_t columns);
};

#if defined(__x86_64__)
namespace sse4 {
void FillTable(SpanTable* table);
}
namespace avx2 {
void FillTable(SpanTable* table);
}
namespace avx512 {
void FillTable(SpanTable* table);
}
#else
namespace neon {
void FillTable(SpanTable* table);
}
#endif

}  // namespace mlcompute::portable
