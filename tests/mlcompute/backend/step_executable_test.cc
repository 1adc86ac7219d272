#include "mlcompute/backend/step_executable.h"

#include <atomic>
#include <cstring>
#include <thread>

#include "mlcompute/reference/reference.h"
#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using F = std::vector<float>;
const TensorType kFour = {DataType::kFloat32, {4}};

Attributes ShapeOf(std::vector<int64_t> shape) { return {{"shape", std::move(shape)}}; }

std::vector<F> Results(Executable& executable, const std::vector<Tensor>& inputs) {
  std::vector<F> all;
  for (const Tensor& t : RunProgram(executable, inputs)) all.push_back(t.values<float>());
  return all;
}

StepExecutable Compile(const Program& program) {
  return StepExecutable(program, reference::MakeStep);
}

TEST(StepExecutable, OneStep) {
  Program p;
  const Value a = p.AddInput(kFour), b = p.AddInput(kFour);
  p.AddOutput(p.Append(Op::kSub, {b, a}));
  p.AddOutput(p.operations()[0].results[0]);
  StepExecutable e = Compile(p);
  EXPECT_EQ(Results(e, {Floats({4}, {1, 2, 3, 4}), Floats({4}, {5, 5, 5, 5})}),
            (std::vector<F>{{4, 3, 2, 1}, {4, 3, 2, 1}}));
  EXPECT_EQ(e.arena_bytes(), 0u);
}

TEST(StepExecutable, OutlivesItsProgram) {
  auto program = std::make_unique<Program>();
  const Value x = program->AddInput(kFour);
  const Value padded =
      program->Append(Op::kPad, {x, program->AddScalar(DataType::kFloat32, 7)},
                      {{"before", std::vector<int64_t>{1}}, {"after", std::vector<int64_t>{0}}});
  program->AddOutput(padded);
  StepExecutable e = Compile(*program);
  program.reset();
  EXPECT_EQ(Results(e, {Floats({4}, {1, 2, 3, 4})}), (std::vector<F>{{7, 1, 2, 3, 4}}));
}

// sqrt(x) + 2 x, through a diamond of intermediates.
TEST(StepExecutable, Intermediates) {
  Program p;
  const Value x = p.AddInput(kFour);
  const Value root = p.Append(Op::kSqrt, {x});
  const Value twice = p.Append(Op::kAdd, {x, x});
  const Value back = p.Append(Op::kMul, {root, root});
  p.AddOutput(
      p.Append(Op::kAdd, {p.Append(Op::kSub, {p.Append(Op::kAdd, {root, back}), x}), twice}));
  StepExecutable e = Compile(p);
  EXPECT_EQ(Results(e, {Floats({4}, {1, 4, 9, 16})}), (std::vector<F>{{3, 10, 21, 36}}));
}

TEST(StepExecutable, AChainWorksInPlace) {
  Program p;
  const Value x = p.AddInput({DataType::kFloat32, {100}});
  Value v = x;
  for (int i = 0; i < 10; ++i) v = p.Append(Op::kNeg, {v});
  p.AddOutput(v);
  EXPECT_EQ(Compile(p).arena_bytes(), AlignUp(400));
}

TEST(StepExecutable, AValueReadLaterIsNotOverwritten) {
  Program p;
  const Value x = p.AddInput(kFour);
  const Value a = p.Append(Op::kNeg, {x});
  const Value b = p.Append(Op::kNeg, {a});
  const Value c = p.Append(Op::kNeg, {b});
  p.AddOutput(p.Append(Op::kAdd, {a, c}));
  StepExecutable e = Compile(p);
  EXPECT_EQ(Results(e, {Floats({4}, {1, 2, 3, 4})}), (std::vector<F>{{-2, -4, -6, -8}}));
}

TEST(StepExecutable, AliasesAreNotCopied) {
  Program p;
  const Value x = p.AddInput(kFour);
  const Value a = p.Append(Op::kNeg, {x});
  const Value square = p.Append(Op::kReshape, {a}, ShapeOf({2, 2}));
  const Value copy = p.Append(Op::kCopy, {square});
  const Value bits = p.Append(Op::kBitcast, {copy}, {{"to", DataType::kInt32}});
  const Value again = p.Append(Op::kBitcast, {bits}, {{"to", DataType::kFloat32}});
  p.AddOutput(p.Append(Op::kAdd, {again, square}));
  StepExecutable e = Compile(p);
  EXPECT_EQ(e.arena_bytes(), kArenaAlignment);
  EXPECT_EQ(Results(e, {Floats({4}, {1, 2, 3, 4})}), (std::vector<F>{{-2, -4, -6, -8}}));
}

// The alias is read after its source has been read for the last time.
TEST(StepExecutable, AliasesKeepTheirSourceAlive) {
  Program p;
  const Value x = p.AddInput(kFour);
  const Value a = p.Append(Op::kNeg, {x});
  const Value alias = p.Append(Op::kReshape, {a}, ShapeOf({4}));
  const Value b = p.Append(Op::kSquare, {a});
  const Value c = p.Append(Op::kSquare, {b});
  p.AddOutput(p.Append(Op::kAdd, {alias, c}));
  StepExecutable e = Compile(p);
  EXPECT_EQ(Results(e, {Floats({4}, {1, 2, 3, 0})}), (std::vector<F>{{0, 14, 78, 0}}));
}

TEST(StepExecutable, OutputsThatNoStepWrites) {
  Program p;
  const Value x = p.AddInput(kFour);
  const F constant = {5, 6};
  const Value fixed = p.AddConstant({DataType::kFloat32, {2}}, constant.data());
  const Value a = p.Append(Op::kNeg, {x});
  p.AddOutput(x);
  p.AddOutput(fixed);
  p.AddOutput(a);
  p.AddOutput(p.Append(Op::kReshape, {a}, ShapeOf({2, 2})));
  p.AddOutput(p.Append(Op::kReshape, {x}, ShapeOf({4, 1})));
  StepExecutable e = Compile(p);
  EXPECT_EQ(
      Results(e, {Floats({4}, {1, 2, 3, 4})}),
      (std::vector<F>{{1, 2, 3, 4}, {5, 6}, {-1, -2, -3, -4}, {-1, -2, -3, -4}, {1, 2, 3, 4}}));
  EXPECT_TRUE(e.CanShare(0, 0));   // nothing to do
  EXPECT_FALSE(e.CanShare(2, 0));  // would destroy what output 0 is copied from
}

TEST(StepExecutable, UnusedResultsAndOperations) {
  Program p;
  const Value logits = p.AddInput({DataType::kFloat32, {1, 2}});
  const Value labels = p.AddInput({DataType::kInt32, {1}});
  p.Append(Op::kGather, {labels, labels}, {{"axis", int64_t{0}}, {"batch_dims", int64_t{0}}});
  p.AddOutput(p.AppendMulti(Op::kSparseSoftmaxCrossEntropy, {logits, labels})[1]);
  StepExecutable e = Compile(p);
  // The gather would fail: it takes 1 for an index into one element.
  EXPECT_EQ(Results(e, {Floats({1, 2}, {3, 3}), Int32s({1}, {1})}),
            (std::vector<F>{{0.5f, -0.5f}}));
}

TEST(StepExecutable, NoOperationsAtAll) {
  Program p;
  p.AddInput(kFour);
  StepExecutable e = Compile(p);
  EXPECT_TRUE(Results(e, {Floats({4}, {1, 2, 3, 4})}).empty());
}

TEST(StepExecutable, EmptyTensors) {
  Program p;
  const Value x = p.AddInput({DataType::kFloat32, {0, 3}});
  const Value a = p.Append(Op::kNeg, {p.Append(Op::kNeg, {x})});
  p.AddOutput(a);
  p.AddOutput(
      p.Append(Op::kReduceSum, {a}, {{"axes", std::vector<int64_t>{0}}, {"keep_dims", false}}));
  StepExecutable e = Compile(p);
  EXPECT_EQ(Results(e, {Floats({0, 3}, {})}), (std::vector<F>{{}, {0, 0, 0}}));
}

TEST(StepExecutable, SharingNeedsADeadInput) {
  Program p;
  const Value x = p.AddInput(kFour), y = p.AddInput(kFour);
  const Value sum = p.Append(Op::kAdd, {x, y});
  p.AddOutput(sum);
  p.AddOutput(p.Append(Op::kMul, {sum, y}));
  StepExecutable e = Compile(p);
  EXPECT_TRUE(e.CanShare(0, 0));
  EXPECT_FALSE(e.CanShare(0, 1));  // y is read again
  EXPECT_FALSE(e.CanShare(1, 0));  // not an input of that step
  EXPECT_TRUE(e.CanShare(1, 1));

  Tensor a = Floats({4}, {1, 2, 3, 4}), b = Floats({4}, {5, 6, 7, 8});
  const void* inputs[] = {a.bytes.data(), b.bytes.data()};
  void* outputs[] = {a.bytes.data(), b.bytes.data()};
  e.Run(inputs, outputs);
  EXPECT_EQ(a.values<float>(), (F{6, 8, 10, 12}));
  EXPECT_EQ(b.values<float>(), (F{30, 48, 70, 96}));
}

TEST(StepExecutable, SharingNeedsTheStepsConsent) {
  Program p;
  const Value x = p.AddInput({DataType::kFloat32, {2, 2}});
  p.AddOutput(p.Append(Op::kTranspose, {x}, {{"perm", std::vector<int64_t>{1, 0}}}));
  EXPECT_FALSE(Compile(p).CanShare(0, 0));
  Program q;
  const Value scalar = q.AddInput({DataType::kFloat32, {}});
  q.AddOutput(q.Append(Op::kAdd, {scalar, q.AddInput(kFour)}));
  EXPECT_FALSE(Compile(q).CanShare(0, 0));  // broadcast
  EXPECT_TRUE(Compile(q).CanShare(0, 1));
}

// Adds 1 by way of its scratch memory, which it first fills with its own mark.
class ScratchStep : public Step {
 public:
  size_t scratch_bytes() const override { return 1000; }
  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    auto* mine = static_cast<float*>(scratch);
    const auto* x = static_cast<const float*>(inputs[0]);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(scratch) % kArenaAlignment, 0u);
    for (int i = 0; i < 250; ++i) mine[i] = -1;
    for (int i = 0; i < 4; ++i) mine[i] = x[i] + 1;
    std::this_thread::yield();
    for (int i = 0; i < 4; ++i) static_cast<float*>(results[0])[i] = mine[i];
  }
};

TEST(StepExecutable, ManyThreadsWithScratch) {
  Program p;
  Value v = p.AddInput(kFour);
  for (int i = 0; i < 50; ++i) v = p.Append(Op::kNeg, {v});
  p.AddOutput(v);
  StepExecutable e(p, [](const OperationView&) -> std::unique_ptr<Step> {
    return std::make_unique<ScratchStep>();
  });
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      const float x = static_cast<float>(100 * t);
      for (int i = 0; i < 200; ++i) {
        const F in(4, x);
        F out(4);
        const void* inputs[] = {in.data()};
        void* outputs[] = {out.data()};
        e.Run(inputs, outputs);
        if (out != F(4, x + 50)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

class HugeStep : public Step {
 public:
  size_t scratch_bytes() const override { return size_t{1} << 47; }
  void Run(const void* const*, void* const*, void*) const override { FAIL(); }
};

TEST(StepExecutable, OutOfMemory) {
  Program p;
  p.AddOutput(p.Append(Op::kNeg, {p.AddInput(kFour)}));
  StepExecutable e(p, [](const OperationView&) -> std::unique_ptr<Step> {
    return std::make_unique<HugeStep>();
  });
  try {
    Results(e, {Floats({4}, {1, 2, 3, 4})});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kResourceExhausted);
  }
}

// A hundred random programs against the same operations one at a time.
// Writes 1, 2, ... into its results, and notes which of them had memory.
class CountingStep : public Step {
 public:
  CountingStep(const OperationView& view, bool may_omit, std::vector<bool>* had_memory)
      : results_(view.results), may_omit_(may_omit), had_memory_(had_memory) {}
  bool MayOmit(int /*result*/) const override { return may_omit_; }
  void Run(const void* const* /*inputs*/, void* const* results, void* /*scratch*/) const override {
    had_memory_->clear();
    for (size_t r = 0; r < results_.size(); ++r) {
      had_memory_->push_back(results[r] != nullptr);
      if (results[r]) std::memset(results[r], static_cast<int>(r) + 1, results_[r].bytes());
    }
  }

 private:
  const std::vector<TensorType> results_;
  const bool may_omit_;
  std::vector<bool>* const had_memory_;
};

// What memory the three results of an operation get: the first is read by nobody, the second by
// way of a Reshape, the third is an output.
std::vector<bool> ResultsWithMemory(bool may_omit) {
  Program p;
  const TensorType rows = {DataType::kFloat32, {2, 3}};
  const TensorType gates = {DataType::kFloat32, {2, 3, 12}};
  const Value state = p.AddInput(rows);
  const std::vector<Value> lstm = p.AppendMulti(
      Op::kLstm, {p.AddInput(gates), state, state, p.AddInput({DataType::kFloat32, {3, 12}})}, {});
  p.AddOutput(p.Append(Op::kNeg, {p.Append(Op::kReshape, {lstm[1]}, ShapeOf({6}))}));
  p.AddOutput(lstm[2]);
  static std::vector<bool> had_memory;
  static bool omits;
  omits = may_omit;
  StepExecutable e(p, [](const OperationView& view) -> std::unique_ptr<Step> {
    if (view.op() != Op::kLstm) return reference::MakeStep(view);
    return std::make_unique<CountingStep>(view, omits, &had_memory);
  });
  std::vector<Tensor> inputs;
  for (const Value v : p.inputs()) {
    const TensorType& type = p.type(v);
    inputs.push_back(Floats(type.shape, F(static_cast<size_t>(type.shape.elements()))));
  }
  RunProgram(e, inputs);
  return had_memory;
}

TEST(StepExecutable, OnlyWhatNobodyReadsMayBeOmitted) {
  EXPECT_EQ(ResultsWithMemory(true), (std::vector<bool>{false, true, true, false, false}));
  EXPECT_EQ(ResultsWithMemory(false), std::vector<bool>(5, true));
}

TEST(StepExecutable, RandomPrograms) {
  uint32_t state = 1;
  const auto random = [&](size_t n) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % static_cast<uint32_t>(n);
  };
  for (int round = 0; round < 100; ++round) {
    Program p;
    std::vector<Value> values = {p.AddInput(kFour), p.AddInput(kFour)};
    std::vector<F> expected = {{1, -2, 3, -4}, {2, 2, -1, 0}};
    const std::vector<Tensor> inputs = {Floats({4}, expected[0]), Floats({4}, expected[1])};
    for (int i = 0; i < 40; ++i) {
      const size_t a = random(values.size()), b = random(values.size());
      const F &x = expected[a], &y = expected[b];
      F z(4);
      const uint32_t kind = random(4);
      if (kind == 0) {
        values.push_back(p.Append(Op::kMaximum, {values[a], values[b]}));
        for (size_t k = 0; k < 4; ++k) z[k] = std::max(x[k], y[k]);
      } else if (kind == 1) {
        values.push_back(p.Append(Op::kSub, {values[a], values[b]}));
        for (size_t k = 0; k < 4; ++k) z[k] = x[k] - y[k];
      } else if (kind == 2) {
        values.push_back(p.Append(Op::kReverse, {values[a]}, {{"axes", std::vector<int64_t>{0}}}));
        for (size_t k = 0; k < 4; ++k) z[k] = x[3 - k];
      } else {
        values.push_back(p.Append(Op::kReshape, {values[a]}, ShapeOf({4})));
        z = x;
      }
      expected.push_back(z);
    }
    std::vector<F> wanted;
    for (int o = 0; o < 5; ++o) {
      const size_t v = random(values.size());
      p.AddOutput(values[v]);
      wanted.push_back(expected[v]);
    }
    StepExecutable e = Compile(p);
    ASSERT_EQ(Results(e, inputs), wanted) << p.ToString();

    // Again with every output on an input that it may share.
    for (int o = 0; o < 5; ++o) {
      for (int i = 0; i < 2; ++i) {
        if (!e.CanShare(o, i)) continue;
        std::vector<Tensor> from = inputs;
        std::vector<F> results(5, F(4));
        const void* in[] = {from[0].bytes.data(), from[1].bytes.data()};
        std::vector<void*> out;
        for (F& r : results) out.push_back(r.data());
        out[static_cast<size_t>(o)] = from[static_cast<size_t>(i)].bytes.data();
        e.Run(in, out.data());
        results[static_cast<size_t>(o)] = from[static_cast<size_t>(i)].values<float>();
        ASSERT_EQ(results, wanted) << p.ToString();
      }
    }
  }
}

}  // namespace
}  // namespace mlcompute::testing
