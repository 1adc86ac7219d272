// Programs on the apple backend and on the reference backend, a line for each:
// "name: the same, 2 of 3 in 1 graphs, 4 counted", where "counted" is what two Run()s computed
// inside MLCompute graphs. `apple_backend table` prints a table of placements, `apple_backend
// refusals` what becomes of methods of the framework that refuse.
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mlcompute/apple/system.h"
#include "tests/apple/backend_check.h"

namespace {

using namespace mlcompute;
using namespace mlcompute::apple_test;

// Of inputs with these shapes one operation.
Program One(Op op, const std::vector<Shape>& shapes, const Attributes& attributes = {},
            DataType dtype = kFloat) {
  Program program;
  std::vector<Value> inputs;
  for (const Shape& shape : shapes) inputs.push_back(program.AddInput({dtype, shape}));
  for (const Value v : program.AppendMulti(op, inputs, attributes)) program.AddOutput(v);
  return program;
}

void Elementwise() {
  const Op unary[] = {Op::kAbs,   Op::kNeg,   Op::kReciprocal, Op::kSquare,  Op::kSqrt,
                      Op::kRsqrt, Op::kExp,   Op::kLog,        Op::kSin,     Op::kCos,
                      Op::kTan,   Op::kAsin,  Op::kAcos,       Op::kAtan,    Op::kSinh,
                      Op::kCosh,  Op::kTanh,  Op::kAsinh,      Op::kAcosh,   Op::kAtanh,
                      Op::kCeil,  Op::kFloor, Op::kSigmoid,    Op::kRelu,    Op::kRelu6,
                      Op::kElu,   Op::kSelu,  Op::kSoftplus,   Op::kSoftsign};
  for (const Op op : unary) {
    for (const Shape& shape : {Shape{}, Shape{17}, Shape{2, 3, 4, 5}}) {
      Check(StrCat(Name(op), shape.ToString()), One(op, {shape}), shape.rank() > 0);
    }
  }
  Check("LeakyRelu", One(Op::kLeakyRelu, {{5, 7}}, {{"alpha", 0.3}}), true);
  Check("Gelu", One(Op::kGelu, {{5, 7}}, {{"approximate", true}}));
  const Op binary[] = {Op::kAdd,       Op::kSub,     Op::kMul,          Op::kDiv,
                       Op::kPow,       Op::kMinimum, Op::kMaximum,      Op::kMulNoNan,
                       Op::kDivNoNan,  Op::kEqual,   Op::kNotEqual,     Op::kLess,
                       Op::kLessEqual, Op::kGreater, Op::kGreaterEqual, Op::kSquaredDifference};
  for (const Op op : binary) {
    Check(StrCat(Name(op), "[6,5]"), One(op, {{6, 5}, {6, 5}}), true);
    Check(StrCat(Name(op), "[2,3,4] and [4]"), One(op, {{2, 3, 4}, {4}}), true);
    Check(StrCat(Name(op), " of a scalar"), One(op, {{}, {3, 1, 2}}));
  }
  for (const Op op : {Op::kLogicalAnd, Op::kLogicalOr, Op::kLogicalXor}) {
    Check(StrCat(Name(op), "[9]"), One(op, {{9}, {9}}, {}, DataType::kBool));
  }
  Check("LogicalNot[9]", One(Op::kLogicalNot, {{9}}, {}, DataType::kBool));
  Program select;
  const Value x = select.AddInput({kFloat, {4, 3}});
  const Value y = select.AddInput({kFloat, {4, 3}});
  select.AddOutput(select.Append(
      Op::kSelect, {select.Append(Op::kGreater, {x, y}), x, select.Append(Op::kNeg, {y})}));
  Check("Select", select, true);
}

void Matrices() {
  const auto product = [](Shape a, Shape b, bool transpose_a, bool transpose_b) {
    return One(Op::kMatMul, {a, b}, {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}});
  };
  Check("MatMul", product({3, 4}, {4, 5}, false, false), true);
  Check("MatMul transposed", product({4, 3}, {5, 4}, true, true));
  Check("MatMul of batches", product({2, 3, 4}, {2, 4, 5}, false, false));
  Check("MatMul broadcast", product({2, 2, 3, 4}, {4, 5}, false, false));
  for (const bool transposed : {false, true}) {
    Program dense;
    const Value x = dense.AddInput({kFloat, {3, 4}});
    const TensorType type{kFloat, transposed ? Shape{5, 4} : Shape{4, 5}};
    const Value w = dense.AddConstant(type, Bytes(type, 7, false).data());
    const Value b = dense.AddInput({kFloat, {5}});
    const Value y =
        dense.Append(Op::kMatMul, {x, w}, {{"transpose_a", false}, {"transpose_b", transposed}});
    dense.AddOutput(dense.Append(Op::kRelu, {dense.Append(Op::kAdd, {y, b})}));
    Check(transposed ? "Dense transposed" : "Dense", dense);
  }
  Program inside;
  const Value x = inside.AddInput({kFloat, {3, 4}});
  const Value y = inside.Append(Op::kTanh, {x});
  inside.AddOutput(
      inside.Append(Op::kMatMul, {x, y}, {{"transpose_a", false}, {"transpose_b", true}}));
  Check("MatMul of a transposed result", inside);
}

Attributes Window(Ints strides, Ints begin, Ints end, bool channels_last) {
  return {{"strides", strides},
          {"pads_begin", begin},
          {"pads_end", end},
          {"channels_last", channels_last}};
}

Attributes Convolving(Ints strides, Ints dilations, Ints begin, Ints end, int64_t groups,
                      bool channels_last) {
  return Window(strides, begin, end, channels_last)
      .Set("dilations", dilations)
      .Set("groups", groups);
}

void Images() {
  for (const bool last : {true, false}) {
    const std::string how = last ? " NHWC" : " NCHW";
    const Shape x = last ? Shape{2, 6, 7, 4} : Shape{2, 4, 6, 7};
    const auto convolve = [&](const char* name, Shape filter, const Attributes& attributes,
                              bool specials = false) {
      Check(name + how, One(Op::kConvolution, {x, filter}, attributes), specials);
    };
    convolve("Convolution", {3, 2, 4, 5}, Convolving({1, 1}, {1, 1}, {0, 0}, {0, 0}, 1, last));
    convolve("Convolution with NaN", {1, 1, 4, 3},
             Convolving({1, 1}, {1, 1}, {0, 0}, {0, 0}, 1, last), true);
    convolve("Convolution padded", {3, 3, 4, 5},
             Convolving({2, 1}, {1, 1}, {1, 1}, {1, 1}, 1, last));
    convolve("Convolution padded at one side", {2, 4, 4, 3},
             Convolving({1, 2}, {1, 1}, {0, 1}, {1, 2}, 1, last));
    convolve("Convolution dilated", {2, 3, 4, 3},
             Convolving({1, 1}, {2, 1}, {1, 0}, {1, 0}, 1, last));
    convolve("Convolution of groups", {3, 3, 2, 6},
             Convolving({1, 1}, {1, 1}, {1, 1}, {1, 1}, 2, last));
    convolve("Convolution of depth", {3, 3, 1, 8},
             Convolving({1, 1}, {1, 1}, {1, 1}, {1, 1}, 4, last));
    const auto pool = [&](const char* name, Op op, Ints begin, Ints end, bool specials) {
      Check(name + how, One(op, {x}, Window({2, 1}, begin, end, last).Set("window", Ints{3, 2})),
            specials);
    };
    pool("MaxPool", Op::kMaxPool, {0, 0}, {0, 0}, true);
    pool("MaxPool padded", Op::kMaxPool, {1, 1}, {1, 1}, false);
    pool("MaxPool padded at one side", Op::kMaxPool, {0, 0}, {1, 1}, true);
    pool("AvgPool", Op::kAvgPool, {0, 0}, {0, 0}, true);
    pool("AvgPool padded", Op::kAvgPool, {1, 1}, {1, 1}, false);
    pool("AvgPool padded at one side", Op::kAvgPool, {0, 0}, {1, 1}, false);
  }
  // Everything between two edges stays [N, C, H, W].
  Program model;
  const Value x = model.AddInput({kFloat, {2, 8, 8, 3}});
  const Value filter = model.AddInput({kFloat, {3, 3, 3, 4}});
  const Value bias = model.AddInput({kFloat, {4}});
  const Value weights = model.AddInput({kFloat, {4, 5}});
  Value y = model.Append(Op::kConvolution, {x, filter},
                         Convolving({1, 1}, {1, 1}, {1, 1}, {1, 1}, 1, true));
  y = model.Append(Op::kRelu, {model.Append(Op::kAdd, {y, bias})});
  model.AddOutput(y);
  y = model.Append(Op::kMaxPool, {y},
                   Window({2, 2}, {0, 0}, {0, 0}, true).Set("window", Ints{2, 2}));
  y = model.Append(Op::kConcat, {y, model.Append(Op::kNeg, {y})}, {{"axis", int64_t{3}}});
  y = model.Append(Op::kSoftmax, {y});
  y = model.Append(Op::kReduceMean, {y}, {{"axes", Ints{1, 2}}, {"keep_dims", false}});
  const Value halves = model.AddInput({kFloat, {8, 4}});
  y = model.Append(Op::kMatMul, {y, halves}, {{"transpose_a", false}, {"transpose_b", false}});
  y = model.Append(Op::kMatMul, {y, weights}, {{"transpose_a", false}, {"transpose_b", false}});
  model.AddOutput(model.Append(Op::kLogSoftmax, {y}));
  Check("model", model);
  Options gpu;
  gpu.device = DeviceType::kGpu;
  Check("model on a GPU", model, false, gpu);
  // An image that is flattened leaves its graph to be converted.
  Program flat;
  const Value image = flat.AddInput({kFloat, {2, 4, 4, 3}});
  const Value pooled = flat.Append(Op::kAvgPool, {image},
                                   Window({2, 2}, {0, 0}, {0, 0}, true).Set("window", Ints{2, 2}));
  flat.AddOutput(
      flat.Append(Op::kSquare, {flat.Append(Op::kReshape, {pooled}, {{"shape", Ints{2, 12}}})}));
  Check("flattened image", flat);
}

// Of `shape` padded, with `value` or mirrored.
Program Padded(const Shape& shape, const Attributes& attributes, std::optional<float> value) {
  Program program;
  const Value x = program.AddInput({kFloat, shape});
  if (value) {
    const Value by = program.AddConstant({kFloat, {}}, &*value);
    program.AddOutput(program.Append(Op::kPad, {x, by}, attributes));
  } else {
    program.AddOutput(program.Append(Op::kMirrorPad, {x}, attributes));
  }
  return program;
}

void Pads() {
  const auto pads = [](Ints before, Ints after) {
    return Attributes{{"before", before}, {"after", after}};
  };
  const Attributes image = pads({0, 1, 2, 0}, {0, 2, 0, 0});
  const Attributes plane = pads({0, 0, 1, 2}, {0, 0, 2, 0});
  Check("Pad NHWC", Padded({2, 4, 5, 3}, image, 0.0f), true);
  Check("Pad NCHW", Padded({2, 3, 4, 5}, plane, 1.5f), true);
  Check("Pad of channels", Padded({2, 3, 4, 5}, pads({0, 1, 0, 0}, {0, 0, 0, 1}), 0.0f));
  Check("Pad of nothing", Padded({2, 3, 4, 5}, pads({0, 0, 0, 0}, {0, 0, 0, 0}), 0.0f));
  Check("Pad of 3 axes", Padded({2, 3, 4}, pads({0, 1, 0}, {0, 0, 3}), -1.0f), true);
  Check("Pad of 1 axis", Padded({5}, pads({2}, {1}), 2.0f));
  Check("Pad with a number from outside", One(Op::kPad, {{3, 4}, {}}, pads({1, 0}, {0, 1})));
  for (const bool reflect : {true, false}) {
    const auto mirror = [&](Attributes how) { return how.Set("reflect", reflect); };
    const std::string name = reflect ? "MirrorPad reflecting" : "MirrorPad symmetric";
    Check(name + " NHWC", Padded({2, 4, 5, 3}, mirror(image), {}), true);
    Check(name + " NCHW", Padded({2, 3, 4, 5}, mirror(plane), {}), true);
    Check(name + " of 2 axes", Padded({4, 5}, mirror(pads({2, 0}, {1, 3})), {}));
  }
  // A padded image is convolved without a conversion between.
  Program program;
  const Value x = program.AddInput({kFloat, {2, 5, 6, 3}});
  const Value filter = program.AddInput({kFloat, {3, 3, 3, 4}});
  const float zero = 0;
  const Value by = program.AddConstant({kFloat, {}}, &zero);
  const Value padded = program.Append(Op::kPad, {program.Append(Op::kTanh, {x}), by}, image);
  const Value y = program.Append(Op::kConvolution, {padded, filter},
                                 Convolving({2, 2}, {1, 1}, {0, 0}, {0, 0}, 1, true));
  program.AddOutput(program.Append(
      Op::kSlice, {y},
      {{"begin", Ints{0, 1, 0, 1}}, {"strides", Ints{1, 1, 2, 1}}, {"sizes", Ints{2, 2, 2, 3}}}));
  Check("padded model", program);

  const auto clip = [](const char* clip_name, std::optional<float> low, std::optional<float> high) {
    Program clipping;
    const Value at = clipping.AddInput({kFloat, {3, 4}});
    const auto limit = [&](std::optional<float> number, const Shape& shape) {
      return number ? clipping.AddConstant({kFloat, {}}, &*number)
                    : clipping.AddInput({kFloat, shape});
    };
    const Value lo = limit(low, {4});
    const Value hi = limit(high, {});
    clipping.AddOutput(clipping.Append(Op::kClipByValue, {at, lo, hi}));
    Check(clip_name, clipping, true);
  };
  clip("ClipByValue", -0.5f, 1);
  clip("ClipByValue upside down", 1, -0.5f);
  clip("ClipByValue by inputs", {}, {});
}

void Moves() {
  for (const Op op : {Op::kSoftmax, Op::kLogSoftmax}) {
    for (const Shape& shape : {Shape{4, 7}, Shape{2, 3, 5}, Shape{2, 3, 2, 4}}) {
      Check(StrCat(Name(op), shape.ToString()), One(op, {shape}));
    }
    Check(StrCat(Name(op), " with NaN"), One(op, {{4, 7}}), true);
  }
  for (const Op op : {Op::kReduceSum, Op::kReduceMean, Op::kReduceMax, Op::kReduceMin}) {
    for (const Ints& axes : {Ints{0}, Ints{1}, Ints{0, 2}, Ints{0, 1, 2}}) {
      for (const bool keep : {false, true}) {
        Check(StrCat(Name(op), Shape(axes).ToString(), keep ? " kept" : ""),
              One(op, {{3, 4, 5}}, {{"axes", axes}, {"keep_dims", keep}}), keep);
      }
    }
  }
  for (const int64_t axis : {0, 1, 2}) {
    Shape second{2, 3, 4};
    second[static_cast<int>(axis)] = 5;
    Check(StrCat("Concat ", axis),
          One(Op::kConcat, {{2, 3, 4}, second, {2, 3, 4}}, {{"axis", axis}}), true);
  }
  Check("Reshape", One(Op::kReshape, {{2, 3, 4}}, {{"shape", Ints{6, 4}}}), true);
  Check("Reshape to a scalar", One(Op::kReshape, {{1, 1}}, {{"shape", Ints{}}}));
  Check("Transpose", One(Op::kTranspose, {{2, 3, 4, 5}}, {{"perm", Ints{0, 3, 1, 2}}}), true);
  Check("Transpose of axis 0", One(Op::kTranspose, {{2, 3, 4}}, {{"perm", Ints{2, 0, 1}}}), true);
  Check("Transpose of axis 0 of 4",
        One(Op::kTranspose, {{2, 3, 4, 5}}, {{"perm", Ints{3, 0, 1, 2}}}));
  const auto slice = [](const char* name, Ints begin, Ints strides, Ints sizes) {
    Check(name,
          One(Op::kSlice, {{4, 5, 6}}, {{"begin", begin}, {"strides", strides}, {"sizes", sizes}}),
          true);
  };
  slice("Slice", {1, 0, 2}, {1, 1, 1}, {2, 5, 3});
  slice("Slice in steps", {0, 1, 1}, {2, 3, 2}, {2, 2, 3});
  slice("Slice that ends in a step", {3, 0, 5}, {2, 4, 7}, {1, 2, 1});
  slice("Slice backwards", {0, 4, 0}, {1, -1, 1}, {4, 5, 6});
  Pads();
  Check("five axes", One(Op::kAbs, {{1, 2, 1, 2, 2}}));
  Check("no elements", One(Op::kAbs, {{3, 0}}));
  Check("int32", One(Op::kAdd, {{3}, {3}}, {}, DataType::kInt32));
  Check("both operands broadcast", One(Op::kAdd, {{3, 1}, {1, 4}}));
}

// Erf has no layer, so it splits what is around it, but not what does not depend on it.
Program Mixed() {
  Program program;
  const Value x = program.AddInput({kFloat, {4, 6}});
  const Value y = program.AddInput({kFloat, {4, 6}});
  const Value a = program.Append(Op::kTanh, {x});
  const Value b = program.Append(Op::kErf, {a});
  const Value c = program.Append(Op::kMul, {a, y});
  const Value unused = program.Append(Op::kExp, {c});
  (void)unused;
  program.AddOutput(program.Append(Op::kAdd, {b, c}));
  program.AddOutput(c);
  program.AddOutput(c);
  program.AddOutput(y);
  const float number = 3;
  program.AddOutput(program.AddConstant({kFloat, {}}, &number));
  return program;
}

void Threads() {
  const Program program = Mixed();
  const auto executable = AppleBackend().Compile(program);
  const auto reference = ReferenceBackend().Compile(program);
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (uint32_t i = 0; i < 25; ++i) {
        const auto found = Run(*executable, program, 10 * t + i, false);
        const auto wanted = Run(*reference, program, 10 * t + i, false);
        wrong[t] += !Same({kFloat, {4, 6}}, found[0], wanted[0]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("threads: %d wrong\n", wrong[0] + wrong[1] + wrong[2] + wrong[3]);
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
  const Plant plants[] = {
      {"nil node", "MLCGraph", "nodeWithLayer:sources:", answer_nil, false},
      {"nil layer", "MLCArithmeticLayer", "layerWithOperation:", answer_nil, true},
      {"exception in a node", "MLCGraph", "nodeWithLayer:sources:", raise, false},
      {"nil tensor", "MLCTensor", "tensorWithShape:dataType:", answer_nil, true},
      {"nil device", "MLCDevice", "cpuDevice", answer_nil, true},
      {"nil graph", "MLCInferenceGraph", "graphWithGraphObjects:", answer_nil, true},
      {"inputs", "MLCInferenceGraph", "addInputs:", no, false},
      {"outputs", "MLCInferenceGraph", "addOutputs:", no, false},
      {"compile", "MLCInferenceGraph", "compileWithOptions:device:", no, false},
      {"exception in compile", "MLCInferenceGraph", "compileWithOptions:device:", raise, false},
  };
  Options strict;
  strict.portable_takes_over = false;
  for (const Plant& plant : plants) {
    const Replaced replaced(plant.kind, plant.selector, plant.with, plant.of_class);
    Check(plant.name, Mixed());
    Check(StrCat(plant.name, ", strict"), Mixed(), false, strict);
  }
  const char* execute = "executeWithInputsData:outputsData:batchSize:options:completionHandler:";
  {
    const Replaced replaced("MLCInferenceGraph", execute, no);
    Check("execute", Mixed());
  }
  {
    const Replaced replaced("MLCInferenceGraph", execute, raise);
    Check("exception in execute", Mixed());
  }
  {
    const Replaced replaced("MLCTensor", "bindAndWriteData:toDevice:", no);
    Check("weights", One(Op::kConvolution, {{1, 4, 4, 1}, {2, 2, 1, 1}},
                         Convolving({1, 1}, {1, 1}, {0, 0}, {0, 0}, 1, true)));
  }
  apple::PretendMacOS11_0(true);
  Check("macOS 11.0", One(Op::kMaximum, {{3}, {3}}));
  Check("macOS 11.0, several axes",
        One(Op::kReduceSum, {{3, 4}}, {{"axes", Ints{0, 1}}, {"keep_dims", false}}));
  Check("macOS 11.0, Add", One(Op::kAdd, {{3}, {3}}));
  apple::PretendMacOS11_0(false);
  Check("nothing is planted", Mixed(), false, strict);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "";
  if (what == "table") {
    const auto executable = AppleBackend().Compile(Mixed());
    std::printf("%s", dynamic_cast<AppleExecutable&>(*executable).Table().c_str());
  } else if (what == "refusals") {
    Refusals();
  } else {
    Elementwise();
    Matrices();
    Images();
    Moves();
    Check("Mixed", Mixed());
    Threads();
  }
  return 0;
}
