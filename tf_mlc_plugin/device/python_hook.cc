#include "tf_mlc_plugin/device/python_hook.h"

#include <dlfcn.h>

#include <string>

#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {
namespace {

// After a line that sets _mlc_type.
constexpr char kScript[] = R"(
try:
    import tf_mlc_plugin.integration as _mlc_integration
    _mlc_integration.install(_mlc_type)
    del _mlc_integration, _mlc_type
except Exception as _mlc_error:
    import sys as _mlc_sys
    print(f"tf_mlc_plugin: Keras integration is off: {_mlc_error!r}", file=_mlc_sys.stderr)
    del _mlc_error, _mlc_sys, _mlc_type
)";

}  // namespace

void RunPythonHook() {
  // Looked up, not linked: the library also loads in programs that have no Python.
  const auto initialized = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "Py_IsInitialized"));
  const auto ensure = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "PyGILState_Ensure"));
  const auto release = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "PyGILState_Release"));
  using RunString = int (*)(const char*, void*);
  const auto run = reinterpret_cast<RunString>(dlsym(RTLD_DEFAULT, "PyRun_SimpleStringFlags"));
  if (!initialized || !ensure || !release || !run || !initialized()) return;
  const int gil = ensure();
  run(("_mlc_type = '" + DeviceType() + "'" + kScript).c_str(), nullptr);
  release(gil);
}

}  // namespace tf_mlc
