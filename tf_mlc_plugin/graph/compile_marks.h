// tf_mlc_plugin/graph/compile_marks.h: clears the marks that ask for XLA.
#pragma once

#include <string>
#include <string_view>

namespace tf_mlc {

// Keras wraps some of its own computations (grouped convolution) in a tf.function with
// jit_compile=True. The mark, the attribute `_XlaMustCompile` of a node or a function, makes
// TensorFlow look for an XLA compiler of the device, which MLC does not have; without the mark the
// function's ops run on the device like any others. Takes and gives a serialized GraphDef; all that
// it does not touch is copied byte by byte. Throws Error(kInvalidArgument) for other bytes.
std::string ClearCompileMarks(std::string_view graph);

}  // namespace tf_mlc
