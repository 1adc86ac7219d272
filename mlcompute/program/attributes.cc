#include "mlcompute/program/attributes.h"

#include <cstdio>

#include "mlcompute/error.h"

namespace mlcompute {
namespace {

struct Printer {
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", v);
    return text;
  }
  std::string operator()(DataType v) const { return std::string(Name(v)); }
  std::string operator()(const std::string& v) const { return '"' + v + '"'; }
  std::string operator()(const std::vector<int64_t>& v) const {
    std::string text = "[";
    for (size_t i = 0; i < v.size(); ++i) text += (i > 0 ? "," : "") + std::to_string(v[i]);
    return text + "]";
  }
};

}  // namespace

Attributes::Attributes(std::initializer_list<std::pair<std::string_view, AttributeValue>> items) {
  for (const auto& [name, value] : items) Set(name, value);
}

Attributes& Attributes::Set(std::string_view name, AttributeValue value) {
  for (auto& item : items_) {
    if (item.first == name) {
      item.second = std::move(value);
      return *this;
    }
  }
  items_.emplace_back(name, std::move(value));
  return *this;
}

const AttributeValue* Attributes::Find(std::string_view name) const {
  for (const auto& item : items_) {
    if (item.first == name) return &item.second;
  }
  return nullptr;
}

template <typename T>
const T& Attributes::Get(std::string_view name) const {
  const AttributeValue* value = Find(name);
  const T* typed = value ? std::get_if<T>(value) : nullptr;
  if (!typed)
    throw Internal("attribute '", name, "' is missing or of another type in ", ToString());
  return *typed;
}

bool Attributes::Bool(std::string_view name) const { return Get<bool>(name); }
int64_t Attributes::Int(std::string_view name) const { return Get<int64_t>(name); }
double Attributes::Double(std::string_view name) const { return Get<double>(name); }
DataType Attributes::Type(std::string_view name) const { return Get<DataType>(name); }
const std::string& Attributes::String(std::string_view name) const {
  return Get<std::string>(name);
}
const std::vector<int64_t>& Attributes::Ints(std::string_view name) const {
  return Get<std::vector<int64_t>>(name);
}

std::string Attributes::ToString() const {
  std::string text = "{";
  for (const auto& [name, value] : items_) {
    if (text.size() > 1) text += ", ";
    text += name + "=" + std::visit(Printer(), value);
  }
  return text + "}";
}

}  // namespace mlcompute
