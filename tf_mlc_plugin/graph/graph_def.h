// tf_mlc_plugin/graph/graph_def.h: a GraphDef that can be changed, and read without protobuf.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tf_mlc {

// One NodeDef. Attribute values stay serialized: most are only copied.
struct NodeDef {
  std::string name;
  std::string op;
  std::string device;
  std::vector<std::string> inputs;                        // "node", "node:port", "^control"
  std::map<std::string, std::string, std::less<>> attrs;  // name -> serialized AttrValue
  std::string rest;                                       // fields not read here, as they came

  std::string Serialize() const;
};

// A GraphDef; `rest` holds versions, the function library and debug info as they came.
struct GraphDef {
  std::vector<NodeDef> nodes;
  std::string rest;

  std::string Serialize() const;
};

// Throws Error(kInvalidArgument) for bytes that are not of the message.
GraphDef ParseGraphDef(std::string_view bytes);
NodeDef ParseNode(std::string_view bytes);

// A node's input, taken apart.
struct InputRef {
  std::string_view node;
  int port;  // -1 for a control input
};
InputRef ParseInput(std::string_view input);

// Serialized AttrValues.
std::string StringAttr(std::string_view value);
std::string IntAttr(int64_t value);
std::string BoolAttr(bool value);
std::string TypeAttrValue(int tf_type);
std::string TypeListAttr(const std::vector<int>& tf_types);
std::string StringListAttr(const std::vector<std::string>& values);

// The DataType enum of a serialized AttrValue holding a type, 0 for any other.
int TypeOfAttr(std::string_view attr);
// The integer of a serialized AttrValue, 0 when it holds none.
int64_t IntOfAttr(std::string_view attr);
// The bool of a serialized AttrValue, false when it holds none.
bool BoolOfAttr(std::string_view attr);

}  // namespace tf_mlc
