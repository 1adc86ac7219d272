// mlcompute/team/team.h: the one thread team of the process.
//
// Our loops and oneDNN (whose OpenMP entry points are implemented on it, see gomp_abi.cc) share it,
// so there is never more than one compute thread per core. Sized by TF_MLC_NUM_THREADS, else by the
// CPU affinity of the process at first use. Workers wait passively after a short spin.
#pragma once

#include <cstdint>

#if defined(__GNUC__)
#define MLC_TEAM_API __attribute__((visibility("default")))
#else
#define MLC_TEAM_API
#endif

namespace mlcompute {

// Threads of the team, the caller included; at least 1.
MLC_TEAM_API int TeamSize();

// Calls body(context, begin, end) over disjoint ranges that cover [0, n), on up to TeamSize()
// threads, and returns when all are done. Ranges are multiples of `grain` long (the last may be
// shorter), so work under `grain` stays on the caller. Range boundaries are a function of (n,
// grain, TeamSize()); the caller takes over ranges that no other thread has begun when its own is
// done, so ranges may not wait for each other. Nested calls and calls from inside a oneDNN
// primitive run on the caller alone. An exception of `body` is rethrown here.
MLC_TEAM_API void ParallelForRaw(int64_t n, int64_t grain, void (*body)(void*, int64_t, int64_t),
                                 void* context);

// While one lives, the calling thread works alone: its ParallelFor() calls run on it, and so do
// oneDNN primitives, which have to be made under one as well. For work that is done before others
// would be awake; it does not wait for the team either.
class MLC_TEAM_API OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  const bool before_;
};

template <typename Body>
void ParallelFor(int64_t n, int64_t grain, const Body& body) {
  ParallelForRaw(
      n, grain,
      [](void* context, int64_t begin, int64_t end) {
        (*static_cast<const Body*>(context))(begin, end);
      },
      const_cast<void*>(static_cast<const void*>(&body)));
}

}  // namespace mlcompute
