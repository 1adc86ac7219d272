// tf_mlc_plugin/loop/list_ops.h: TensorFlow's ops on lists, on values of a loop.
#pragma once

#include <string_view>
#include <vector>

#include "kernels/node.h"
#include "tf_mlc_plugin/loop/loop_value.h"

namespace tf_mlc {

// Computes a node's outputs from its inputs. Inputs may be moved from; a list that nobody else
// holds is changed in place. Throws Error.
using ListFunction = void (*)(const Node& node, std::vector<LoopValue>* inputs,
                              std::vector<LoopValue>* outputs);

// nullptr for an op that is none of them. AddN and ZerosLike are, when their type is variant.
ListFunction FindListOp(std::string_view op);
// Those that make a list of other values, and so may come before a loop.
bool MakesList(std::string_view op);

}  // namespace tf_mlc
