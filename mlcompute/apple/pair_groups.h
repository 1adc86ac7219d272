// mlcompute/apple/pair_groups.h: which pairs become one training graph.
#pragma once

#include <vector>

#include "mlcompute/apple/pairs.h"

namespace mlcompute::apple {

// Pairs that are connected: the gradient that each passes back is all of the gradient of the layer
// before it. Both phases of a group run as a whole, so nothing outside stands between two of its
// operations.
struct PairGroup {
  std::vector<int> pairs;  // in the order of the Program
  // What new parameters are made with, value - rate * gradient, if the Program makes those of all
  // parameters so (stochastic gradient descent); else kNone.
  Value rate = kNone;
};

// Groups with a product, a convolution or a pooling: activations alone gain nothing by a graph of
// their own. Pairs of no group stay outside. Fills Operand::updated and Pair::updates where the
// optimizer's update joins.
std::vector<PairGroup> GroupPairs(const Program& program, const Uses& uses,
                                  const std::vector<bool>& live, const std::vector<bool>& images,
                                  std::vector<Pair>* pairs);

}  // namespace mlcompute::apple
