// tests/mlcompute/passes/tolerance.h: how far from the reference a program's results may lie.
//
// Rounding errors of a random program grow by factors that no constant bounds: quotients by almost
// nothing, comparisons of almost equals. So the program is run on the reference steps several times
// more, with noise of the size of rounding errors on every value, and what that does to a result is
// what another order of operations may do to it (Parker's Monte Carlo arithmetic, 1997).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "mlcompute/reference/reference.h"
#include "tests/mlcompute/passes/random_program.h"

namespace mlcompute::testing {

inline double GetDouble(const Tensor& t, int64_t i) {
  return WithType(t.type.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T value = reinterpret_cast<const T*>(t.bytes.data())[i];
    if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
      return static_cast<double>(static_cast<float>(value));
    } else {
      return static_cast<double>(value);
    }
  });
}

class NoisyReference {
 public:
  explicit NoisyReference(const ProgramCase& c) : case_(c) {
    for (const Operation& operation : c.program.operations()) {
      views_.push_back({operation, {}, {}});
      for (const Value v : operation.inputs) views_.back().inputs.push_back(c.program.type(v));
      for (const Value v : operation.results) views_.back().results.push_back(c.program.type(v));
    }
    for (const OperationView& view : views_) steps_.push_back(reference::MakeStep(view));
  }

  // All values of the program, with noise of up to `amount` rounding errors on each.
  std::vector<Tensor> Run(uint32_t seed, double amount) const {
    const Program& program = case_.program;
    std::vector<Tensor> values(static_cast<size_t>(program.value_count()));
    for (size_t i = 0; i < program.inputs().size(); ++i) {
      values[static_cast<size_t>(program.inputs()[i])] = case_.inputs[i];
    }
    for (Value v = 0; v < program.value_count(); ++v) {
      Tensor& t = values[static_cast<size_t>(v)];
      t.type = program.type(v);
      t.bytes.resize(t.type.bytes());
      if (program.constant(v) && !t.bytes.empty()) {
        std::memcpy(t.bytes.data(), program.constant(v), t.bytes.size());
      }
    }
    std::mt19937 random(seed);
    for (size_t i = 0; i < views_.size(); ++i) {
      const Operation& operation = views_[i].operation;
      std::vector<Tensor> shaken;
      for (const Value v : operation.inputs) shaken.push_back(values[static_cast<size_t>(v)]);
      // Sums err by as much as their largest terms do.
      if (amount > 0 && Kind(operation.op) != OpKind::kUnary && !Moves(operation.op)) {
        for (Tensor& t : shaken) Shake(&t, amount, &random);
      }
      std::vector<const void*> from;
      for (const Tensor& t : shaken) from.push_back(t.bytes.data());
      std::vector<void*> to;
      for (const Value v : operation.results) {
        to.push_back(values[static_cast<size_t>(v)].bytes.data());
      }
      const std::vector<std::byte> scratch(steps_[i]->scratch_bytes());
      steps_[i]->Run(from.data(), to.data(), const_cast<std::byte*>(scratch.data()));
      if (amount > 0 && !Moves(operation.op)) {
        for (const Value v : operation.results) {
          Shake(&values[static_cast<size_t>(v)], amount, &random);
        }
      }
      if (amount > 0 && operation.op == Op::kGelu && shaken[0].type.dtype == DataType::kFloat32) {
        ShakeGelu(shaken[0], amount, &random, &values[static_cast<size_t>(operation.results[0])]);
      }
    }
    return values;
  }

 private:
  static bool Moves(Op op) {
    return (op >= Op::kReshape && op <= Op::kGatherNd) || op == Op::kCopy || op == Op::kSelect;
  }

  // One rounding error of x, which is a large one of results that are almost zero.
  static void ShakeGelu(const Tensor& x, double amount, std::mt19937* random, Tensor* y) {
    for (int64_t i = 0; i < x.type.elements(); ++i) {
      const double r = static_cast<double>((*random)()) / 2147483648.0 - 1.0;
      const double off = GetDouble(x, i) * amount * r * 1e-7;
      if (std::isfinite(off))
        reinterpret_cast<float*>(y->bytes.data())[i] += static_cast<float>(off);
    }
  }

  static void Shake(Tensor* t, double amount, std::mt19937* random) {
    double relative, absolute;
    switch (t->type.dtype) {
      case DataType::kFloat32:
        relative = 2e-7, absolute = 1e-38;
        break;
      case DataType::kFloat64:
        relative = 4e-16, absolute = 0;
        break;
      case DataType::kBFloat16:
        relative = 1.0 / 128, absolute = 1e-38;
        break;
      case DataType::kFloat16:
        relative = 1.0 / 1024, absolute = 1e-7;
        break;
      default:
        return;
    }
    for (int64_t i = 0; i < t->type.elements(); ++i) {
      const double r = static_cast<double>((*random)()) / 2147483648.0 - 1.0;
      const double value = GetDouble(*t, i);
      const double shaken = value * (1 + amount * relative * r) + amount * absolute * r;
      // Zeros are exact, except those that were too small for float16.
      const bool is_exact = value == 0 && t->type.dtype != DataType::kFloat16;
      if (is_exact || !std::isfinite(value)) continue;
      WithType(t->type.dtype, [&](auto zero) {
        using T = decltype(zero);
        if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
          reinterpret_cast<T*>(t->bytes.data())[i] = static_cast<T>(static_cast<float>(shaken));
        } else {
          reinterpret_cast<T*>(t->bytes.data())[i] = static_cast<T>(shaken);
        }
      });
    }
  }

  const ProgramCase& case_;
  std::vector<OperationView> views_;
  std::vector<std::unique_ptr<Step>> steps_;
};

// The reference's results and how far from them others may be.
class Expectation {
 public:
  explicit Expectation(const ProgramCase& c) : case_(c), noisy_(c), exact_(noisy_.Run(0, 0)) {
    Sample(4, 4.0);
  }

  const std::vector<Tensor>& exact() const { return exact_; }

  // Whether float16 left its range on the way: passes may keep more of it.
  bool Overflows() const {
    for (const Tensor& t : exact_) {
      if (t.type.dtype != DataType::kFloat16) continue;
      for (int64_t i = 0; i < t.type.elements(); ++i) {
        if (!std::isfinite(GetDouble(t, i))) return true;
      }
    }
    return false;
  }

  // The first element of `got` that is wrong, -1 if there is none.
  int64_t FindWrong(Value v, const Tensor& got) {
    int64_t at = Differs(v, got);
    // Rare consequences of rounding take more runs to see.
    for (double amount = 8; at >= 0 && amount <= 128; amount *= 4) {
      Sample(16, amount);
      at = Differs(v, got);
    }
    return at;
  }

 private:
  struct Spread {
    std::vector<double> off;  // by element: the largest distance from the exact run
  };

  void Sample(int runs, double amount) {
    spreads_.resize(exact_.size());
    for (int run = 0; run < runs; ++run) {
      const std::vector<Tensor> other = noisy_.Run(++seed_, amount);
      for (const Value v : case_.program.outputs()) {
        const Tensor& exact = exact_[static_cast<size_t>(v)];
        std::vector<double>& off = spreads_[static_cast<size_t>(v)].off;
        off.resize(static_cast<size_t>(exact.type.elements()), 0.0);
        for (int64_t i = 0; i < exact.type.elements(); ++i) {
          const double a = GetDouble(exact, i), b = GetDouble(other[static_cast<size_t>(v)], i);
          if (a == b || (std::isnan(a) && std::isnan(b))) continue;
          double& most = off[static_cast<size_t>(i)];
          // Not finite once, finite once: anything goes.
          most = std::isfinite(a) && std::isfinite(b) ? std::max(most, std::abs(a - b))
                                                      : std::numeric_limits<double>::infinity();
        }
      }
    }
  }

  int64_t Differs(Value v, const Tensor& got) const {
    const Tensor& exact = exact_[static_cast<size_t>(v)];
    const std::vector<double>& off = spreads_[static_cast<size_t>(v)].off;
    const double last_place = exact.type.dtype == DataType::kFloat32 ? 1e-6 : 0;
    for (int64_t i = 0; i < exact.type.elements(); ++i) {
      const double a = GetDouble(exact, i), b = GetDouble(got, i);
      if (a == b || (std::isnan(a) && std::isnan(b))) continue;
      const double most = off[static_cast<size_t>(i)];
      if (std::isinf(most) || std::abs(a - b) <= 4 * most + last_place * std::abs(a) + 1e-30) {
        continue;
      }
      return i;
    }
    return -1;
  }

  const ProgramCase& case_;
  const NoisyReference noisy_;
  const std::vector<Tensor> exact_;
  std::vector<Spread> spreads_;
  uint32_t seed_ = 0;
};

}  // namespace mlcompute::testing
