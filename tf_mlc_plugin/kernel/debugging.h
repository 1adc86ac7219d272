// tf_mlc_plugin/kernel/debugging.h: switches that show or provoke what goes on inside.
#pragma once

#include <cstddef>
#include <string>

#include "mlcompute/error.h"
#include "tensorflow/c/tf_datatype.h"

namespace tf_mlc {

// TF_MLC_LOGGING: anything but nothing and "0".
bool LoggingIsOn();

// One line on stderr; the parts are put together only when logging is on.
void WriteLog(const std::string& line);
template <typename... Parts>
void Log(const Parts&... parts) {
  if (LoggingIsOn()) WriteLog(mlcompute::StrCat(parts...));
}

// TF_MLC_ALLOCATOR_INIT_VALUE=number: sets every element of a result's buffer to that number,
// before the op computes; integers take its whole part, bool whether it is not 0. So an op that
// leaves part of its result unwritten gives the same wrong number each time. Does nothing when the
// variable is not set.
void FillFresh(TF_DataType type, void* data, size_t bytes);

}  // namespace tf_mlc
