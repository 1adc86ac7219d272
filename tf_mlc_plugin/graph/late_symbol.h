// tf_mlc_plugin/graph/late_symbol.h: functions of TensorFlow's C interface found at run time.
#pragma once

namespace tf_mlc {

// The graph functions live in another library than the rest of the C interface, and whether that
// one is visible to the whole process depends on TensorFlow's version. nullptr when it has none.
void* FindLateSymbol(const char* name);

template <typename Function>
Function LateFunction(const char* name, Function /*declared*/) {
  return reinterpret_cast<Function>(FindLateSymbol(name));
}

}  // namespace tf_mlc

// The function of this name, as TensorFlow's header declares it, or nullptr.
#define MLC_LATE(function) \
  tf_mlc::LateFunction(#function, static_cast<decltype(&function)>(nullptr))
