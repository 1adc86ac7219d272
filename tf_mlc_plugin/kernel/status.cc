#include "tf_mlc_plugin/kernel/status.h"

namespace tf_mlc {

TF_Code CodeOf(mlcompute::ErrorCode code) {
  switch (code) {
    case mlcompute::ErrorCode::kInvalidArgument:
      return TF_INVALID_ARGUMENT;
    case mlcompute::ErrorCode::kUnimplemented:
      return TF_UNIMPLEMENTED;
    case mlcompute::ErrorCode::kResourceExhausted:
      return TF_RESOURCE_EXHAUSTED;
    case mlcompute::ErrorCode::kInternal:
      break;
  }
  return TF_INTERNAL;
}

}  // namespace tf_mlc
