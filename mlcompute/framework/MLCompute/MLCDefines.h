// MLCDefines.h: since when something is there.
// Written by tools/framework_headers.py.
#pragma once

#ifdef __APPLE__
#import <os/availability.h>
#endif

#if defined(__APPLE__) && !defined(MLCOMPUTE_HIDE_AVAILABILITY)
#define MLCOMPUTE_CLASS_AVAILABLE_STARTING(...) API_AVAILABLE(__VA_ARGS__)
#define MLCOMPUTE_AVAILABLE_STARTING(...) API_AVAILABLE(__VA_ARGS__)
#else
#define MLCOMPUTE_CLASS_AVAILABLE_STARTING(...)
#define MLCOMPUTE_AVAILABLE_STARTING(...)
#endif

// GNUstep's NS_UNAVAILABLE is nothing, and its other two may be missing.
#define MLCOMPUTE_UNAVAILABLE __attribute__((unavailable))
#ifndef NS_ASSUME_NONNULL_BEGIN
#define NS_ASSUME_NONNULL_BEGIN _Pragma("clang assume_nonnull begin")
#define NS_ASSUME_NONNULL_END _Pragma("clang assume_nonnull end")
#endif
