// Training steps on the apple backend and on the reference backend, a line for each:
// "name: the same, 9 of 12 in 2 graphs, 1 training, 18 counted, 100% of FLOPs", where "counted" is
// what all Run()s computed inside MLCompute graphs divided by their number. `apple_training table`
// prints a table of placements, `apple_training refusals` what becomes of methods of the framework
// that refuse, `apple_training random` what became of random models.
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mlcompute/gradient/gradient.h"
#include "tests/apple/backend_check.h"

namespace {

using namespace mlcompute;
using namespace mlcompute::apple_test;

constexpr int kRuns = 3;

struct Outcome {
  bool same = true;
  size_t in_graph = 0;
  size_t all = 0;
  int graphs = 0;
  int training = 0;
  int64_t counted = 0;
  double share = 0;
};

// Runs with changing numbers, weights among them.
Outcome Compare(const Program& program, const Options& options, float tolerance) {
  const auto executable = AppleBackend(options).Compile(program);
  auto& made = dynamic_cast<AppleExecutable&>(*executable);
  const auto reference = ReferenceBackend().Compile(program);
  Outcome outcome;
  for (uint32_t run = 0; run < kRuns; ++run) {
    const auto found = Run(made, program, 1 + 100 * run, false);
    const auto wanted = Run(*reference, program, 1 + 100 * run, false);
    for (size_t i = 0; i < wanted.size(); ++i) {
      const TensorType& type = program.type(program.outputs()[i]);
      if (Same(type, found[i], wanted[i], tolerance, true)) continue;
      std::fprintf(stderr, "that was output %zu, %s\n", i, type.ToString().c_str());
      outcome.same = false;
    }
  }
  for (const auto& row : made.placements()) outcome.in_graph += row.graph >= 0;
  outcome.all = made.placements().size();
  outcome.graphs = made.graph_count();
  outcome.training = made.training_graph_count();
  outcome.counted = made.operations_run_in_graphs() / kRuns;
  outcome.share = made.flops().share();
  return outcome;
}

void Show(const std::string& name, const Program& program, const Options& options = {}) {
  try {
    const Outcome it = Compare(program, options, 2e-5f);
    std::printf("%s: %s, %zu of %zu in %d graphs, %d training, %ld counted, %.0f%% of FLOPs\n",
                name.c_str(), it.same ? "the same" : "DIFFERENT", it.in_graph, it.all, it.graphs,
                it.training, static_cast<long>(it.counted), 100 * it.share);
  } catch (const Error& error) {
    std::printf("%s: Error %d: %s\n", name.c_str(), static_cast<int>(error.code()), error.what());
  }
}

using Ints = std::vector<int64_t>;

Attributes Window(const Ints& strides, const Ints& begin, const Ints& end, bool last) {
  return {{"strides", strides}, {"pads_begin", begin}, {"pads_end", end}, {"channels_last", last}};
}
Attributes Convolving(const Ints& strides, const Ints& dilations, const Ints& begin,
                      const Ints& end, int64_t groups, bool last) {
  return Window(strides, begin, end, last).Set("dilations", dilations).Set("groups", groups);
}
Attributes Pooling(const Ints& window, const Ints& strides, const Ints& begin, const Ints& end,
                   bool last) {
  return Window(strides, begin, end, last).Set("window", window);
}

// A step: layers forward, what comes back, and what becomes of it.
class Model {
 public:
  Program program;

  Value In(const Shape& shape) { return program.AddInput({kFloat, shape}); }
  Value Parameter(const Shape& shape) {
    parameters.push_back(In(shape));
    return parameters.back();
  }
  Value Append(Op op, const std::vector<Value>& inputs, const Attributes& attributes = {}) {
    return program.Append(op, inputs, attributes);
  }
  Shape ShapeOf(Value v) const { return program.type(v).shape; }

  Value MatMul(Value a, Value b, bool transpose_a = false, bool transpose_b = false) {
    return Append(Op::kMatMul, {a, b},
                  {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}});
  }
  Value Dense(Value x, int64_t units, bool transposed = false) {
    const int64_t inputs = ShapeOf(x)[1];
    const Value w = Parameter(transposed ? Shape{units, inputs} : Shape{inputs, units});
    return Append(Op::kAdd, {MatMul(x, w, false, transposed), Parameter({units})});
  }
  Value Convolve(Value x, const Shape& filter, const Attributes& attributes, bool biases = true) {
    const Value y = Append(Op::kConvolution, {x, Parameter(filter)}, attributes);
    if (!biases) return y;
    const int64_t count = filter[3];
    Value b = Parameter({count});
    if (!attributes.Bool("channels_last")) {
      b = Append(Op::kReshape, {b}, {{"shape", Ints{1, count, 1, 1}}});
    }
    return Append(Op::kAdd, {y, b});
  }
  Value Reshape(Value x, const Ints& shape) {
    return Append(Op::kReshape, {x}, {{"shape", shape}});
  }

  // Gradients of all parameters and of `others`, from a gradient of y that is an input, or from
  // softmax cross-entropy with labels that are one.
  std::vector<Value> Differentiate(Value y, const std::vector<Value>& others = {},
                                   bool with_loss = false) {
    Value dy = 0;
    if (with_loss) {
      const Value labels = In(ShapeOf(y));
      const auto loss = program.AppendMulti(Op::kSoftmaxCrossEntropy, {y, labels});
      program.AddOutput(loss[0]);
      dy = loss[1];
    } else {
      dy = In(ShapeOf(y));
      program.AddOutput(y);
    }
    GradientRequest request;
    request.seeds = {{y, dy}};
    request.by = parameters;
    request.by.insert(request.by.end(), others.begin(), others.end());
    return AppendGradients(program, request);
  }
  void Give(const std::vector<Value>& values) {
    for (const Value v : values) {
      if (v >= 0) program.AddOutput(v);
    }
  }
  // Everything at once.
  Program Trained(Value y, const std::vector<Value>& others = {}, bool with_loss = false) {
    Give(Differentiate(y, others, with_loss));
    return program;
  }
  // w - rate * gradient; the gradients of parameters come first.
  void Descend(const std::vector<Value>& gradients, Value rate) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      const Value step = Append(Op::kMul, {rate, gradients[i]});
      program.AddOutput(Append(Op::kSub, {parameters[i], step}));
    }
  }

  std::vector<Value> parameters;
};

void Denses() {
  for (const bool transposed : {false, true}) {
    Model m;
    const Value x = m.In({4, 6});
    Show(transposed ? "dense transposed" : "dense", m.Trained(m.Dense(x, 5, transposed), {x}));
  }
  {
    Model m;  // nobody wants dx
    Show("first dense", m.Trained(m.Dense(m.In({4, 6}), 5)));
  }
  {
    Model m;
    const Value x = m.In({4, 6});
    Show("dense without biases", m.Trained(m.MatMul(x, m.Parameter({6, 3})), {x}));
  }
  {
    Model m;
    const Value x = m.In({4, 6});
    const Value h = m.Append(Op::kTanh, {m.Dense(x, 5)});
    Show("two layers", m.Trained(m.Dense(h, 3), {x}, true));
  }
  for (const int64_t rank : {3, 4}) {
    // Attention: scores of q and k, then v.
    Model m;
    const Shape shape = rank == 3 ? Shape{2, 5, 4} : Shape{2, 3, 5, 4};
    const Value q = m.In(shape), k = m.In(shape), v = m.In(shape);
    const Value scores = m.Append(Op::kTanh, {m.MatMul(q, k, false, true)});
    Show(StrCat("products of batches of rank ", rank), m.Trained(m.MatMul(scores, v), {q, k, v}));
  }
  {
    Model m;  // one matrix for all batches
    const Value x = m.In({2, 3, 5, 4});
    const Value h = m.Append(
        Op::kRelu, {m.Append(Op::kAdd, {m.MatMul(x, m.Parameter({4, 6})), m.Parameter({6})})});
    Show("dense on sequences", m.Trained(m.MatMul(h, m.Parameter({3, 6}), false, true), {x}));
  }
  {
    Model m;  // read again by the gradients, made again for them
    const Value x = m.In({2, 5, 5, 4}), w = m.In({3, 3, 4, 1});
    const Attributes flat{{"shape", Ints{3, 3, 1, 4}}};
    const auto how = Convolving({1, 1}, {1, 1}, {1, 1}, {1, 1}, 4, true);
    const Value y = m.Append(Op::kConvolution, {x, m.Append(Op::kReshape, {w}, flat)}, how);
    const Value dy = m.In({2, 5, 5, 4});
    const Value again = m.Append(Op::kReshape, {w}, flat);
    Attributes of_input = how, of_filter = how;
    m.Give({y,
            m.Append(Op::kConvolutionGradInput, {again, dy},
                     of_input.Set("input_shape", Ints{2, 5, 5, 4})),
            m.Append(Op::kConvolutionGradFilter, {x, dy},
                     of_filter.Set("filter_shape", Ints{3, 3, 1, 4}))});
    Show("equal filters", m.program);
  }
  {
    Model m;
    const Value a = m.In({5, 4}), b = m.In({3, 5});
    Show("product of transposed matrices", m.Trained(m.MatMul(a, b, true, true), {a, b}));
  }
  {
    Model m;
    const Value a = m.In({5, 4}), b = m.In({5, 3});
    const Value left = m.Append(Op::kTanh, {a}), right = m.Append(Op::kSigmoid, {b});
    Show("product of two results", m.Trained(m.MatMul(left, right, true, false), {a, b}));
  }
  {
    Model m;
    const Value a = m.In({4, 4});
    Show("product of one matrix", m.Trained(m.MatMul(a, a), {a}));
  }
}

void Activations() {
  const Op all[] = {Op::kTanh, Op::kSigmoid, Op::kRelu,     Op::kRelu6,   Op::kLeakyRelu,
                    Op::kElu,  Op::kSelu,    Op::kSoftplus, Op::kSoftsign};
  for (const Op op : all) {
    Model m;
    const Value x = m.In({4, 6});
    const Attributes attributes = op == Op::kLeakyRelu ? Attributes{{"alpha", 0.3}} : Attributes{};
    const Value h = m.Append(op, {m.Dense(x, 5)}, attributes);
    Show(StrCat("dense and ", Name(op)), m.Trained(m.Dense(h, 3), {x}));
  }
  Model m;
  const Value x = m.In({4, 6});
  Show("activation alone", m.Trained(m.Append(Op::kTanh, {x}), {x}));
}

void Images() {
  for (const bool last : {true, false}) {
    const std::string how = last ? " NHWC" : " NCHW";
    const Shape image = last ? Shape{2, 7, 8, 4} : Shape{2, 4, 7, 8};
    const auto convolve = [&](const char* name, const Shape& filter, const Attributes& attributes) {
      Model m;
      const Value x = m.In(image);
      const Value y = m.Convolve(x, filter, attributes);
      Show(name + how, m.Trained(m.Append(Op::kRelu, {y}), {x}));
    };
    convolve("convolution", {3, 2, 4, 5}, Convolving({1, 1}, {1, 1}, {0, 0}, {0, 0}, 1, last));
    convolve("convolution padded", {3, 3, 4, 5},
             Convolving({2, 1}, {1, 1}, {1, 1}, {1, 1}, 1, last));
    convolve("convolution padded at one side", {2, 4, 4, 3},
             Convolving({2, 2}, {1, 1}, {0, 1}, {1, 2}, 1, last));
    convolve("convolution dilated", {2, 3, 4, 3},
             Convolving({1, 1}, {2, 1}, {1, 0}, {1, 0}, 1, last));
    convolve("convolution of groups", {3, 3, 2, 6},
             Convolving({1, 1}, {1, 1}, {1, 1}, {1, 1}, 2, last));
    convolve("convolution of depth", {3, 3, 1, 8},
             Convolving({1, 1}, {1, 1}, {1, 1}, {1, 1}, 4, last));
    const auto pool = [&](const char* name, Op op, const Ints& begin, const Ints& end) {
      Model m;
      const Value x = m.In(image);
      const Value y =
          m.Convolve(x, {1, 1, 4, 3}, Convolving({1, 1}, {1, 1}, {0, 0}, {0, 0}, 1, last), false);
      Show(name + how,
           m.Trained(m.Append(op, {y}, Pooling({3, 2}, {2, 1}, begin, end, last)), {x}));
    };
    pool("MaxPool", Op::kMaxPool, {0, 0}, {0, 0});
    pool("MaxPool padded", Op::kMaxPool, {1, 1}, {1, 1});
    pool("MaxPool padded at one side", Op::kMaxPool, {0, 0}, {1, 1});
    pool("AvgPool", Op::kAvgPool, {0, 0}, {0, 0});
    pool("AvgPool padded", Op::kAvgPool, {1, 1}, {1, 1});
    pool("AvgPool padded at one side", Op::kAvgPool, {0, 0}, {1, 1});
  }
  Model m;  // equal averages: which gradient is whose shows only in the layers around them
  Value x = m.In({2, 8, 8, 3});
  for (int i = 0; i < 3; ++i) {
    x = m.Append(Op::kAvgPool, {x}, Pooling({3, 3}, {1, 1}, {1, 1}, {1, 1}, true));
    x = m.Convolve(x, {3, 3, 3, 3}, Convolving({1, 1}, {1, 1}, {1, 1}, {1, 1}, 1, true), false);
  }
  Show("equal averages", m.Trained(x, {0}));
}

// A convolutional network up to the loss.
Value Network(Model& m) {
  const Value x = m.In({4, 10, 10, 3});
  const auto same = Convolving({1, 1}, {1, 1}, {1, 1}, {1, 1}, 1, true);
  const auto half = Pooling({2, 2}, {2, 2}, {0, 0}, {0, 0}, true);
  Value y = m.Append(Op::kRelu, {m.Convolve(x, {3, 3, 3, 6}, same)});
  y = m.Append(Op::kMaxPool, {y}, half);
  y = m.Append(Op::kRelu, {m.Convolve(y, {3, 3, 6, 5}, same)});
  y = m.Append(Op::kAvgPool, {y}, Pooling({3, 3}, {2, 2}, {0, 0}, {0, 0}, true));
  y = m.Reshape(y, {4, 20});
  y = m.Append(Op::kRelu, {m.Dense(y, 7)});
  return m.Dense(y, 4);
}

void Networks() {
  {
    Model m;
    Show("network", m.Trained(Network(m), {}, true));
  }
  {
    Model m;
    Options gpu;
    gpu.device = DeviceType::kGpu;
    Show("network on a GPU", m.Trained(Network(m), {}, true), gpu);
    Options any;
    any.device = DeviceType::kAny;
    Show("network on any device", m.program, any);
    Options ane;
    ane.device = DeviceType::kAne;
    Show("network on the neural engine", m.program, ane);
  }
  {
    Model m;
    const auto gradients = m.Differentiate(Network(m), {}, true);
    m.Descend(gradients, m.In({}));
    Show("network with descent", m.program);
  }
  {
    Model m;  // a momentum is not joined
    const auto gradients = m.Differentiate(Network(m), {}, true);
    const Value rate = m.In({});
    for (size_t i = 0; i < m.parameters.size(); ++i) {
      const Value before = m.In(m.ShapeOf(m.parameters[i]));
      const Value step = m.Append(Op::kMul, {rate, gradients[i]});
      const Value after = m.Append(Op::kAdd, {m.Append(Op::kMul, {rate, before}), step});
      m.Give({after, m.Append(Op::kSub, {m.parameters[i], after})});
    }
    Show("network with momentum", m.program);
  }
  {
    Model m;  // statistics of a batch stand between layers
    const Value x = m.In({4, 6, 6, 3});
    const auto same = Convolving({1, 1}, {1, 1}, {1, 1}, {1, 1}, 1, true);
    Value y = m.Convolve(x, {3, 3, 3, 4}, same, false);
    const Value mean =
        m.Append(Op::kReduceMean, {y}, {{"axes", Ints{0, 1, 2}}, {"keep_dims", true}});
    y = m.Append(Op::kRelu, {m.Append(Op::kSub, {y, mean})});
    Show("normalized", m.Trained(m.Convolve(y, {3, 3, 4, 2}, same, false), {x}));
  }
}

void Connections() {
  const auto dense = [](Model& m, Value x) { return m.Dense(x, 6); };
  {
    Model m;  // a layer's result is also read elsewhere, and given out
    const Value x = m.In({4, 6});
    const Value h = m.Append(Op::kRelu, {dense(m, x)});
    m.Give({m.Append(Op::kErf, {h}), h});
    Show("result read elsewhere", m.Trained(dense(m, h), {x}));
  }
  {
    Model m;  // the gradient between two layers is given out: no graph may keep it inside
    const Value x = m.In({4, 6});
    const Value h = dense(m, x);
    Show("gradient read elsewhere", m.Trained(m.Append(Op::kTanh, {dense(m, h)}), {h, x}));
  }
  {
    Model m;  // two consumers: their gradients add up outside
    const Value x = m.In({4, 6});
    const Value h = m.Append(Op::kRelu, {dense(m, x)});
    const Value y = m.Append(Op::kAdd, {dense(m, h), dense(m, h)});
    Show("two consumers", m.Trained(y, {x}));
  }
  {
    Model m;  // one that passes nothing back
    const Value x = m.In({4, 6});
    const Value h = m.Append(Op::kRelu, {dense(m, x)});
    const Value y = dense(m, h);
    m.Give({dense(m, h)});
    Show("consumer without gradient", m.Trained(y, {x}));
  }
  {
    Model m;  // one matrix in two layers of a chain
    const Value x = m.In({4, 6}), w = m.Parameter({6, 6});
    const Value h = m.Append(Op::kTanh, {m.MatMul(x, w)});
    Show("weights of two layers", m.Trained(m.MatMul(h, w), {x}));
  }
  {
    Model m;  // and side by side
    const Value x = m.In({4, 6}), z = m.In({4, 6}), w = m.Parameter({6, 5});
    const Value y = m.Append(Op::kMul, {m.MatMul(x, w), m.MatMul(z, w)});
    Show("siblings", m.Trained(y, {x, z}));
  }
  {
    Model m;  // of one source
    const Value x = m.In({4, 6});
    const Value y = m.Append(Op::kMul, {m.Append(Op::kTanh, {dense(m, x)}), dense(m, x)});
    Show("branches", m.Trained(y, {x}));
  }
  {
    Model m;  // what stands between must not stand between two layers of one graph
    const Value x = m.In({6, 6});
    const Value h = dense(m, x);
    Show("a way around",
         m.Trained(m.MatMul(m.Append(Op::kRelu, {h}), m.Append(Op::kErf, {h})), {x}));
  }
  {
    Model m;
    const Value x = m.In({4, 6});
    const Value h = m.Append(Op::kErf, {m.Append(Op::kRelu, {dense(m, x)})});
    Show("two graphs", m.Trained(m.Append(Op::kRelu, {dense(m, h)}), {x}));
  }
  {
    Model m;  // the second gradient has no layer left
    const Value x = m.In({2, 5, 5, 3});
    const auto how = Convolving({1, 1}, {1, 1}, {0, 0}, {0, 0}, 1, true);
    const Value y = m.Convolve(x, {2, 2, 3, 4}, how, false);
    m.Give(m.Differentiate(y, {x}));
    GradientRequest request;
    request.seeds = {{y, m.In(m.ShapeOf(y))}};
    request.by = m.parameters;
    m.Give(AppendGradients(m.program, request));
    Show("two tapes", m.program);
  }
  {
    Model m;
    const Value x = m.In({2, 5, 5, 3}), dy = m.In({2, 4, 4, 6});
    m.Give({m.Append(Op::kConvolutionGradFilter, {x, dy},
                     Convolving({1, 1}, {1, 1}, {0, 0}, {0, 0}, 1, true)
                         .Set("filter_shape", Ints{2, 2, 3, 6}))});
    Show("gradient without its layer", m.program);
  }
  {
    Model m;  // nor with other numbers
    const Value x = m.In({4, 6});
    const Value y = m.Append(Op::kLeakyRelu, {m.Dense(x, 6)}, {{"alpha", 0.1}});
    m.Give({y, m.Append(Op::kLeakyReluGrad, {m.In({4, 6}), x}, {{"alpha", 0.2}})});
    Show("gradient of another slope", m.program);
  }
  {
    Model m;  // the gradient is differentiated again
    const Value x = m.In({2, 5, 5, 3});
    const auto how = Convolving({1, 1}, {1, 1}, {0, 0}, {0, 0}, 1, true);
    const auto first = m.Differentiate(m.Convolve(x, {2, 2, 3, 4}, how, false), {x});
    m.Give(first);
    GradientRequest request;
    request.seeds = {{first[1], m.In({2, 5, 5, 3})}};
    request.by = m.parameters;
    m.Give(AppendGradients(m.program, request));
    Show("second derivative", m.program);
  }
}

void Updates() {
  const auto step = [](const char* name,
                       const std::function<void(Model&, std::vector<Value>)>& end) {
    Model m;
    const Value x = m.In({4, 6});
    const Value h = m.Append(Op::kRelu, {m.Dense(x, 5)});
    end(m, m.Differentiate(m.Dense(h, 3), {}, true));
    Show(name, m.program);
  };
  step("descent", [](Model& m, std::vector<Value> g) { m.Descend(g, m.In({})); });
  step("descent at a computed rate", [](Model& m, std::vector<Value> g) {
    m.Descend(g, m.Append(Op::kMul, {m.In({}), m.In({})}));
  });
  step("descent at a fixed rate", [](Model& m, std::vector<Value> g) {
    const float rate = 0.125f;
    m.Descend(g, m.program.AddConstant({kFloat, {}}, &rate));
  });
  step("descent at two rates", [](Model& m, std::vector<Value> g) {
    const Value rates[] = {m.In({}), m.In({})};
    for (size_t i = 0; i < m.parameters.size(); ++i) {
      const Value one = m.Append(Op::kMul, {g[i], rates[i % 2]});
      m.Give({m.Append(Op::kSub, {m.parameters[i], one})});
    }
  });
  step("descent and gradients", [](Model& m, std::vector<Value> g) {
    m.Descend(g, m.In({}));
    m.Give(g);
  });
  step("descent of one parameter", [](Model& m, std::vector<Value> g) {
    const Value one = m.Append(Op::kMul, {m.In({}), g[0]});
    m.Give({m.Append(Op::kSub, {m.parameters[0], one}), g[1], g[2], g[3]});
  });
  step("descent with decay", [](Model& m, std::vector<Value> g) {
    const Value rate = m.In({});
    for (size_t i = 0; i < m.parameters.size(); ++i) {
      g[i] = m.Append(Op::kAdd, {g[i], m.Append(Op::kMul, {rate, m.parameters[i]})});
    }
    m.Descend(g, rate);
  });
  step("descent at a rate of the gradient", [](Model& m, std::vector<Value> g) {
    const Value sum = m.Append(Op::kReduceSum, {g[3]}, {{"axes", Ints{0}}, {"keep_dims", false}});
    m.Descend(g, sum);
  });
  step("ascent", [](Model& m, std::vector<Value> g) {
    const Value rate = m.In({});
    for (size_t i = 0; i < m.parameters.size(); ++i) {
      m.Give({m.Append(Op::kSub, {m.Append(Op::kMul, {rate, g[i]}), m.parameters[i]})});
    }
  });
}

// Random layers, some of which read earlier results or are read outside.
Program RandomStep(uint32_t seed) {
  std::mt19937 random(seed);
  const auto pick = [&](int below) {
    return static_cast<int>(random() % static_cast<uint32_t>(below));
  };
  Model m;
  const bool images = pick(2) == 0;
  const Value x = m.In(images ? Shape{2, 5, 5, 3} : Shape{4, 6});
  std::vector<Value> results = {x};
  const Op functions[] = {Op::kRelu, Op::kTanh, Op::kSigmoid, Op::kElu, Op::kErf, Op::kSquare};
  const auto same = Convolving({1, 1}, {1, 1}, {1, 1}, {1, 1}, 1, true);
  const auto pooling = Pooling({3, 3}, {1, 1}, {1, 1}, {1, 1}, true);
  Value shared = -1;
  const int count = 3 + pick(8);
  for (int i = 0; i < count; ++i) {
    const Value from = pick(3) > 0
                           ? results.back()
                           : results[static_cast<size_t>(pick(static_cast<int>(results.size())))];
    Value y = from;
    switch (pick(6)) {
      case 0:
      case 1:
        if (images) {
          y = m.Convolve(from, {3, 3, 3, 3}, same, pick(2) == 0);
        } else if (pick(3) == 0) {
          if (shared < 0) shared = m.Parameter({6, 6});
          y = m.MatMul(from, shared);
        } else {
          y = m.Dense(from, 6, pick(2) == 0);
        }
        break;
      case 2:
        y = m.Append(Op::kAdd,
                     {from, results[static_cast<size_t>(pick(static_cast<int>(results.size())))]});
        break;
      case 3:
        if (images) y = m.Append(pick(2) ? Op::kMaxPool : Op::kAvgPool, {from}, pooling);
        break;
      default:
        y = m.Append(functions[pick(6)], {from});
    }
    // Values stay small.
    if (pick(3) == 0) y = m.Append(Op::kTanh, {y});
    if (y != from) results.push_back(y);
    if (pick(6) == 0) m.program.AddOutput(y);
  }
  std::vector<Value> others;
  if (pick(2)) others.push_back(x);
  if (pick(3) == 0)
    others.push_back(results[static_cast<size_t>(pick(static_cast<int>(results.size())))]);
  const auto gradients = m.Differentiate(m.Append(Op::kTanh, {results.back()}), others);
  bool all = true;
  for (size_t i = 0; i < m.parameters.size(); ++i) all = all && gradients[i] >= 0;
  if (all && pick(2)) {
    m.Descend(gradients, m.In({}));
    if (pick(3) == 0) m.Give(gradients);
  } else {
    m.Give(gradients);
  }
  return m.program;
}

void Random(uint32_t first, uint32_t last) {
  int different = 0, training = 0, joined = 0;
  for (uint32_t seed = first; seed <= last; ++seed) {
    const Program program = RandomStep(seed);
    // Deep ones make much of a rounding.
    const Outcome it = Compare(program, {}, 1e-3f);
    different += !it.same;
    training += it.training > 0;
    joined += it.training > 1;
    if (!it.same) std::printf("seed %u\n", seed);
    if (it.counted != static_cast<int64_t>(it.in_graph))
      std::printf("seed %u counts wrong\n", seed);
  }
  std::printf("random: %u steps, %d different, %d with a training graph, %d with several\n",
              last - first + 1, different, training, joined);
}

// Two chained layers, and what MLCSGDOptimizer updates of them.
Program Chain(bool with_images) {
  Model m;
  const Value rate = m.In({});
  std::vector<Value> gradients;
  if (with_images) {
    const Value x = m.In({2, 5, 5, 3});
    const auto same = Convolving({1, 1}, {1, 1}, {1, 1}, {1, 1}, 1, true);
    const Value h = m.Append(Op::kRelu, {m.Convolve(x, {3, 3, 3, 4}, same)});
    m.Give(m.Differentiate(m.Convolve(h, {3, 3, 4, 2}, same), {x}));
  } else {
    const Value x = m.In({4, 6});
    const Value h = m.Append(Op::kRelu, {m.Dense(x, 5)});
    m.Descend(m.Differentiate(m.Dense(h, 3)), rate);
  }
  return m.program;
}

// One executable on four threads: each has the numbers of its own run.
void Threads() {
  const Program program = Chain(true);
  const auto executable = AppleBackend().Compile(program);
  const auto reference = ReferenceBackend().Compile(program);
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (uint32_t i = 0; i < 10; ++i) {
        const auto found = Run(*executable, program, 10 * t + i, false);
        const auto wanted = Run(*reference, program, 10 * t + i, false);
        for (size_t k = 0; k < wanted.size(); ++k) {
          const TensorType& type = program.type(program.outputs()[k]);
          wrong[t] += !Same(type, found[k], wanted[k], 2e-5f, true);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("threads: %d wrong\n", wrong[0] + wrong[1] + wrong[2] + wrong[3]);
}

// What a refused graph leaves in the table.
void RefusedTable() {
  const Replaced replaced("MLCTrainingGraph",
                          "compileWithOptions:device:", reinterpret_cast<void*>(&AnswerNo));
  const auto executable = AppleBackend().Compile(Chain(true));
  std::printf("%s", dynamic_cast<AppleExecutable&>(*executable).Table().c_str());
}

void Refusals() {
  const auto answer_nil = reinterpret_cast<void*>(&AnswerNil);
  const auto no = reinterpret_cast<void*>(&AnswerNo);
  const auto raise = reinterpret_cast<void*>(&Raise);
  struct Plant {
    const char* name;
    const char* kind;
    const char* selector;
    void* with;
    bool of_class;
  };
  const char* graph = "MLCTrainingGraph";
  const char* make = "graphWithGraphObjects:lossLayer:optimizer:";
  const Plant plants[] = {
      {"nil graph", graph, make, answer_nil, true},
      {"nil layer", "MLCConvolutionLayer", "layerWithWeights:biases:descriptor:", answer_nil, true},
      {"inputs", graph, "addInputs:lossLabels:", no, false},
      {"outputs", graph, "addOutputs:", no, false},
      {"user gradient", graph, "allocateUserGradientForTensor:", answer_nil, false},
      {"compile", graph, "compileWithOptions:device:", no, false},
      {"exception in compile", graph, "compileWithOptions:device:", raise, false},
      {"gradient of an input", graph, "gradientTensorForInput:", answer_nil, false},
  };
  Options strict;
  strict.portable_takes_over = false;
  for (const Plant& plant : plants) {
    const Replaced replaced(plant.kind, plant.selector, plant.with, plant.of_class);
    Show(plant.name, Chain(true));
    Show(StrCat(plant.name, ", strict"), Chain(true), strict);
  }
  {
    const Replaced replaced("MLCSGDOptimizer", "optimizerWithDescriptor:", answer_nil, true);
    Show("nil optimizer", Chain(false));
    Show("nil optimizer, strict", Chain(false), strict);
  }
  const Plant failures[] = {
      {"weights", "MLCTensor", "bindAndWriteData:toDevice:", no, false},
      {"forward", graph, "executeForwardWithBatchSize:options:outputsData:completionHandler:", no,
       false},
      {"exception in forward", graph,
       "executeForwardWithBatchSize:options:outputsData:completionHandler:", raise, false},
      {"gradient", graph, "executeGradientWithBatchSize:options:completionHandler:", no, false},
      {"reading a gradient", "MLCTensor",
       "copyDataFromDeviceMemoryToBytes:length:synchronizeWithDevice:", no, false},
      {"gradient of a parameter", graph, "gradientDataForParameter:layer:", answer_nil, false},
  };
  for (const Plant& plant : failures) {
    const Replaced replaced(plant.kind, plant.selector, plant.with, plant.of_class);
    Show(plant.name, Chain(true));
  }
  {
    const Replaced replaced(graph, "executeOptimizerUpdateWithOptions:completionHandler:", no);
    Show("update", Chain(false));
  }
  {
    // Without it the host has the old parameters.
    const Replaced replaced(graph, "synchronizeUpdates", no);
    Show("parameters that are not synchronized", Chain(false));
  }
  Show("nothing is planted", Chain(true), strict);
  Show("nothing is planted in an update", Chain(false), strict);
  // Inherited, so it cannot be replaced and put back.
  class_addMethod(reinterpret_cast<Class>(objc_getClass(graph)),
                  sel_registerName("bindAndWriteData:forInputs:toDevice:batchSize:synchronous:"),
                  reinterpret_cast<IMP>(no), "c@:@@@Qc");
  Show("writing inputs", Chain(true));
}

}  // namespace

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "";
  if (what == "table") {
    Model m;
    const auto gradients = m.Differentiate(Network(m), {}, true);
    m.Give(gradients);
    const auto executable = AppleBackend().Compile(m.program);
    std::printf("%s", dynamic_cast<AppleExecutable&>(*executable).Table().c_str());
  } else if (what == "refused table") {
    RefusedTable();
  } else if (what == "refusals") {
    Refusals();
  } else if (what == "random") {
    const auto number = [&](int i, uint32_t otherwise) {
      return count > i ? static_cast<uint32_t>(std::stoul(arguments[i])) : otherwise;
    };
    Random(number(2, 1), number(3, 300));
  } else {
    Denses();
    Activations();
    Images();
    Networks();
    Connections();
    Updates();
    Threads();
  }
  return 0;
}
