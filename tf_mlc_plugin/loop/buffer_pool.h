// tf_mlc_plugin/loop/buffer_pool.h: memory for what steps of loops make.
#pragma once

#include <cstddef>
#include <memory>

namespace tf_mlc {

// A buffer of at least `bytes` bytes, 64-byte aligned. Buffers come back to the pool when nobody
// holds them any more: the steps of a loop ask for the same few sizes again and again, and fresh
// memory would be paged in each time. Up to 64 MiB are kept. Safe to call from several threads.
// Throws std::bad_alloc.
std::shared_ptr<std::byte> PooledBuffer(size_t bytes);

}  // namespace tf_mlc
