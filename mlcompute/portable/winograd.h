// mlcompute/portable/winograd.h: convolutions with fewer multiplications, by Winograd's algorithm.
//
// For filters of 3x3, stride 1, no dilation, one group, float32 or bfloat16, channels last. The
// result is cut into tiles of m x m, which m + 2 x m + 2 pixels of the input decide. With d a tile
// of the input, g the filter, and matrices A, B, G that evaluate polynomials at m + 2 points and go
// back (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015),
//   y = A^T [(G g G^T) * (B^T d B)] A,
// * by elements; summed over the channels it is a matrix product for each of (m + 2)^2 pairs of
// points. The gradient of the input is a convolution with the filter turned round; that of the
// filter is
//   dg = G^T [sum over tiles of (B^T d B) * (A dy A^T)] G.
// 4x4 tiles take a quarter of the multiplications, 2x2 tiles 4/9.
//
// Of bfloat16, points and products are float32, and the result is rounded once, as by the direct
// sum. Points rounded to bfloat16 would take half the time in the products and leave errors of 1.2
// % of the results' root mean square with 4x4 tiles, 0.4 % with 2x2, where rounding the result
// alone makes 0.17 %.
//
// Rounding errors are relative to the largest number of a tile, about twice those of the direct sum
// with 4x4 tiles. Where a result is not finite it is computed again by the direct sum, so that
// infinities and NaN, of the input or from overflow on the way, are where they belong.
#pragma once

#include <cstdint>
#include <memory>

#include "mlcompute/backend/step.h"

namespace mlcompute::portable {

struct JoinedConvolution;

// The side of tiles that is fastest for a kConvolution, kConvolutionGradInput or
// kConvolutionGradFilter: 2 or 4, or 0 where the direct algorithm is as fast or the only one.
// TF_MLC_WINOGRAD=0 makes it 0.
int64_t WinogradTile(const OperationView& view);

// The steps, with tiles of `tile`. nullptr if Winograd's algorithm does not apply.
std::unique_ptr<Step> MakeWinograd(const OperationView& view, int64_t tile);
// The same of a convolution with elementwise operations on its result.
std::unique_ptr<Step> MakeJoinedWinograd(const JoinedConvolution& joined, int64_t tile);
std::unique_ptr<Step> MakeWinogradGradFilter(const OperationView& view, int64_t tile);

}  // namespace mlcompute::portable
