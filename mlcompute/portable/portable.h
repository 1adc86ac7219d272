// mlcompute/portable/portable.h: makers of fast steps, one file per family.
//
// A maker returns nullptr for a case it does not take; the reference step then runs it.
#pragma once

#include <memory>

#include "mlcompute/backend/step.h"

namespace mlcompute::portable {

using Maker = std::unique_ptr<Step> (*)(const OperationView& view);

// SIMD loops (portable/*.cc over portable/simd/).
std::unique_ptr<Step> MakeElementwise(const OperationView& view);  // unary, binary, ternary
std::unique_ptr<Step> MakeCast(const OperationView& view);
std::unique_ptr<Step> MakeReduction(const OperationView& view);
std::unique_ptr<Step> MakeArgReduction(const OperationView& view);
std::unique_ptr<Step> MakeSoftmax(const OperationView& view);  // softmax, log-softmax
std::unique_ptr<Step> MakeCrossEntropy(const OperationView& view);
std::unique_ptr<Step> MakeRecurrent(const OperationView& view);
std::unique_ptr<Step> MakeRandom(const OperationView& view);

// kMatMul, by compiled tiles where they are the faster (tiled_product.h), else by oneDNN.
std::unique_ptr<Step> MakeProduct(const OperationView& view);

// A kFused whose body holds a kMatMul.
std::unique_ptr<Step> MakeJoinedProduct(const OperationView& view);

// A kFused whose body begins with a kConvolution; the second one whose filter is a matrix.
std::unique_ptr<Step> MakeJoinedConvolution(const OperationView& view);
std::unique_ptr<Step> MakePointwiseConvolution(const OperationView& view);

// A kFused whose body reduces rows and reads the results.
std::unique_ptr<Step> MakeFusedRows(const OperationView& view);

// A kFused whose body ends with reductions over leading axes.
std::unique_ptr<Step> MakeFusedReduction(const OperationView& view);

// Copies (portable/movement*.cc).
std::unique_ptr<Step> MakeCopy(const OperationView& view);  // copy, reshape, bitcast
std::unique_ptr<Step> MakeTranspose(const OperationView& view);
std::unique_ptr<Step> MakeStrided(const OperationView& view);  // slice, slice grad, pad, reverse
std::unique_ptr<Step> MakeConcat(const OperationView& view);
std::unique_ptr<Step> MakeBroadcast(const OperationView& view);  // broadcast_to, tile
std::unique_ptr<Step> MakeGather(const OperationView& view);
std::unique_ptr<Step> MakeSegment(const OperationView& view);
std::unique_ptr<Step> MakeResample(const OperationView& view);  // and its gradient

// What oneDNN multiplies bfloat16 with: nothing faster than float32, AVX-512's dot products, AMX.
enum class BFloat16Products { kPlain, kDots, kMatrices };
BFloat16Products ProductsOfBFloat16();

// oneDNN primitives (portable/onednn/).
std::unique_ptr<Step> MakeMatMul(const OperationView& view);
std::unique_ptr<Step> MakeConvolution(const OperationView& view);
std::unique_ptr<Step> MakeConvolutionGradInput(const OperationView& view);
std::unique_ptr<Step> MakeConvolutionGradFilter(const OperationView& view);
// As a product, where that is faster; nullptr elsewhere.
std::unique_ptr<Step> MakePointwise(const OperationView& view);
// A convolution with filters of one channel each, or a gradient of one; of float32 or bfloat16,
// channels last.
std::unique_ptr<Step> MakeDepthwise(const OperationView& view);
std::unique_ptr<Step> MakePooling(const OperationView& view);  // max and average, both directions

// The fastest step there is for an operation, the reference step if no maker takes it.
std::unique_ptr<Step> MakeStep(const OperationView& view);

// "onednn", "loop" or "reference": what MakeStep() would choose, for tables and logs.
const char* ChosenBy(const OperationView& view);

}  // namespace mlcompute::portable
