// tf_mlc_plugin/device/stream_executor.h: memory and streams of the device.
#pragma once

#include "tensorflow/c/experimental/stream_executor/stream_executor.h"

namespace tf_mlc {

// Work on the device is finished when a kernel returns: TensorFlow's own DEVICE_DEFAULT kernels
// (variables, control flow, TensorList) read device memory from the host without asking. So a
// stream never holds anything and events are always complete.
void FillStreamExecutor(SP_StreamExecutor* executor);
void FillTimerFns(SP_TimerFns* fns);

}  // namespace tf_mlc
