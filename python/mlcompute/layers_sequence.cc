// python/mlcompute/layers_sequence.cc: layers of sequences [N, T, C].
#include "mlcompute/layers/lstm.h"
#include "mlcompute/layers/multihead_attention.h"
#include "python/mlcompute/layers.h"

namespace mlcompute::python {
namespace {

using Tensors = std::vector<TensorPtr>;

Tensors ToList(const std::optional<Tensors>& tensors) { return tensors.value_or(Tensors{}); }

std::shared_ptr<LstmLayer> MakeLstm(const Tensors& input_weights, const Tensors& hidden_weights,
                                    const std::optional<Tensors>& biases, int64_t input_size,
                                    int64_t hidden_size, int64_t layer_count, bool bidirectional,
                                    bool returns_sequences, float dropout,
                                    const py::object& result_mode,
                                    const std::vector<py::object>& gate_activations,
                                    const py::object& output_activation) {
  std::vector<ActivationDescriptor> gates;
  for (const py::object& type : gate_activations) {
    gates.emplace_back(ToEnum<ActivationType>(type, "activation type"));
  }
  return std::make_shared<LstmLayer>(
      LstmDescriptor{input_size, hidden_size, layer_count, bidirectional, returns_sequences,
                     dropout, ToEnum<LstmResultMode>(result_mode, "LSTM result mode")},
      input_weights, hidden_weights, ToList(biases), gates,
      ActivationDescriptor(ToEnum<ActivationType>(output_activation, "activation type")));
}

std::shared_ptr<MultiheadAttentionLayer> MakeAttention(
    const Tensors& weights, const std::optional<Tensors>& biases,
    const std::optional<Tensors>& attention_biases, int64_t model, int64_t heads,
    std::optional<int64_t> key, std::optional<int64_t> value, float dropout,
    bool adds_zero_attention) {
  MultiheadAttentionDescriptor descriptor(model, heads);
  descriptor.key_dimension = key.value_or(model);
  descriptor.value_dimension = value.value_or(model);
  descriptor.dropout = dropout;
  descriptor.adds_zero_attention = adds_zero_attention;
  return std::make_shared<MultiheadAttentionLayer>(descriptor, weights, ToList(biases),
                                                   ToList(attention_biases));
}

// A read-only property for a field of the layer's descriptor.
template <typename L, typename D, typename T>
void Field(LayerClass<L>& layer, const char* name, T D::*field) {
  layer.def_property_readonly(name, [field](const L& l) { return l.descriptor().*field; });
}

}  // namespace

void BindSequenceLayers(py::module_& m) {
  LayerClass<LstmLayer> lstm(m, "lstm_layer", R"(Long short-term memory over [N, T, input_size].

Sources x, or [x, h0, c0], with the lengths of the sequences (int32 [N]) as a further last one.
States are [N, layers * directions, hidden_size], layer by layer, or [N, hidden_size] of a single
one; they begin as zeros. Result: [N, T, directions * hidden_size], or with returns_sequences=False
that of each direction's last step, [N, directions * hidden_size]. With result_mode
"output_and_states" the last h and c are graph.result_tensors(layer)[1:]. Beyond a length outputs
are 0 and states stay.

    i, f, o = sigmoid(W x + U h + b)    g = tanh(W x + U h + b)
    c' = f * c + i * g                  h' = o * tanh(c')

Weights are lists of four tensors i, f, g, o for each layer; all layers forward, then all backward.
input_weights: [1, hidden * in] or [1, hidden * in, 1, 1], in memory [hidden][in]; hidden_weights
the same with hidden for in; biases [1, hidden], [1, hidden, 1, 1] or None for all.
gate_activations: four names for i, f, g, o. dropout counts while training.
Source: Hochreiter and Schmidhuber, 1997; Gers, Schmidhuber and Cummins, 2000.)");
  lstm.def(py::init(&MakeLstm), py::arg("input_weights"), py::arg("hidden_weights"),
           py::arg("biases") = py::none(), py::kw_only(), py::arg("input_size"),
           py::arg("hidden_size"), py::arg("layer_count") = 1, py::arg("is_bidirectional") = false,
           py::arg("returns_sequences") = true, py::arg("dropout") = 0,
           py::arg("result_mode") = "output", py::arg("gate_activations") = py::list(),
           py::arg("output_activation") = "tanh")
      .def_property_readonly("input_weights", &LstmLayer::input_weights)
      .def_property_readonly("input_weights_parameters",
                             [](const LstmLayer& l) { return ParametersOf(l, l.input_weights()); })
      .def_property_readonly("hidden_weights", &LstmLayer::hidden_weights)
      .def_property_readonly("hidden_weights_parameters",
                             [](const LstmLayer& l) { return ParametersOf(l, l.hidden_weights()); })
      .def_property_readonly("biases", &LstmLayer::biases)
      .def_property_readonly("biases_parameters",
                             [](const LstmLayer& l) { return ParametersOf(l, l.biases()); })
      .def_property_readonly("result_mode",
                             [](const LstmLayer& l) { return NameOf(l.descriptor().result_mode); });
  Field(lstm, "input_size", &LstmDescriptor::input_size);
  Field(lstm, "hidden_size", &LstmDescriptor::hidden_size);
  Field(lstm, "layer_count", &LstmDescriptor::layer_count);
  Field(lstm, "is_bidirectional", &LstmDescriptor::is_bidirectional);
  Field(lstm, "returns_sequences", &LstmDescriptor::returns_sequences);
  Field(lstm, "dropout", &LstmDescriptor::dropout);

  LayerClass<MultiheadAttentionLayer> attention(m, "multihead_attention_layer",
                                                R"(Scaled dot-product attention of several heads.

Sources query [N, L, E], key [N, S, E], value [N, S, E], E = model_dimension, then a key mask [N, S]
(boolean) and an attention mask [1, L, S] or [N * heads, L, S] (boolean, or of the query's type and
added to the scores), each or none. True masks a position out. Result [N, L, E].

    softmax(Q K^T / sqrt(key_dimension / heads) + mask) V    for each head

weights: query, key [1, heads, key_dimension / heads, E], value [1, heads, value_dimension / heads,
E], output [1, 1, E, value_dimension]. biases: None or four of [1, n]. attention_biases: None or a
further key and value [1, n]. adds_zero_attention: a further key and value of zeros. key_dimension
and value_dimension are E by default. dropout counts while training.
Source: Vaswani et al., "Attention Is All You Need", 2017, 3.2.)");
  attention
      .def(py::init(&MakeAttention), py::arg("weights"), py::arg("biases") = py::none(),
           py::arg("attention_biases") = py::none(), py::kw_only(), py::arg("model_dimension"),
           py::arg("head_count"), py::arg("key_dimension") = py::none(),
           py::arg("value_dimension") = py::none(), py::arg("dropout") = 0,
           py::arg("adds_zero_attention") = false)
      .def_property_readonly("weights", &MultiheadAttentionLayer::weights)
      .def_property_readonly(
          "weights_parameters",
          [](const MultiheadAttentionLayer& l) { return ParametersOf(l, l.weights()); })
      .def_property_readonly("biases", &MultiheadAttentionLayer::biases)
      .def_property_readonly(
          "biases_parameters",
          [](const MultiheadAttentionLayer& l) { return ParametersOf(l, l.biases()); })
      .def_property_readonly("attention_biases", &MultiheadAttentionLayer::attention_biases);
  Field(attention, "model_dimension", &MultiheadAttentionDescriptor::model_dimension);
  Field(attention, "key_dimension", &MultiheadAttentionDescriptor::key_dimension);
  Field(attention, "value_dimension", &MultiheadAttentionDescriptor::value_dimension);
  Field(attention, "head_count", &MultiheadAttentionDescriptor::head_count);
  Field(attention, "dropout", &MultiheadAttentionDescriptor::dropout);
  Field(attention, "adds_zero_attention", &MultiheadAttentionDescriptor::adds_zero_attention);
}

}  // namespace mlcompute::python
