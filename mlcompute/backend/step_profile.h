// mlcompute/backend/step_profile.h: where the time of executables goes.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "mlcompute/backend/step.h"

namespace mlcompute {

// Time spent in one kind of step, over the process.
struct StepTime {
  int64_t runs = 0;
  int64_t nanoseconds = 0;
  int64_t fastest = std::numeric_limits<int64_t>::max();  // of the runs, in nanoseconds
};

// Whether TF_MLC_PROFILE is set. Then every executable times its steps, and the process prints them
// at exit, the most expensive first: milliseconds of all runs and of the
// fastest (the first wait for memory to be made), how many, operation with types.
bool ProfilesSteps();

// The record of steps with this operation and these types; made at first use, never freed.
StepTime& TimeOf(const OperationView& view);

}  // namespace mlcompute
