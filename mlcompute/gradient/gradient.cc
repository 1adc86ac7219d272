#include "mlcompute/gradient/gradient.h"

#include <array>
#include <optional>

#include "mlcompute/error.h"
#include "mlcompute/gradient/rule.h"

namespace mlcompute {
namespace {

using Rules = std::array<std::optional<GradientFn>, kOpCount>;

const Rules& AllRules() {
  static const Rules rules = [] {
    Rules joined;
    for (const auto* family : {&ElementwiseGradients(), &ReductionGradients(), &MatrixGradients(),
                               &RecurrentGradients(), &MovementGradients(), &RandomGradients()}) {
      for (const GradientRow& row : *family) {
        std::optional<GradientFn>& rule = joined[static_cast<size_t>(row.op)];
        if (rule) throw Internal("two gradient rules for ", Name(row.op));
        rule = row.rule;
      }
    }
    return joined;
  }();
  return rules;
}

// Sums `gradient` over the axes along which a value of shape `shape` was broadcast.
Value SumTo(const Terms& t, Value gradient, const Shape& shape) {
  const Shape from = t.shape(gradient);
  if (from == shape) return gradient;
  const int added = from.rank() - shape.rank();
  std::vector<int64_t> axes;
  for (int i = 0; i < from.rank(); ++i) {
    if (i < added || (shape[i - added] == 1 && from[i] != 1)) axes.push_back(i);
  }
  return t.Reshape(axes.empty() ? gradient : t.Sum(gradient, axes, false), shape.dims());
}

// The walk back through a program.
class Walk {
 public:
  Walk(Program& program, const GradientRequest& request)
      : program_(program), request_(request), terms_(program) {
    const auto values = static_cast<size_t>(program.value_count());
    depends_.assign(values, false);
    gradients_.assign(values, kNoValue);
    for (const Value v : request.by) {
      if (!IsFloating(program.type(v).dtype)) {
        throw Internal("no gradient by a value of type ", program.type(v).ToString());
      }
      depends_[static_cast<size_t>(v)] = true;
    }
  }

  std::vector<Value> Run() {
    const size_t operations = program_.operations().size();
    for (size_t i = 0; i < operations; ++i) MarkDependent(program_.operations()[i]);
    for (const auto& [value, gradient] : request_.seeds) {
      if (program_.type(value) != program_.type(gradient)) {
        throw Internal("a value of type ", program_.type(value).ToString(),
                       " has no gradient of type ", program_.type(gradient).ToString());
      }
      Accumulate(value, gradient);
    }
    for (size_t i = operations; i-- > 0;) Back(i);
    std::vector<Value> found;
    for (const Value v : request_.by) found.push_back(gradients_[static_cast<size_t>(v)]);
    return found;
  }

 private:
  bool Depends(Value v) const { return depends_[static_cast<size_t>(v)]; }

  void MarkDependent(const Operation& operation) {
    if (!IsDifferentiable(operation.op)) return;
    for (const Value input : operation.inputs) {
      if (!Depends(input)) continue;
      for (const Value result : operation.results) {
        const bool is_stop = request_.stops.count(result) != 0;
        if (IsFloating(program_.type(result).dtype) && !is_stop) {
          depends_[static_cast<size_t>(result)] = true;
        }
      }
      return;
    }
  }

  void Accumulate(Value v, Value gradient) {
    Value& sum = gradients_[static_cast<size_t>(v)];
    sum = sum == kNoValue ? gradient : terms_.Add(sum, gradient);
  }

  void Back(size_t index) {
    const Operation operation = program_.operations()[index];
    std::vector<bool> wanted;
    bool any_wanted = false;
    for (const Value input : operation.inputs) {
      wanted.push_back(Depends(input));
      any_wanted = any_wanted || wanted.back();
    }
    std::vector<Value> results;
    bool any_gradient = false;
    for (const Value result : operation.results) {
      Value gradient = gradients_[static_cast<size_t>(result)];
      if (request_.stops.count(result) != 0 || !Depends(result)) gradient = kNoValue;
      if (gradient != kNoValue) {
        if (const auto factor = request_.factors.find(result); factor != request_.factors.end()) {
          gradient = terms_.Mul(gradient, factor->second);
        }
        any_gradient = true;
      }
      results.push_back(gradient);
    }
    if (!any_wanted || !any_gradient) return;
    const std::optional<GradientFn>& rule = AllRules()[static_cast<size_t>(operation.op)];
    if (!rule) throw Unimplemented("there is no gradient of ", Name(operation.op));
    if (*rule == nullptr) return;
    Backward backward(program_, operation, wanted, std::move(results));
    (*rule)(backward);
    for (size_t i = 0; i < operation.inputs.size(); ++i) {
      if (backward.given()[i] != kNoValue) Accumulate(operation.inputs[i], backward.given()[i]);
    }
  }

  Program& program_;
  const GradientRequest& request_;
  const Terms terms_;
  // By value, of those that were there before:
  std::vector<bool> depends_;     // on what the gradients are by
  std::vector<Value> gradients_;  // so far
};

}  // namespace

Backward::Backward(Program& program, const Operation& operation, std::vector<bool> wanted,
                   std::vector<Value> results)
    : Terms(program),
      operation_(operation),
      wanted_(std::move(wanted)),
      results_(std::move(results)),
      given_(operation.inputs.size(), kNoValue) {}

Value Backward::dy(size_t i) {
  if (results_[i] == kNoValue) results_[i] = Zeros(type(y(i)));
  return results_[i];
}

void Backward::Give(size_t i, Value gradient) {
  if (!wants(i)) return;
  given_[i] = SumTo(*this, gradient, shape(x(i)));
}

bool IsDifferentiable(Op op) {
  const std::optional<GradientFn>& rule = AllRules()[static_cast<size_t>(op)];
  return !rule || *rule != nullptr;
}

std::vector<Value> AppendGradients(Program& program, const GradientRequest& request) {
  return Walk(program, request).Run();
}

}  // namespace mlcompute
