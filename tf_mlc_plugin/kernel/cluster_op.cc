#include "tf_mlc_plugin/kernel/cluster_op.h"

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "tensorflow/c/ops.h"
#include "tf_mlc_plugin/graph/clusters.h"
#include "tf_mlc_plugin/kernel/callbacks.h"
#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {
namespace {

// A short key for equal contents: TensorFlow makes a kernel for every instance of a function.
std::string KeyOf(const std::string& contents) {
  static auto* mutex = new std::mutex;
  static auto* ids = new std::map<std::string, size_t>;
  const std::lock_guard<std::mutex> lock(*mutex);
  return "cluster " + std::to_string(ids->emplace(contents, ids->size()).first->second) + "\n";
}

template <typename T>
std::vector<T> List(const Node& node, std::string_view attr) {
  const AttrValue* value = node.Find(attr);
  const auto* list = value ? std::get_if<std::vector<T>>(value) : nullptr;
  return list ? *list : std::vector<T>();
}

std::unique_ptr<OpKernel> MakeCluster(Node node) {
  const std::string& contents = node.String("nodes");
  const std::vector<std::string> outputs = List<std::string>(node, "outputs");
  std::string identity = contents;
  for (const std::string& output : outputs) identity += '\n' + output;
  Cluster cluster = ParseCluster(ParseGraphDef(contents), node.input_count, outputs);
  return std::make_unique<OpKernel>(node.op, KeyOf(identity), std::move(cluster));
}

void DefineOp(TF_Status* status) {
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(kClusterOp);
  for (const char* list : {"Tdevice", "Thost", "Rdevice", "Rhost"}) {
    TF_OpDefinitionBuilderAddAttr(op, (std::string(list) + ": list(type) >= 0").c_str());
  }
  TF_OpDefinitionBuilderAddAttr(op, "nodes: string");
  TF_OpDefinitionBuilderAddAttr(op, "outputs: list(string)");
  TF_OpDefinitionBuilderAddInput(op, "device_arguments: Tdevice");
  TF_OpDefinitionBuilderAddInput(op, "host_arguments: Thost");
  TF_OpDefinitionBuilderAddOutput(op, "device_results: Rdevice");
  TF_OpDefinitionBuilderAddOutput(op, "host_results: Rhost");
  // Shapes are known when it runs.
  TF_OpDefinitionBuilderSetShapeInferenceFunction(
      op, [](TF_ShapeInferenceContext* context, TF_Status* s) {
        TF_ShapeInferenceContextSetUnknownShape(context, s);
      });
  TF_RegisterOpDefinition(op, status);
}

}  // namespace

void RegisterClusterOp() {
  const StatusPtr status(TF_NewStatus());
  DefineOp(status.get());
  if (TF_GetCode(status.get()) != TF_OK) return;
  TF_KernelBuilder* builder = TF_NewKernelBuilder(
      kClusterOp, DeviceType().c_str(), CreateKernel<MakeCluster>, ComputeKernel, DeleteKernel);
  TF_KernelBuilder_HostMemory(builder, "host_arguments");
  TF_KernelBuilder_HostMemory(builder, "host_results");
  TF_RegisterKernelBuilder("mlc_cluster", builder, status.get());
}

}  // namespace tf_mlc
