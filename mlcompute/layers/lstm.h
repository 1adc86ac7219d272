// mlcompute/layers/lstm.h: long short-term memory (MLCLSTMLayer).
#pragma once

#include <optional>

#include "mlcompute/layer.h"
#include "mlcompute/layers/activation.h"
#include "mlcompute/types.h"

namespace mlcompute {

struct LstmDescriptor {
  int64_t input_size;
  int64_t hidden_size;
  int64_t layer_count = 1;
  bool is_bidirectional = false;
  bool returns_sequences = true;
  float dropout = 0;  // between stacked layers, while training only
  LstmResultMode result_mode = LstmResultMode::kOutput;
};

// Sources x [N, T, input]; or x, h0, c0; and as a last one the lengths of the sequences, int32 [N].
// With D = 2 if bidirectional else 1, and L layers, a state is [N, L * D, hidden] (layer by layer,
// forward before backward), or [N, hidden] where L * D is 1; states begin as zeros.
//
// Results: the last layer's h [N, T, D * hidden] (forward, then backward), or without
// returns_sequences that after each direction's last step, [N, D * hidden]; with kOutputAndStates
// also the last h and c as states. Beyond a sequence's length the output is 0 and the state stays.
//
// Each step (Hochreiter and Schmidhuber 1997; Gers et al. 2000 for f), gates in the order i, f, g,
// o:
//   i = s_i(Wi x + Ui h + bi)    f = s_f(Wf x + Uf h + bf)    g = s_g(Wg x + Ug h + bg)
//   o = s_o(Wo x + Uo h + bo)    c' = f c + i g               h' = o s_h(c')
// with sigmoid for s_i, s_f, s_o and tanh for s_g, s_h, unless other activations are given.
class LstmLayer : public Layer {
 public:
  // Four tensors i, f, g, o for each layer, all layers of the forward direction first, then those
  // of the backward one. input_weights: [1, hidden * in] or [1, hidden * in, 1, 1], in memory
  // [hidden][in], with in = input_size for the first layer and D * hidden for the others;
  // hidden_weights the same with hidden for in; biases [1, hidden] or [1, hidden, 1, 1], or none.
  // gate_activations: four, or none for the above. Throws Error(kInvalidArgument).
  LstmLayer(const LstmDescriptor& descriptor, std::vector<TensorPtr> input_weights,
            std::vector<TensorPtr> hidden_weights, std::vector<TensorPtr> biases,
            std::vector<ActivationDescriptor> gate_activations = {},
            ActivationDescriptor output_activation = ActivationDescriptor(ActivationType::kTanh));

  const LstmDescriptor& descriptor() const { return descriptor_; }
  const std::vector<TensorPtr>& input_weights() const { return input_weights_; }
  const std::vector<TensorPtr>& hidden_weights() const { return hidden_weights_; }
  const std::vector<TensorPtr>& biases() const { return biases_; }  // may be empty
  const std::vector<ActivationDescriptor>& gate_activations() const { return gate_activations_; }
  const ActivationDescriptor& output_activation() const { return output_activation_; }
  std::vector<TensorPtr> parameters() const override;

 protected:
  std::string Detail() const override;
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  // What one layer does in one direction.
  struct Pass {
    Value outputs;  // [N, T, hidden], in the order of time
    Value h;        // after its last step
    Value c;
  };

  int64_t directions() const { return descriptor_.is_bidirectional ? 2 : 1; }
  int64_t states() const { return descriptor_.layer_count * directions(); }
  // The tensors of four gates under each other, [4 * hidden, columns]; biases: [4 * hidden].
  Value Gates(Lowering& to, const std::vector<TensorPtr>& tensors, size_t first,
              int64_t columns) const;
  Value State(Lowering& to, Value x, const std::vector<Value>& given, size_t which,
              int64_t state) const;
  Value Packed(Lowering& to, const std::vector<Value>& states) const;
  // Whether all activations are the usual ones, for which the program has one operation.
  bool IsUsual() const;
  Pass Unrolled(Lowering& to, Value inputs, Value recurrent, Value h, Value c,
                std::optional<Value> mask) const;
  Pass Run(Lowering& to, Value x, size_t first, bool backward, Value h, Value c,
           std::optional<Value> mask) const;

  const LstmDescriptor descriptor_;
  const std::vector<TensorPtr> input_weights_;
  const std::vector<TensorPtr> hidden_weights_;
  const std::vector<TensorPtr> biases_;
  const std::vector<ActivationDescriptor> gate_activations_;
  const ActivationDescriptor output_activation_;
};

}  // namespace mlcompute
