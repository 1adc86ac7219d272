// mlcompute/portable/joined_convolution.h: a convolution with the elementwise operations on its
// result, which run on each block of it while that is in the cache (see passes/epilogue.cc).
#pragma once

#include <memory>

#include "mlcompute/backend/step.h"
#include "mlcompute/portable/epilogue.h"

namespace mlcompute::portable {

// Whether MakeFused() takes a body that begins with this kConvolution.
bool CanJoinConvolution(const OperationView& view);

// Whether that is faster than a pass over its result, too.
bool IsWorthJoining(const OperationView& view);

// The body of such a kFused operation.
struct JoinedConvolution {
  explicit JoinedConvolution(const Program& body);

  std::unique_ptr<const Epilogue> MakeEpilogue() const;

  const Program& body;
  const OperationView view;  // of the convolution
  const int x, filter;       // which inputs of the body
};

// By oneDNN, some images at a time (onednn/convolution_blocks.cc).
bool CanBlockConvolution(const OperationView& view);
std::unique_ptr<Step> MakeBlockedConvolution(const JoinedConvolution& joined);

}  // namespace mlcompute::portable
