#include <algorithm>
#include <string>
#include <vector>

#include "mlcompute/reference/coordinates.h"
#include "mlcompute/reference/movement_families.h"
#include "mlcompute/reference/numbers.h"

namespace mlcompute::reference {
namespace {

// A sum or difference, wrapping around in integers.
template <typename T>
T Add(T a, T b) {
  return static_cast<T>(Widen(a) + Widen(b));
}
template <typename T>
T Sub(T a, T b) {
  return static_cast<T>(Widen(a) - Widen(b));
}
// NaN in `b` is passed over.
template <typename T>
T Max(T a, T b) {
  return static_cast<Compute<T>>(a) < static_cast<Compute<T>>(b) ? b : a;
}
template <typename T>
T Min(T a, T b) {
  return static_cast<Compute<T>>(b) < static_cast<Compute<T>>(a) ? b : a;
}

Coordinates Targets(const Call& call) {
  const Shape& x = call.view.inputs[0].shape;
  const Shape& indices = call.view.inputs[1].shape;
  return call.view.inputs[1].dtype == DataType::kInt32
             ? Coordinates(call.input<int32_t>(1), indices, x, "shape")
             : Coordinates(call.input<int64_t>(1), indices, x, "shape");
}

template <typename T, typename Combine>
void Scatter(const Call& call, const Combine& combine) {
  const Coordinates at = Targets(call);
  T* y = call.result<T>();
  std::copy_n(call.input<T>(0), call.view.inputs[0].elements(), y);
  const T* update = call.input<T>(2);
  for (const int64_t to : at.from) {
    for (int64_t i = 0; i < at.slice; ++i) y[to + i] = combine(y[to + i], *update++);
  }
}

void ScatterNd(const Call& call) {
  const DataType dtype = call.view.inputs[0].dtype;
  const std::string& combine = call.view.attributes().String("combine");
  if (combine == "update") {
    DispatchBytes(dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      Scatter<T>(call, [](T, T b) { return b; });
    });
    return;
  }
  DispatchNumbers(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    Scatter<T>(call, combine == "add"   ? Add<T>
                     : combine == "sub" ? Sub<T>
                     : combine == "max" ? Max<T>
                                        : Min<T>);
  });
}

// Calls body(segment, row) for the rows of x that have a segment.
template <typename Body>
void ForEachRow(const Call& call, const Body& body) {
  const Shape& shape = call.view.inputs[1].shape;
  const int64_t segments = call.view.attributes().Int("segments");
  const int64_t rows = shape.elements();
  DispatchIndices(call.view.inputs[1].dtype, [&](auto tag) {
    const auto* ids = call.input<typename decltype(tag)::type>(1);
    for (int64_t row = 0; row < rows; ++row) {
      if (ids[row] >= segments) {
        throw InvalidArgument("segment_ids", PositionText(shape, row), " = ", ids[row],
                              " is out of range [0, ", segments, ")");
      }
      if (ids[row] >= 0) body(static_cast<int64_t>(ids[row]), row);
    }
  });
}

// Folds every row into its segment, which holds `start` at first.
template <typename T, typename State, typename Combine>
void Fold(const Call& call, State start, const Combine& combine) {
  const TensorType& result = call.view.results[0];
  const int64_t rows = call.view.inputs[1].elements();
  const int64_t width = rows == 0 ? 0 : call.view.inputs[0].elements() / rows;
  const T* x = call.input<T>(0);
  std::vector<State> states(static_cast<size_t>(result.elements()), start);
  ForEachRow(call, [&](int64_t segment, int64_t row) {
    for (int64_t i = 0; i < width; ++i) {
      State& state = states[static_cast<size_t>(segment * width + i)];
      state = combine(state, x[row * width + i]);
    }
  });
  for (size_t i = 0; i < states.size(); ++i) call.result<T>()[i] = static_cast<T>(states[i]);
}

void UnsortedSegment(const Call& call) {
  const std::string& combine = call.view.attributes().String("combine");
  DispatchNumbers(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Sum = Accumulator<T>;
    if (combine == "sum") {
      Fold<T>(call, Sum{0}, [](Sum a, T b) { return a + Widen(b); });
    } else if (combine == "prod") {
      Fold<T>(call, Sum{1}, [](Sum a, T b) { return a * Widen(b); });
    } else if (combine == "max") {
      Fold<T>(call, Lowest<T>(), Max<T>);
    } else {
      Fold<T>(call, Highest<T>(), Min<T>);
    }
  });
}

}  // namespace

const std::vector<Row>& ScatterRows() {
  static const std::vector<Row> rows = {
      {Op::kScatterNd, ScatterNd},
      {Op::kUnsortedSegment, UnsortedSegment},
  };
  return rows;
}

}  // namespace mlcompute::reference
