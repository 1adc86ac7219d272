#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "mlcompute/backend/choice.h"
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
  EXPECT_EXIT(PrintDefault("gpu"), done,
              "TF_MLC_BACKEND='gpu' is not 'apple', 'portable' or 'reference'");
  EXPECT_EXIT(PrintDefault("apple"), done, "the apple backend is not available: .*libmlc_apple");
}

// Each with the backend of this name: what BackendOn() and HostBackend() give.
void PrintOthers(const char* value) {
  setenv("TF_MLC_BACKEND", value, 1);
  try {
    const std::string host(HostBackend().name());
    std::fprintf(stderr, "host: %s, ", host.c_str());
    const std::string on(BackendOn(DeviceType::kGpu).name());
    std::fprintf(stderr, "gpu: %s\n", on.c_str());
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  std::exit(0);
}

TEST(BackendsDeathTest, HostAndOtherDevices) {
  const auto done = testing::ExitedWithCode(0);
  EXPECT_EXIT(PrintOthers("portable"), done, "host: portable, gpu: portable");
  EXPECT_EXIT(PrintOthers("reference"), done, "host: reference, gpu: reference");
  EXPECT_EXIT(PrintOthers("apple"), done, "host: portable, the apple backend is not available");
}

void ChooseAndCompute(const char* variable, DeviceType first, DeviceType then) {
  setenv("TF_MLC_DEVICE_NAME", variable, 1);
  try {
    const std::string unchosen(NameOf(DefaultDevice()));
    ChooseDefaultDevice(DeviceType::kAne);
    ChooseDefaultDevice(first);
    DefaultBackend();
    ChooseDefaultDevice(first);
    const std::string chosen(NameOf(DefaultDevice()));
    std::fprintf(stderr, "%s, %s: ", unchosen.c_str(), chosen.c_str());
    ChooseDefaultDevice(then);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  std::exit(0);
}

TEST(DefaultDeviceDeathTest, IsChosenBeforeItComputes) {
  const auto done = testing::ExitedWithCode(0);
  EXPECT_EXIT(ChooseAndCompute("", DeviceType::kCpu, DeviceType::kGpu), done,
              "any, cpu: device 'gpu' comes too late: 'cpu' has computed");
  EXPECT_EXIT(ChooseAndCompute("cpu", DeviceType::kGpu, DeviceType::kAny), done,
              "cpu, gpu: device 'any' comes too late: 'gpu' has computed");
  EXPECT_EXIT(ChooseAndCompute("tpu", DeviceType::kCpu, DeviceType::kGpu), done,
              "TF_MLC_DEVICE_NAME='tpu' is not 'any', 'cpu', 'gpu' or 'ane'");
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
