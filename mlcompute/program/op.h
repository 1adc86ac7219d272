// mlcompute/program/op.h: every operation a Program can hold, with inputs, attributes and result.
//
// This comment column is the specification that the shape rules (program/infer_*.cc), the reference
// backend and every other backend follow. Notation: `x` the first input; T its element type; axes
// are non-negative; "broadcast" is NumPy's rule; attributes are in [brackets] with their type.
// Float16 and bfloat16 compute in float32 and round once per operation, except that bfloat16 may
// keep float32's precision from one arithmetic operation to the next; integers wrap around.
// Operations are defined for zero-sized tensors: a reduction over nothing gives its identity.
#pragma once

#include <cstdint>
#include <string_view>

namespace mlcompute {

enum class Op : uint16_t {
  // ---- elementwise, one input: result has x's shape and (unless noted) type.
  kCopy,
  kAbs,
  kNeg,
  kSign,  // -1, 0, 1; NaN stays NaN
  kReciprocal,
  kSquare,
  kSqrt,
  kRsqrt,
  kExp,
  kExpm1,
  kLog,
  kLog1p,
  kSin,
  kCos,
  kTan,
  kAsin,
  kAcos,
  kAtan,
  kSinh,
  kCosh,
  kTanh,
  kAsinh,
  kAcosh,
  kAtanh,
  kErf,
  kErfc,
  kLgamma,
  kDigamma,
  kErfinv,
  kNdtri,
  kCeil,
  kFloor,
  kRound,  // half to even
  kSigmoid,
  kRelu,  // NaN stays NaN, as TensorFlow
  kRelu6,
  kLeakyRelu,  // [alpha: double]
  kElu,
  kSelu,
  kSoftplus,
  kSoftsign,
  kGelu,        // [approximate: bool] true: by tanh
  kLogicalNot,  // bool
  kBitwiseNot,  // integers
  kIsNan,       // -> bool
  kIsInf,       // -> bool
  kIsFinite,    // -> bool
  // [to: DataType]; float to integer truncates toward zero; what the integer type cannot hold
  // becomes what x86 gives: INT32_MIN or INT64_MIN, cut to the narrower types. To bool: x != 0.
  kCast,
  kBitcast,  // [to: DataType] of the same size; same bytes

  // ---- elementwise, two inputs of one type, broadcast.
  kAdd,
  kSub,
  kMul,
  kDiv,       // floats: IEEE; integers: truncates (division by 0 is an InvalidArgument error)
  kDivNoNan,  // 0 where y == 0
  kMulNoNan,  // 0 where y == 0, even if x is NaN or inf
  kFloorDiv,
  kTruncDiv,
  kFloorMod,  // sign of y
  kTruncMod,  // sign of x; integers by 0 in these four: error, as kDiv
  kPow,       // integers: a negative exponent is an InvalidArgument error
  kMaximum,   // NaN if either is
  kMinimum,   // NaN if either is
  kSquaredDifference,
  kAtan2,
  kXdivy,    // 0 where x == 0
  kXlogy,    // 0 where x == 0
  kXlog1py,  // 0 where x == 0
  kNextAfter,
  kBitwiseAnd,
  kBitwiseOr,
  kBitwiseXor,
  kLeftShift,   // both: the count is clamped to [0, bits of T - 1]
  kRightShift,  // of a signed type: its sign comes in
  kLogicalAnd,
  kLogicalOr,
  kLogicalXor,  // bool
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,  // -> bool

  // ---- gradients of elementwise functions, two inputs of one shape and type. `dy` is the gradient
  // of the result; the other input is the result `y` or the argument `x`, as TensorFlow passes it.
  kTanhGrad,        // (y, dy)
  kSigmoidGrad,     // (y, dy)
  kSqrtGrad,        // (y, dy): dy * 0.5 / y; 0 where dy == 0
  kRsqrtGrad,       // (y, dy): dy * -0.5 * y^3; 0 where dy == 0
  kReciprocalGrad,  // (y, dy): -dy * y * y; 0 where dy == 0
  kReluGrad,        // (dy, x or y): dy * (x > 0 ? 1 : 0), so NaN where dy is not finite and x <= 0
  kRelu6Grad,       // (dy, x or y): the same for 0 < x < 6
  kLeakyReluGrad,   // (dy, x) [alpha: double]
  kEluGrad,         // (dy, y)
  kSeluGrad,        // (dy, y)
  kSoftplusGrad,    // (dy, x)
  kSoftsignGrad,    // (dy, x)

  // ---- elementwise, three inputs, broadcast.
  kSelect,       // (condition: bool, x, y) -> condition ? x : y
  kClipByValue,  // (x, lo, hi) -> max(min(x, hi), lo); NaN stays

  // ---- reductions. [axes: ints, sorted, unique] [keep_dims: bool]. NaN in, NaN out.
  kReduceSum,
  kReduceMean,  // integers truncate toward zero and do not overflow; over nothing: NaN, or 0
  kReduceProd,
  kReduceMax,
  kReduceMin,
  kReduceAll,
  kReduceAny,  // bool
  // (x) [axis: int] [to: an integer type]; the first of equals; the axis is removed. As in
  // TensorFlow
  // the search starts with index 0 and the type's worst finite value, so it passes over NaN.
  kArgMax,
  kArgMin,
  kCumSum,
  kCumProd,  // (x) [axis: int] [exclusive: bool] [reverse: bool]

  // ---- matrices.
  // (a, b) [transpose_a: bool] [transpose_b: bool]: [..., m, k] x [..., k, n] -> [..., m, n];
  // leading axes broadcast.
  kMatMul,

  // ---- convolution and pooling. Spatial rank r is 1, 2 or 3.
  // Shared attributes: [strides: r ints] [dilations: r ints] [pads_begin: r ints]
  // [pads_end: r ints] [groups: int] [channels_last: bool]. Activations are [N, spatial..., C] when
  // channels_last,
  // else [N, C, spatial...]. Filters are [spatial..., C / groups, O] (TensorFlow's HWIO).
  // The result has floor((in + pads - dilation * (k - 1) - 1) / stride) + 1 positions.
  kConvolution,            // (x, filter)
  kConvolutionGradInput,   // (filter, dy) [input_shape: ints] -> dx
  kConvolutionGradFilter,  // (x, dy) [filter_shape: ints] -> dfilter
  // Pooling has [window: r ints] and no dilations or groups. Averages count only positions inside
  // x. As in TensorFlow and oneDNN a maximum starts at the type's lowest finite value and passes
  // over NaN. In the gradient the first of equal maxima takes it all; a NaN that comes first in its
  // window keeps it, as nothing exceeds it.
  kMaxPool,      // (x)
  kMaxPoolGrad,  // (x, y, dy) -> dx
  kAvgPool,      // (x)
  kAvgPoolGrad,  // (dy) [input_shape: ints] -> dx

  // ---- softmax family, over the last axis.
  kSoftmax,              // (x)
  kLogSoftmax,           // (x)
  kSoftmaxCrossEntropy,  // (logits [n, c], labels [n, c]) -> loss [n], dlogits [n, c]
  // labels [n] int32 or int64; a label outside [0, c) is an InvalidArgument error naming it.
  kSparseSoftmaxCrossEntropy,  // (logits [n, c], labels [n]) -> loss [n], dlogits [n, c]

  // ---- recurrent layers without the product of their inputs, which is a matrix product of all
  // steps at once. n sequences, t steps, h units; one floating-point type throughout. `mask`
  // (bool [n, t]) may be left out; a step where it is false keeps the state.
  // x [n, t, 4h]: inputs times kernel plus bias, in the order input, forget, cell, output; h0, c0
  // [n, h]; u [h, 4h]. With (i, f, g, o) = x[t] + h[t-1] u after sigmoid, sigmoid, tanh, sigmoid:
  // c = f c + i g, h = o tanh(c) (Hochreiter and Schmidhuber 1997, with Gers' forget gate).
  // (x, h0, c0, u[, mask]) -> states h [n, t, h], last h, last c [n, h], gates [n, t, 4h] after
  // their functions, cells c [n, t, h].
  kLstm,
  // (gates, cells, c0, u, dstates, dh, dc[, mask]) -> dx [n, t, 4h], dh0, dc0 [n, h]
  kLstmGrad,
  // x [n, t, 3h] in the order update, reset, candidate; h0 [n, h]; u [h, 3h]; bias [3h]. With
  // r = h[t-1] u + bias: z = sigmoid(xz + rz), r = sigmoid(xr + rr), g = tanh(xg + r rg),
  // h = z h + (1 - z) g (Cho et al. 2014; the reset gate comes after the product).
  // (x, h0, u, bias[, mask]) -> states [n, t, h], last h [n, h], gates [n, t, 4h]: z, r, g, rg.
  kGru,
  // (gates, states, h0, u, dstates, dh[, mask]) -> dx [n, t, 3h], the gradient of h[t-1] u + bias
  // [n, t, 3h], dh0 [n, h]
  kGruGrad,

  // ---- data movement. Any element type.
  kReshape,      // (x) [shape: ints, no -1]
  kTranspose,    // (x) [perm: ints]
  kBroadcastTo,  // (x) [shape: ints]
  kConcat,       // (x0, x1, ...) [axis: int]
  // (x) [begin: ints] [strides: ints, may be negative] [sizes: ints]: element i of an axis is
  // x[begin + i * stride].
  kSlice,
  // (dy) [begin] [strides] [shape: ints]: zeros of `shape` with dy written where kSlice read.
  kSliceGrad,
  kPad,            // (x, value: scalar of T) [before: ints] [after: ints]; amounts >= 0
  kMirrorPad,      // (x) [before: ints] [after: ints] [reflect: bool] true: edge not repeated
  kMirrorPadGrad,  // (dy) [before] [after] [reflect] -> dx: the sum of gradients of each element
  kTile,           // (x) [multiples: ints]
  kReverse,        // (x) [axes: ints]
  kIota,    // () [shape: [n]] [to: DataType] [start: double] [step: double]: start + i * step
  kOneHot,  // (indices, on: scalar T, off: scalar T) [axis: int] [depth: int]; outside: all off
  // (x, indices int32/int64) [axis: int] [batch_dims: int]: TensorFlow's GatherV2. An index out of
  // range is an InvalidArgument error naming it.
  kGather,
  kGatherNd,  // (x, indices [..., k]) ; out of range: error
  // (x, indices [..., k], updates) [combine: string "update", "add", "sub", "min", "max"]: copy of
  // x with the updates applied in order. Out of range: error.
  kScatterNd,
  // (x, segment_ids int32/int64) [segments: int] [combine: "sum", "prod", "max", "min"]:
  // result [segments, x.shape[rank(ids):]...]; ids < 0 are dropped; ids >= segments: error.
  // Empty segments hold 0, 1, lowest, highest (finite); "max" and "min" pass over NaN.
  kUnsortedSegment,
  // (x [..., m, n], diagonal bounds as attributes) [lower: int] [upper: int]: keeps the band, as
  // TensorFlow's MatrixBandPart (negative keeps the whole triangle).
  kMatrixBandPart,
  // (x float32, indices int32 [m, taps], weights float32 [m, taps]) [axis: int]: position i of the
  // axis becomes the sum over t of weights[i, t] * x[indices[i, t]]; a negative index adds nothing.
  kResample,
  kResampleGrad,  // (dy, indices, weights) [axis] [size: int, x's along the axis] -> dx
  // NaN comes last in both.
  kTopK,  // (x) [k: int] [to: DataType] -> values, indices over the last axis; ties by lower index
  kSort,  // (x) [descending: bool] over the last axis

  // ---- random numbers: Philox4x32-10, the very numbers TensorFlow's CPU kernels give.
  // seed: int32 or int64 [2] -> key uint64 [1], counter uint64 [2].
  kStatelessRandomGetKeyCounter,
  // (key uint64 [1], counter uint64 [1 or 2]) [shape: ints] [to: DataType]
  kRandomUniform,          // [0, 1)
  kRandomNormal,           // mean 0, deviation 1, Box-Muller
  kRandomTruncatedNormal,  // within two deviations, by rejection
  kRandomBits,             // integers over their full range
  // Further inputs (lo: scalar, hi: scalar) of the integer type `to`; lo >= hi: error.
  kRandomUniformInt,
  // (key, counter, alpha: of type `to`) [shape: ints, ends with alpha's] [to: floating]: gamma
  // distribution of shape alpha, scale 1; alpha must have elements.
  kRandomGamma,
  // (logits [b, n], key, counter) [samples: int] [to: int32 or int64] -> [b, samples]: classes with
  // the probabilities softmax(logits). Logits that are not finite are never drawn.
  kRandomCategorical,
  kRandomPermutation,  // (key, counter) [shape: [n]] [to: int32 or int64]: 0 .. n - 1 in any order

  // ---- made by passes, never by builders.
  // (x) [axes: ints, sorted, unique] [keep_dims: bool] -> mean, variance: what kReduceMean gives of
  // x and of (x - mean)^2. Floats; over nothing: NaN.
  kMoments,
  // Elementwise operations run together: Operation::body, whose inputs and outputs are those of the
  // operation. All results have one shape, which the inputs broadcast to; but a kMatMul may come
  // first, with kTranspose around it (see JoinProducts() in passes/passes.h), or a kConvolution
  // (JoinEpilogues()), or a kMaxPoolGrad (JoinPoolGradients()), and sums of rows by
  // kUnsortedSegment may stand for inputs. Reductions over leading axes of what is made or read,
  // and
  // kMoments, may come last, all of which keep the same axes. Or the body works along the last
  // axis: reductions
  // over it, elementwise operations on one number for each row and on all elements again, in any
  // order, besides reductions over all other axes (see JoinReductions()).
  kFused,
  // Operation::body on each of [blocks: int] blocks along the first axis. An input of the type that
  // the body takes is read by all blocks; the first axis of another one, and of the results, is
  // `blocks` times as long as the body's. A result of the type that the body gives is the sum,
  // in float32, of what all blocks give. See RunInBlocks() in passes/passes.h.
  kBlocked,

  kCount,
};

constexpr int kOpCount = static_cast<int>(Op::kCount);

// "Add", "ReduceSum", ...: the enumerator without its k.
std::string_view Name(Op op);

// What the passes and backends need to know of an operation besides its shape rule.
enum class OpKind : uint8_t {
  kUnary,      // elementwise, one input
  kBinary,     // elementwise, two inputs
  kTernary,    // elementwise, three inputs
  kReduction,  // axes, keep_dims
  kOther,
};
OpKind Kind(Op op);

}  // namespace mlcompute
