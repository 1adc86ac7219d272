#include "mlcompute/backend/apple_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "mlcompute/error.h"
#include "mlcompute/program/op.h"

namespace mlcompute {
namespace {

#if defined(__APPLE__)
constexpr char kFile[] = "libmlc_apple.dylib";
constexpr char kAdvice[] = "TF_MLC_BACKEND=portable does without it";
#else
constexpr char kFile[] = "libmlc_apple.so";
constexpr char kAdvice[] =
    "it is an optional build, `make test-apple`, and TF_MLC_APPLE_LIBRARY names the file";
#endif

std::string Path() {
  const char* named = std::getenv("TF_MLC_APPLE_LIBRARY");
  if (named && *named) return named;
  Dl_info own;
  if (!dladdr(reinterpret_cast<const void*>(&OpenAppleLibrary), &own) || !own.dli_fname) {
    return kFile;
  }
  const std::string path = own.dli_fname;
  return path.substr(0, path.rfind('/') + 1) + kFile;
}

Error Missing(std::string reason) {
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  return Unimplemented("the apple backend is not available: ", reason, "; ", kAdvice);
}

AppleBackendEntry Open() {
  const std::string path = Path();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw Missing(dlerror());
  const auto entry = reinterpret_cast<AppleBackendEntry>(dlsym(library, kAppleBackendEntry));
  if (!entry) throw Missing(StrCat(path, " has no ", kAppleBackendEntry));
  if (!entry(kOpCount, 0)) throw Missing(StrCat(path, " is of another version"));
  return entry;
}

}  // namespace

AppleBackendEntry OpenAppleLibrary() {
  static const AppleBackendEntry entry = Open();
  return entry;
}

Backend& AppleBackendOn(DeviceType type) {
  return *OpenAppleLibrary()(kOpCount, static_cast<int>(type));
}

}  // namespace mlcompute
