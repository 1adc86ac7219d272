// tf_mlc_plugin/kernel/signature.h: what a compiled program was made for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tf_mlc {

// A byte string that two runs share exactly when they can share an executable: the types and shapes
// of all inputs and the contents of the static ones. Reused from run to run, so that building it
// allocates nothing.
class Signature {
 public:
  void Clear() { bytes_.clear(); }

  void AddType(int dtype, int rank) {
    Append(static_cast<int64_t>(dtype) << 32 | static_cast<int64_t>(rank));
  }
  void AddDim(int64_t dim) { Append(dim); }
  void AddContents(const void* contents, size_t size) {
    Append(static_cast<int64_t>(size));
    bytes_.append(static_cast<const char*>(contents), size);
  }
  void AddText(std::string_view text) { bytes_.append(text); }

  std::string_view view() const { return bytes_; }

 private:
  void Append(int64_t word) { bytes_.append(reinterpret_cast<const char*>(&word), sizeof word); }

  std::string bytes_;
};

}  // namespace tf_mlc
