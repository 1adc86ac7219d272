// mlcompute/framework/blocks.mm: the functions that clang calls for blocks
// (https://clang.llvm.org/docs/Block-ABI-Apple.html). Debian's runtime of blocks does not retain
// the objects that a copied block holds, so that a completion handler could outlive them.
#include <atomic>
#include <cstdlib>
#include <cstring>

#import <Foundation/Foundation.h>

namespace {

constexpr int kCountMask = 0xffff;
constexpr int kOnHeap = 1 << 24;
constexpr int kHasHelpers = 1 << 25;
constexpr int kIsGlobal = 1 << 28;
// Of a captured variable, as the compiler says it to the helpers.
constexpr int kObject = 3;
constexpr int kBlock = 7;
constexpr int kByref = 8;
constexpr int kFromByref = 128;

struct Description {
  unsigned long reserved;
  unsigned long size;
  void (*copy)(void *to, const void *from);
  void (*dispose)(const void *block);
};

struct Block {
  void *isa;
  std::atomic<int> flags;
  int reserved;
  void (*invoke)(void *, ...);
  Description *description;
};

// A variable declared __block.
struct Byref {
  void *isa;
  Byref *forwarding;
  std::atomic<int> flags;
  int size;
  void (*keep)(Byref *to, Byref *from);
  void (*destroy)(Byref *variable);
};

Byref *CopyByref(Byref *variable) {
  Byref *now = variable->forwarding;
  if (now->flags & kOnHeap) {
    ++now->flags;
    return now;
  }
  auto *copy = static_cast<Byref *>(std::malloc(static_cast<size_t>(now->size)));
  std::memcpy(static_cast<void *>(copy), now, static_cast<size_t>(now->size));
  copy->flags = (now->flags & ~kCountMask) | kOnHeap | 2;  // this copy's and the frame's
  copy->forwarding = copy;
  now->forwarding = copy;
  if (now->flags & kHasHelpers) now->keep(copy, now);
  return copy;
}

void ReleaseByref(Byref *variable) {
  Byref *now = variable->forwarding;
  if (!(now->flags & kOnHeap)) return;
  if ((--now->flags & kCountMask) != 0) return;
  if (now->flags & kHasHelpers) now->destroy(now);
  std::free(now);
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void *_NSConcreteGlobalBlock[32];
__attribute__((visibility("default"))) void *_NSConcreteStackBlock[32];
__attribute__((visibility("default"))) void *_NSConcreteMallocBlock[32];

__attribute__((visibility("default"))) void *_Block_copy(const void *pointer) {
  if (pointer == nullptr) return nullptr;
  auto *block = static_cast<Block *>(const_cast<void *>(pointer));
  if (block->flags & kOnHeap) {
    ++block->flags;
    return block;
  }
  if (block->flags & kIsGlobal) return block;
  auto *copy = static_cast<Block *>(std::malloc(block->description->size));
  std::memcpy(static_cast<void *>(copy), block, block->description->size);
  copy->isa = _NSConcreteMallocBlock;
  copy->flags = (block->flags & ~kCountMask) | kOnHeap | 1;
  if (block->flags & kHasHelpers) block->description->copy(copy, block);
  return copy;
}

__attribute__((visibility("default"))) void _Block_release(const void *pointer) {
  auto *block = static_cast<Block *>(const_cast<void *>(pointer));
  if (block == nullptr || !(block->flags & kOnHeap)) return;
  if ((--block->flags & kCountMask) != 0) return;
  if (block->flags & kHasHelpers) block->description->dispose(block);
  std::free(block);
}

__attribute__((visibility("default"))) void _Block_object_assign(void *to, const void *object,
                                                                 const int what) {
  const void *kept = object;
  if (!(what & kFromByref)) {
    if ((what & kByref) == kByref) {
      kept = CopyByref(static_cast<Byref *>(const_cast<void *>(object)));
    } else if ((what & kBlock) == kBlock) {
      kept = _Block_copy(object);
    } else if ((what & kObject) == kObject) {
      [static_cast<id>(const_cast<void *>(object)) retain];
    }
  }
  *static_cast<const void **>(to) = kept;
}

__attribute__((visibility("default"))) void _Block_object_dispose(const void *object,
                                                                  const int what) {
  if (what & kFromByref) return;
  if ((what & kByref) == kByref) {
    ReleaseByref(static_cast<Byref *>(const_cast<void *>(object)));
  } else if ((what & kBlock) == kBlock) {
    _Block_release(object);
  } else if ((what & kObject) == kObject) {
    [static_cast<id>(const_cast<void *>(object)) release];
  }
}

}  // extern "C"
