// mlcompute/gamma_sampler.h: one number of the gamma distribution with scale 1.
//
// By rejection from normal and uniform numbers: Marsaglia and Tsang, "A simple method for
// generating gamma variables", ACM TOMS 26(3), 2000. How the draws are taken from the generator is
// part of the definition: it makes the numbers those of TensorFlow's CPU kernels.
#pragma once

#include <cmath>

#include "mlcompute/philox.h"

namespace mlcompute {

class GammaSampler {
 public:
  // Blocks of the generator that are set aside for each number.
  static constexpr uint64_t kBlocks = 256;

  explicit GammaSampler(Philox generator) : generator_(generator) {}

  double Sample(double alpha) {
    if (alpha == 1.0) return -std::log1p(-Uniform());
    // For alpha < 1 the number is that of alpha + 1 times a uniform number to the 1 / alpha.
    const bool raised = alpha < 1;
    const double d = (raised ? alpha + 1 : alpha) - 1.0 / 3;
    const double c = 1.0 / 3 / std::sqrt(d);
    for (;;) {
      const double x = Normal();
      const double t = 1 + c * x;
      if (t <= 0) continue;
      const double v = t * t * t;
      const double u = Uniform();
      const bool inside = u < 1 - 0.0331 * (x * x) * (x * x);
      if (inside || std::log(u) < 0.5 * x * x + d * (1 - v + std::log(v))) {
        return raised ? d * v * std::pow(Uniform(), 1 / alpha) : d * v;
      }
      if (std::isnan(x + d)) return d;  // of an alpha that is none: nothing would be accepted
    }
  }

 private:
  // Of the two numbers a block gives, the second is used first.
  double Uniform() {
    if (uniform_left_ == 0) {
      const Philox::Block x = generator_.Next();
      uniform_[0] = UnitDouble(x[0], x[1]);
      uniform_[1] = UnitDouble(x[2], x[3]);
      uniform_left_ = 2;
    }
    return uniform_[--uniform_left_];
  }
  double Normal() {
    if (normal_left_ == 0) {
      const Philox::Block x = generator_.Next();
      BoxMuller(x[0], x[1], x[2], x[3], normal_);
      normal_left_ = 2;
    }
    return normal_[--normal_left_];
  }

  Philox generator_;
  double uniform_[2] = {};
  double normal_[2] = {};
  int uniform_left_ = 0;
  int normal_left_ = 0;
};

}  // namespace mlcompute
