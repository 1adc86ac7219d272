#include "tf_mlc_plugin/loader/loaded_copies.h"

#if defined(__APPLE__)
#include <dlfcn.h>
#include <mach-o/dyld.h>
#else
#include <link.h>
#endif
#include <stdint.h>
#include <string.h>

namespace tf_mlc {
namespace {

bool HasName(const char* path, const char* name) {
  const char* slash = strrchr(path, '/');
  return strcmp(slash ? slash + 1 : path, name) == 0;
}

}  // namespace

#if defined(__APPLE__)

int CopiesBefore(const char* name, const void* inside) {
  Dl_info own;
  if (!dladdr(inside, &own)) return 0;
  int copies = 0;
  // In the order of loading; an image that is unloaded meanwhile has no name.
  for (uint32_t i = 0; i < _dyld_image_count(); ++i) {
    if (_dyld_get_image_header(i) == own.dli_fbase) break;
    const char* path = _dyld_get_image_name(i);
    if (path && HasName(path, name)) ++copies;
  }
  return copies;
}

#else

int CopiesBefore(const char* name, const void* inside) {
  struct Search {
    const char* name;
    uintptr_t self;
    int copies;
  } search{name, reinterpret_cast<uintptr_t>(inside), 0};
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* data) {
        auto* s = static_cast<Search*>(data);
        if (!HasName(info->dlpi_name, s->name)) return 0;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          const uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
          if (segment.p_type == PT_LOAD && s->self >= begin && s->self < begin + segment.p_memsz) {
            return 1;
          }
        }
        ++s->copies;
        return 0;
      },
      &search);
  return search.copies;
}

#endif

}  // namespace tf_mlc
