#include "mlcompute/portable/product.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/epilogue.h"
#include "mlcompute/portable/joined_convolution.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kWide = static_cast<int64_t>(kPanel);
constexpr int64_t kNarrow = static_cast<int64_t>(kNarrowPanel);
constexpr int64_t kDepth = 512;  // of a block: a panel of it takes a part of the second-level cache
constexpr int64_t kFlopsWorthAThread = 1 << 20;
constexpr int64_t kMostRows = 120;  // of a task; a multiple of the rows of a tile
constexpr int64_t kTileRows = 12;

// A tensor as a kMatMul sees it: sizes of its axes and how far apart elements are.
struct Layout {
  std::vector<int64_t> dims, strides;

  explicit Layout(const Shape& shape) : dims(shape.dims()), strides(shape.Strides()) {}

  void Permute(const std::vector<int64_t>& perm) {
    const Layout before = *this;
    for (size_t i = 0; i < perm.size(); ++i) {
      dims[i] = before.dims[static_cast<size_t>(perm[i])];
      strides[i] = before.strides[static_cast<size_t>(perm[i])];
    }
  }
  void SwapMatrix() {
    std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
    std::swap(strides[strides.size() - 1], strides[strides.size() - 2]);
  }
  int64_t Row() const { return strides[strides.size() - 2]; }
  int64_t Column() const { return strides.back(); }
  // Batch axis `from_end` (0 is the last): its size, and its stride, 0 where it broadcasts.
  int64_t Batch(int from_end) const {
    const int axis = static_cast<int>(dims.size()) - 3 - from_end;
    return axis < 0 ? 1 : dims[static_cast<size_t>(axis)];
  }
  int64_t Step(int from_end) const {
    const int axis = static_cast<int>(dims.size()) - 3 - from_end;
    return Batch(from_end) == 1 ? 0 : strides[static_cast<size_t>(axis)];
  }
};

struct BatchAxis {
  int64_t size, a, b, c;  // strides
};

// c = a b for matrices with any strides; columns of c are next to each other.
struct Geometry {
  int64_t m, k, n;
  int64_t a_row, a_column, b_row, b_column, c_row;
  std::vector<BatchAxis> batch;  // innermost first
  int64_t batches = 1;

  Geometry(const Layout& a, const Layout& b, const Layout& c)
      : m(c.dims[c.dims.size() - 2]),
        k(a.dims.back()),
        n(c.dims.back()),
        a_row(a.Row()),
        a_column(a.Column()),
        b_row(b.Row()),
        b_column(b.Column()),
        c_row(c.Row()) {
    for (int i = 0; i + 2 < static_cast<int>(c.dims.size()); ++i) {
      const BatchAxis axis{c.Batch(i), a.Step(i), b.Step(i), c.Step(i)};
      if (axis.size == 1) continue;
      // More rows of one matrix.
      if (batch.empty() && axis.b == 0 && axis.a == m * a_row && axis.c == m * c_row) {
        m *= axis.size;
        continue;
      }
      batch.push_back(axis);
      batches *= axis.size;
    }
  }

  bool OneB() const {
    return std::all_of(batch.begin(), batch.end(), [](const BatchAxis& x) { return x.b == 0; });
  }
  // Whether the rows of all matrices follow each other in c.
  bool CIsDense() const {
    int64_t step = m * n;
    if (c_row != n) return false;
    for (const BatchAxis& axis : batch) {
      if (axis.c != step) return false;
      step *= axis.size;
    }
    return true;
  }
};

// Memory of the calling thread, for one purpose each.
float* ThreadMemory(int purpose, int64_t floats) {
  thread_local std::vector<float> memory[2];
  std::vector<float>& mine = memory[purpose];
  const auto size = static_cast<size_t>(floats) + 16;
  if (mine.size() < size) mine.resize(size);
  const auto address = reinterpret_cast<uintptr_t>(mine.data());
  return reinterpret_cast<float*>((address + 63) / 64 * 64);
}

class ProductStep : public Step {
 public:
  // `epilogue`: elementwise operations on the product, or nullptr.
  ProductStep(const Geometry& geometry, int a, int b, std::unique_ptr<const Epilogue> epilogue)
      : g_(geometry), a_(a), b_(b), epilogue_(std::move(epilogue)) {
    packs_ = g_.b_column != 1 || (g_.n % kWide != 0 && g_.n % kWide != kNarrow) ||
             (g_.n > 4 * kWide && g_.m > kMostRows);
    shares_pack_ = packs_ && g_.OneB();
    const int64_t flops = 2 * g_.m * g_.n * g_.k;
    const int64_t threads = TeamSize();
    // Few enough rows for several tasks a thread, many enough for a tile.
    const int64_t wanted = g_.batches > 1 ? g_.m : (g_.m + 4 * threads - 1) / (4 * threads);
    rows_ = std::clamp((wanted + kTileRows - 1) / kTileRows * kTileRows, kTileRows, kMostRows);
    // A pack of its own is worth many rows.
    if (packs_ && !shares_pack_) rows_ = std::max(rows_, std::min<int64_t>(g_.m, 4 * kMostRows));
    blocks_ = (g_.m + rows_ - 1) / rows_;
    const int64_t of_task = std::max<int64_t>(flops / blocks_, 1);
    grain_ = std::max<int64_t>(kFlopsWorthAThread / of_task, 1);
  }

  size_t scratch_bytes() const override {
    return shares_pack_ ? static_cast<size_t>(PackSize()) * sizeof(float) : 0;
  }

  bool CanShare(int result, int input) const override {
    return epilogue_ && input != a_ && input != b_ && epilogue_->CanShare(result, input);
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto* a = static_cast<const float*>(inputs[a_]);
    const auto* b = static_cast<const float*>(inputs[b_]);
    auto* shared = static_cast<float*>(scratch);
    if (shares_pack_) {
      const int64_t grain = std::max<int64_t>((64 << 10) / (kWide * g_.k), 1);
      ParallelFor(Panels(), grain,
                  [&](int64_t begin, int64_t end) { Pack(b, shared, begin, end); });
    }
    ParallelFor(g_.batches * blocks_, grain_, [&](int64_t begin, int64_t end) {
      std::optional<Epilogue::Worker> worker;
      if (epilogue_) worker.emplace(*epilogue_, inputs, results);
      for (int64_t task = begin; task < end; ++task) {
        const int64_t first = task % blocks_ * rows_;
        const int64_t rows = std::min(rows_, g_.m - first);
        int64_t at_a = 0, at_b = 0, at_c = 0;
        int64_t rest = task / blocks_;
        for (const BatchAxis& axis : g_.batch) {
          at_a += rest % axis.size * axis.a;
          at_b += rest % axis.size * axis.b;
          at_c += rest % axis.size * axis.c;
          rest /= axis.size;
        }
        const float* packed = shared;
        if (packs_ && !shares_pack_) {
          float* own = ThreadMemory(0, PackSize());
          Pack(b + at_b, own, 0, Panels());
          packed = own;
        }
        const float* left = a + at_a + first * g_.a_row;
        if (!epilogue_) {
          auto* c = static_cast<float*>(results[0]) + at_c + first * g_.c_row;
          Multiply(left, b + at_b, packed, c, g_.c_row, rows);
          continue;
        }
        float* c = ThreadMemory(1, rows * g_.n);
        Multiply(left, b + at_b, packed, c, g_.n, rows);
        worker->Run((task / blocks_ * g_.m + first) * g_.n, rows * g_.n, c);
      }
    });
  }

 private:
  int64_t Panels() const { return (g_.n + kWide - 1) / kWide; }
  int64_t Columns(int64_t panel) const { return std::min(kWide, g_.n - panel * kWide); }
  int64_t Width(int64_t panel) const { return Columns(panel) <= kNarrow ? kNarrow : kWide; }
  int64_t PackSize() const { return Panels() * kWide * g_.k; }

  // Panels [begin, end) of b: k rows of Width() elements each, zeros where b ends.
  void Pack(const float* b, float* to, int64_t begin, int64_t end) const {
    for (int64_t panel = begin; panel < end; ++panel) {
      const int64_t width = Width(panel), columns = Columns(panel);
      float* y = to + panel * kWide * g_.k;
      const float* x = b + panel * kWide * g_.b_column;
      if (columns < width) std::fill_n(y, width * g_.k, 0.0f);
      if (g_.b_column == 1) {
        for (int64_t i = 0; i < g_.k; ++i) std::copy_n(x + i * g_.b_row, columns, y + i * width);
      } else if (g_.b_row == 1) {
        Spans().transpose[2](x, g_.b_column * 4, y, width * 4, static_cast<size_t>(columns),
                             static_cast<size_t>(g_.k));
      } else {
        for (int64_t i = 0; i < g_.k; ++i) {
          for (int64_t j = 0; j < columns; ++j) {
            y[i * width + j] = x[i * g_.b_row + j * g_.b_column];
          }
        }
      }
    }
  }

  void Multiply(const float* a, const float* b, const float* packed, float* c, int64_t ldc,
                int64_t rows) const {
    for (int64_t depth = 0; depth < g_.k; depth += kDepth) {
      const int64_t k = std::min(kDepth, g_.k - depth);
      for (int64_t panel = 0; panel < Panels(); ++panel) {
        const int64_t width = Width(panel);
        const float* right = packs_ ? packed + panel * kWide * g_.k + depth * width
                                    : b + panel * kWide + depth * g_.b_row;
        Spans().product_panel(
            a + depth * g_.a_column, static_cast<size_t>(g_.a_row),
            static_cast<size_t>(g_.a_column), right, static_cast<size_t>(packs_ ? width : g_.b_row),
            depth > 0, c + panel * kWide, static_cast<size_t>(ldc), static_cast<size_t>(rows),
            static_cast<size_t>(k), static_cast<size_t>(Columns(panel)));
      }
    }
  }

  const Geometry g_;
  const int a_, b_;  // which inputs
  const std::unique_ptr<const Epilogue> epilogue_;
  bool packs_, shares_pack_;
  int64_t rows_, blocks_, grain_;
};

bool IsFloat32(const OperationView& view) {
  for (const TensorType& type : view.inputs) {
    if (type.dtype != DataType::kFloat32 || type.elements() == 0) return false;
  }
  return view.results[0].elements() > 0;
}

// A body that join.cc made: transpositions of a and b, the product, a transposition or a reshape of
// it, elementwise operations.
struct JoinedBody {
  const Operation* product = nullptr;
  const Operation* a_transpose = nullptr;
  const Operation* b_transpose = nullptr;
  const Operation* c_transpose = nullptr;
  Value value = -1;  // the product as the elementwise operations read it
  std::vector<const Operation*> elementwise;

  explicit JoinedBody(const Program& body) {
    std::vector<const Operation*> producer(static_cast<size_t>(body.value_count()), nullptr);
    for (const Operation& operation : body.operations()) {
      producer[static_cast<size_t>(operation.results[0])] = &operation;
      if (operation.op == Op::kMatMul) {
        product = &operation;
        a_transpose = producer[static_cast<size_t>(operation.inputs[0])];
        b_transpose = producer[static_cast<size_t>(operation.inputs[1])];
        value = operation.results[0];
      } else if (operation.op == Op::kTranspose) {
        if (product) c_transpose = &operation;
      } else if (operation.op == Op::kReshape) {
        value = operation.results[0];
      } else {
        elementwise.push_back(&operation);
      }
    }
  }
};

int IndexOf(const std::vector<Value>& list, Value v) {
  const auto at = std::find(list.begin(), list.end(), v);
  return at == list.end() ? -1 : static_cast<int>(at - list.begin());
}

}  // namespace

bool CanJoin(const OperationView& view) {
  // Of fewer rows oneDNN's product is the faster, by more than a pass over the result costs.
  constexpr int64_t kLeastRows = 1024;
  return IsFloat32(view) && InstructionSet() == "avx512" &&
         view.results[0].elements() / view.results[0].shape.dims().back() >= kLeastRows;
}

bool IsPointwise(const OperationView& convolution) {
  const auto all = [&](const char* name, int64_t wanted) {
    const std::vector<int64_t>& values = convolution.attributes().Ints(name);
    return std::all_of(values.begin(), values.end(), [=](int64_t v) { return v == wanted; });
  };
  const std::vector<int64_t>& filter = convolution.inputs[1].shape.dims();
  return std::all_of(filter.begin(), filter.end() - 2, [](int64_t size) { return size == 1; }) &&
         all("strides", 1) && all("pads_begin", 0) && all("pads_end", 0) &&
         convolution.attributes().Int("groups") == 1 &&
         convolution.attributes().Bool("channels_last") && CanJoin(convolution);
}

std::unique_ptr<Step> MakeJoinedProduct(const OperationView& view) {
  const Program& body = *view.operation.body;
  const JoinedBody joined(body);
  if (!joined.product) return nullptr;
  const auto layout = [&](int i, const Operation* transpose, std::string_view transposed) {
    const Value v =
        transpose ? transpose->inputs[0] : joined.product->inputs[static_cast<size_t>(i)];
    Layout result(body.type(v).shape);
    if (transpose) result.Permute(transpose->attributes.Ints("perm"));
    if (joined.product->attributes.Bool(transposed)) result.SwapMatrix();
    return std::pair(result, IndexOf(body.inputs(), v));
  };
  const auto [a, a_input] = layout(0, joined.a_transpose, "transpose_a");
  const auto [b, b_input] = layout(1, joined.b_transpose, "transpose_b");
  Layout c(body.type(joined.product->results[0]).shape);
  if (joined.c_transpose) {
    // Axis i of the transposed result is axis perm[i] of the product.
    const std::vector<int64_t>& perm = joined.c_transpose->attributes.Ints("perm");
    const std::vector<int64_t> strides = body.type(joined.c_transpose->results[0]).shape.Strides();
    for (size_t i = 0; i < perm.size(); ++i) c.strides[static_cast<size_t>(perm[i])] = strides[i];
  }
  std::unique_ptr<const Epilogue> epilogue;
  if (!joined.elementwise.empty()) {
    epilogue = std::make_unique<Epilogue>(body, joined.elementwise, joined.value);
  }
  return std::make_unique<ProductStep>(Geometry(a, b, c), a_input, b_input, std::move(epilogue));
}

std::unique_ptr<Step> MakePointwiseConvolution(const OperationView& view) {
  const JoinedConvolution joined(*view.operation.body);
  return std::make_unique<ProductStep>(
      Geometry(Layout(joined.view.inputs[0].shape), Layout(joined.view.inputs[1].shape),
               Layout(joined.view.results[0].shape)),
      joined.x, joined.filter, joined.MakeEpilogue());
}

}  // namespace mlcompute::portable
