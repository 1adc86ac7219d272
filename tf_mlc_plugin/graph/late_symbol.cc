#include "tf_mlc_plugin/graph/late_symbol.h"

#include <dlfcn.h>

namespace tf_mlc {
namespace {

#if defined(__APPLE__)
constexpr char kTensorFlow[] = "libtensorflow_cc.2.dylib";
#else
constexpr char kTensorFlow[] = "libtensorflow_cc.so.2";
#endif

}  // namespace

void* FindLateSymbol(const char* name) {
  if (void* symbol = dlsym(RTLD_DEFAULT, name)) return symbol;
  // Not loaded anew: TensorFlow has it open, but for itself (seen in 2.18).
  static void* const library = dlopen(kTensorFlow, RTLD_NOW | RTLD_NOLOAD);
  return library ? dlsym(library, name) : nullptr;
}

}  // namespace tf_mlc
