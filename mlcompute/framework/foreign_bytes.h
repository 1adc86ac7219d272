// mlcompute/framework/foreign_bytes.h: memory of the caller, who may have freed it. Nothing here
// crashes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mlcompute::framework {

// A hash of the bytes; nothing if they cannot be read.
std::optional<uint64_t> Fingerprint(const void* bytes, size_t length);

// False if `to` cannot be written.
bool WriteBytes(void* to, const void* from, size_t length);

}  // namespace mlcompute::framework
