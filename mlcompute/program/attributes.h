// mlcompute/program/attributes.h: the named constants of an operation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "mlcompute/data_type.h"

namespace mlcompute {

using AttributeValue =
    std::variant<bool, int64_t, double, DataType, std::string, std::vector<int64_t>>;

// A short ordered list of (name, value). Getters throw Error(kInternal) when the name is absent or
// holds another type: which attributes an operation has is fixed by program/op.h, not by users.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<std::string_view, AttributeValue>> items);

  Attributes& Set(std::string_view name, AttributeValue value);
  bool Has(std::string_view name) const { return Find(name) != nullptr; }

  bool Bool(std::string_view name) const;
  int64_t Int(std::string_view name) const;
  double Double(std::string_view name) const;
  DataType Type(std::string_view name) const;
  const std::string& String(std::string_view name) const;
  const std::vector<int64_t>& Ints(std::string_view name) const;

  std::string ToString() const;  // "{axis=1, perm=[0,2,1]}"; equal text means equal attributes

 private:
  const AttributeValue* Find(std::string_view name) const;
  template <typename T>
  const T& Get(std::string_view name) const;

  std::vector<std::pair<std::string, AttributeValue>> items_;
};

}  // namespace mlcompute
