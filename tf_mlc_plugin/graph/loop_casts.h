// tf_mlc_plugin/graph/loop_casts.h: casts of what does not change in a loop.
#pragma once

#include <set>
#include <string>

#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

// A Cast on MLC of a value that a loop is given and does not change, as of weights in
// mixed_bfloat16, is made once before the loop. For loops that are not on a branch or in another
// loop. Runs after HoistReads(), which makes variables such values.
void HoistCasts(GraphDef* graph, const std::set<std::string, std::less<>>& preserved);

}  // namespace tf_mlc
