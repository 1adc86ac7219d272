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

// Appends a value so that different values never give the same bytes: counted and raw.
struct KeyWriter {
  std::string& key;

  void Raw(const void* bytes, size_t size) { key.append(static_cast<const char*>(bytes), size); }
  void Count(size_t n) { Raw(&n, sizeof n); }

  void operator()(bool v) { Raw(&v, sizeof v); }
  void operator()(int64_t v) { Raw(&v, sizeof v); }
  void operator()(float v) { Raw(&v, sizeof v); }
  void operator()(DataType v) { Raw(&v, sizeof v); }
  void operator()(const std::string& v) {
    Count(v.size());
    key += v;
  }
  void operator()(const Shape& v) { (*this)(v.dims()); }
  void operator()(const TensorAttr& v) {
    (*this)(v.type.dtype);
    (*this)(v.type.shape);
    Count(v.bytes.size());
    Raw(v.bytes.data(), v.bytes.size());
  }
  template <typename T>
  void operator()(const std::vector<T>& v) {
    Count(v.size());
    for (const T& item : v) (*this)(item);
  }
};

}  // namespace

std::string Node::Key() const {
  std::string key = op;
  for (const auto& [attr, value] : attrs) {
    key += '\n' + attr + '=' + static_cast<char>('0' + value.index());
    std::visit(KeyWriter{key}, value);
  }
  return key + '\n';
}

const AttrValue* Node::Find(std::string_view attr) const {
  if (asked) asked->emplace(attr);
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
