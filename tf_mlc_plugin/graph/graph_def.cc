#include "tf_mlc_plugin/graph/graph_def.h"

#include <cstdlib>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "mlcompute/error.h"
#include "tf_mlc_plugin/graph/wire.h"

namespace tf_mlc {
namespace {

using protozero::data_view;
using protozero::pbf_reader;
using protozero::pbf_writer;

// Field numbers of graph.proto, node_def.proto and attr_value.proto.
constexpr unsigned kGraphNode = 1;
constexpr unsigned kName = 1;
constexpr unsigned kOp = 2;
constexpr unsigned kInput = 3;
constexpr unsigned kDevice = 4;
constexpr unsigned kAttr = 5;
constexpr unsigned kKey = 1;
constexpr unsigned kValue = 2;
constexpr unsigned kAttrList = 1;
constexpr unsigned kAttrS = 2;
constexpr unsigned kAttrI = 3;
constexpr unsigned kAttrB = 5;
constexpr unsigned kAttrType = 6;
constexpr unsigned kListS = 2;
constexpr unsigned kListType = 6;

std::string ToString(data_view view) { return std::string(view.data(), view.size()); }

NodeDef ReadNode(data_view bytes) {
  NodeDef node;
  pbf_writer rest(node.rest);
  pbf_reader reader(bytes);
  while (reader.next()) {
    switch (reader.tag()) {
      case kName:
        node.name = ToString(reader.get_view());
        break;
      case kOp:
        node.op = ToString(reader.get_view());
        break;
      case kInput:
        node.inputs.push_back(ToString(reader.get_view()));
        break;
      case kDevice:
        node.device = ToString(reader.get_view());
        break;
      case kAttr: {
        std::string key;
        std::string value;
        pbf_reader entry = reader.get_message();
        while (entry.next()) {
          if (entry.tag() == kKey) {
            key = ToString(entry.get_view());
          } else if (entry.tag() == kValue) {
            value = ToString(entry.get_view());
          } else {
            entry.skip();
          }
        }
        node.attrs[std::move(key)] = std::move(value);
        break;
      }
      default:
        CopyField(reader, rest);
    }
  }
  return node;
}

}  // namespace

std::string NodeDef::Serialize() const {
  std::string out;
  pbf_writer writer(out);
  writer.add_string(kName, name);
  writer.add_string(kOp, op);
  for (const std::string& input : inputs) writer.add_string(kInput, input);
  if (!device.empty()) writer.add_string(kDevice, device);
  for (const auto& [key, value] : attrs) {
    pbf_writer entry(writer, kAttr);
    entry.add_string(kKey, key);
    entry.add_bytes(kValue, value);
  }
  return out + rest;
}

std::string GraphDef::Serialize() const {
  std::string out;
  {
    pbf_writer writer(out);
    for (const NodeDef& node : nodes) writer.add_bytes(kGraphNode, node.Serialize());
  }
  return out + rest;
}

NodeDef ParseNode(std::string_view bytes) {
  try {
    return ReadNode(data_view(bytes.data(), bytes.size()));
  } catch (const protozero::exception& e) {
    throw mlcompute::InvalidArgument("not a NodeDef: ", e.what());
  }
}

GraphDef ParseGraphDef(std::string_view bytes) {
  GraphDef graph;
  try {
    pbf_writer rest(graph.rest);
    pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next()) {
      if (reader.tag() == kGraphNode) {
        graph.nodes.push_back(ReadNode(reader.get_view()));
      } else {
        CopyField(reader, rest);
      }
    }
  } catch (const protozero::exception& e) {
    throw mlcompute::InvalidArgument("not a GraphDef: ", e.what());
  }
  return graph;
}

InputRef ParseInput(std::string_view input) {
  if (!input.empty() && input[0] == '^') return {input.substr(1), -1};
  const size_t colon = input.rfind(':');
  if (colon == std::string_view::npos) return {input, 0};
  return {input.substr(0, colon), std::atoi(std::string(input.substr(colon + 1)).c_str())};
}

std::string StringAttr(std::string_view value) {
  std::string out;
  pbf_writer(out).add_bytes(kAttrS, value.data(), value.size());
  return out;
}

std::string IntAttr(int64_t value) {
  std::string out;
  pbf_writer(out).add_int64(kAttrI, value);
  return out;
}

std::string BoolAttr(bool value) {
  std::string out;
  pbf_writer(out).add_bool(kAttrB, value);
  return out;
}

std::string TypeAttrValue(int tf_type) {
  std::string out;
  pbf_writer(out).add_enum(kAttrType, tf_type);
  return out;
}

std::string TypeListAttr(const std::vector<int>& tf_types) {
  std::string list;
  pbf_writer(list).add_packed_enum(kListType, tf_types.begin(), tf_types.end());
  std::string out;
  pbf_writer(out).add_bytes(kAttrList, list);  // also when empty: no value is not an empty list
  return out;
}

std::string StringListAttr(const std::vector<std::string>& values) {
  std::string list;
  pbf_writer writer(list);
  for (const std::string& value : values) writer.add_bytes(kListS, value);
  std::string out;
  pbf_writer(out).add_bytes(kAttrList, list);
  return out;
}

int64_t IntOfAttr(std::string_view attr) {
  pbf_reader reader(attr.data(), attr.size());
  while (reader.next(kAttrI)) return reader.get_int64();
  return 0;
}

bool BoolOfAttr(std::string_view attr) {
  pbf_reader reader(attr.data(), attr.size());
  while (reader.next(kAttrB)) return reader.get_bool();
  return false;
}

int TypeOfAttr(std::string_view attr) {
  pbf_reader reader(attr.data(), attr.size());
  while (reader.next(kAttrType)) return reader.get_enum();
  return 0;
}

}  // namespace tf_mlc
