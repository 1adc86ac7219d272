// mlcompute/framework/guard.h: mistakes. What the framework answers with nil, NO or an exception
// has its reason here.
#pragma once

#include <functional>
#include <string>

namespace mlcompute::framework {

// Runs `work`. False when it threw Error, after Refuse(). Objective-C++ compiled for GNU's runtime
// cannot catch C++ exceptions, so this is C++; NSExceptions pass.
bool Try(const std::function<void()>& work);

// Says why something is nil or NO. MLC_STRICT=warn prints it on stderr, MLC_STRICT=1 also aborts.
void Refuse(const std::string& reason);

}  // namespace mlcompute::framework
