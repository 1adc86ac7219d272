#include "tf_mlc_plugin/graph/candidates.h"

#include "tf_mlc_plugin/graph/marked_calls.h"
#include "tf_mlc_plugin/graph/op_defs.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {
namespace {

constexpr size_t kMaxConstantBytes = 64 << 10;

bool AllKnown(const std::vector<int>& types) {
  for (const int type : types) {
    if (DataTypeFromTf(type) == DataType::kInvalid) return false;
  }
  return true;
}

bool IsIndexType(int tf_type) {
  const DataType type = DataTypeFromTf(tf_type);
  return type == DataType::kInt32 || type == DataType::kInt64;
}

class Finder {
 public:
  Finder(const GraphView& view, std::vector<Candidate>* candidates)
      : view_(view), candidates_(*candidates), settled_(candidates->size(), kUnknown) {}

  // Whether the contents of a value are the same from run to run as long as shapes are: made of
  // constants and shapes. A program that depends on anything else would be compiled for every
  // value.
  bool IsSettled(const Edge& edge) {
    if (edge.port < 0) return true;
    char& known = settled_[static_cast<size_t>(edge.node)];
    if (known == kUnknown) {
      known = kNo;  // also cuts loops
      known = Settled(edge) ? kYes : kNo;
    }
    return known == kYes;
  }

 private:
  enum : char { kUnknown, kNo, kYes };

  bool Settled(const Edge& edge) {
    const NodeDef& node = view_.node(edge.node);
    const std::vector<Edge>& inputs = view_.inputs(edge.node);
    if (node.op == "Const" || node.op == "VariableShape") return true;
    if (node.op == "Enter" || node.op == "Switch") return IsSettled(inputs[0]);
    const Candidate& candidate = candidates_[static_cast<size_t>(edge.node)];
    if (!candidate.row) return false;
    if (candidate.row->of_types_only) return true;
    for (size_t port = 0; port < candidate.output_types.size(); ++port) {
      if (!IsIndexType(candidate.output_types[port])) return false;
    }
    for (const Edge& input : inputs) {
      if (!IsSettled(input)) return false;
    }
    return !inputs.empty();
  }

  const GraphView& view_;
  const std::vector<Candidate>& candidates_;
  std::vector<char> settled_;
};

Candidate Consider(const NodeDef& def) {
  Candidate candidate;
  if (!OnMlc(def.device)) return candidate;
  static const OpDef call = {{ArgDef{"", 0, "", "", "Tin"}}, {ArgDef{"", 0, "", "", "Tout"}}};
  const OpDef* op = IsMarkedCall(def) ? &call : FindOpDef(def.op);
  if (!op || op->stateful) return candidate;
  candidate.input_types = TypesOf(op->inputs, def);
  candidate.output_types = TypesOf(op->outputs, def);
  if (candidate.output_types.empty() || !AllKnown(candidate.input_types) ||
      !AllKnown(candidate.output_types)) {
    return candidate;
  }
  size_t data_inputs = 0;
  for (const std::string& input : def.inputs) data_inputs += ParseInput(input).port >= 0;
  if (data_inputs != candidate.input_types.size()) return candidate;
  candidate.row = FindRow(ParseNodeDef(def.Serialize()));
  if (candidate.row && def.op == "Const") {
    const auto value = def.attrs.find("value");
    candidate.is_constant = value != def.attrs.end() && value->second.size() <= kMaxConstantBytes;
    if (!candidate.is_constant) candidate.row = nullptr;
  }
  return candidate;
}

}  // namespace

std::vector<Candidate> FindCandidates(const GraphView& view, const std::vector<int>& order,
                                      const std::set<std::string, std::less<>>& preserved) {
  std::vector<Candidate> candidates(static_cast<size_t>(view.size()));
  for (int i = 0; i < view.size(); ++i) {
    if (preserved.count(view.node(i).name) == 0) {
      candidates[static_cast<size_t>(i)] = Consider(view.node(i));
    }
  }
  Finder finder(view, &candidates);
  for (const int i : order) {
    Candidate& candidate = candidates[static_cast<size_t>(i)];
    candidate.row_of_any_contents = candidate.row;
    const int count = static_cast<int>(candidate.input_types.size());
    for (int k = 0; candidate.row && k < count; ++k) {
      if (IsStaticInput(*candidate.row, k, count) &&
          !finder.IsSettled(view.inputs(i)[static_cast<size_t>(k)])) {
        candidate.row = nullptr;
      }
    }
  }
  return candidates;
}

}  // namespace tf_mlc
