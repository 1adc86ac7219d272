// mlcompute/framework/optimizer.h: what the optimizers' classes have in common.
#pragma once

#include "mlcompute/framework/bridge.h"

namespace mlcompute::framework {

// A new optimizer of this class; where `make` throws it is empty, and no graph can be trained by
// it. Without a descriptor all its numbers are 0.
id NewOptimizer(Class kind, MLCOptimizerDescriptor* descriptor,
                const std::function<std::shared_ptr<Optimizer>(const OptimizerDescriptor&)>& make);

}  // namespace mlcompute::framework

@interface MLCOptimizer (Framework)
// The numbers as they are now.
@property(readonly, nonatomic) MLCOptimizerDescriptor* asDescriptor;
@end
