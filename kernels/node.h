// kernels/node.h: a TensorFlow node as builders see it: op, name and attributes. No TensorFlow
// type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mlcompute/data_type.h"
#include "mlcompute/shape.h"

namespace tf_mlc {

using mlcompute::DataType;
using mlcompute::Shape;
using mlcompute::TensorType;

// A constant tensor held in an attribute (TensorFlow's Const).
struct TensorAttr {
  TensorType type;
  std::vector<std::byte> bytes;
};

// Types that have no DataType (string, resource, variant, complex) read as kInvalid; partially
// known shapes have -1 axes, unknown ranks read as an absent attribute.
using AttrValue = std::variant<bool, int64_t, float, std::string, DataType, Shape, TensorAttr,
                               std::vector<int64_t>, std::vector<float>, std::vector<std::string>,
                               std::vector<DataType>, std::vector<Shape>>;

struct Node {
  std::string op;
  std::string name;
  int input_count = 0;  // control inputs not counted
  // For the op table: where to note the attributes that getters are asked for.
  std::set<std::string, std::less<>>* asked = nullptr;
  std::map<std::string, AttrValue, std::less<>> attrs;

  // Getters throw Error(kInvalidArgument) naming op and attribute when it is absent or of another
  // kind. An empty list may come in as any list kind: those getters then give an empty list.
  bool Bool(std::string_view attr) const;
  int64_t Int(std::string_view attr) const;
  float Float(std::string_view attr) const;
  const std::string& String(std::string_view attr) const;
  DataType Type(std::string_view attr) const;
  std::vector<int64_t> Ints(std::string_view attr) const;
  const AttrValue* Find(std::string_view attr) const;

  // Op and attributes without the name: equal for nodes that compute the same function.
  std::string Key() const;
};

}  // namespace tf_mlc
