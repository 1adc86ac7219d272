#include "tf_mlc_plugin/graph/late_symbol.h"

#include <dlfcn.h>

namespace tf_mlc {

void* FindLateSymbol(const char* name) {
  if (void* symbol = dlsym(RTLD_DEFAULT, name)) return symbol;
  // Not loaded anew: TensorFlow has it open, but for itself (seen in 2.18).
  static void* const library = dlopen("libtensorflow_cc.so.2", RTLD_NOW | RTLD_NOLOAD);
  return library ? dlsym(library, name) : nullptr;
}

}  // namespace tf_mlc
