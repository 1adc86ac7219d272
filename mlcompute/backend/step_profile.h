// mlcompute/backend/step_profile.h: where the time of executables goes.
#pragma once

#include <cstdint>
#include <string>

#include "mlcompute/backend/step.h"

namespace mlcompute {

// Time spent in one kind of step, over the process.
struct StepTime {
  int64_t runs = 0;
  int64_t nanoseconds = 0;
};

// Whether TF_MLC_PROFILE is set. Then every executable times its steps, and the process prints them
// at exit, the most expensive first: milliseconds, runs, operation with types.
bool ProfilesSteps();

// The record of steps with this operation and these types; made at first use, never freed.
StepTime& TimeOf(const OperationView& view);

}  // namespace mlcompute
