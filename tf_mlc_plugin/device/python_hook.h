// tf_mlc_plugin/device/python_hook.h: lets the Python half of the package know the device is there.
#pragma once

namespace tf_mlc {

// Imports tf_mlc_plugin in the interpreter that is importing TensorFlow, if there is one, so that
// Keras works with its defaults and nothing but the wheel installed. All that it then does is
// written in Python (tf_mlc_plugin/integration.py). A failure costs one line, never the
// import.
void RunPythonHook();

}  // namespace tf_mlc
