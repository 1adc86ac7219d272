// tf_mlc_plugin/kernel/explain.cc: rows and programs as text, for docs/ops.md (tools/op_table.py).
#include <cstring>
#include <set>
#include <string>
#include <utility>

#include "kernels/cluster.h"
#include "mlcompute/backend/backend.h"
#include "mlcompute/backend/memory_plan.h"
#include "mlcompute/backend/step.h"
#include "mlcompute/error.h"
#include "tf_mlc_plugin/device/entry.h"
#include "tf_mlc_plugin/kernel/node_def.h"

namespace tf_mlc {
namespace {

size_t Write(const std::string& from, char* text, size_t size) {
  if (size > 0) {
    const size_t n = from.size() < size - 1 ? from.size() : size - 1;
    std::memcpy(text, from.data(), n);
    text[n] = '\0';
  }
  return from.size() + 1;
}

std::string Names(const Types& types) {
  std::string text;
  for (const DataType type : types) text += (text.empty() ? "" : ",") + std::string(Name(type));
  return text;
}

std::string RowText(const OpRow& row) {
  std::string types;
  for (const TypeAttr& type : row.types) {
    types += (types.empty() ? "" : ";") + std::string(type.attr) + "=" + Names(type.types);
  }
  std::string places[2];  // static, host
  for (const HostArg& arg : row.host) {
    std::string& place = places[arg.place == Place::kStatic ? 0 : 1];
    place += (place.empty() ? "" : ",") + std::string(arg.name);
  }
  return mlcompute::StrCat(row.op, "\t", row.cluster_only ? "cluster" : "kernel", "\t", types, "\t",
                           places[0], "\t", places[1], "\t", row.of_types_only ? "types" : "",
                           "\n");
}

std::string Explain(Node node, const MlcArgument* arguments, int count) {
  std::set<std::string, std::less<>> asked;
  const OpRow* row = FindRow(node);
  if (!row) throw mlcompute::InvalidArgument("no row takes the types of this node");
  node.asked = &asked;
  node.input_count = count;
  const Cluster cluster = SingleNode(std::move(node), *row);
  std::vector<Argument> given;
  for (int i = 0; i < count; ++i) {
    const MlcArgument& from = arguments[i];
    given.push_back({{DataTypeFromTf(from.dtype),
                      Shape(std::vector<int64_t>(from.dims, from.dims + from.rank))},
                     static_cast<const std::byte*>(from.contents)});
  }
  if (row->blocks_of) {
    asked.insert({"seed", "seed2"});  // read when the kernel is made
    given.push_back({{DataType::kUInt64, {1}}});
    given.push_back({{DataType::kUInt64, {2}}});
  }
  const Program program = BuildProgram(cluster, given);
  std::string text;
  for (const std::string& attr : asked) text += "attribute " + attr + "\n";
  for (const int i : mlcompute::LiveOperations(program)) {
    const mlcompute::Operation& operation = program.operations()[static_cast<size_t>(i)];
    mlcompute::OperationView view{operation, {}, {}};
    for (const Value v : operation.inputs) view.inputs.push_back(program.type(v));
    for (const Value v : operation.results) view.results.push_back(program.type(v));
    text += mlcompute::StrCat("step ", Name(operation.op), " ",
                              mlcompute::DefaultBackend().StepKind(view), "\n");
  }
  return text;
}

}  // namespace
}  // namespace tf_mlc

size_t MlcOpRows(char* text, size_t size) {
  std::string rows;
  for (const tf_mlc::OpRow* row : tf_mlc::AllRows()) rows += tf_mlc::RowText(*row);
  return tf_mlc::Write(rows, text, size);
}

size_t MlcExplainNode(const void* node, size_t node_size, const MlcArgument* arguments, int count,
                      char* text, size_t size) {
  std::string lines;
  try {
    const std::string_view bytes(static_cast<const char*>(node), node_size);
    lines = tf_mlc::Explain(tf_mlc::ParseNodeDef(bytes), arguments, count);
  } catch (const std::exception& e) {
    lines = mlcompute::StrCat("error ", e.what(), "\n");
  }
  return tf_mlc::Write(lines, text, size);
}
