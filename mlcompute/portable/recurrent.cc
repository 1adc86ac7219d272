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
constexpr size_t kLine = 16;  // floats of a cache line

size_t RoundUp(size_t x, size_t to) { return (x + to - 1) / to * to; }

struct Layer {
  size_t n, t, h;
  size_t gates;

  // The sequences each thread takes come in multiples of the grain.
  int64_t Grain() const {
    const double flops = 2.0 * static_cast<double>(t * h) * static_cast<double>(gates * h);
    return std::max<int64_t>(static_cast<int64_t>(kFlopsWorthAThread / std::max(flops, 1.0)), 1);
  }
  // Floats from one sequence's row to the next in scratch memory.
  size_t Row() const { return RoundUp(h, kLine); }
  size_t GatesRow() const { return RoundUp(gates * h, kLine); }
};

const float* In(const void* const* inputs, int i) { return static_cast<const float*>(inputs[i]); }
float* Out(void* const* results, int i) { return static_cast<float*>(results[i]); }

void CopyRows(const float* from, size_t from_row, float* to, size_t to_row, size_t rows, size_t n) {
  for (size_t i = 0; i < rows; ++i) {
    std::memcpy(to + i * to_row, from + i * from_row, n * sizeof(float));
  }
}

// What the steps have in common: weights are packed once, then ranges of sequences run.
class RecurrentBase : public Step {
 public:
  RecurrentBase(const OperationView& view, int state, size_t mask, size_t gates)
      : layer_{static_cast<size_t>(view.inputs[0].shape[0]),
               static_cast<size_t>(view.inputs[0].shape[1]),
               static_cast<size_t>(view.inputs[static_cast<size_t>(state)].shape[1]), gates},
        mask_(view.inputs.size() > mask ? static_cast<int>(mask) : -1) {}

  // Packed weights, then `PerRow()` floats for each sequence.
  size_t scratch_bytes() const override {
    return (PackedSize() + layer_.n * PerRow()) * sizeof(float);
  }

 protected:
  virtual size_t PackedSize() const = 0;
  virtual size_t PerRow() const = 0;

  const uint8_t* Mask(const void* const* inputs) const {
    return mask_ < 0 ? nullptr : static_cast<const uint8_t*>(inputs[mask_]);
  }
  // The scratch memory of the sequences from `begin`.
  float* RowScratch(void* scratch, size_t begin) const {
    return static_cast<float*>(scratch) + PackedSize() + begin * PerRow();
  }

  template <typename Body>
  void ForSequences(const Body& body) const {
    ParallelFor(static_cast<int64_t>(layer_.n), layer_.Grain(), [&](int64_t begin, int64_t end) {
      body(static_cast<size_t>(begin), static_cast<size_t>(end));
    });
  }

  const Layer layer_;
  const int mask_;
};

class ForwardStep : public RecurrentBase {
 public:
  using RecurrentBase::RecurrentBase;

  // Prediction wants the last state alone, or the states.
  bool MayOmit(int) const override { return true; }

 protected:
  size_t PackedSize() const override {
    return RoundUp(layer_.h, Spans().recurrent_lanes) * layer_.gates * layer_.h;
  }
  // Of the state before and after a step, and of the cell, as well as whether a step is left out.
  size_t PerRow() const override { return 3 * layer_.Row() + kLine; }

  // As RecurrentStep::weights wants it.
  void Pack(const float* u, void* scratch) const {
    const size_t h = layer_.h, lanes = Spans().recurrent_lanes;
    const auto blocks = static_cast<int64_t>((h + lanes - 1) / lanes);
    const auto grain = static_cast<int64_t>(kPackGrain / (layer_.gates * h * lanes) + 1);
    ParallelFor(blocks, grain, [&](int64_t begin, int64_t end) {
      for (size_t block = static_cast<size_t>(begin); block < static_cast<size_t>(end); ++block) {
        float* to = static_cast<float*>(scratch) + block * layer_.gates * h * lanes;
        const size_t width = std::min(lanes, h - block * lanes);
        for (size_t i = 0; i < h; ++i) {
          for (size_t gate = 0; gate < layer_.gates; ++gate, to += lanes) {
            const float* from = u + (i * layer_.gates + gate) * h + block * lanes;
            std::copy_n(from, width, to);
            std::fill(to + width, to + lanes, 0.0f);
          }
        }
      }
    });
  }

  // Sequences [begin, end) from the initial rows; the last rows are in `state` and `cell`.
  struct Results {
    float* states;
    float* cells;
    float* gates;
    size_t stored_gates;
    float* last_state;
    float* last_cell;
  };
  void RunSequences(void (*run)(const RecurrentStep&), const float* x, const float* bias,
                    const float* initial_state, const float* initial_cell, const uint8_t* mask,
                    const Results& results, void* scratch, size_t begin, size_t end) const {
    const size_t h = layer_.h, t = layer_.t, rows = end - begin;
    float* before = RowScratch(scratch, begin);
    float* state = before + rows * layer_.Row();
    float* const cell = state + rows * layer_.Row();
    auto* const keeps = reinterpret_cast<bool*>(cell + rows * layer_.Row());
    CopyRows(initial_state + begin * h, h, before, layer_.Row(), rows, h);
    if (initial_cell) CopyRows(initial_cell + begin * h, h, cell, layer_.Row(), rows, h);

    RecurrentStep step{};
    step.rows = rows;
    step.units = h;
    step.weights = static_cast<const float*>(scratch);
    step.x_row = t * layer_.gates * h;
    step.bias = bias;
    step.keeps = mask ? keeps : nullptr;
    step.cell = cell;
    step.state_row = layer_.Row();
    step.states_row = t * h;
    step.gates_row = t * results.stored_gates * h;
    for (size_t i = 0; i < t; ++i) {
      const size_t at = begin * t + i;
      const auto from = [&](float* y, size_t size) { return y ? y + at * size : nullptr; };
      step.x = x + at * layer_.gates * h;
      step.before = before;
      step.state = state;
      step.states = from(results.states, h);
      step.cells = from(results.cells, h);
      step.gates = from(results.gates, results.stored_gates * h);
      if (mask) {
        for (size_t row = 0; row < rows; ++row) keeps[row] = !mask[at + row * t];
      }
      run(step);
      std::swap(before, state);
    }
    if (results.last_state) {
      CopyRows(before, layer_.Row(), results.last_state + begin * h, h, rows, h);
    }
    if (results.last_cell) {
      CopyRows(cell, layer_.Row(), results.last_cell + begin * h, h, rows, h);
    }
  }

 private:
  static constexpr size_t kPackGrain = 1 << 14;  // floats
};

class LstmStep : public ForwardStep {
 public:
  explicit LstmStep(const OperationView& view) : ForwardStep(view, 1, 4, 4) {}

  // The gates before their functions are read once, just before those after them are written.
  bool CanShare(int result, int input) const override { return result == 3 && input == 0; }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    Pack(In(inputs, 3), scratch);
    const Results to = {Out(results, 0), Out(results, 4), Out(results, 3), 4,
                        Out(results, 1), Out(results, 2)};
    ForSequences([&](size_t begin, size_t end) {
      RunSequences(Spans().lstm_step, In(inputs, 0), nullptr, In(inputs, 1), In(inputs, 2),
                   Mask(inputs), to, scratch, begin, end);
    });
  }
};

class GruStep : public ForwardStep {
 public:
  explicit GruStep(const OperationView& view) : ForwardStep(view, 1, 4, 3) {}

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    Pack(In(inputs, 2), scratch);
    const Results to = {Out(results, 0), nullptr, Out(results, 2), 4, Out(results, 1), nullptr};
    ForSequences([&](size_t begin, size_t end) {
      RunSequences(Spans().gru_step, In(inputs, 0), In(inputs, 3), In(inputs, 1), nullptr,
                   Mask(inputs), to, scratch, begin, end);
    });
  }
};

class BackwardStep : public RecurrentBase {
 public:
  using RecurrentBase::RecurrentBase;

 protected:
  size_t PackedSize() const override { return RoundUp(layer_.h, kPanel) * layer_.gates * layer_.h; }
  // Of the gradient of a step's gates, and of what comes to a state besides by its product.
  size_t PerRow() const override { return layer_.GatesRow() + layer_.Row(); }

  // The transposed u, in panels of SpanTable::product.
  void Pack(const float* u, void* scratch) const {
    const size_t h = layer_.h, wide = layer_.gates * h;
    const auto panels = static_cast<int64_t>((h + kPanel - 1) / kPanel);
    ParallelFor(panels, 1, [&](int64_t begin, int64_t end) {
      for (size_t panel = static_cast<size_t>(begin); panel < static_cast<size_t>(end); ++panel) {
        float* to = static_cast<float*>(scratch) + panel * kPanel * wide;
        const size_t width = std::min(kPanel, h - panel * kPanel);
        if (width < kPanel) std::fill_n(to, kPanel * wide, 0.0f);
        Spans().transpose[2](u + panel * kPanel * wide,
                             static_cast<ptrdiff_t>(wide * sizeof(float)), to,
                             static_cast<ptrdiff_t>(kPanel * sizeof(float)), width, wide);
      }
    });
  }

  // dstate += what comes through the product.
  void AddProduct(const float* dgates, const float* direct, float* dstate, const void* scratch,
                  size_t rows) const {
    const size_t h = layer_.h;
    Spans().product(dgates, layer_.GatesRow(), static_cast<const float*>(scratch), direct,
                    layer_.Row(), dstate, h, rows, layer_.gates * h, h);
  }
};

class LstmGradStep : public BackwardStep {
 public:
  explicit LstmGradStep(const OperationView& view) : BackwardStep(view, 2, 7, 4) {}

  bool CanShare(int result, int input) const override { return result == 0 && input == 0; }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    Pack(In(inputs, 3), scratch);
    ForSequences([&](size_t begin, size_t end) { Run(inputs, results, scratch, begin, end); });
  }

 private:
  void Run(const void* const* inputs, void* const* results, void* scratch, size_t begin,
           size_t end) const {
    const size_t h = layer_.h, t = layer_.t, rows = end - begin;
    const uint8_t* mask = Mask(inputs);
    const float* gates = In(inputs, 0);
    const float* cells = In(inputs, 1);
    const float* dstates = In(inputs, 4);
    float* dx = Out(results, 0);
    float* dstate = Out(results, 1) + begin * h;  // carried from step to step
    float* dcell = Out(results, 2) + begin * h;
    float* const dgates = RowScratch(scratch, begin);
    float* const direct = dgates + rows * layer_.GatesRow();
    CopyRows(In(inputs, 5) + begin * h, h, dstate, h, rows, h);
    CopyRows(In(inputs, 6) + begin * h, h, dcell, h, rows, h);
    std::fill_n(direct, rows * layer_.Row(), 0.0f);
    for (size_t step = t; step-- > 0;) {
      for (size_t i = 0; i < rows; ++i) {
        const size_t at = (begin + i) * t + step;
        float* kept = direct + i * layer_.Row();
        if (mask && !mask[at]) {
          Spans().binary[static_cast<int>(Op::kAdd)](dstate + i * h, dstates + at * h, kept, h);
          std::memset(dx + at * 4 * h, 0, 4 * h * sizeof(float));
          std::memset(dgates + i * layer_.GatesRow(), 0, 4 * h * sizeof(float));
        } else {
          const float* before = step == 0 ? In(inputs, 2) + (begin + i) * h : cells + (at - 1) * h;
          Spans().lstm_cell_grad(gates + at * 4 * h, cells + at * h, before, dstates + at * h,
                                 dstate + i * h, dcell + i * h, dx + at * 4 * h,
                                 dgates + i * layer_.GatesRow(), h);
          if (mask) std::memset(kept, 0, h * sizeof(float));
        }
      }
      AddProduct(dgates, direct, dstate, scratch, rows);
    }
  }
};

class GruGradStep : public BackwardStep {
 public:
  explicit GruGradStep(const OperationView& view) : BackwardStep(view, 2, 6, 3) {}

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    Pack(In(inputs, 3), scratch);
    ForSequences([&](size_t begin, size_t end) { Run(inputs, results, scratch, begin, end); });
  }

 private:
  void Run(const void* const* inputs, void* const* results, void* scratch, size_t begin,
           size_t end) const {
    const size_t h = layer_.h, t = layer_.t, rows = end - begin;
    const uint8_t* mask = Mask(inputs);
    const float* gates = In(inputs, 0);
    const float* states = In(inputs, 1);
    const float* dstates = In(inputs, 4);
    float* dx = Out(results, 0);
    float* drecurrent = Out(results, 1);
    float* dstate = Out(results, 2) + begin * h;  // carried from step to step
    float* const dgates = RowScratch(scratch, begin);
    float* const direct = dgates + rows * layer_.GatesRow();
    CopyRows(In(inputs, 5) + begin * h, h, dstate, h, rows, h);
    for (size_t step = t; step-- > 0;) {
      for (size_t i = 0; i < rows; ++i) {
        const size_t at = (begin + i) * t + step;
        float* kept = direct + i * layer_.Row();
        if (mask && !mask[at]) {
          Spans().binary[static_cast<int>(Op::kAdd)](dstate + i * h, dstates + at * h, kept, h);
          std::memset(dx + at * 3 * h, 0, 3 * h * sizeof(float));
          std::memset(drecurrent + at * 3 * h, 0, 3 * h * sizeof(float));
          std::memset(dgates + i * layer_.GatesRow(), 0, 3 * h * sizeof(float));
        } else {
          const float* before = step == 0 ? In(inputs, 2) + (begin + i) * h : states + (at - 1) * h;
          Spans().gru_cell_grad(gates + at * 4 * h, before, dstates + at * h, dstate + i * h,
                                dx + at * 3 * h, drecurrent + at * 3 * h,
                                dgates + i * layer_.GatesRow(), kept, h);
        }
      }
      AddProduct(dgates, direct, dstate, scratch, rows);
    }
  }
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
