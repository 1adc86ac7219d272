// tf_mlc_plugin/loader/loaded_copies.h: other copies of this library in the process, as there are
// with one in each of two site-packages folders.
#pragma once

namespace tf_mlc {

// How many libraries of the file name `name` were mapped into the process before the one that has
// the code or data `inside`.
int CopiesBefore(const char* name, const void* inside);

}  // namespace tf_mlc
