// The entry points of GNU OpenMP that oneDNN's library calls, on the team of this process. Their
// names, types and meaning are those of libgomp's ABI; team.map gives them its symbol versions.

#include <algorithm>

#include "mlcompute/team/crew.h"
#include "mlcompute/team/team.h"

#define MLC_GOMP extern "C" __attribute__((visibility("default")))

using mlcompute::team::CurrentThread;
using mlcompute::team::ThreadState;

// `num_threads` 0 asks for the whole team.
MLC_GOMP void GOMP_parallel_start(void (*function)(void*), void* data, unsigned num_threads) {
  const unsigned size = static_cast<unsigned>(mlcompute::TeamSize());
  const unsigned count = num_threads == 0 ? size : std::min(num_threads, size);
  mlcompute::team::BeginRegion(static_cast<int>(count), function, data);
}

MLC_GOMP void GOMP_parallel_end() { mlcompute::team::EndRegion(); }

MLC_GOMP void GOMP_barrier() { mlcompute::team::RegionBarrier(); }

// The next range of iterations for this thread: one block a thread when no chunk is given, else the
// chunks in turn. False when there is none.
MLC_GOMP bool GOMP_loop_static_next(long* begin, long* end) {
  ThreadState& t = CurrentThread();
  long first = 0;
  long last = 0;
  if (t.loop_chunk == 0) {
    if (t.loop_trip > 0) return false;
    const long share = t.loop_count / t.num_threads;
    const long longer = t.loop_count % t.num_threads;  // threads that do one iteration more
    first = share * t.thread_num + std::min<long>(t.thread_num, longer);
    last = first + share + (t.thread_num < longer ? 1 : 0);
  } else {
    first = (t.loop_trip * t.num_threads + t.thread_num) * t.loop_chunk;
    last = std::min(first + t.loop_chunk, t.loop_count);
  }
  ++t.loop_trip;
  if (first >= last) return false;
  *begin = t.loop_start + first * t.loop_step;
  *end = t.loop_start + last * t.loop_step;
  return true;
}

MLC_GOMP bool GOMP_loop_static_start(long start, long end, long step, long chunk, long* begin,
                                     long* stop) {
  ThreadState& t = CurrentThread();
  const long count = step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step;
  t.loop_start = start;
  t.loop_step = step;
  t.loop_count = std::max(count, 0L);
  t.loop_chunk = std::max(chunk, 0L);
  t.loop_trip = 0;
  return GOMP_loop_static_next(begin, stop);
}

MLC_GOMP void GOMP_loop_end_nowait() {}

MLC_GOMP int omp_get_max_threads() { return CurrentThread().alone ? 1 : mlcompute::TeamSize(); }
MLC_GOMP int omp_get_num_threads() { return CurrentThread().num_threads; }
MLC_GOMP int omp_get_thread_num() { return CurrentThread().thread_num; }
MLC_GOMP int omp_in_parallel() { return CurrentThread().in_parallel ? 1 : 0; }
