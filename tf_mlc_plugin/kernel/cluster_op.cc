#include "tf_mlc_plugin/kernel/cluster_op.h"

#include <string>
#include <utility>

#include "tensorflow/c/ops.h"
#include "tf_mlc_plugin/graph/clusters.h"
#include "tf_mlc_plugin/kernel/callbacks.h"
#include "tf_mlc_plugin/kernel/compile.h"
#include "tf_mlc_plugin/kernel/op_kernel.h"
#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {
namespace {

std::unique_ptr<OpKernel> MakeCluster(Node node) {
  auto [key, cluster] = ReadCluster(node);
  return std::make_unique<OpKernel>(node.op, std::move(key), std::move(cluster));
}

void DefineOp(const char* name, TF_Status* status) {
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(name);
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

std::pair<std::string, Cluster> ReadCluster(const Node& node) {
  const std::string& contents = node.String("nodes");
  const std::vector<std::string> outputs = StringsOf(node, "outputs");
  std::string identity = contents;
  for (const std::string& output : outputs) identity += '\n' + output;
  return {ContentsKey(identity), ParseCluster(ParseGraphDef(contents), node.input_count, outputs)};
}

std::vector<std::string> StringsOf(const Node& node, std::string_view attr) {
  const AttrValue* value = node.Find(attr);
  const auto* list = value ? std::get_if<std::vector<std::string>>(value) : nullptr;
  return list ? *list : std::vector<std::string>();
}

void RegisterPrivateOp(const char* name, void* (*create)(TF_OpKernelConstruction*)) {
  const StatusPtr status(TF_NewStatus());
  DefineOp(name, status.get());
  if (TF_GetCode(status.get()) != TF_OK) return;
  TF_KernelBuilder* builder =
      TF_NewKernelBuilder(name, DeviceType().c_str(), create, ComputeKernel, DeleteKernel);
  TF_KernelBuilder_HostMemory(builder, "host_arguments");
  TF_KernelBuilder_HostMemory(builder, "host_results");
  TF_RegisterKernelBuilder((std::string(name) + "_mlc").c_str(), builder, status.get());
}

void RegisterClusterOp() { RegisterPrivateOp(kClusterOp, CreateKernel<MakeCluster>); }

}  // namespace tf_mlc
