// Answers questions about classes from the Objective-C runtime. A line of stdin is a class, + or -,
// and a selector; the answer its method's type encoding without offsets, or "none". "< class" asks
// for the superclass, "? class protocol" for whether it conforms.
#import <MLCompute/MLCompute.h>
#import <objc/runtime.h>

#include <cctype>
#include <iostream>
#include <string>

int main() {
  NSAutoreleasePool* pool = [[NSAutoreleasePool alloc] init];
  [MLCTensor class];  // the library is needed
  std::string first;
  std::string second;
  std::string third;
  while (std::cin >> first >> second) {
    if (first == "<") {
      Class kind = NSClassFromString([NSString stringWithUTF8String:second.c_str()]);
      std::cout << (kind ? class_getName(class_getSuperclass(kind)) : "none") << "\n";
      continue;
    }
    std::cin >> third;
    if (first == "?") {
      // -conformsToProtocol: answers NO to NSCopying on GNU's runtime.
      Class kind = NSClassFromString([NSString stringWithUTF8String:second.c_str()]);
      std::cout << (kind && class_getInstanceMethod(kind, sel_registerName("copyWithZone:")) ? "yes"
                                                                                             : "no")
                << "\n";
      continue;
    }
    Class kind = NSClassFromString([NSString stringWithUTF8String:first.c_str()]);
    const SEL selector = sel_registerName(third.c_str());
    const Method method = second == "+" ? class_getClassMethod(kind, selector)
                                        : class_getInstanceMethod(kind, selector);
    if (!kind || !method) {
      std::cout << "none\n";
      continue;
    }
    for (const char* type = method_getTypeEncoding(method); *type; ++type) {
      if (!std::isdigit(static_cast<unsigned char>(*type))) std::cout << *type;
    }
    std::cout << "\n";
  }
  [pool release];
  return 0;
}
