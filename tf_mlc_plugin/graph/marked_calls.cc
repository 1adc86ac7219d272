#include "tf_mlc_plugin/graph/marked_calls.h"

#include <protozero/pbf_reader.hpp>

#include "mlcompute/error.h"
#include "tf_mlc_plugin/graph/op_defs.h"
#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {
namespace {

using protozero::pbf_reader;

constexpr char kCallAttr[] = "_mlc_call";  // the op of the call

// Field numbers of attr_value.proto.
constexpr unsigned kAttrFunction = 10;
constexpr unsigned kFunctionName = 1;

struct Marked {
  std::string_view function;  // inside the name TensorFlow made of it
  std::string_view op;
  size_t inputs;  // a mask may follow
  size_t outputs;
};

// TensorFlow adds to a function's name in front and behind, so longer names come first.
constexpr Marked kMarked[] = {
    {"tf_mlc_plugin_lstm_gradient", "_MlcLstmGrad", 7, 3},
    {"tf_mlc_plugin_lstm", "_MlcLstm", 4, 5},
    {"tf_mlc_plugin_gru_gradient", "_MlcGruGrad", 6, 3},
    {"tf_mlc_plugin_gru", "_MlcGru", 4, 3},
};

std::string FunctionName(const NodeDef& node) {
  const auto attr = node.attrs.find("f");
  if (attr == node.attrs.end()) return "";
  try {
    pbf_reader value(attr->second);
    while (value.next(kAttrFunction)) {
      pbf_reader function = value.get_message();
      while (function.next(kFunctionName)) return function.get_string();
    }
  } catch (const protozero::exception& e) {
    throw mlcompute::InvalidArgument("attribute f of '", node.name, "': ", e.what());
  }
  return "";
}

std::vector<int> Types(const NodeDef& node, const char* attr) {
  return TypesOf({ArgDef{"", 0, "", "", attr}}, node);
}

}  // namespace

void TakeMarkedCalls(GraphDef* graph) {
  for (NodeDef& node : graph->nodes) {
    if (node.op != "PartitionedCall" && node.op != "StatefulPartitionedCall") continue;
    if (!OnMlc(node.device)) continue;
    const std::string name = FunctionName(node);
    for (const Marked& marked : kMarked) {
      if (name.find(marked.function) == std::string::npos) continue;
      const std::vector<int> in = Types(node, "Tin");
      const size_t inputs = in.size();
      // A function that TensorFlow made of it to differentiate it has further results.
      const bool same = (inputs == marked.inputs || inputs == marked.inputs + 1) &&
                        Types(node, "Tout").size() == marked.outputs;
      if (same) {
        node.attrs[kCallAttr] = StringAttr(node.op);
        node.attrs["T"] = TypeAttrValue(in[0]);
        node.op = marked.op;
      }
      break;
    }
  }
}

void RestoreMarkedCalls(GraphDef* graph) {
  for (NodeDef& node : graph->nodes) {
    const auto call = node.attrs.find(kCallAttr);
    if (call == node.attrs.end()) continue;
    node.op = call->second == StringAttr("PartitionedCall") ? "PartitionedCall"
                                                            : "StatefulPartitionedCall";
    node.attrs.erase(call);
    node.attrs.erase("T");
  }
}

bool IsMarkedCall(const NodeDef& node) { return node.attrs.count(kCallAttr) > 0; }

}  // namespace tf_mlc
