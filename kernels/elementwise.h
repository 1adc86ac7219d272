// kernels/elementwise.h: builders of ops that are one operation without attributes.
#pragma once

#include <vector>

#include "kernels/builder.h"

namespace tf_mlc {

inline std::vector<Value> AllInputs(const BuildContext& c) {
  std::vector<Value> inputs;
  for (int i = 0; i < c.input_count(); ++i) inputs.push_back(c.input(i));
  return inputs;
}

// The op is the operation `op` of its inputs.
template <Op op>
void Elementwise(BuildContext& c) {
  c.Output(c.Append(op, AllInputs(c)));
}

}  // namespace tf_mlc
