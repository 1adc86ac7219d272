// tf_mlc_plugin/graph/graph_optimizer.cc: TensorFlow's graph optimizer entry for the device.
#include <cstdlib>
#include <cstring>
#include <string>

#include "tensorflow/c/experimental/grappler/grappler.h"
#include "tensorflow/c/tf_buffer.h"
#include "tf_mlc_plugin/device/entry.h"
#include "tf_mlc_plugin/graph/compile_marks.h"
#include "tf_mlc_plugin/graph/variables.h"
#include "tf_mlc_plugin/kernel/status.h"

namespace tf_mlc {
namespace {

// The rewritings of a placed graph, in order. Each takes and gives a serialized GraphDef.
constexpr std::string (*kPasses[])(std::string_view graph) = {ClearCompileMarks};

void Optimize(void*, const TF_Buffer* input, const TF_GrapplerItem*, TF_Buffer* output,
              TF_Status* status) {
  RunGuarded("graph optimizer of MLC: ", status, [&] {
    std::string graph(static_cast<const char*>(input->data), input->length);
    for (const auto pass : kPasses) graph = pass(graph);
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
  params->device_type = "MLC";
  params->optimizer_configs->struct_size = TP_OPTIMIZER_CONFIGS_STRUCT_SIZE;
  params->optimizer->struct_size = TP_OPTIMIZER_STRUCT_SIZE;
  params->optimizer->optimize_func = tf_mlc::Optimize;
}
