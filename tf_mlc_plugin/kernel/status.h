// tf_mlc_plugin/kernel/status.h: TF_Status with an owner, and errors turned into it.
#pragma once

#include <exception>
#include <memory>
#include <new>
#include <string>

#include "mlcompute/error.h"
#include "tensorflow/c/tf_status.h"

namespace tf_mlc {

struct DeleteStatus {
  void operator()(TF_Status* status) const { TF_DeleteStatus(status); }
};
using StatusPtr = std::unique_ptr<TF_Status, DeleteStatus>;

TF_Code CodeOf(mlcompute::ErrorCode code);

// A non-OK status of a TensorFlow call, kept as it is on the way through our code.
class TfError : public std::exception {};
inline void Check(const TF_Status* status) {
  if (TF_GetCode(status) != TF_OK) throw TfError();
}

// Calls `body`; whatever it throws becomes `status`, its message after `prefix`. Exceptions must
// not cross TensorFlow's C interface.
template <typename Body>
bool RunGuarded(const std::string& prefix, TF_Status* status, const Body& body) {
  try {
    body();
    return true;
  } catch (const TfError&) {
    // `status` says it already
  } catch (const mlcompute::Error& e) {
    TF_SetStatus(status, CodeOf(e.code()), (prefix + e.what()).c_str());
  } catch (const std::bad_alloc&) {
    TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, (prefix + "out of host memory").c_str());
  } catch (const std::exception& e) {
    TF_SetStatus(status, TF_INTERNAL, (prefix + e.what()).c_str());
  }
  return false;
}

}  // namespace tf_mlc
