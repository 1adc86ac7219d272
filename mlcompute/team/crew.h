// mlcompute/team/crew.h: the worker threads and the parallel region they run; under ParallelFor()
// and under the OpenMP entry points that oneDNN calls.
#pragma once

namespace mlcompute::team {

class Crew;

// Where the calling thread stands.
struct ThreadState {
  int thread_num = 0;
  int num_threads = 1;
  bool in_parallel = false;  // also in the one-thread regions nested in a region of several threads

  Crew* crew = nullptr;  // that runs the region; null when it has one thread

  bool alone = false;  // under a OneThread

  // The static loop that the thread is in (OpenMP entry points only).
  long loop_start = 0;
  long loop_step = 1;
  long loop_count = 0;
  long loop_chunk = 0;
  long loop_trip = 0;

  ThreadState* outer = nullptr;  // state to go back to when the region ends
};
ThreadState& CurrentThread();

// Starts a region of `count` threads: workers 1 .. count-1 call function(data). The caller is its
// thread 0: it does its own share and then calls EndRegion(), which does the shares of workers that
// have not begun, as whatever else runs on the machine has their cores. Waits for a region of
// another host thread to end first. Inside a region, under a OneThread, or with `count` 1, the new
// region has the caller alone.
void BeginRegion(int count, void (*function)(void*), void* data);
void EndRegion();

// Waits until all threads of the current region are here.
void RegionBarrier();

}  // namespace mlcompute::team
