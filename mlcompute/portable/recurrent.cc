// mlcompute/portable/recurrent.cc: LSTM and GRU layers. Each thread takes some of the sequences
// through all steps, so threads never wait for each other between steps.
#include <algorithm>
#include <cstring>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr double kFlopsWorthAThread = 1e6;

// Floats of a [k, n] matrix in panels of SpanTable::product.
size_t PackedSize(size_t k, size_t n) { return (n + kPanel - 1) / kPanel * kPanel * k; }

// Element (i, j) of the matrix is at b[i * row + j * column].
void Pack(const float* b, size_t row, size_t column, size_t k, size_t n, float* packed) {
  for (size_t panel = 0; panel < n; panel += kPanel) {
    const size_t width = std::min(kPanel, n - panel);
    for (size_t i = 0; i < k; ++i, packed += kPanel) {
      const float* from = b + i * row + panel * column;
      for (size_t j = 0; j < width; ++j) packed[j] = from[j * column];
      std::fill(packed + width, packed + kPanel, 0.0f);
    }
  }
}

struct Layer {
  size_t n, t, h;

  // The sequences each thread takes come in multiples of the grain.
  int64_t Grain(size_t gates) const {
    const double flops = 2.0 * static_cast<double>(t * h) * static_cast<double>(gates * h);
    return std::max<int64_t>(static_cast<int64_t>(kFlopsWorthAThread / std::max(flops, 1.0)), 1);
  }
};

const float* In(const void* const* inputs, int i) { return static_cast<const float*>(inputs[i]); }
float* Out(void* const* results, int i) { return static_cast<float*>(results[i]); }

// State rows before step `t`: of the layer's states, or the initial ones.
struct Rows {
  const float* data;
  size_t stride;
};
Rows Before(const Layer& l, const float* states, const float* initial, size_t t, size_t i) {
  if (t == 0) return {initial + i * l.h, l.h};
  return {states + (i * l.t + t - 1) * l.h, l.t * l.h};
}

// A step that works on ranges of sequences and packs u once for all.
class RecurrentStep : public Step {
 public:
  RecurrentStep(const OperationView& view, int state, size_t mask, size_t gates)
      : layer_{static_cast<size_t>(view.inputs[0].shape[0]),
               static_cast<size_t>(view.inputs[0].shape[1]),
               static_cast<size_t>(view.inputs[static_cast<size_t>(state)].shape[1])},
        mask_(view.inputs.size() > mask ? static_cast<int>(mask) : -1),
        gates_(gates) {}

  // u in panels, then `PerRow()` floats for each sequence.
  size_t scratch_bytes() const override {
    return (PackedBoth() + layer_.n * PerRow()) * sizeof(float);
  }

 protected:
  // The larger of u and its transpose, which have different padding.
  size_t PackedBoth() const {
    return std::max(PackedSize(layer_.h, gates_ * layer_.h),
                    PackedSize(gates_ * layer_.h, layer_.h));
  }
  virtual size_t PerRow() const = 0;

  const uint8_t* Mask(const void* const* inputs) const {
    return mask_ < 0 ? nullptr : static_cast<const uint8_t*>(inputs[mask_]);
  }
  bool Skips(const uint8_t* mask, size_t i, size_t t) const {
    return mask && !mask[i * layer_.t + t];
  }
  void PackForward(const float* u, void* scratch) const {
    const size_t h = layer_.h;
    Pack(u, gates_ * h, 1, h, gates_ * h, static_cast<float*>(scratch));
  }
  void PackBackward(const float* u, void* scratch) const {
    const size_t h = layer_.h;
    Pack(u, 1, gates_ * h, gates_ * h, h, static_cast<float*>(scratch));
  }
  float* RowScratch(void* scratch, size_t i) const {
    return static_cast<float*>(scratch) + PackedBoth() + i * PerRow();
  }

  template <typename Body>
  void ForSequences(const Body& body) const {
    ParallelFor(static_cast<int64_t>(layer_.n), layer_.Grain(gates_),
                [&](int64_t begin, int64_t end) {
                  body(static_cast<size_t>(begin), static_cast<size_t>(end));
                });
  }

  const Layer layer_;
  const int mask_;
  const size_t gates_;
};

class LstmStep : public RecurrentStep {
 public:
  explicit LstmStep(const OperationView& view) : RecurrentStep(view, 1, 4, 4) {}

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const size_t h = layer_.h;
    const uint8_t* mask = Mask(inputs);
    const float* x = In(inputs, 0);
    const float* c0 = In(inputs, 2);
    float* states = Out(results, 0);
    float* gates = Out(results, 3);
    float* cells = Out(results, 4);
    PackForward(In(inputs, 3), scratch);
    ForSequences([&](size_t begin, size_t end) {
      const size_t wide = layer_.t * 4 * h;
      for (size_t t = 0; t < layer_.t; ++t) {
        const size_t first = (begin * layer_.t + t) * 4 * h;
        const Rows before = Before(layer_, states, In(inputs, 1), t, begin);
        Spans().product(before.data, before.stride, static_cast<const float*>(scratch), x + first,
                        wide, gates + first, wide, end - begin, h, 4 * h);
        for (size_t i = begin; i < end; ++i) {
          const size_t at = i * layer_.t + t;
          const float* c_before = Before(layer_, cells, c0, t, i).data;
          Spans().lstm_cell(gates + at * 4 * h, c_before, cells + at * h, states + at * h, h);
          if (Skips(mask, i, t)) {
            const float* kept = Before(layer_, states, In(inputs, 1), t, i).data;
            std::memcpy(states + at * h, kept, h * sizeof(float));
            std::memcpy(cells + at * h, c_before, h * sizeof(float));
          }
        }
      }
      for (size_t i = begin; i < end; ++i) {
        const float* state = Before(layer_, states, In(inputs, 1), layer_.t, i).data;
        std::memcpy(Out(results, 1) + i * h, state, h * sizeof(float));
        const float* cell = Before(layer_, cells, c0, layer_.t, i).data;
        std::memcpy(Out(results, 2) + i * h, cell, h * sizeof(float));
      }
    });
  }

 protected:
  size_t PerRow() const override { return 0; }
};

class LstmGradStep : public RecurrentStep {
 public:
  explicit LstmGradStep(const OperationView& view) : RecurrentStep(view, 2, 7, 4) {}

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const size_t h = layer_.h;
    const uint8_t* mask = Mask(inputs);
    const float* gates = In(inputs, 0);
    const float* cells = In(inputs, 1);
    float* dx = Out(results, 0);
    float* dstate = Out(results, 1);  // carried from step to step
    float* dcell = Out(results, 2);
    PackBackward(In(inputs, 3), scratch);
    ForSequences([&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        std::memcpy(dstate + i * h, In(inputs, 5) + i * h, h * sizeof(float));
        std::memcpy(dcell + i * h, In(inputs, 6) + i * h, h * sizeof(float));
      }
      for (size_t t = layer_.t; t-- > 0;) {
        for (size_t i = begin; i < end; ++i) {
          const size_t at = i * layer_.t + t;
          float* kept = RowScratch(scratch, i);
          float* total = dstate + i * h;
          Spans().binary[static_cast<int>(Op::kAdd)](total, In(inputs, 4) + at * h, total, h);
          if (Skips(mask, i, t)) {
            std::memcpy(kept, total, h * sizeof(float));
            std::memset(dx + at * 4 * h, 0, 4 * h * sizeof(float));
          } else {
            std::memset(kept, 0, h * sizeof(float));
            Spans().lstm_cell_grad(gates + at * 4 * h, cells + at * h,
                                   Before(layer_, cells, In(inputs, 2), t, i).data, total,
                                   dcell + i * h, dx + at * 4 * h, h);
          }
        }
        Spans().product(dx + (begin * layer_.t + t) * 4 * h, layer_.t * 4 * h,
                        static_cast<const float*>(scratch), RowScratch(scratch, begin), h,
                        dstate + begin * h, h, end - begin, 4 * h, h);
      }
    });
  }

 protected:
  size_t PerRow() const override { return layer_.h; }
};

class GruStep : public RecurrentStep {
 public:
  explicit GruStep(const OperationView& view) : RecurrentStep(view, 1, 4, 3) {}

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const size_t h = layer_.h;
    const uint8_t* mask = Mask(inputs);
    const float* initial = In(inputs, 1);
    float* states = Out(results, 0);
    PackForward(In(inputs, 2), scratch);
    ForSequences([&](size_t begin, size_t end) {
      for (size_t t = 0; t < layer_.t; ++t) {
        const Rows before = Before(layer_, states, initial, t, begin);
        Spans().product(before.data, before.stride, static_cast<const float*>(scratch),
                        In(inputs, 3), 0, RowScratch(scratch, begin), 3 * h, end - begin, h, 3 * h);
        for (size_t i = begin; i < end; ++i) {
          const size_t at = i * layer_.t + t;
          const float* kept = Before(layer_, states, initial, t, i).data;
          Spans().gru_cell(In(inputs, 0) + at * 3 * h, RowScratch(scratch, i), kept,
                           Out(results, 2) + at * 4 * h, states + at * h, h);
          if (Skips(mask, i, t)) std::memcpy(states + at * h, kept, h * sizeof(float));
        }
      }
      for (size_t i = begin; i < end; ++i) {
        const float* state = Before(layer_, states, initial, layer_.t, i).data;
        std::memcpy(Out(results, 1) + i * h, state, h * sizeof(float));
      }
    });
  }

 protected:
  size_t PerRow() const override { return 3 * layer_.h; }
};

class GruGradStep : public RecurrentStep {
 public:
  explicit GruGradStep(const OperationView& view) : RecurrentStep(view, 2, 6, 3) {}

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const size_t h = layer_.h;
    const uint8_t* mask = Mask(inputs);
    float* dx = Out(results, 0);
    float* drecurrent = Out(results, 1);
    float* dstate = Out(results, 2);  // carried from step to step
    PackBackward(In(inputs, 3), scratch);
    ForSequences([&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        std::memcpy(dstate + i * h, In(inputs, 5) + i * h, h * sizeof(float));
      }
      for (size_t t = layer_.t; t-- > 0;) {
        for (size_t i = begin; i < end; ++i) {
          const size_t at = i * layer_.t + t;
          float* direct = RowScratch(scratch, i);
          float* total = dstate + i * h;
          Spans().binary[static_cast<int>(Op::kAdd)](total, In(inputs, 4) + at * h, total, h);
          if (Skips(mask, i, t)) {
            std::memcpy(direct, total, h * sizeof(float));
            std::memset(dx + at * 3 * h, 0, 3 * h * sizeof(float));
            std::memset(drecurrent + at * 3 * h, 0, 3 * h * sizeof(float));
          } else {
            Spans().gru_cell_grad(In(inputs, 0) + at * 4 * h,
                                  Before(layer_, In(inputs, 1), In(inputs, 2), t, i).data, total,
                                  dx + at * 3 * h, drecurrent + at * 3 * h, direct, h);
          }
        }
        Spans().product(drecurrent + (begin * layer_.t + t) * 3 * h, layer_.t * 3 * h,
                        static_cast<const float*>(scratch), RowScratch(scratch, begin), h,
                        dstate + begin * h, h, end - begin, 3 * h, h);
      }
    });
  }

 protected:
  size_t PerRow() const override { return layer_.h; }
};

}  // namespace

std::unique_ptr<Step> MakeRecurrent(const OperationView& view) {
  if (view.inputs[0].dtype != DataType::kFloat32 || view.inputs[0].elements() == 0) return nullptr;
  switch (view.op()) {
    case Op::kLstm:
      return std::make_unique<LstmStep>(view);
    case Op::kLstmGrad:
      return std::make_unique<LstmGradStep>(view);
    case Op::kGru:
      return std::make_unique<GruStep>(view);
    default:
      return std::make_unique<GruGradStep>(view);
  }
}

}  // namespace mlcompute::portable
