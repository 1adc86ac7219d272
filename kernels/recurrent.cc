// LSTM and GRU layers. The ops are private: the graph optimizer puts them in place of calls of the
// functions that python/tf_mlc_plugin/recurrent.py defines, which compute the same with TensorFlow
// ops, so that no saved graph holds them.
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

bool IsHalf(DataType type) { return type == DataType::kFloat16 || type == DataType::kBFloat16; }

// 16-bit states would lose digits in every step of a long sequence: they are kept in float32.
template <Op op>
void BuildRecurrent(BuildContext& c) {
  const DataType type = c.type(0).dtype;
  std::vector<Value> inputs;
  for (int i = 0; i < c.input_count(); ++i) {
    const bool widen = IsHalf(c.type(i).dtype);
    inputs.push_back(widen ? c.Append(Op::kCast, {c.input(i)}, {{"to", DataType::kFloat32}})
                           : c.input(i));
  }
  for (const Value v : c.program.AppendMulti(op, inputs)) {
    c.Output(IsHalf(type) ? c.Append(Op::kCast, {v}, {{"to", type}}) : v);
  }
}

}  // namespace

const Rows& RecurrentRows() {
  static const Rows rows = [] {
    const auto row = [](std::string_view op, Builder build) {
      OpRow result = {op, build, {{"T", Floats()}}};
      result.cluster_only = true;
      return result;
    };
    return Rows{
        row("_MlcLstm", BuildRecurrent<Op::kLstm>),
        row("_MlcLstmGrad", BuildRecurrent<Op::kLstmGrad>),
        row("_MlcGru", BuildRecurrent<Op::kGru>),
        row("_MlcGruGrad", BuildRecurrent<Op::kGruGrad>),
    };
  }();
  return rows;
}

}  // namespace tf_mlc
