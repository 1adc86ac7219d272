#include "mlcompute/backend/backend.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "mlcompute/error.h"

namespace mlcompute {
namespace {

// The variable is read once a process, so every value is tried in a process of its own.
void PrintDefault(const char* value) {
  setenv("TF_MLC_BACKEND", value, 1);
  try {
    const std::string name(DefaultBackend().name());
    std::fprintf(stderr, "backend: %s\n", name.c_str());
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  std::exit(0);
}

TEST(DefaultBackendDeathTest, IsNamedByTheVariable) {
  const auto done = testing::ExitedWithCode(0);
  EXPECT_EXIT(PrintDefault(""), done, "backend: portable");
  EXPECT_EXIT(PrintDefault("portable"), done, "backend: portable");
  EXPECT_EXIT(PrintDefault("reference"), done, "backend: reference");
  EXPECT_EXIT(PrintDefault("gpu"), done, "TF_MLC_BACKEND='gpu' is not 'portable' or 'reference'");
}

TEST(Backends, SayWhatTheyGive) {
  Program p;
  const Value x = p.AddInput({DataType::kFloat32, {2, 3}});
  p.AddOutput(p.Append(Op::kIsNan, {x}));
  p.AddOutput(x);
  for (Backend* backend : {&ReferenceBackend(), &PortableBackend()}) {
    const auto executable = backend->Compile(p);
    ASSERT_EQ(executable->output_types().size(), 2u);
    EXPECT_EQ(executable->output_types()[0].ToString(), "bool[2,3]");
    EXPECT_EQ(executable->output_types()[1].ToString(), "float32[2,3]");
  }
}

}  // namespace
}  // namespace mlcompute
