#include <array>
#include <cstddef>
#include <initializer_list>

#include "mlcompute/portable/blocked.h"
#include "mlcompute/portable/fused.h"
#include "mlcompute/portable/moments.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/winograd.h"
#include "mlcompute/reference/reference.h"

namespace mlcompute::portable {
namespace {

constexpr const char* kOneDnn = "onednn";
constexpr const char* kLoop = "loop";
constexpr const char* kReference = "reference";

struct Row {
  Maker maker;
  const char* kind;
  std::initializer_list<Op> ops;
};

struct Choice {
  Maker maker = nullptr;
  const char* kind = kReference;
};

// Winograd's algorithm where it is faster, else `other`.
template <Maker kOther>
std::unique_ptr<Step> MakeFastConvolution(const OperationView& view) {
  const int64_t tile = WinogradTile(view);
  if (tile == 0) {
    std::unique_ptr<Step> step = MakePointwise(view);
    return step ? std::move(step) : kOther(view);
  }
  return view.op() == Op::kConvolutionGradFilter ? MakeWinogradGradFilter(view, tile)
                                                 : MakeWinograd(view, tile);
}

std::array<Choice, kOpCount> Choices() {
  const Row rows[] = {
      {MakeProduct, kOneDnn, {Op::kMatMul}},
      {MakeFastConvolution<MakeConvolution>, kOneDnn, {Op::kConvolution}},
      {MakeFastConvolution<MakeConvolutionGradInput>, kOneDnn, {Op::kConvolutionGradInput}},
      {MakeFastConvolution<MakeConvolutionGradFilter>, kOneDnn, {Op::kConvolutionGradFilter}},
      {MakePooling, kLoop, {Op::kMaxPool, Op::kMaxPoolGrad, Op::kAvgPool, Op::kAvgPoolGrad}},
      {MakeCast, kLoop, {Op::kCast}},
      {MakeReduction,
       kLoop,
       {Op::kReduceSum, Op::kReduceMean, Op::kReduceProd, Op::kReduceMax, Op::kReduceMin,
        Op::kReduceAll, Op::kReduceAny}},
      {MakeMoments, kLoop, {Op::kMoments}},
      {MakeSoftmax, kLoop, {Op::kSoftmax, Op::kLogSoftmax}},
      {MakeArgReduction, kLoop, {Op::kArgMax, Op::kArgMin}},
      {MakeRandom,
       kLoop,
       {Op::kRandomUniform, Op::kRandomNormal, Op::kRandomTruncatedNormal, Op::kRandomBits,
        Op::kRandomGamma}},
      {MakeCopy, kLoop, {Op::kCopy, Op::kReshape, Op::kBitcast}},
      {MakeTranspose, kLoop, {Op::kTranspose}},
      {MakeStrided, kLoop, {Op::kSlice, Op::kSliceGrad, Op::kPad, Op::kReverse}},
      {MakeConcat, kLoop, {Op::kConcat}},
      {MakeBroadcast, kLoop, {Op::kBroadcastTo, Op::kTile}},
      {MakeGather, kLoop, {Op::kGather}},
      {MakeSegment, kLoop, {Op::kUnsortedSegment}},
      {MakeResample, kLoop, {Op::kResample, Op::kResampleGrad}},
      {MakeCrossEntropy, kLoop, {Op::kSoftmaxCrossEntropy, Op::kSparseSoftmaxCrossEntropy}},
      {MakeRecurrent, kLoop, {Op::kLstm, Op::kLstmGrad, Op::kGru, Op::kGruGrad}},
      {MakeFused, kLoop, {Op::kFused}},
      {MakeBlocked, kLoop, {Op::kBlocked}},
  };
  std::array<Choice, kOpCount> choices;
  for (int i = 0; i < kOpCount; ++i) {
    const OpKind kind = Kind(static_cast<Op>(i));
    if (kind == OpKind::kUnary || kind == OpKind::kBinary || kind == OpKind::kTernary) {
      choices[static_cast<size_t>(i)] = {MakeElementwise, kLoop};
    }
  }
  for (const Row& row : rows) {
    for (const Op op : row.ops) choices[static_cast<size_t>(op)] = {row.maker, row.kind};
  }
  return choices;
}

const Choice& ChoiceFor(Op op) {
  static const std::array<Choice, kOpCount> choices = Choices();
  return choices[static_cast<size_t>(op)];
}

std::unique_ptr<Step> TryMaker(const OperationView& view) {
  const Maker maker = ChoiceFor(view.op()).maker;
  return maker ? maker(view) : nullptr;
}

}  // namespace

std::unique_ptr<Step> MakeStep(const OperationView& view) {
  std::unique_ptr<Step> step = TryMaker(view);
  return step ? std::move(step) : reference::MakeStep(view);
}

const char* ChosenBy(const OperationView& view) {
  return TryMaker(view) ? ChoiceFor(view.op()).kind : kReference;
}

}  // namespace mlcompute::portable
