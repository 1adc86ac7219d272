// mlcompute/apple/record.h: where the operations of all executables ran, for TF_MLC_PROFILE.
#pragma once

#include <memory>
#include <string>

#include "mlcompute/backend/backend.h"

namespace mlcompute::apple {

// `backend` when TF_MLC_PROFILE is not set; else one that compiles with it and counts every run.
// `backend` must live as long as the process.
Backend& Recording(Backend& backend);

// A line for each operation, place and reason: runs, floating-point operations (FlopsOf), name of
// the operation, "graph", "training graph" or "portable", and the reason, between tabs. Empty
// without TF_MLC_PROFILE, which also prints this at exit, the most arithmetic first.
std::string RecordText();

}  // namespace mlcompute::apple
