// mlcompute/apple/distinct.h: a Program in which nothing is computed twice.
//
// A gradient names what the forward operation read; where a Program makes that again, the two would
// not be known as one.
#pragma once

#include <map>
#include <vector>

#include "mlcompute/program/program.h"

namespace mlcompute::apple {

struct DistinctProgram {
  Program program;
  std::vector<int> origins;  // by operation: which one of the first Program it was
};

// Of equal operations, and of equal small constants, the first one stays. Inputs and outputs are
// the same.
DistinctProgram Distinct(const Program& program);

// Appends `operation` of another Program to `program`. `to` has the values that stand for its
// inputs, and gets those that stand for its results.
void Copy(const Operation& operation, std::map<Value, Value>* to, Program* program);

}  // namespace mlcompute::apple
