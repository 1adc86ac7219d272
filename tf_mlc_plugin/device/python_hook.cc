#include "tf_mlc_plugin/device/python_hook.h"

#include <dlfcn.h>

namespace tf_mlc {
namespace {

constexpr char kScript[] = R"(
try:
    import tf_mlc_plugin.keras_integration as _mlc_keras
    _mlc_keras.install()
    del _mlc_keras
except Exception as _mlc_error:
    import sys as _mlc_sys
    print(f"tf_mlc_plugin: Keras integration is off: {_mlc_error!r}", file=_mlc_sys.stderr)
    del _mlc_error, _mlc_sys
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
  run(kScript, nullptr);
  release(gil);
}

}  // namespace tf_mlc
