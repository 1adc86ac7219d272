// mlcompute/error.h: the one exception type of the library. It never crosses a C interface: the
// TensorFlow and Python edges turn it into their own status or exception by its code.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace mlcompute {

enum class ErrorCode {
  kInvalidArgument,    // the caller's shapes, types or attributes are wrong
  kUnimplemented,      // valid, but not supported here
  kResourceExhausted,  // out of memory
  kInternal,           // a defect of this library
};

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

template <typename... Parts>
std::string StrCat(const Parts&... parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return stream.str();
}

template <typename... Parts>
Error InvalidArgument(const Parts&... parts) {
  return Error(ErrorCode::kInvalidArgument, StrCat(parts...));
}
template <typename... Parts>
Error Unimplemented(const Parts&... parts) {
  return Error(ErrorCode::kUnimplemented, StrCat(parts...));
}
template <typename... Parts>
Error ResourceExhausted(const Parts&... parts) {
  return Error(ErrorCode::kResourceExhausted, StrCat(parts...));
}
template <typename... Parts>
Error Internal(const Parts&... parts) {
  return Error(ErrorCode::kInternal, StrCat(parts...));
}

}  // namespace mlcompute
