// tf_mlc_plugin/graph/regions.cc: control flow of a graph in TensorFlow's Switch/Merge form.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tf_mlc_plugin/graph/graph_view.h"

namespace tf_mlc {
namespace {

// What a node's liveness depends on: branches taken, loop frames entered.
using Token = std::pair<std::string, int>;
using Tokens = std::set<Token>;

Tokens Union(Tokens a, const Tokens& b) {
  a.insert(b.begin(), b.end());
  return a;
}

class Regions {
 public:
  explicit Regions(const GraphView& view) : view_(view), of_(static_cast<size_t>(view.size())) {}

  void Visit(int node) {
    Tokens& own = of_[static_cast<size_t>(node)];
    const std::string& op = view_.node(node).op;
    if (op == "Merge") {
      own = OfMerge(node);
      return;
    }
    for (const Edge& edge : view_.inputs(node)) own = Union(std::move(own), OfOutput(edge));
    if (op == "Enter") {
      const Token frame = Frame(node);
      Tokens& outer = outer_[frame];
      outer = Union(std::move(outer), own);
      own.insert(frame);
    } else if (op == "Exit") {
      own = OfExit(own);
    }
  }

  const Tokens& operator[](int node) const { return of_[static_cast<size_t>(node)]; }

 private:
  static constexpr int kFrame = -1;
  static constexpr int kMerge = -2;

  Token Frame(int enter) const {
    const auto it = view_.node(enter).attrs.find("frame_name");
    return {it == view_.node(enter).attrs.end() ? "" : it->second, kFrame};
  }

  // The tokens under which output `edge.port` of a node is alive.
  Tokens OfOutput(const Edge& edge) const {
    Tokens tokens = of_[static_cast<size_t>(edge.node)];
    if (view_.node(edge.node).op == "Switch" && edge.port >= 0) {
      // Switches on one predicate go the same way.
      const Edge& predicate = view_.inputs(edge.node)[1];
      tokens.insert(
          {view_.node(predicate.node).name + ":" + std::to_string(predicate.port), edge.port});
    }
    return tokens;
  }

  Tokens OfMerge(int node) const {
    std::vector<Tokens> inputs;
    for (const Edge& edge : view_.inputs(node)) {
      // A loop's Merge runs whenever its frame does; what comes around is not visited yet.
      if (view_.node(edge.node).op == "NextIteration") return OfOutput(view_.inputs(node)[0]);
      if (edge.port >= 0) inputs.push_back(OfOutput(edge));
    }
    if (inputs.size() == 2) {
      // Both branches of one predicate: alive whenever the condition is.
      Tokens only[2];
      for (int i = 0; i < 2; ++i) {
        std::set_difference(
            inputs[static_cast<size_t>(i)].begin(), inputs[static_cast<size_t>(i)].end(),
            inputs[static_cast<size_t>(1 - i)].begin(), inputs[static_cast<size_t>(1 - i)].end(),
            std::inserter(only[i], only[i].end()));
      }
      if (only[0].size() == 1 && only[1].size() == 1 &&
          only[0].begin()->first == only[1].begin()->first) {
        inputs[0].erase(*only[0].begin());
        return inputs[0];
      }
    }
    return {{view_.node(node).name, kMerge}};
  }

  // Back in the frame around the loop.
  Tokens OfExit(const Tokens& inside) const {
    Tokens best;
    for (const auto& [frame, outer] : outer_) {
      // The innermost of the frames that `inside` lies in has the largest surroundings.
      if (inside.count(frame) && outer.size() >= best.size()) best = outer;
    }
    return best;
  }

  const GraphView& view_;
  std::vector<Tokens> of_;
  std::map<Token, Tokens> outer_;
};

}  // namespace

std::vector<int> FindRegions(const GraphView& view, const std::vector<int>& order) {
  Regions regions(view);
  for (const int node : order) regions.Visit(node);
  std::map<Tokens, int> numbers = {{Tokens(), kRootRegion}};
  std::vector<int> result(static_cast<size_t>(view.size()));
  for (int i = 0; i < view.size(); ++i) {
    result[static_cast<size_t>(i)] =
        numbers.emplace(regions[i], static_cast<int>(numbers.size())).first->second;
  }
  return result;
}

}  // namespace tf_mlc
