// What the examples and MLCompute's headers use of Apple's Foundation: enough to compile for macOS
// without its SDK, not to run. Names and types are documented at developer.apple.com/documentation.
#pragma once

#include <stddef.h>
#include <stdint.h>

#import <objc/NSObject.h>
#import <objc/objc.h>

#define NS_ASSUME_NONNULL_BEGIN _Pragma("clang assume_nonnull begin")
#define NS_ASSUME_NONNULL_END _Pragma("clang assume_nonnull end")
#define NS_ENUM(type, name) \
  enum name : type name;    \
  enum name : type
// In C++ the options are integers, so that | joins them.
#define NS_OPTIONS(type, name) \
  type name;                   \
  enum : type

typedef double NSTimeInterval;
typedef struct _NSZone NSZone;

@class NSArray<Object>, NSString;

@protocol NSCopying
- (id)copyWithZone:(NSZone *)zone;
@end

typedef struct {
  unsigned long state;
  id __unsafe_unretained *itemsPtr;
  unsigned long *mutationsPtr;
  unsigned long extra[5];
} NSFastEnumerationState;

@protocol NSFastEnumeration
- (NSUInteger)countByEnumeratingWithState:(NSFastEnumerationState *)state
                                  objects:(id __unsafe_unretained[])buffer
                                    count:(NSUInteger)length;
@end

@interface NSString : NSObject <NSCopying>
@property(readonly) const char *UTF8String;
+ (instancetype)stringWithFormat:(NSString *)format, ...;
- (NSString *)stringByReplacingOccurrencesOfString:(NSString *)target
                                        withString:(NSString *)replacement;
@end

@interface NSNumber : NSObject
@property(readonly) unsigned long unsignedLongValue;
+ (NSNumber *)numberWithInt:(int)value;
+ (NSNumber *)numberWithUnsignedLong:(unsigned long)value;
+ (NSNumber *)numberWithUnsignedInteger:(NSUInteger)value;
+ (NSNumber *)numberWithBool:(BOOL)value;
@end

@interface NSData : NSObject
@property(readonly) const void *bytes;
@property(readonly) NSUInteger length;
@end

@interface NSArray<Object> : NSObject <NSCopying, NSFastEnumeration>
@property(readonly) NSUInteger count;
+ (instancetype)arrayWithObjects:(const Object[])objects count:(NSUInteger)count;
- (Object)objectAtIndex:(NSUInteger)index;
- (NSString *)componentsJoinedByString:(NSString *)separator;
@end

@interface NSMutableArray<Object> : NSArray <Object>
+ (instancetype)array;
- (void)addObject:(Object)object;
@end

@interface NSDictionary<Key, Object> : NSObject <NSCopying>
+ (instancetype)dictionaryWithObjects:(const Object[])objects
                              forKeys:(const id<NSCopying>[])keys
                                count:(NSUInteger)count;
- (Object)objectForKey:(Key)key;
@end

@interface NSMutableDictionary<Key, Object> : NSDictionary <Key, Object>
+ (instancetype)dictionary;
- (void)setObject:(Object)object forKey:(id<NSCopying>)key;
@end

@interface NSException : NSObject
@property(readonly) NSString *name;
@property(readonly) NSString *reason;
@end

@interface NSError : NSObject
@property(readonly) NSString *localizedDescription;
@end

#ifdef __cplusplus
extern "C" {
#endif
void NSLog(NSString *format, ...);
#ifdef __cplusplus
}
#endif
