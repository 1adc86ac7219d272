#include "mlcompute/portable/joined_convolution.h"

#include <algorithm>
#include <vector>

#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/product.h"
#include "mlcompute/portable/winograd.h"

namespace mlcompute::portable {
namespace {

int InputOf(const Program& body, Value v) {
  const auto at = std::find(body.inputs().begin(), body.inputs().end(), v);
  return static_cast<int>(at - body.inputs().begin());
}

}  // namespace

JoinedConvolution::JoinedConvolution(const Program& b)
    : body(b),
      view(View(b, b.operations()[0])),
      x(InputOf(b, b.operations()[0].inputs[0])),
      filter(InputOf(b, b.operations()[0].inputs[1])) {}

std::unique_ptr<const Epilogue> JoinedConvolution::MakeEpilogue() const {
  std::vector<const Operation*> elementwise;
  for (size_t i = 1; i < body.operations().size(); ++i) {
    elementwise.push_back(&body.operations()[i]);
  }
  return std::make_unique<Epilogue>(body, elementwise, view.operation.results[0]);
}

bool CanJoinConvolution(const OperationView& view) {
  return WinogradTile(view) != 0 || IsPointwise(view) || CanBlockConvolution(view);
}

bool IsWorthJoining(const OperationView& view) {
  // Measured on two cores of a Zen 4. A pass over less than the second-level caches hold is cheap.
  constexpr int64_t kLeastBytes = 2 << 20;
  // More output channels of a block leave too little of the cache to Winograd's transforms.
  constexpr int64_t kMostWinogradOutputs = 64;
  // The product's loops lose to oneDNN's on longer sums what they save, and on narrow results.
  constexpr int64_t kMostDepth = 96, kLeastOutputs = 96;
  if (static_cast<int64_t>(view.results[0].bytes()) < kLeastBytes || !CanJoinConvolution(view)) {
    return false;
  }
  const std::vector<int64_t>& filter = view.inputs[1].shape.dims();
  const int64_t depth = filter[filter.size() - 2], outputs = filter.back();
  if (WinogradTile(view) != 0) return outputs <= kMostWinogradOutputs;
  if (IsPointwise(view)) return depth <= kMostDepth && outputs >= kLeastOutputs;
  return !std::all_of(filter.begin(), filter.end() - 2, [](int64_t size) { return size == 1; });
}

std::unique_ptr<Step> MakeJoinedConvolution(const OperationView& view) {
  const Program& body = *view.operation.body;
  if (body.operations()[0].op != Op::kConvolution) return nullptr;
  const JoinedConvolution joined(body);
  if (const int64_t tile = WinogradTile(joined.view)) return MakeJoinedWinograd(joined, tile);
  if (IsPointwise(joined.view)) return MakePointwiseConvolution(view);
  return MakeBlockedConvolution(joined);
}

}  // namespace mlcompute::portable
