// mlcompute/program/rule.h: what a shape rule works with. Internal to program/infer_*.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mlcompute/error.h"
#include "mlcompute/program/infer.h"

namespace mlcompute {

// The operation under judgement. Check() and its kin throw Error(kInvalidArgument); Infer() puts
// the operation's name in front of it.
struct Rule {
  Op op;
  const std::vector<TensorType>& inputs;
  const Attributes& attributes;

  template <typename... Parts>
  void Check(bool holds, const Parts&... parts) const {
    if (!holds) throw InvalidArgument(parts...);
  }

  const TensorType& input(int i) const { return inputs[static_cast<size_t>(i)]; }
  const Shape& shape(int i) const { return input(i).shape; }
  DataType dtype(int i = 0) const { return input(i).dtype; }

  void InputCount(size_t n) const {
    Check(inputs.size() == n, "takes ", n, n == 1 ? " input" : " inputs", ", got ", inputs.size());
  }
  void Rank(int i, int rank) const {
    Check(shape(i).rank() == rank, "input ", i, " must have rank ", rank, ", got ",
          input(i).ToString());
  }
  void RankAtLeast(int i, int rank) const {
    Check(shape(i).rank() >= rank, "input ", i, " must have rank ", rank, " or more, got ",
          input(i).ToString());
  }
  void ShapeIs(int i, const Shape& expected) const {
    Check(shape(i) == expected, "input ", i, " must have shape ", expected.ToString(), ", got ",
          input(i).ToString());
  }
  // Inputs `i` and `j` have one element type.
  void SameType(int i, int j) const {
    Check(dtype(i) == dtype(j), "inputs ", i, " and ", j, " must have one element type, got ",
          input(i).ToString(), " and ", input(j).ToString());
  }
  void Floating(int i) const {
    Check(IsFloating(dtype(i)), "input ", i, " must be floating point, got ", input(i).ToString());
  }
  void Numeric(int i) const {
    Check(IsFloating(dtype(i)) || IsInteger(dtype(i)), "input ", i, " must hold numbers, got ",
          input(i).ToString());
  }
  void Indices(int i) const {
    Check(dtype(i) == DataType::kInt32 || dtype(i) == DataType::kInt64, "input ", i,
          " must be int32 or int64, got ", input(i).ToString());
  }

  // Attribute [name: int] inside [low, high).
  int64_t IntIn(std::string_view name, int64_t low, int64_t high) const {
    const int64_t v = attributes.Int(name);
    Check(v >= low && v < high, name, " = ", v, " is not in [", low, ", ", high, ")");
    return v;
  }
  // Attribute [name: ints], `n` of them, all at least `low`.
  const std::vector<int64_t>& Ints(std::string_view name, size_t n, int64_t low) const {
    const std::vector<int64_t>& values = attributes.Ints(name);
    Check(values.size() == n, name, " = ", Shape(values).ToString(), " must have ", n,
          " elements for input ", inputs.empty() ? "()" : input(0).ToString());
    for (const int64_t v : values) {
      Check(v >= low, name, " = ", Shape(values).ToString(), " holds a value under ", low);
    }
    return values;
  }
  // Attribute [name: ints] that is a shape, of any rank.
  Shape ShapeAttribute(std::string_view name) const {
    Shape result(attributes.Ints(name));
    for (const int64_t d : result.dims()) {
      Check(d >= 0, name, " = ", result.ToString(), " holds a negative size");
    }
    return result;
  }
};

}  // namespace mlcompute
