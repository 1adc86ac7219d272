#include "tf_mlc_plugin/device/stream_executor.h"

#include <chrono>
#include <cstring>

#include "tensorflow/c/tf_status.h"
#include "tf_mlc_plugin/device/memory.h"

struct SP_Stream_st {};
struct SP_Event_st {};
struct SP_Timer_st {
  std::chrono::steady_clock::time_point start;
  std::chrono::steady_clock::time_point stop;
};

namespace tf_mlc {
namespace {

// ---- memory

void Allocate(const SP_Device*, uint64_t size, int64_t, SP_DeviceMemoryBase* memory) {
  memory->struct_size = SP_DEVICE_MEMORY_BASE_STRUCT_SIZE;
  memory->opaque = AllocateMemory(size);
  memory->size = memory->opaque ? size : 0;
  memory->payload = 0;
}

void Deallocate(const SP_Device*, SP_DeviceMemoryBase* memory) {
  FreeMemory(memory->opaque);
  memory->opaque = nullptr;
  memory->size = 0;
}

void* HostAllocate(const SP_Device*, uint64_t size) { return AllocateMemory(size); }
void HostDeallocate(const SP_Device*, void* memory) { FreeMemory(memory); }

// TensorFlow's BFC allocator keeps the statistics; there are none below it.
TF_Bool AllocatorStats(const SP_Device*, SP_AllocatorStats*) { return 0; }

TF_Bool DeviceMemoryUsage(const SP_Device*, int64_t* free, int64_t* total) {
  const MemoryUsage usage = QueryMemory();
  *free = usage.free;
  *total = usage.total;
  return 1;
}

// ---- streams, events, timers

void CreateStream(const SP_Device*, SP_Stream* stream, TF_Status*) { *stream = new SP_Stream_st; }
void DestroyStream(const SP_Device*, SP_Stream stream) { delete stream; }
void StreamDependency(const SP_Device*, SP_Stream, SP_Stream, TF_Status*) {}
void StreamStatus(const SP_Device*, SP_Stream, TF_Status* status) {
  TF_SetStatus(status, TF_OK, "");
}

void CreateEvent(const SP_Device*, SP_Event* event, TF_Status*) { *event = new SP_Event_st; }
void DestroyEvent(const SP_Device*, SP_Event event) { delete event; }
SE_EventStatus EventStatus(const SP_Device*, SP_Event) { return SE_EVENT_COMPLETE; }
void RecordEvent(const SP_Device*, SP_Stream, SP_Event, TF_Status*) {}
void WaitForEvent(const SP_Device* const, SP_Stream, SP_Event, TF_Status* const) {}
void BlockForEvent(const SP_Device*, SP_Event, TF_Status*) {}
void BlockUntilDone(const SP_Device*, SP_Stream, TF_Status*) {}
void SynchronizeAll(const SP_Device*, TF_Status*) {}

void CreateTimer(const SP_Device*, SP_Timer* timer, TF_Status*) { *timer = new SP_Timer_st; }
void DestroyTimer(const SP_Device*, SP_Timer timer) { delete timer; }
void StartTimer(const SP_Device*, SP_Stream, SP_Timer timer, TF_Status*) {
  timer->start = std::chrono::steady_clock::now();
}
void StopTimer(const SP_Device*, SP_Stream, SP_Timer timer, TF_Status*) {
  timer->stop = std::chrono::steady_clock::now();
}
uint64_t Nanoseconds(SP_Timer timer) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(timer->stop - timer->start).count());
}

// ---- copies

void Copy(void* to, const void* from, uint64_t size) {
  if (size > 0) std::memmove(to, from, size);
}

void DeviceToHost(const SP_Device*, SP_Stream, void* to, const SP_DeviceMemoryBase* from,
                  uint64_t size, TF_Status*) {
  Copy(to, from->opaque, size);
}
void HostToDevice(const SP_Device*, SP_Stream, SP_DeviceMemoryBase* to, const void* from,
                  uint64_t size, TF_Status*) {
  Copy(to->opaque, from, size);
}
void DeviceToDevice(const SP_Device*, SP_Stream, SP_DeviceMemoryBase* to,
                    const SP_DeviceMemoryBase* from, uint64_t size, TF_Status*) {
  Copy(to->opaque, from->opaque, size);
}
void SyncDeviceToHost(const SP_Device*, void* to, const SP_DeviceMemoryBase* from, uint64_t size,
                      TF_Status*) {
  Copy(to, from->opaque, size);
}
void SyncHostToDevice(const SP_Device*, SP_DeviceMemoryBase* to, const void* from, uint64_t size,
                      TF_Status*) {
  Copy(to->opaque, from, size);
}
void SyncDeviceToDevice(const SP_Device*, SP_DeviceMemoryBase* to, const SP_DeviceMemoryBase* from,
                        uint64_t size, TF_Status*) {
  Copy(to->opaque, from->opaque, size);
}

void MemZero(const SP_Device*, SP_Stream, SP_DeviceMemoryBase* memory, uint64_t size, TF_Status*) {
  std::memset(memory->opaque, 0, size);
}
void MemSet(const SP_Device*, SP_Stream, SP_DeviceMemoryBase* memory, uint8_t pattern,
            uint64_t size, TF_Status*) {
  std::memset(memory->opaque, pattern, size);
}
void MemSet32(const SP_Device*, SP_Stream, SP_DeviceMemoryBase* memory, uint32_t pattern,
              uint64_t size, TF_Status*) {
  auto* words = static_cast<uint32_t*>(memory->opaque);
  for (uint64_t i = 0; i < size / sizeof(uint32_t); ++i) words[i] = pattern;
}

TF_Bool HostCallback(const SP_Device*, SP_Stream, SE_StatusCallbackFn callback, void* argument) {
  TF_Status* status = TF_NewStatus();
  callback(argument, status);
  const bool ok = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return ok;
}

}  // namespace

void FillStreamExecutor(SP_StreamExecutor* executor) {
  executor->struct_size = SP_STREAMEXECUTOR_STRUCT_SIZE;
  executor->allocate = Allocate;
  executor->deallocate = Deallocate;
  executor->host_memory_allocate = HostAllocate;
  executor->host_memory_deallocate = HostDeallocate;
  executor->unified_memory_allocate = HostAllocate;
  executor->unified_memory_deallocate = HostDeallocate;
  executor->get_allocator_stats = AllocatorStats;
  executor->device_memory_usage = DeviceMemoryUsage;
  executor->create_stream = CreateStream;
  executor->destroy_stream = DestroyStream;
  executor->create_stream_dependency = StreamDependency;
  executor->get_stream_status = StreamStatus;
  executor->create_event = CreateEvent;
  executor->destroy_event = DestroyEvent;
  executor->get_event_status = EventStatus;
  executor->record_event = RecordEvent;
  executor->wait_for_event = WaitForEvent;
  executor->create_timer = CreateTimer;
  executor->destroy_timer = DestroyTimer;
  executor->start_timer = StartTimer;
  executor->stop_timer = StopTimer;
  executor->memcpy_dtoh = DeviceToHost;
  executor->memcpy_htod = HostToDevice;
  executor->memcpy_dtod = DeviceToDevice;
  executor->sync_memcpy_dtoh = SyncDeviceToHost;
  executor->sync_memcpy_htod = SyncHostToDevice;
  executor->sync_memcpy_dtod = SyncDeviceToDevice;
  executor->block_host_for_event = BlockForEvent;
  executor->block_host_until_done = BlockUntilDone;
  executor->synchronize_all_activity = SynchronizeAll;
  executor->mem_zero = MemZero;
  executor->memset = MemSet;
  executor->memset32 = MemSet32;
  executor->host_callback = HostCallback;
}

void FillTimerFns(SP_TimerFns* fns) {
  fns->struct_size = SP_TIMER_FNS_STRUCT_SIZE;
  fns->nanoseconds = Nanoseconds;
}

}  // namespace tf_mlc
