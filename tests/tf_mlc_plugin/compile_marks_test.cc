#include "tf_mlc_plugin/graph/compile_marks.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "mlcompute/error.h"

namespace tf_mlc {
namespace {

using protozero::pbf_writer;

// An entry of an attribute map: key = 1, value = 2 { b = 5 }.
std::string Attr(const std::string& key) {
  std::string value;
  pbf_writer(value).add_bool(5, true);
  std::string entry;
  pbf_writer writer(entry);
  writer.add_string(1, key);
  writer.add_message(2, value);
  return entry;
}

std::string Node(const std::string& name, const std::vector<std::string>& attrs) {
  std::string node;
  pbf_writer writer(node);
  writer.add_string(1, name);
  writer.add_string(2, "StatefulPartitionedCall");
  writer.add_string(4, "/device:MLC:0");
  for (const std::string& attr : attrs) writer.add_message(5, Attr(attr));
  writer.add_uint64(90, 7);  // a field that a later version might have
  return node;
}

// A GraphDef with a node and a function, the attributes of each (and of the function's node) given.
std::string Graph(const std::vector<std::string>& attrs) {
  std::string function;
  pbf_writer function_writer(function);
  function_writer.add_message(1, std::string());
  function_writer.add_message(3, Node("inner", attrs));
  for (const std::string& attr : attrs) function_writer.add_message(5, Attr(attr));
  std::string library;
  pbf_writer(library).add_message(1, function);
  std::string graph;
  pbf_writer writer(graph);
  writer.add_message(1, Node("call", attrs));
  writer.add_message(2, library);
  writer.add_fixed32(91, 8);
  return graph;
}

TEST(CompileMarks, AreClearedFromNodesAndFunctions) {
  EXPECT_EQ(ClearCompileMarks(Graph({"Tin", "_XlaMustCompile", "executor_type"})),
            Graph({"Tin", "executor_type"}));
  EXPECT_EQ(ClearCompileMarks(Graph({"_XlaMustCompile"})), Graph({}));
}

TEST(CompileMarks, LeaveEverythingElse) {
  const std::string graph = Graph({"Tin", "_XlaMustCompileNot", "api_implements"});
  EXPECT_EQ(ClearCompileMarks(graph), graph);
  EXPECT_EQ(ClearCompileMarks(""), "");
}

TEST(CompileMarks, AreNotTakenFromNames) {
  std::string graph;
  pbf_writer(graph).add_message(1, Node("_XlaMustCompile", {"T"}));
  EXPECT_EQ(ClearCompileMarks(graph), graph);
}

TEST(CompileMarks, RefuseOtherBytes) {
  std::string graph = Graph({"_XlaMustCompile"});
  graph.resize(graph.size() - 3);
  EXPECT_THROW(ClearCompileMarks(graph), mlcompute::Error);
}

}  // namespace
}  // namespace tf_mlc
