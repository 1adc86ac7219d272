#include "tf_mlc_plugin/graph/variable_ops.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tf_mlc_plugin/graph/op_defs.h"
#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {
namespace {

// Sorted.
constexpr const char* kOps[] = {
    "ResourceApplyAdaMax",
    "ResourceApplyAdadelta",
    "ResourceApplyAdagrad",
    "ResourceApplyAdagradDA",
    "ResourceApplyAdagradV2",
    "ResourceApplyAdam",
    "ResourceApplyAdamWithAmsgrad",
    "ResourceApplyAddSign",
    "ResourceApplyCenteredRMSProp",
    "ResourceApplyFtrl",
    "ResourceApplyFtrlV2",
    "ResourceApplyGradientDescent",
    "ResourceApplyKerasMomentum",
    "ResourceApplyMomentum",
    "ResourceApplyPowerSign",
    "ResourceApplyProximalAdagrad",
    "ResourceApplyProximalGradientDescent",
    "ResourceApplyRMSProp",
    "ResourceCountUpTo",
    "ResourceGather",
    "ResourceGatherNd",
    "ResourceScatterAdd",
    "ResourceScatterDiv",
    "ResourceScatterMax",
    "ResourceScatterMin",
    "ResourceScatterMul",
    "ResourceScatterNdAdd",
    "ResourceScatterNdMax",
    "ResourceScatterNdMin",
    "ResourceScatterNdSub",
    "ResourceScatterNdUpdate",
    "ResourceScatterSub",
    "ResourceScatterUpdate",
    "ResourceSparseApplyAdadelta",
    "ResourceSparseApplyAdagrad",
    "ResourceSparseApplyAdagradDA",
    "ResourceSparseApplyAdagradV2",
    "ResourceSparseApplyCenteredRMSProp",
    "ResourceSparseApplyFtrl",
    "ResourceSparseApplyFtrlV2",
    "ResourceSparseApplyKerasMomentum",
    "ResourceSparseApplyMomentum",
    "ResourceSparseApplyProximalAdagrad",
    "ResourceSparseApplyProximalGradientDescent",
    "ResourceSparseApplyRMSProp",
    "ResourceStridedSliceAssign",
    "RngReadAndSkip",
    "RngSkip",
    "StatefulRandomBinomial",
    "StatefulStandardNormal",
    "StatefulStandardNormalV2",
    "StatefulTruncatedNormal",
    "StatefulUniform",
    "StatefulUniformFullInt",
    "StatefulUniformInt",
};

// Values of tensorflow/core/framework/types.proto.
constexpr int kInt32 = 3;
constexpr int kInt64 = 9;
constexpr int kResource = 20;
constexpr int kVariant = 21;

// TensorFlow's mark of a variable without a name, which goes when its last handle does.
constexpr char kAnonymous[] = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

bool IsVariableOp(const std::string& op) {
  return std::binary_search(std::begin(kOps), std::end(kOps), op.c_str(),
                            [](const char* a, const char* b) { return std::strcmp(a, b) < 0; });
}

// AttrValue { shape { unknown_rank: true } }
std::string UnknownShapeAttr() { return std::string("\x3a\x02\x18\x01", 4); }

// AttrValue { tensor { dtype: DT_INT32, tensor_shape {}, int_val: value } }, for 0 <= value < 128.
std::string SmallIntTensorAttr(int value) {
  std::string tensor = std::string("\x08\x03\x12\x00\x3a\x01", 6);
  tensor.push_back(static_cast<char>(value));
  std::string attr("\x42");
  attr.push_back(static_cast<char>(tensor.size()));
  return attr + tensor;
}

class Replacer {
 public:
  explicit Replacer(const GraphDef& graph) {
    for (const NodeDef& node : graph.nodes) names_.insert(node.name);
  }

  // Appends to `out` what stands for `node`; false if it has to stay.
  bool Replace(const NodeDef& node, std::vector<NodeDef>* out) {
    const OpDef* def = FindOpDef(node.op);
    if (!def) return false;
    const size_t handles =
        static_cast<size_t>(std::count_if(def->inputs.begin(), def->inputs.end(),
                                          [](const ArgDef& arg) { return arg.type == kResource; }));
    const int dtype = VariableType(node);
    if (dtype == 0 || dtype == kVariant || handles == 0 || node.inputs.size() < handles) {
      return false;
    }
    if (node.op == "ResourceGather" || node.op == "ResourceGatherNd") {
      Gather(node, dtype, out);
    } else {
      OnTheCpu(node, dtype, handles, TypesOf(def->outputs, node), out);
    }
    return true;
  }

 private:
  static int VariableType(const NodeDef& node) {
    // The state of a random generator; the dtype of these is that of their output.
    if (node.op.compare(0, 3, "Rng") == 0 || node.op.compare(0, 8, "Stateful") == 0) return kInt64;
    for (const char* name : {"dtype", "T"}) {
      const auto attr = node.attrs.find(name);
      if (attr != node.attrs.end()) return TypeOfAttr(attr->second);
    }
    return 0;
  }

  std::string NewName(const std::string& base) {
    std::string name = base;
    while (!names_.insert(name).second) name += "_";
    return name;
  }

  static std::vector<std::string> Controls(const NodeDef& node) {
    std::vector<std::string> controls;
    for (const std::string& input : node.inputs) {
      if (ParseInput(input).port < 0) controls.push_back(input);
    }
    return controls;
  }

  NodeDef Make(const std::string& name, const char* op, const std::string& device,
               std::vector<std::string> inputs, int dtype) {
    NodeDef made;
    made.name = NewName(name);
    made.op = op;
    made.device = device;
    made.inputs = std::move(inputs);
    if (dtype != 0) made.attrs["dtype"] = TypeAttrValue(dtype);
    return made;
  }

  NodeDef Read(const NodeDef& node, const std::string& handle, int dtype) {
    std::vector<std::string> inputs = {handle};
    for (std::string& control : Controls(node)) inputs.push_back(std::move(control));
    return Make(node.name + "/mlc_value", "ReadVariableOp", node.device, std::move(inputs), dtype);
  }

  void Gather(const NodeDef& node, int dtype, std::vector<NodeDef>* out) {
    const NodeDef read = Read(node, node.inputs[0], dtype);
    NodeDef gather = node;
    gather.attrs.clear();
    gather.inputs = {read.name, node.inputs[1]};
    gather.attrs["Tparams"] = TypeAttrValue(dtype);
    gather.attrs["Tindices"] = node.attrs.at("Tindices");
    if (node.op == "ResourceGather") {
      gather.op = "GatherV2";
      const auto dims = node.attrs.find("batch_dims");
      const std::string batch_dims = dims == node.attrs.end() ? IntAttr(0) : dims->second;
      // The control input keeps it in the branch or loop of the node.
      NodeDef axis = Make(node.name + "/mlc_axis", "Const", node.device, {"^" + read.name}, kInt32);
      axis.attrs["value"] = SmallIntTensorAttr(static_cast<int>(IntOfAttr(batch_dims)));
      gather.inputs.push_back(axis.name);
      gather.attrs["Taxis"] = TypeAttrValue(kInt32);
      gather.attrs["batch_dims"] = batch_dims;
      out->push_back(std::move(axis));
    } else {
      gather.op = "GatherNd";
    }
    for (std::string& control : Controls(node)) gather.inputs.push_back(std::move(control));
    out->push_back(read);
    out->push_back(std::move(gather));
  }

  void OnTheCpu(const NodeDef& node, int dtype, size_t handles, const std::vector<int>& results,
                std::vector<NodeDef>* out) {
    const std::string cpu = CpuBeside(node.device);
    NodeDef op = node;
    op.name = NewName(node.name + "/mlc_on_cpu");
    op.device = cpu;
    op.attrs.erase("_class");  // that it be placed with the variable
    std::map<std::string, std::string> stand_ins;
    std::vector<std::pair<std::string, std::string>> loans;  // variable, its stand-in
    for (size_t i = 0; i < handles; ++i) {
      std::string& stand_in = stand_ins[node.inputs[i]];
      if (stand_in.empty()) {
        const NodeDef read = Read(node, node.inputs[i], dtype);
        NodeDef handle =
            Make(node.name + "/mlc_variable", "VarHandleOp", cpu, {"^" + read.name}, dtype);
        handle.attrs["shape"] = UnknownShapeAttr();
        handle.attrs["container"] = StringAttr("");
        handle.attrs["shared_name"] = StringAttr(kAnonymous);
        std::string value = read.name;
        if (node.op == "StatefulRandomBinomial") {
          // It writes into a buffer that it has just given up if there is another reference to it,
          // which who received it from the device may hold a moment longer.
          NodeDef copy = Make(node.name + "/mlc_copy", "DeepCopy", cpu, {read.name}, 0);
          copy.attrs["T"] = TypeAttrValue(dtype);
          value = copy.name;
          out->push_back(std::move(copy));
        }
        const NodeDef put =
            Make(node.name + "/mlc_put", "AssignVariableOp", cpu, {handle.name, value}, dtype);
        op.inputs.push_back("^" + put.name);
        stand_in = handle.name;
        loans.push_back({node.inputs[i], stand_in});
        out->push_back(read);
        out->push_back(std::move(handle));
        out->push_back(put);
      }
      op.inputs[i] = stand_in;
    }
    // Whoever waited for the op waits for its effect on the variables.
    NodeDef done;
    done.name = node.name;
    done.device = cpu;
    done.op = results.empty() ? "NoOp" : "IdentityN";
    for (size_t i = 0; i < results.size(); ++i) {
      done.inputs.push_back(op.name + ":" + std::to_string(i));
    }
    if (!results.empty()) done.attrs["T"] = TypeListAttr(results);
    for (const auto& [variable, stand_in] : loans) {
      const NodeDef got =
          Make(node.name + "/mlc_got", "ReadVariableOp", cpu, {stand_in, "^" + op.name}, dtype);
      const NodeDef back = Make(node.name + "/mlc_back", "AssignVariableOp", node.device,
                                {variable, got.name}, dtype);
      done.inputs.push_back("^" + back.name);
      out->push_back(got);
      out->push_back(back);
    }
    out->push_back(std::move(op));
    out->push_back(std::move(done));
  }

  std::set<std::string> names_;
};

}  // namespace

void ReplaceVariableOps(GraphDef* graph) {
  const auto concerned = [](const NodeDef& node) {
    return IsVariableOp(node.op) && OnMlc(node.device);
  };
  if (std::none_of(graph->nodes.begin(), graph->nodes.end(), concerned)) return;
  Replacer replacer(*graph);
  std::vector<NodeDef> nodes;
  for (NodeDef& node : graph->nodes) {
    if (!concerned(node) || !replacer.Replace(node, &nodes)) nodes.push_back(std::move(node));
  }
  graph->nodes = std::move(nodes);
}

const char* const* VariableOps(int* count) {
  *count = static_cast<int>(std::size(kOps));
  return kOps;
}

}  // namespace tf_mlc
