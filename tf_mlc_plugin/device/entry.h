// tf_mlc_plugin/device/entry.h: what the loader calls in the device library.
//
// TensorFlow opens every library in site-packages/tensorflow-plugins and aborts the process when
// one fails to initialise. So only the small loader lives there; it decides whether the device can
// work here at all and only then opens the device library, through these entry points.
#pragma once

#include "tensorflow/c/experimental/grappler/grappler.h"
#include "tensorflow/c/experimental/stream_executor/stream_executor.h"

#define MLC_DEVICE_EXPORT extern "C" __attribute__((visibility("default")))

MLC_DEVICE_EXPORT void MlcInitPlatform(SE_PlatformRegistrationParams* params, TF_Status* status);
MLC_DEVICE_EXPORT void MlcInitKernels();
MLC_DEVICE_EXPORT void MlcInitGraph(TP_OptimizerRegistrationParams* params, TF_Status* status);

// Counts of kernel runs since the process began, as lines "Op count\n". Writes at most `size` bytes
// with a final NUL and returns the size needed; for tests and the report of the demo.
MLC_DEVICE_EXPORT size_t MlcKernelCounts(char* text, size_t size);

// What the device computes with, as lines "key value\n": backend, threads, isa. Writes as above.
MLC_DEVICE_EXPORT size_t MlcRuntimeInfo(char* text, size_t size);
