#include <cmath>
#include <vector>

#include "mlcompute/reference/dispatch.h"
#include "mlcompute/reference/numbers.h"
#include "mlcompute/reference/reference.h"

namespace mlcompute::reference {
namespace {

template <typename A>
A Sigmoid(A x) {
  return A{1} / (A{1} + std::exp(-x));
}

struct Sizes {
  int64_t n, t, h;
  int mask;  // the index of the mask among the inputs; absent if that is their number

  // `state` is an input of shape [n, h], input 0 has shape [n, t, ...].
  Sizes(const OperationView& view, int state, int mask_index)
      : n(view.inputs[0].shape[0]),
        t(view.inputs[0].shape[1]),
        h(view.inputs[static_cast<size_t>(state)].shape[1]),
        mask(mask_index) {}

  bool Skips(const Call& call, int64_t i, int64_t step) const {
    if (call.view.inputs.size() <= static_cast<size_t>(mask)) return false;
    return !call.input<bool>(mask)[i * t + step];
  }
};

// row u: state [h] times column `j` of u [h, columns].
template <typename T, typename A>
A Product(const std::vector<A>& state, const T* u, int64_t columns, int64_t j) {
  A sum{};
  for (size_t k = 0; k < state.size(); ++k) {
    sum += state[k] * Widen(u[static_cast<int64_t>(k) * columns + j]);
  }
  return sum;
}

template <typename T>
std::vector<Accumulator<T>> Read(const T* x, int64_t n) {
  std::vector<Accumulator<T>> row;
  for (int64_t i = 0; i < n; ++i) row.push_back(Widen(x[i]));
  return row;
}

template <typename T, typename A>
void Write(const std::vector<A>& row, T* y) {
  for (size_t i = 0; i < row.size(); ++i) y[i] = static_cast<T>(row[i]);
}

void Lstm(const Call& call) {
  const Sizes s(call.view, 1, 4);
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using A = Accumulator<T>;
    const int64_t h = s.h;
    for (int64_t i = 0; i < s.n; ++i) {
      std::vector<A> state = Read(call.input<T>(1) + i * h, h);
      std::vector<A> cell = Read(call.input<T>(2) + i * h, h);
      for (int64_t step = 0; step < s.t; ++step) {
        const int64_t at = i * s.t + step;
        std::vector<A> gates = Read(call.input<T>(0) + at * 4 * h, 4 * h);
        for (int64_t j = 0; j < 4 * h; ++j) {
          A& gate = gates[static_cast<size_t>(j)];
          gate += Product(state, call.input<T>(3), 4 * h, j);
          gate = j / h == 2 ? std::tanh(gate) : Sigmoid(gate);
        }
        Write(gates, call.result<T>(3) + at * 4 * h);
        for (size_t j = 0; j < state.size() && !s.Skips(call, i, step); ++j) {
          const auto units = static_cast<size_t>(h);
          cell[j] = gates[units + j] * cell[j] + gates[j] * gates[2 * units + j];
          state[j] = gates[3 * units + j] * std::tanh(cell[j]);
        }
        Write(state, call.result<T>(0) + at * h);
        Write(cell, call.result<T>(4) + at * h);
      }
      Write(state, call.result<T>(1) + i * h);
      Write(cell, call.result<T>(2) + i * h);
    }
  });
}

// Adds row drecurrent [columns] times u^T [columns, h] to `state`.
template <typename T, typename A>
void AddBack(const std::vector<A>& drecurrent, const T* u, std::vector<A>* state) {
  const auto columns = static_cast<int64_t>(drecurrent.size());
  for (size_t k = 0; k < state->size(); ++k) {
    for (int64_t j = 0; j < columns; ++j) {
      (*state)[k] +=
          drecurrent[static_cast<size_t>(j)] * Widen(u[static_cast<int64_t>(k) * columns + j]);
    }
  }
}

void LstmGrad(const Call& call) {
  const Sizes s(call.view, 2, 7);
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using A = Accumulator<T>;
    const int64_t h = s.h;
    const auto units = static_cast<size_t>(h);
    for (int64_t i = 0; i < s.n; ++i) {
      std::vector<A> dstate = Read(call.input<T>(5) + i * h, h);
      std::vector<A> dcell = Read(call.input<T>(6) + i * h, h);
      for (int64_t step = s.t - 1; step >= 0; --step) {
        const int64_t at = i * s.t + step;
        for (size_t j = 0; j < units; ++j) {
          dstate[j] += Widen(call.input<T>(4)[at * h + static_cast<int64_t>(j)]);
        }
        std::vector<A> dx(4 * units);
        if (!s.Skips(call, i, step)) {
          const std::vector<A> gates = Read(call.input<T>(0) + at * 4 * h, 4 * h);
          const std::vector<A> cell = Read(call.input<T>(1) + at * h, h);
          const std::vector<A> before = step > 0 ? Read(call.input<T>(1) + (at - 1) * h, h)
                                                 : Read(call.input<T>(2) + i * h, h);
          for (size_t j = 0; j < units; ++j) {
            const A in = gates[j], forget = gates[units + j], g = gates[2 * units + j];
            const A out = gates[3 * units + j], squashed = std::tanh(cell[j]);
            const A dc = dcell[j] + dstate[j] * out * (1 - squashed * squashed);
            dx[j] = dc * g * in * (1 - in);
            dx[units + j] = dc * before[j] * forget * (1 - forget);
            dx[2 * units + j] = dc * in * (1 - g * g);
            dx[3 * units + j] = dstate[j] * squashed * out * (1 - out);
            dcell[j] = dc * forget;
            dstate[j] = 0;
          }
          AddBack(dx, call.input<T>(3), &dstate);
        }
        Write(dx, call.result<T>(0) + at * 4 * h);
      }
      Write(dstate, call.result<T>(1) + i * h);
      Write(dcell, call.result<T>(2) + i * h);
    }
  });
}

void Gru(const Call& call) {
  const Sizes s(call.view, 1, 4);
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using A = Accumulator<T>;
    const int64_t h = s.h;
    const auto units = static_cast<size_t>(h);
    for (int64_t i = 0; i < s.n; ++i) {
      std::vector<A> state = Read(call.input<T>(1) + i * h, h);
      for (int64_t step = 0; step < s.t; ++step) {
        const int64_t at = i * s.t + step;
        const std::vector<A> x = Read(call.input<T>(0) + at * 3 * h, 3 * h);
        std::vector<A> recurrent = Read(call.input<T>(3), 3 * h);
        for (int64_t j = 0; j < 3 * h; ++j) {
          recurrent[static_cast<size_t>(j)] += Product(state, call.input<T>(2), 3 * h, j);
        }
        std::vector<A> gates(4 * units);
        for (size_t j = 0; j < units; ++j) {
          gates[j] = Sigmoid(x[j] + recurrent[j]);
          gates[units + j] = Sigmoid(x[units + j] + recurrent[units + j]);
          gates[3 * units + j] = recurrent[2 * units + j];
          gates[2 * units + j] =
              std::tanh(x[2 * units + j] + gates[units + j] * recurrent[2 * units + j]);
          if (!s.Skips(call, i, step)) {
            state[j] = gates[j] * state[j] + (1 - gates[j]) * gates[2 * units + j];
          }
        }
        Write(gates, call.result<T>(2) + at * 4 * h);
        Write(state, call.result<T>(0) + at * h);
      }
      Write(state, call.result<T>(1) + i * h);
    }
  });
}

void GruGrad(const Call& call) {
  const Sizes s(call.view, 2, 6);
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using A = Accumulator<T>;
    const int64_t h = s.h;
    const auto units = static_cast<size_t>(h);
    for (int64_t i = 0; i < s.n; ++i) {
      std::vector<A> dstate = Read(call.input<T>(5) + i * h, h);
      for (int64_t step = s.t - 1; step >= 0; --step) {
        const int64_t at = i * s.t + step;
        for (size_t j = 0; j < units; ++j) {
          dstate[j] += Widen(call.input<T>(4)[at * h + static_cast<int64_t>(j)]);
        }
        std::vector<A> dx(3 * units), drecurrent(3 * units);
        if (!s.Skips(call, i, step)) {
          const std::vector<A> gates = Read(call.input<T>(0) + at * 4 * h, 4 * h);
          const std::vector<A> before = step > 0 ? Read(call.input<T>(1) + (at - 1) * h, h)
                                                 : Read(call.input<T>(2) + i * h, h);
          for (size_t j = 0; j < units; ++j) {
            const A z = gates[j], r = gates[units + j], g = gates[2 * units + j];
            const A dg = dstate[j] * (1 - z) * (1 - g * g);
            dx[j] = drecurrent[j] = dstate[j] * (before[j] - g) * z * (1 - z);
            dx[units + j] = drecurrent[units + j] = dg * gates[3 * units + j] * r * (1 - r);
            dx[2 * units + j] = dg;
            drecurrent[2 * units + j] = dg * r;
            dstate[j] *= z;
          }
          AddBack(drecurrent, call.input<T>(3), &dstate);
        }
        Write(dx, call.result<T>(0) + at * 3 * h);
        Write(drecurrent, call.result<T>(1) + at * 3 * h);
      }
      Write(dstate, call.result<T>(2) + i * h);
    }
  });
}

}  // namespace

const std::vector<Row>& RecurrentRows() {
  static const std::vector<Row> rows = {
      {Op::kLstm, Lstm},
      {Op::kLstmGrad, LstmGrad},
      {Op::kGru, Gru},
      {Op::kGruGrad, GruGrad},
  };
  return rows;
}

}  // namespace mlcompute::reference
