// MLCPlatform.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/platform.h"

@implementation MLCPlatform

+ (void)setRNGSeedTo:(NSNumber*)seed {
  mlcompute::Platform::SetRngSeed([seed longLongValue]);
}

+ (NSNumber*)getRNGseed {
  const auto seed = mlcompute::Platform::RngSeed();
  return seed ? @(static_cast<long long>(*seed)) : nil;
}
@end
