// Random programs give the same with any choice of passes as on the reference backend.
//
// MLC_FUZZ_SEEDS=first:last runs those seeds instead of the fixed ones; `make test-fuzz` sets it.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "mlcompute/passes/passes.h"
#include "tests/mlcompute/passes/shrink.h"

namespace mlcompute {
namespace {

using testing::Expectation;
using testing::GetDouble;
using testing::ProgramCase;
using testing::RandomProgram;
using testing::Tensor;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

// Values of TF_MLC_PASSES: all passes, none, each alone, each left out, and two random choices.
std::vector<std::string> Choices(uint32_t seed) {
  const std::vector<std::string_view>& names = PassNames();
  const auto all_but = [&](const auto& is_on) {
    std::string list;
    for (size_t i = 0; i < names.size(); ++i) {
      if (!is_on(i)) list += (list.empty() ? "-" : ",-") + std::string(names[i]);
    }
    return list;
  };
  std::vector<std::string> choices = {all_but([](size_t) { return true; }),
                                      all_but([](size_t) { return false; })};
  for (size_t k = 0; k < names.size(); ++k) {
    choices.push_back(all_but([&](size_t i) { return i == k; }));
    choices.push_back(all_but([&](size_t i) { return i != k; }));
  }
  std::mt19937 random(seed);
  for (int k = 0; k < 2; ++k) choices.push_back(all_but([&](size_t) { return random() % 2 == 0; }));
  return choices;
}

std::vector<Tensor> RunTwice(Executable& executable, const ProgramCase& c) {
  const std::vector<Tensor> results = testing::RunProgram(executable, c.inputs);
  const std::vector<Tensor> again = testing::RunProgram(executable, c.inputs);
  for (size_t i = 0; i < results.size(); ++i) {
    EXPECT_TRUE(results[i].bytes == again[i].bytes) << "another result the second time";
  }
  return results;
}

// Outputs in the buffers of inputs, where the executable allows it.
std::vector<Tensor> RunInPlace(Executable& executable, const ProgramCase& c) {
  std::vector<Tensor> inputs = c.inputs;
  std::vector<Tensor> results;
  std::vector<int> holds(inputs.size(), -1);
  for (size_t o = 0; o < executable.output_types().size(); ++o) {
    const TensorType& type = executable.output_types()[o];
    results.push_back({type, std::vector<std::byte>(type.bytes(), std::byte{0xcd})});
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (holds[i] >= 0 || !executable.CanShare(static_cast<int>(o), static_cast<int>(i))) continue;
      holds[i] = static_cast<int>(o);
      break;
    }
  }
  std::vector<const void*> from;
  for (const Tensor& t : inputs) from.push_back(t.bytes.data());
  std::vector<void*> to;
  for (Tensor& t : results) to.push_back(t.bytes.data());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (holds[i] >= 0) to[static_cast<size_t>(holds[i])] = inputs[i].bytes.data();
  }
  executable.Run(from.data(), to.data());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (holds[i] >= 0) results[static_cast<size_t>(holds[i])].bytes = inputs[i].bytes;
  }
  return results;
}

// What is wrong with the results of `program`, which should give what the case's does, under a
// choice of passes; empty if nothing is.
std::string Judge(const ProgramCase& c, const std::string& choice, Expectation& expected,
                  const Program& program) {
  setenv("TF_MLC_PASSES", choice.c_str(), 1);
  const std::unique_ptr<Executable> executable = PortableBackend().Compile(program);
  for (const bool in_place : {false, true}) {
    const std::vector<Tensor> results =
        in_place ? RunInPlace(*executable, c) : RunTwice(*executable, c);
    for (size_t o = 0; o < results.size(); ++o) {
      const Value v = c.program.outputs()[o];
      const int64_t at = expected.FindWrong(v, results[o]);
      if (at < 0) continue;
      return StrCat("%", v, "[", at, "] is ", GetDouble(results[o], at), ", expected ",
                    GetDouble(expected.exact()[static_cast<size_t>(v)], at),
                    in_place ? ", in place" : "");
    }
  }
  return "";
}

std::string JudgeAlone(const ProgramCase& c, const std::string& choice) {
  Expectation expected(c);
  return expected.Overflows() ? "" : Judge(c, choice, expected, c.program);
}

void RunSeed(uint32_t seed) {
  const ProgramCase c = RandomProgram(seed).Make();
  Expectation expected(c);
  if (expected.Overflows()) return;
  for (const std::string& choice : Choices(seed)) {
    if (Judge(c, choice, expected, c.program).empty()) continue;
    const ProgramCase small =
        testing::Shrink(c, [&](const ProgramCase& s) { return !JudgeAlone(s, choice).empty(); });
    ADD_FAILURE() << "seed " << seed << ", TF_MLC_PASSES=\"" << choice
                  << "\": " << JudgeAlone(small, choice) << "\n"
                  << small.program.ToString();
    return;
  }
}

TEST(Fuzz, AnyChoiceOfPassesAgreesWithTheReference) {
  uint32_t first = 1, last = 150;
  if (const char* range = std::getenv("MLC_FUZZ_SEEDS")) {
    ASSERT_EQ(std::sscanf(range, "%u:%u", &first, &last), 2) << "MLC_FUZZ_SEEDS=" << range;
  }
  for (uint32_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE(seed);
    RunSeed(seed);
  }
  unsetenv("TF_MLC_PASSES");
}

// Random programs are too small for blocks to pay: here they are made anyway, of `kRows` rows.
template <int64_t kRows>
int64_t AlwaysInBlocks(int64_t rows, size_t, size_t) {
  return rows % kRows == 0 && rows > kRows ? rows / kRows : 0;
}

TEST(Fuzz, ProgramsInBlocksAgreeWithTheReference) {
  Abilities one, two;
  one.blocks = AlwaysInBlocks<1>;
  two.blocks = AlwaysInBlocks<2>;
  one.convolve_blocks = two.convolve_blocks = [](const OperationView&) { return true; };
  int in_blocks = 0;
  for (uint32_t seed = 1; seed <= 900; ++seed) {
    SCOPED_TRACE(seed);
    const ProgramCase c = RandomProgram(seed).Make();
    for (const Abilities& can : {one, two}) {
      const Program blocked = RunInBlocks(c.program, can);
      const int64_t count =
          std::count_if(blocked.operations().begin(), blocked.operations().end(),
                        [](const Operation& operation) { return operation.op == Op::kBlocked; });
      if (count == 0) continue;
      Expectation expected(c);
      if (expected.Overflows()) continue;
      ++in_blocks;
      const std::string wrong = Judge(c, "", expected, blocked);
      ASSERT_EQ(wrong, "") << blocked.ToString();
    }
  }
  EXPECT_GT(in_blocks, 40);
  unsetenv("TF_MLC_PASSES");
}

// The oracle finds mistakes: a program that differs in one operation is told from another.
TEST(Fuzz, WrongResultsAreSeen) {
  int programs = 0, seen = 0;
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    const ProgramCase c = RandomProgram(seed).Make();
    Expectation expected(c);
    const std::vector<Tensor>& exact = expected.exact();
    const Value v = c.program.outputs()[0];
    Tensor wrong = exact[static_cast<size_t>(v)];
    if (wrong.type.dtype != DataType::kFloat32 || wrong.type.elements() == 0) continue;
    auto* values = reinterpret_cast<float*>(wrong.bytes.data());
    if (!std::isfinite(values[0]) || std::abs(values[0]) < 1e-3f) continue;
    ++programs;
    EXPECT_EQ(expected.FindWrong(v, wrong), -1);
    values[0] *= 1.01f;
    seen += expected.FindWrong(v, wrong) == 0;
  }
  EXPECT_GT(programs, 8);
  EXPECT_GT(seen, programs * 3 / 4);
}

}  // namespace
}  // namespace mlcompute
