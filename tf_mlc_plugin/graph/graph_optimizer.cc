// tf_mlc_plugin/graph/graph_optimizer.cc: TensorFlow's graph optimizer entry for the device.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tensorflow/c/experimental/grappler/grappler.h"
#include "tensorflow/c/tf_buffer.h"
#include "tf_mlc_plugin/device/entry.h"
#include "tf_mlc_plugin/graph/clusters.h"
#include "tf_mlc_plugin/graph/compile_marks.h"
#include "tf_mlc_plugin/graph/constants.h"
#include "tf_mlc_plugin/graph/host_conditions.h"
#include "tf_mlc_plugin/graph/late_symbol.h"
#include "tf_mlc_plugin/graph/loop_casts.h"
#include "tf_mlc_plugin/graph/loop_lists.h"
#include "tf_mlc_plugin/graph/loop_reads.h"
#include "tf_mlc_plugin/graph/loops.h"
#include "tf_mlc_plugin/graph/marked_calls.h"
#include "tf_mlc_plugin/graph/variable_ops.h"
#include "tf_mlc_plugin/graph/variables.h"
#include "tf_mlc_plugin/kernel/debugging.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/kernel/placement.h"
#include "tf_mlc_plugin/kernel/status.h"
#include "tf_mlc_plugin/loop/loop_plan.h"

namespace tf_mlc {
namespace {

// Nodes that must stay: what is fetched or fed.
std::set<std::string, std::less<>> Preserved(const TF_GrapplerItem* item, TF_Status* status) {
  const auto list_size = MLC_LATE(TF_GetNodesToPreserveListSize);
  const auto list = MLC_LATE(TF_GetNodesToPreserveList);
  int count = 0;
  size_t bytes = 0;
  list_size(item, &count, &bytes, status);
  Check(status);
  std::vector<char*> names(static_cast<size_t>(count));
  std::vector<size_t> lengths(static_cast<size_t>(count));
  std::vector<char> storage(bytes);
  list(item, names.data(), lengths.data(), count, storage.data(), bytes, status);
  Check(status);
  std::set<std::string, std::less<>> preserved;
  for (size_t i = 0; i < names.size(); ++i) preserved.emplace(names[i], lengths[i]);
  return preserved;
}

bool ClustersEnabled() {
  const char* value = std::getenv("TF_MLC_CLUSTERS");
  if (value && std::strcmp(value, "0") == 0) return false;
  // A TensorFlow that does not say what is fetched leaves nothing to be joined safely.
  return MLC_LATE(TF_GetNodesToPreserveListSize) && MLC_LATE(TF_GetNodesToPreserveList);
}

// One node a line; what a cluster or a loop holds is indented under it.
void Write(const GraphDef& graph, const std::string& indent, std::ostream* out) {
  for (const NodeDef& node : graph.nodes) {
    *out << indent << node.name << " = " << node.op << "(";
    for (size_t i = 0; i < node.inputs.size(); ++i) *out << (i ? ", " : "") << node.inputs[i];
    *out << ") " << node.device << "\n";
    if (node.op != kClusterOp && node.op != kLoopOp) continue;
    Write(ParseGraphDef(ParseNodeDef(node.Serialize()).String("nodes")), indent + "    ", out);
  }
}

// Writes the graph as text into the folder TF_MLC_DUMP.
void Dump(const GraphDef& graph, const char* stage) {
  const char* folder = std::getenv("TF_MLC_DUMP");
  if (!folder) return;
  static std::atomic<int> count{0};
  std::ofstream file(mlcompute::StrCat(folder, "/graph_", count.fetch_add(1), "_", stage, ".txt"));
  Write(graph, "", &file);
}

void LogClusters(const GraphDef& graph) {
  if (!LoggingIsOn()) return;
  int on_mlc = 0;
  std::string clusters;
  for (const NodeDef& node : graph.nodes) {
    on_mlc += OnMlc(node.device);
    if (node.op != kClusterOp) continue;
    const std::string contents = ParseNodeDef(node.Serialize()).String("nodes");
    clusters += mlcompute::StrCat(" ", node.name, " (", ParseGraphDef(contents).nodes.size(), ")");
  }
  Log("graph of ", graph.nodes.size(), " nodes, ", on_mlc, " of them on ", DeviceType(),
      "; clusters and their ops:", clusters.empty() ? " none" : clusters);
}

// TensorFlow's remapper joins a conversion to strings, which has a kernel for any device, with the
// hash of the strings into an op that has kernels for the CPU alone, and leaves it on our device.
void MoveHashesToTheCpu(GraphDef* graph) {
  for (NodeDef& node : graph->nodes) {
    if (node.op == "_TensorToHashBucketFast" && OnMlc(node.device)) {
      node.device = CpuBeside(node.device);
    }
  }
}

// The rewritings of a placed graph, in order.
std::string Rewrite(std::string_view input, const TF_GrapplerItem* item, TF_Status* status) {
  std::string bytes = ClearCompileMarks(input);
  GraphDef graph = ParseGraphDef(bytes);
  Dump(graph, "placed");
  MoveHashesToTheCpu(&graph);
  ReplaceVariableOps(&graph);
  if (!ClustersEnabled()) return graph.Serialize();
  const auto preserved = Preserved(item, status);
  HoistReads(&graph, preserved);
  HoistCasts(&graph, preserved);
  DropListsOfConstants(&graph, preserved);
  ForwardVariables(&graph, preserved);
  MoveConditionsToTheHost(&graph, preserved);
  TakeMarkedCalls(&graph);
  LoosenConstants(&graph, preserved);
  FormClusters(&graph, preserved);
  RestoreMarkedCalls(&graph);
  FormLoops(&graph, preserved);
  Dump(graph, "clustered");
  LogClusters(graph);
  return graph.Serialize();
}

void Optimize(void*, const TF_Buffer* input, const TF_GrapplerItem* item, TF_Buffer* output,
              TF_Status* status) {
  RunGuarded("graph optimizer of MLC: ", status, [&] {
    const std::string graph =
        Rewrite({static_cast<const char*>(input->data), input->length}, item, status);
    void* data = std::malloc(graph.size());
    if (!data && !graph.empty()) throw std::bad_alloc();
    std::memcpy(data, graph.data(), graph.size());
    output->data = data;
    output->length = graph.size();
    output->data_deallocator = [](void* bytes, size_t) { std::free(bytes); };
    TF_SetStatus(status, TF_OK, "");
  });
}

}  // namespace
}  // namespace tf_mlc

void MlcInitGraph(TP_OptimizerRegistrationParams* params, TF_Status*) {
  params->major_version = GO_MAJOR;
  params->minor_version = GO_MINOR;
  params->patch_version = GO_PATCH;
  params->device_type = tf_mlc::DeviceType().c_str();
  params->optimizer_configs->struct_size = TP_OPTIMIZER_CONFIGS_STRUCT_SIZE;
  // It turns sums into updates of temporary variables, for which no device but CPU and GPU has
  // kernels (TensorFlow 2.21).
  params->optimizer_configs->memory_optimization = TF_TriState_Off;
  // It cuts called functions to the results that are read and moves constants into them, which
  // hides those of marked_calls.h. What it inlines TensorFlow has inlined before.
  params->optimizer_configs->function_optimization = TF_TriState_Off;
  params->optimizer->struct_size = TP_OPTIMIZER_STRUCT_SIZE;
  params->optimizer->optimize_func = tf_mlc::Optimize;
}
