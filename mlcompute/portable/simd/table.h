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

struct SpanTable {
  // By Op; nullptr where the set has none. Gradients are binary.
  UnarySpan unary[kOpCount];
  BinarySpan binary[kOpCount];
  CompareSpan compare[kOpCount];
  TestSpan test[kOpCount];    // IsFinite and its kin
  LogicSpan logic[kOpCount];  // on bool; LogicalNot ignores b

  void (*select)(const uint8_t* condition, const float* x, const float* y, float* z, size_t n);
  void (*fill)(float value, float* y, size_t n);
  void (*from_bool)(const uint8_t* x, float* y, size_t n);
  void (*from_float16)(const uint16_t* x, float* y, size_t n);
  void (*to_float16)(const float* x, uint16_t* y, size_t n);
  void (*from_bfloat16)(const uint16_t* x, float* y, size_t n);
  void (*to_bfloat16)(const float* x, uint16_t* y, size_t n);

  float (*sum)(const float* x, size_t n);
  float (*sum_squared_difference)(const float* x, float mean, size_t n);
  float (*max)(const float* x, size_t n);  // NaN if any is
  float (*min)(const float* x, size_t n);
  // y[i] = exp(x[i] - shift); returns their sum.
  float (*exp_shifted)(const float* x, float shift, float* y, size_t n);
  // y = a * x + b with scalars.
  void (*affine)(const float* x, float a, float b, float* y, size_t n);
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
