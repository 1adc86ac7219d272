// mlcompute/backend/apple_library.h: the library that holds Apple's backend.
//
// Nothing links it: MLCompute.framework, and what stands for it on Linux, are only loaded where
// they are used. On macOS it is in the wheel, beside libmlcompute; on Linux `make test-apple`
// builds it. TF_MLC_APPLE_LIBRARY names another file.
#pragma once

#include "mlcompute/backend/backend.h"
#include "mlcompute/types.h"

namespace mlcompute {

// The library's one entry, extern "C": the backend that computes on a device of that DeviceType,
// which lives as long as the process; null if the library was built for other operations than
// kOpCount counts.
using AppleBackendEntry = Backend* (*)(int op_count, int device);
constexpr char kAppleBackendEntry[] = "MlcAppleBackend";

// Opens the library if it is not open. Throws Error(kUnimplemented), in one line, if it cannot.
AppleBackendEntry OpenAppleLibrary();

// Throws as OpenAppleLibrary() does.
Backend& AppleBackendOn(DeviceType type);

}  // namespace mlcompute
