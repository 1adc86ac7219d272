// mlcompute/passes/passes.h: rewritings of a Program that keep what it computes.
#pragma once

#include <string_view>
#include <vector>

#include "mlcompute/backend/step.h"
#include "mlcompute/program/program.h"

namespace mlcompute {

// One of every set of equal operations stays (and of equal constants).
Program EliminateCommon(const Program& program);

// Operations whose results reach no output go: what another pass left behind is no reader.
Program DropUnread(Program program);

// Elementwise operations read the source of a BroadcastTo directly: they broadcast themselves.
Program ForwardBroadcasts(const Program& program);

// The sum over a batch of float32 products a_i^T b_i is one product of the stacked matrices: the
// gradient of the weights of a dense layer on sequences.
Program StackProducts(const Program& program);

// Convolutions and their gradients pad by themselves instead of reading what was padded with zeros;
// the gradient of what was padded is computed without its edges where those are cut off.
Program FoldPads(const Program& program);

// Cheap elementwise operations on one large tensor (a centred or scaled one) that only elementwise
// operations of their shape and reductions read get a copy for each reader: those then read the
// tensor, which is in memory anyway, and what was computed of it never gets there.
Program Recompute(const Program& program);

// What a backend can run as part of a kFused operation.
using CanFuse = bool (*)(const OperationView& view);
struct Abilities {
  CanFuse fuse;  // an elementwise operation
  CanFuse join;  // a kMatMul, with what JoinProducts() puts around it
  // A reduction over leading axes, and one over the last axis, as JoinReductions() joins them.
  CanFuse reduce = nullptr;
  CanFuse reduce_rows = nullptr;
  // A kConvolution, with the elementwise operations that JoinEpilogues() puts behind it.
  CanFuse convolve = nullptr;
  // A kMaxPoolGrad, with what JoinPoolGradients() puts behind it.
  CanFuse pool = nullptr;
  // In how many blocks to run what RunInBlocks() found, `rows` along the first axis, of which each
  // makes some operation read and write `bytes`; 0 if that does not pay. `saved` bytes, of all
  // rows, need not be in memory then.
  int64_t (*blocks)(int64_t rows, size_t bytes, size_t saved) = nullptr;
  // Whether a convolution, or its gradient, may be in such blocks.
  CanFuse convolve_blocks = nullptr;
  // A kMoments, as JoinMoments() makes it.
  CanFuse moments = nullptr;
};

// The mean of a tensor and that of the squared deviations from it, over the same axes, become one
// kMoments operation, which reads the tensor once.
Program JoinMoments(const Program& program, const Abilities& can);

// What leads from an operation on a batch to another becomes one kBlocked operation, which makes
// results of a few examples at a time of each other in the cache: products of as many matrices on
// either side, as attention has them and its gradient; pooling and the convolution before it; the
// gradients of these two. Sums over the batch of what it makes, of bias and filters, are part of
// it.
Program RunInBlocks(const Program& program, const Abilities& can);

// Joins elementwise operations that have one result shape, are connected by a value, and may be
// fused, into kFused operations. Sums by segment that they read may join them.
Program FuseElementwise(const Program& program, CanFuse can_fuse);

// What a kFused operation writes for others to read is computed by these instead, where that is
// less work than writing and reading it: of results that are written anyway, and of small tensors.
// The exponential that the gradient of GELU alone reads is computed there, of what its error
// function was computed of.
Program SinkElementwise(const Program& program, CanFuse can_fuse);

// A kMatMul takes along, into one kFused operation, the transpositions of its operands, and what
// alone reads its result: a transposition, or elementwise operations on it, as large tensors, rows
// and numbers (a bias, an activation, a residual). The body of the kFused then holds, in this
// order: kTranspose of the operands, kMatMul, kTranspose or kReshape, elementwise operations. Where
// a kReshape makes several axes of the columns and something is added for each column (the bias of
// attention's heads), the kReshape comes after the kFused.
Program JoinProducts(const Program& program, const Abilities& can);

// A kConvolution and the elementwise operations that alone read its result become one kFused
// operation, if what these read besides is as large, one number, or one for each output channel: a
// bias, the scale and shift of a batch normalization, a residual, an activation. The body begins
// with the convolution.
Program JoinEpilogues(const Program& program, const Abilities& can);

// Reductions join the elementwise operations that make what they reduce, or that read it as well:
// one kFused operation, whose results may be large tensors and reduced ones, so that what only
// reductions read never reaches memory and several share one pass over it. Reductions over the last
// axis also join what reads their results: elementwise operations on one number for each row, those
// on all elements that read these, and further reductions.
Program JoinReductions(const Program& program, const Abilities& can);

// A kMaxPoolGrad whose result a kReluGrad alone reads, by the same x, takes that along into one
// kFused operation, and what is in one with it: a kCast of bfloat16 to float32, the sums over all
// axes but the last. The body holds these in this order.
Program JoinPoolGradients(const Program& program, const Abilities& can);

// What TF_MLC_PASSES calls the passes, in the order they run.
const std::vector<std::string_view>& PassNames();

// All passes in order, each followed by DropUnread(). TF_MLC_PASSES leaves out those it names, as
// in "-common,-products,-broadcast,-pads,-moments,-recompute,-blocks,-fuse,-sink,-join,-epilogue,
// -reduce,-pools", without blanks; TF_MLC_DUMP=folder writes the program as it comes and after each
// pass.
Program Optimize(const Program& program, const Abilities& can);

}  // namespace mlcompute
