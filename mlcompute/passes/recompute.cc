#include <algorithm>
#include <map>
#include <vector>

#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

constexpr int kMostCopies = 4;
// Of what is half as large in memory as when it is made: reading it is less than reading the
// result.
constexpr int kMostWidenings = 16;

class Copier {
 public:
  explicit Copier(const Program& program)
      : program_(program),
        readers_(program),
        rewriter_(program),
        copies_(program.operations().size(), 0) {
    // Readers come later, and what is copied for them reads more copies.
    for (size_t i = program.operations().size(); i-- > 0;) copies_[i] = CopiesOf(i);
  }

  Program Run() {
    const auto& operations = program_.operations();
    for (size_t i = 0; i < operations.size(); ++i) {
      if (copies_[i] == 0) rewriter_.CopyWith(operations[i], InputsFor(operations[i]));
    }
    return rewriter_.Finish();
  }

 private:
  // 0: the operation stays one.
  int CopiesOf(size_t i) const {
    const Operation& operation = program_.operations()[i];
    if (readers_.is_output[i] || readers_.readers[i].size() < 2 ||
        !IsCheap(program_, readers_, operation)) {
      return 0;
    }
    int copies = 0;
    for (const int r : readers_.readers[i]) {
      const Operation& reader = program_.operations()[static_cast<size_t>(r)];
      const bool is_alike =
          IsElementwise(reader.op) &&
          program_.type(reader.results[0]).shape == program_.type(operation.results[0]).shape;
      if (!is_alike && !Reduces(reader.op)) return 0;
      copies += std::max(copies_[static_cast<size_t>(r)], 1);
    }
    return copies <= (Widens(program_, operation) ? kMostWidenings : kMostCopies) ? copies : 0;
  }

  // The operation's inputs, those that are copied made anew.
  std::vector<Value> InputsFor(const Operation& operation) {
    std::vector<Value> inputs;
    std::map<Value, Value> made;
    for (const Value v : operation.inputs) {
      const int p = readers_.producer[static_cast<size_t>(v)];
      if (p < 0 || copies_[static_cast<size_t>(p)] == 0) {
        inputs.push_back(rewriter_.Get(v));
        continue;
      }
      const auto [it, is_new] = made.emplace(v, -1);
      if (is_new) {
        const Operation& source = program_.operations()[static_cast<size_t>(p)];
        const std::vector<Value> from = InputsFor(source);
        it->second = rewriter_.result().Append(source.op, from, source.attributes);
      }
      inputs.push_back(it->second);
    }
    return inputs;
  }

  const Program& program_;
  const Readers readers_;
  Rewriter rewriter_;
  std::vector<int> copies_;  // by operation
};

}  // namespace

Program Recompute(const Program& program) { return Copier(program).Run(); }

}  // namespace mlcompute
