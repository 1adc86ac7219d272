// tf_mlc_plugin/device/entry.h: what the loader calls in the device library.
//
// TensorFlow opens every library in site-packages/tensorflow-plugins and aborts the process when
// one fails to initialise. So only the small loader lives there; it decides whether the device can
// work here at all and only then opens the device library, through these entry points.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensorflow/c/experimental/grappler/grappler.h"
#include "tensorflow/c/experimental/stream_executor/stream_executor.h"

#define MLC_DEVICE_EXPORT extern "C" __attribute__((visibility("default")))

MLC_DEVICE_EXPORT void MlcInitPlatform(SE_PlatformRegistrationParams* params, TF_Status* status);
MLC_DEVICE_EXPORT void MlcInitKernels();
MLC_DEVICE_EXPORT void MlcInitGraph(TP_OptimizerRegistrationParams* params, TF_Status* status);

// Why the device cannot compute, "" if it can: TF_MLC_BACKEND or TF_MLC_DEVICE_NAME is wrong, or
// the backend's library does not load. To be asked first. Writes as MlcKernelCounts() does.
MLC_DEVICE_EXPORT size_t MlcUnavailable(char* text, size_t size);

// Chooses the device that the backend computes on: "any", "cpu", "gpu" or "ane". Writes why that is
// not possible, "" if it is done.
MLC_DEVICE_EXPORT size_t MlcChooseDevice(const char* name, char* text, size_t size);

// Counts of kernel runs since the process began, as lines "Op count\n". Writes at most `size` bytes
// with a final NUL and returns the size needed; for tests and the report of the demo.
MLC_DEVICE_EXPORT size_t MlcKernelCounts(char* text, size_t size);

// What the device computes with, as lines "key value\n": backend, computes_on, isa,
// threads. Writes as above.
MLC_DEVICE_EXPORT size_t MlcRuntimeInfo(char* text, size_t size);

// The rows of kernels/, for docs/ops.md: a line each of six fields between tabs. The op; "kernel",
// or "cluster" where TensorFlow has a kernel for any device; type attributes as
// "T=float32,float16;Tidx=int32"; static arguments and those in host memory, each joined by commas;
// "types" where the outputs depend on types alone. Writes as above.
MLC_DEVICE_EXPORT size_t MlcOpRows(char* text, size_t size);

// An input of a node: TensorFlow's type, `rank` dims, and the elements.
struct MlcArgument {
  int dtype;
  int rank;
  const int64_t* dims;
  const void* contents;
};

// What a serialized NodeDef becomes for these inputs, as lines: "attribute NAME" for each that the
// builder asks for, "step OPERATION KIND" for each operation of its program, as it comes from the
// builder; or one line "error TEXT". Runs nothing. Writes as above.
MLC_DEVICE_EXPORT size_t MlcExplainNode(const void* node, size_t node_size,
                                        const MlcArgument* arguments, int count, char* text,
                                        size_t size);
