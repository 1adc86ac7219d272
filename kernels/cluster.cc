#include "kernels/cluster.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "mlcompute/backend/backend.h"
#include "mlcompute/error.h"

namespace tf_mlc {
namespace {

// Results larger than this are left to the executable: folding is for shapes and axes.
constexpr int64_t kMaxFoldedElements = 1024;

// Whether `node` has the types the row declares: rows of one op differ in them.
bool Matches(const OpRow& row, const Node& node) {
  for (const TypeAttr& type : row.types) {
    const AttrValue* value = node.Find(type.attr);
    const auto* actual = value ? std::get_if<DataType>(value) : nullptr;
    if (!actual) return false;
    bool found = false;
    for (const DataType t : type.types) found = found || t == *actual;
    if (!found) return false;
  }
  return true;
}

// Computes a node whose inputs are all known, on the reference backend. False when the result is
// too large to be worth it.
bool Fold(const ClusterNode& node, const std::vector<Input>& inputs, Program* program,
          std::vector<Input>* results) {
  Program small;
  std::vector<Input> copies;
  for (const Input& input : inputs) {
    const Value v = small.AddConstant(program->type(input.value), input.contents);
    copies.push_back({v, small.constant(v)});
  }
  BuildContext context(small, node.node, std::move(copies));
  node.row->build(context);
  for (const Value v : context.outputs()) {
    if (small.type(v).elements() > kMaxFoldedElements) return false;
    small.AddOutput(v);
  }
  std::vector<std::vector<std::byte>> bytes;
  std::vector<void*> buffers;
  for (const Value v : small.outputs()) {
    bytes.emplace_back(small.type(v).bytes() + 1);  // + 1: a buffer for empty tensors too
    buffers.push_back(bytes.back().data());
  }
  mlcompute::ReferenceBackend().Compile(small)->Run(nullptr, buffers.data());
  for (size_t i = 0; i < buffers.size(); ++i) {
    const Value v = program->AddConstant(small.type(small.outputs()[i]), buffers[i]);
    results->push_back({v, program->constant(v)});
  }
  return true;
}

std::vector<Input> BuildNode(const ClusterNode& node, std::vector<Input> inputs, bool may_fold,
                             Program* program) {
  bool all_known = may_fold && !inputs.empty();
  for (const Input& input : inputs) all_known = all_known && input.contents;
  std::vector<Input> results;
  if (all_known && Fold(node, inputs, program, &results)) return results;
  BuildContext context(*program, node.node, std::move(inputs));
  node.row->build(context);
  for (const Value v : context.outputs()) results.push_back({v, program->constant(v)});
  return results;
}

}  // namespace

const OpRow* FindRow(const Node& node) {
  static const auto* rows = [] {
    auto* map = new std::unordered_multimap<std::string, const OpRow*>;
    for (const OpRow* row : AllRows()) map->emplace(row->op, row);
    return map;
  }();
  const auto [begin, end] = rows->equal_range(node.op);
  for (auto it = begin; it != end; ++it) {
    if (Matches(*it->second, node)) return it->second;
  }
  return nullptr;
}

Cluster SingleNode(Node node, const OpRow& row) {
  Cluster cluster;
  cluster.argument_count = node.input_count + (row.blocks_of ? kGeneratorInputs : 0);
  std::vector<Source> inputs;
  for (int i = 0; i < cluster.argument_count; ++i) inputs.push_back({Source::kArgument, i});
  cluster.nodes.push_back({std::move(node), &row, std::move(inputs)});
  FindStaticArguments(&cluster);
  return cluster;
}

bool IsStaticInput(const OpRow& row, int input, int input_count) {
  for (const HostArg& arg : row.host) {
    if (arg.place != Place::kStatic) continue;
    if (arg.index == HostArg::kEvery) return true;
    if ((arg.index < 0 ? arg.index + input_count : arg.index) == input) return true;
  }
  return false;
}

void FindStaticArguments(Cluster* cluster) {
  cluster->static_arguments.assign(static_cast<size_t>(cluster->argument_count), false);
  std::vector<bool> needed(cluster->nodes.size(), false);
  for (size_t n = cluster->nodes.size(); n-- > 0;) {
    const ClusterNode& node = cluster->nodes[n];
    const int count = static_cast<int>(node.inputs.size());
    for (int i = 0; i < count; ++i) {
      const bool from_type = node.row->of_types_only;
      if (!IsStaticInput(*node.row, i, count) && (!needed[n] || from_type)) continue;
      const Source& source = node.inputs[static_cast<size_t>(i)];
      const auto index =
          static_cast<size_t>(source.node == Source::kArgument ? source.port : source.node);
      (source.node == Source::kArgument ? cluster->static_arguments : needed)[index] = true;
    }
  }
}

Program BuildProgram(const Cluster& cluster, const std::vector<Argument>& arguments) {
  Program program;
  std::vector<Input> values;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Value v = program.AddInput(arguments[i].type);
    // A static argument is still an input, so that positions stay; its contents are a constant.
    values.push_back(cluster.static_arguments[i]
                         ? Input{program.AddConstant(arguments[i].type, arguments[i].contents)}
                         : Input{v});
    values.back().contents = program.constant(values.back().value);
  }
  std::vector<std::vector<Input>> results(cluster.nodes.size());
  const auto resolve = [&](const Source& source) -> const Input& {
    if (source.node == Source::kArgument) return values[static_cast<size_t>(source.port)];
    return results[static_cast<size_t>(source.node)].at(static_cast<size_t>(source.port));
  };
  const bool alone = cluster.nodes.size() == 1;
  for (size_t n = 0; n < cluster.nodes.size(); ++n) {
    const ClusterNode& node = cluster.nodes[n];
    std::vector<Input> inputs;
    for (const Source& source : node.inputs) inputs.push_back(resolve(source));
    try {
      results[n] = BuildNode(node, std::move(inputs), !alone, &program);
    } catch (const mlcompute::Error& e) {
      if (alone) throw;
      throw mlcompute::Error(
          e.code(), mlcompute::StrCat(node.node.op, " '", node.node.name, "': ", e.what()));
    }
  }
  if (cluster.outputs.empty()) {
    for (const Input& result : results.back()) program.AddOutput(result.value);
  }
  for (const Source& output : cluster.outputs) program.AddOutput(resolve(output).value);
  return program;
}

}  // namespace tf_mlc
