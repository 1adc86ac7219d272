#include "mlcompute/portable/pool_grad.h"

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "mlcompute/portable/column_fold.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/window_kernels.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kRank = 3;                    // spatial; lower ranks have leading axes of size 1
constexpr int64_t kWorkWorthAThread = 1 << 15;  // elements
constexpr int64_t kMostColumns = 4 << 10;       // whose sums are kept by task

using Index = std::array<int64_t, kRank>;

struct Geometry {
  int64_t images, channels;
  Index in, out, window, strides;

  explicit Geometry(const OperationView& view) {
    const Shape &x = view.inputs[0].shape, &y = view.inputs[1].shape;
    images = x[0];
    channels = x[x.rank() - 1];
    in.fill(1);
    out.fill(1);
    window.fill(1);
    strides.fill(1);
    const int rank = x.rank() - 2;
    for (int i = 0; i < rank; ++i) {
      const auto axis = static_cast<size_t>(kRank - rank + i), k = static_cast<size_t>(i);
      in[axis] = x[i + 1];
      out[axis] = y[i + 1];
      window[axis] = view.attributes().Ints("window")[k];
      strides[axis] = view.attributes().Ints("strides")[k];
    }
  }

  // Rows of windows of all images.
  int64_t Rows() const { return images * out[0] * out[1]; }
  int64_t InLine() const { return in[2] * channels; }
  int64_t OutLine() const { return out[2] * channels; }
  // Whether windows cover all elements.
  bool Covers() const {
    for (size_t axis = 0; axis < kRank; ++axis) {
      if (window[axis] != strides[axis] || out[axis] * window[axis] != in[axis]) return false;
    }
    return true;
  }
};

// Elements, and those of the result, are float or uint16_t, which means bfloat16.
template <typename T, typename Result>
class ApartStep : public Step {
 public:
  // Inputs and results as the step is given them. `folds`: how to sum.
  ApartStep(const Geometry& geometry, bool relu, int x, int dy, int dx,
            std::optional<ColumnReductions> folds)
      : g_(geometry),
        relu_(relu),
        covers_(g_.Covers()),
        x_(x),
        dy_(dy),
        dx_(dx),
        folds_(std::move(folds)) {
    for (int64_t i = 0; i < g_.window[0]; ++i) {
      for (int64_t j = 0; j < g_.window[1]; ++j) {
        for (int64_t k = 0; k < g_.window[2]; ++k) {
          offsets_.push_back(((i * g_.in[1] + j) * g_.in[2] + k) * g_.channels);
        }
      }
    }
    const int64_t of_row = g_.OutLine() * static_cast<int64_t>(offsets_.size());
    chunk_ = std::max<int64_t>(kWorkWorthAThread / of_row, 1);
    if (folds_) chunk_ = std::max(chunk_, folds_->chunk() / g_.OutLine() + 1);
    chunks_ = (g_.Rows() + chunk_ - 1) / chunk_;
  }

  size_t scratch_bytes() const override { return folds_ ? folds_->scratch_bytes(chunks_) : 0; }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto* x = static_cast<const T*>(inputs[x_]);
    const auto* dy = static_cast<const T*>(inputs[dy_]);
    auto* dx = static_cast<Result*>(results[dx_]);
    if (!covers_) {
      const int64_t line = g_.InLine();
      ParallelFor(g_.images * g_.in[0] * g_.in[1], kWorkWorthAThread / line + 1,
                  [&](int64_t begin, int64_t end) {
                    std::fill(dx + begin * line, dx + end * line, Result(0));
                  });
    }
    ParallelFor(chunks_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) RunChunk(chunk, x, dy, dx, scratch);
    });
    if (folds_) folds_->Finish(chunks_, scratch, results);
  }

 private:
  void RunChunk(int64_t chunk, const T* x, const T* dy, Result* dx, void* scratch) const {
    thread_local std::vector<float> memory;
    if (folds_) memory.resize(std::max(memory.size(), static_cast<size_t>(g_.OutLine())));
    float* const given = folds_ ? memory.data() : nullptr;
    std::vector<Columns>* folds = folds_ ? &folds_->BeginChunk() : nullptr;
    const WindowRun run{offsets_.data(),
                        offsets_.size(),
                        static_cast<size_t>(g_.out[2]),
                        g_.strides[2] * g_.channels,
                        g_.channels,
                        static_cast<size_t>(g_.channels)};
    for (int64_t row = chunk * chunk_; row < std::min((chunk + 1) * chunk_, g_.Rows()); ++row) {
      const int64_t j = row % g_.out[1], i = row / g_.out[1] % g_.out[0];
      const int64_t image = row / (g_.out[1] * g_.out[0]);
      const int64_t line = (image * g_.in[0] + i * g_.strides[0]) * g_.in[1] + j * g_.strides[1];
      const T* const maxima = x + line * g_.InLine();
      Result* const to = dx + line * g_.InLine();
      if constexpr (std::is_same_v<T, Result>) {
        WindowSpansOf<T>().max_grad_apart(run, relu_, maxima, dy + row * g_.OutLine(), to, given);
      } else {
        WindowSpansOf<T>().max_grad_apart_wide(run, relu_, maxima, dy + row * g_.OutLine(), to,
                                               given);
      }
      if (folds) (*folds)[0].Add(given, 0, g_.OutLine());
    }
    if (folds) folds_->EndChunk(chunk, chunks_, folds, scratch);
  }

  const Geometry g_;
  const bool relu_, covers_;
  const int x_, dy_;  // which inputs
  const int dx_;      // which result
  const std::optional<ColumnReductions> folds_;
  std::vector<int64_t> offsets_;
  int64_t chunk_, chunks_;  // rows of windows of a task
};

template <typename T, typename Result>
std::unique_ptr<Step> Make(const OperationView& pool, bool relu, int x, int dy, int dx,
                           std::optional<ColumnReductions> folds) {
  return std::make_unique<ApartStep<T, Result>>(Geometry(pool), relu, x, dy, dx, std::move(folds));
}

int IndexOf(const std::vector<Value>& list, Value v) {
  const auto at = std::find(list.begin(), list.end(), v);
  return at == list.end() ? -1 : static_cast<int>(at - list.begin());
}

}  // namespace

bool IsApart(const OperationView& view) {
  if (view.op() != Op::kMaxPoolGrad ||
      (view.inputs[0].dtype != DataType::kFloat32 && view.inputs[0].dtype != DataType::kBFloat16) ||
      view.inputs[0].elements() == 0 || view.inputs[1].elements() == 0 ||
      !view.attributes().Bool("channels_last")) {
    return false;
  }
  const auto& window = view.attributes().Ints("window");
  const auto& strides = view.attributes().Ints("strides");
  for (size_t i = 0; i < window.size(); ++i) {
    if (strides[i] < window[i] || view.attributes().Ints("pads_begin")[i] != 0 ||
        view.attributes().Ints("pads_end")[i] != 0) {
      return false;
    }
  }
  const Shape& x = view.inputs[0].shape;
  return x[x.rank() - 1] > 1 && x[x.rank() - 1] <= kMostColumns;
}

std::unique_ptr<Step> MakeApartMaxPoolGrad(const OperationView& view) {
  if (!IsApart(view)) return nullptr;
  const auto make =
      view.inputs[0].dtype == DataType::kBFloat16 ? Make<uint16_t, uint16_t> : Make<float, float>;
  return make(view, false, 0, 2, 0, std::nullopt);
}

std::unique_ptr<Step> MakeJoinedMaxPoolGrad(const OperationView& view) {
  const Program& body = *view.operation.body;
  const std::vector<Operation>& operations = body.operations();
  if (operations[0].op != Op::kMaxPoolGrad) return nullptr;
  const OperationView pool = View(body, operations[0]);
  std::optional<ColumnReductions> folds;
  if (operations.back().op == Op::kReduceSum) {
    const int sum = IndexOf(body.outputs(), operations.back().results[0]);
    std::vector<ColumnReduction> reductions = {
        ReductionOf(View(body, operations.back()), {static_cast<size_t>(sum)})};
    folds.emplace(std::move(reductions), pool.inputs[0].shape.dims().back());
  }
  const bool widens = operations.size() > 2 && operations[2].op == Op::kCast;
  const auto make = widens                                        ? Make<uint16_t, float>
                    : pool.inputs[0].dtype == DataType::kBFloat16 ? Make<uint16_t, uint16_t>
                                                                  : Make<float, float>;
  return make(pool, true, IndexOf(body.inputs(), operations[0].inputs[0]),
              IndexOf(body.inputs(), operations[0].inputs[2]),
              IndexOf(body.outputs(), operations[widens ? 2 : 1].results[0]), std::move(folds));
}

}  // namespace mlcompute::portable
