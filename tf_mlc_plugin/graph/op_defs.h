// tf_mlc_plugin/graph/op_defs.h: what TensorFlow's op registry says of an op.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

// One argument of an OpDef: a tensor, `number_attr` tensors, or a list typed by `type_list_attr`.
struct ArgDef {
  std::string name;
  int type = 0;
  std::string type_attr;
  std::string number_attr;
  std::string type_list_attr;
};

struct OpDef {
  std::vector<ArgDef> inputs;
  std::vector<ArgDef> outputs;
  bool stateful = false;
};

// nullptr when TensorFlow does not know the op, or does not export the look-up.
const OpDef* FindOpDef(const std::string& op);

// TensorFlow types of the tensors `args` stand for at `node`; empty when an attribute is missing.
std::vector<int> TypesOf(const std::vector<ArgDef>& args, const NodeDef& node);

}  // namespace tf_mlc
