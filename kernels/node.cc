#include "kernels/node.h"

#include "mlcompute/error.h"

namespace tf_mlc {
namespace {

template <typename T>
const T& Get(const Node& node, std::string_view attr) {
  const AttrValue* value = node.Find(attr);
  if (!value) throw mlcompute::InvalidArgument("attribute '", attr, "' is missing");
  const T* typed = std::get_if<T>(value);
  if (!typed) throw mlcompute::InvalidArgument("attribute '", attr, "' is of another kind");
  return *typed;
}

}  // namespace

const AttrValue* Node::Find(std::string_view attr) const {
  const auto it = attrs.find(attr);
  return it == attrs.end() ? nullptr : &it->second;
}

bool Node::Bool(std::string_view attr) const { return Get<bool>(*this, attr); }
int64_t Node::Int(std::string_view attr) const { return Get<int64_t>(*this, attr); }
float Node::Float(std::string_view attr) const { return Get<float>(*this, attr); }
const std::string& Node::String(std::string_view attr) const {
  return Get<std::string>(*this, attr);
}
DataType Node::Type(std::string_view attr) const { return Get<DataType>(*this, attr); }

std::vector<int64_t> Node::Ints(std::string_view attr) const {
  // An empty list carries no element, so the wire does not say of what kind it was.
  const AttrValue* value = Find(attr);
  if (value) {
    const auto* strings = std::get_if<std::vector<std::string>>(value);
    if (strings && strings->empty()) return {};
  }
  return Get<std::vector<int64_t>>(*this, attr);
}

}  // namespace tf_mlc
