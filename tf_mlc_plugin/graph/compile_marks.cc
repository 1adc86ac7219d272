#include "tf_mlc_plugin/graph/compile_marks.h"

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "mlcompute/error.h"
#include "tf_mlc_plugin/graph/wire.h"

namespace tf_mlc {
namespace {

using protozero::data_view;
using protozero::pbf_reader;
using protozero::pbf_writer;

constexpr std::string_view kMark = "_XlaMustCompile";

// Field numbers of graph.proto, function.proto and node_def.proto.
constexpr unsigned kGraphNode = 1;
constexpr unsigned kGraphLibrary = 2;
constexpr unsigned kLibraryFunction = 1;
constexpr unsigned kFunctionNode = 3;
constexpr unsigned kFunctionAttr = 5;
constexpr unsigned kNodeAttr = 5;

bool IsMark(data_view entry) {
  pbf_reader reader(entry);
  while (reader.next(1)) {
    const data_view key = reader.get_view();
    return std::string_view(key.data(), key.size()) == kMark;
  }
  return false;
}

// Leaves out the entries of attribute map `attr` that are the mark.
std::string WithoutMark(data_view message, unsigned attr) {
  std::string out;
  pbf_writer writer(out);
  pbf_reader reader(message);
  while (reader.next()) {
    if (reader.tag() == attr) {
      const data_view entry = reader.get_view();
      if (!IsMark(entry)) writer.add_bytes(attr, entry);
    } else {
      CopyField(reader, writer);
    }
  }
  return out;
}

std::string Function(data_view message) {
  const std::string unmarked = WithoutMark(message, kFunctionAttr);
  std::string out;
  pbf_writer writer(out);
  pbf_reader reader(unmarked);
  while (reader.next()) {
    if (reader.tag() == kFunctionNode) {
      writer.add_bytes(kFunctionNode, WithoutMark(reader.get_view(), kNodeAttr));
    } else {
      CopyField(reader, writer);
    }
  }
  return out;
}

std::string Library(data_view message) {
  std::string out;
  pbf_writer writer(out);
  pbf_reader reader(message);
  while (reader.next()) {
    if (reader.tag() == kLibraryFunction) {
      writer.add_bytes(kLibraryFunction, Function(reader.get_view()));
    } else {
      CopyField(reader, writer);
    }
  }
  return out;
}

}  // namespace

std::string ClearCompileMarks(std::string_view graph) {
  if (graph.find(kMark) == std::string_view::npos) return std::string(graph);
  std::string out;
  try {
    pbf_writer writer(out);
    pbf_reader reader(graph.data(), graph.size());
    while (reader.next()) {
      if (reader.tag() == kGraphNode) {
        writer.add_bytes(kGraphNode, WithoutMark(reader.get_view(), kNodeAttr));
      } else if (reader.tag() == kGraphLibrary) {
        writer.add_bytes(kGraphLibrary, Library(reader.get_view()));
      } else {
        CopyField(reader, writer);
      }
    }
  } catch (const protozero::exception& e) {
    throw mlcompute::InvalidArgument("not a GraphDef: ", e.what());
  }
  return out;
}

}  // namespace tf_mlc
