// mlcompute/backend/choice.h: which backend computes, and on which device of it.
//
// TF_MLC_BACKEND names the backend: "apple", "portable" or "reference". Without it that is Apple's
// on macOS, unless its library is missing, and portable elsewhere. Apple's is a library of its own,
// opened when it is first asked for (apple_library.h).
#pragma once

#include <memory>
#include <string_view>

#include "mlcompute/backend/backend.h"
#include "mlcompute/types.h"

namespace mlcompute {

// "apple", "portable" or "reference"; opens Apple's library if it is that. Throws
// Error(kInvalidArgument) for another name, Error(kUnimplemented) where the library does not load.
std::string_view BackendName();

// The backend of that name, computing on a device of `type`; only Apple's has more than one.
// Throws as BackendName() does.
Backend& BackendOn(DeviceType type);

// What prepares data on the host, initial weights for one, and what computes behind the API that
// stands for MLCompute.framework: reference if that is named, else portable.
Backend& HostBackend();

// The device of DefaultBackend(). Before it has computed, the one that was chosen last, else the
// one that TF_MLC_DEVICE_NAME names, else any. Throws Error(kInvalidArgument) where that names
// none.
DeviceType DefaultDevice();

// Chooses the device of DefaultBackend(). Throws Error(kInvalidArgument) when that has computed on
// another one already.
void ChooseDefaultDevice(DeviceType type);

// "cpu", "gpu", "any" or "ane". Throws Error(kInvalidArgument) for another word, which it says
// `what` has.
DeviceType DeviceTypeNamed(std::string_view name, std::string_view what);

}  // namespace mlcompute
