#include "mlcompute/framework/bridge.h"

#import <objc/runtime.h>

#include <mutex>
#include <unordered_map>

namespace mlcompute::framework {
namespace {

struct Wrappers {
  std::mutex mutex;
  std::unordered_map<const void*, id> objects;  // not retained
};

Wrappers& AllWrappers() {
  static Wrappers& wrappers = *new Wrappers;  // objects may be released while the process ends
  return wrappers;
}

}  // namespace

id NewObject(Class kind) { return [NSAllocateObject(kind, 0, NULL) autorelease]; }

void ReleaseVariables(id object) {
  for (Class kind = object_getClass(object); kind != [NSObject class];
       kind = class_getSuperclass(kind)) {
    unsigned count = 0;
    Ivar* variables = class_copyIvarList(kind, &count);
    for (unsigned i = 0; i < count; ++i) {
      const char* type = ivar_getTypeEncoding(variables[i]);
      if (type[0] != '@' || type[1] == '?') continue;
      id* variable =
          reinterpret_cast<id*>(reinterpret_cast<char*>(object) + ivar_getOffset(variables[i]));
      [*variable release];
      *variable = nil;
    }
    free(variables);
  }
}

id WrapperOf(const void* object) {
  const std::lock_guard<std::mutex> lock(AllWrappers().mutex);
  const auto found = AllWrappers().objects.find(object);
  return found == AllWrappers().objects.end() ? nil : [[found->second retain] autorelease];
}

void SetWrapper(const void* object, id wrapper) {
  const std::lock_guard<std::mutex> lock(AllWrappers().mutex);
  AllWrappers().objects[object] = wrapper;
}

void ForgetWrapper(const void* object, id wrapper) {
  const std::lock_guard<std::mutex> lock(AllWrappers().mutex);
  const auto found = AllWrappers().objects.find(object);
  if (found != AllWrappers().objects.end() && found->second == wrapper) {
    AllWrappers().objects.erase(found);
  }
}

void Raise(NSString* name, const std::string& reason) {
  Refuse(reason);
  @throw [NSException exceptionWithName:name reason:Text(reason) userInfo:nil];
}

std::string String(NSString* text) { return text ? [text UTF8String] : ""; }

NSString* Text(const std::string& text) { return [NSString stringWithUTF8String:text.c_str()]; }

std::vector<int64_t> Numbers(NSArray<NSNumber*>* numbers) {
  std::vector<int64_t> found;
  for (NSNumber* number in numbers) found.push_back([number longLongValue]);
  return found;
}

NSArray<NSNumber*>* Array(const std::vector<int64_t>& numbers) {
  NSMutableArray* array = [NSMutableArray arrayWithCapacity:numbers.size()];
  for (const int64_t number : numbers) [array addObject:@(static_cast<long long>(number))];
  return array;
}

std::pair<NSUInteger, NSUInteger> Pair(NSArray<NSNumber*>* numbers, NSUInteger otherwise) {
  if (numbers == nil) return {otherwise, otherwise};
  if ([numbers count] != 1 && [numbers count] != 2) {
    Raise(NSRangeException, StrCat([numbers count], " numbers for the axes y and x of an image"));
  }
  return {[[numbers objectAtIndex:0] unsignedIntegerValue],
          [[numbers lastObject] unsignedIntegerValue]};
}

DataType TypeOf(MLCDataType type) {
  for (const TensorDataType& row : TensorDataTypes()) {
    if (row.value == type && type < MLCDataTypeCount) return row.type;
  }
  return DataType::kInvalid;
}

}  // namespace mlcompute::framework
