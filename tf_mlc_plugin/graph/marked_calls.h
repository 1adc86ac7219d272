// tf_mlc_plugin/graph/marked_calls.h: calls of functions that MLC has an operation for.
#pragma once

#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

// python/tf_mlc_plugin/recurrent.py puts the steps of LSTM and GRU layers into functions of known
// names. Here their calls on MLC become nodes of a private op, which clusters can hold. What the
// function computes is what the op computes, so a graph that nobody rewrites gives the same.
void TakeMarkedCalls(GraphDef* graph);

// Turns the private nodes that no cluster took into calls again.
void RestoreMarkedCalls(GraphDef* graph);

// Whether `node` is a call taken by TakeMarkedCalls(). Its types are the lists Tin and Tout.
bool IsMarkedCall(const NodeDef& node);

}  // namespace tf_mlc
