// mlcompute/reference/special.h: special functions that <cmath> lacks, in double.
#pragma once

namespace mlcompute::reference {

// The derivative of log Gamma; NaN at 0 and negative integers. By recurrence to x >= 10 and the
// asymptotic series (Abramowitz and Stegun 6.3.18), by reflection for x < 0.
double Digamma(double x);

// The inverse of the error function: +-inf at +-1, NaN outside [-1, 1].
double Erfinv(double x);

// The quantile of the standard normal distribution: -inf at 0, inf at 1, NaN outside.
double Ndtri(double p);

}  // namespace mlcompute::reference
