#include "mlcompute/backend/executable_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "mlcompute/error.h"

namespace mlcompute {
namespace {

class Numbered : public Executable {
 public:
  explicit Numbered(int number) : Executable(Program()), number(number) {}
  void Run(const void* const*, void* const*) override {}
  bool CanShare(int, int) const override { return false; }
  const int number;
};

int Number(const std::shared_ptr<Executable>& executable) {
  return static_cast<Numbered&>(*executable).number;
}

// A cache that counts what it compiles.
struct Counting {
  explicit Counting(size_t capacity) : cache(capacity) {}
  int Get(std::string_view key) {
    return Number(cache.GetOrCompile(key, [&] { return std::make_unique<Numbered>(++made); }));
  }
  ExecutableCache cache;
  int made = 0;
};

TEST(ExecutableCache, CompilesOnce) {
  Counting c(4);
  EXPECT_EQ(c.Get("a"), 1);
  EXPECT_EQ(c.Get("b"), 2);
  EXPECT_EQ(c.Get("a"), 1);
  EXPECT_EQ(c.cache.hits(), 1u);
  EXPECT_EQ(c.cache.misses(), 2u);
  EXPECT_EQ(c.cache.size(), 2u);
}

TEST(ExecutableCache, ForgetsTheLeastRecentlyUsed) {
  Counting c(2);
  c.Get("a");
  c.Get("b");
  c.Get("a");
  c.Get("c");  // forgets b
  EXPECT_EQ(c.cache.size(), 2u);
  EXPECT_EQ(c.Get("a"), 1);
  EXPECT_EQ(c.Get("c"), 3);
  EXPECT_EQ(c.Get("b"), 4);
}

TEST(ExecutableCache, KeepsItsOwnKeys) {
  Counting c(8);
  std::string key = "a key that is too long for the small buffer of a string";
  c.Get(key);
  key[0] = 'b';
  EXPECT_EQ(c.Get(key), 2);
  key[0] = 'a';
  EXPECT_EQ(c.Get(key), 1);
}

TEST(ExecutableCache, ForgottenExecutablesLiveWhileInUse) {
  ExecutableCache cache(1);
  const auto first = cache.GetOrCompile("a", [] { return std::make_unique<Numbered>(7); });
  const std::weak_ptr<Executable> weak = first;
  cache.GetOrCompile("b", [] { return std::make_unique<Numbered>(8); });
  EXPECT_EQ(Number(first), 7);
  EXPECT_EQ(weak.use_count(), 1);
}

TEST(ExecutableCache, AFailureIsNotKept) {
  Counting c(2);
  EXPECT_THROW(c.cache.GetOrCompile(
                   "a", []() -> std::unique_ptr<Executable> { throw InvalidArgument("no"); }),
               Error);
  EXPECT_EQ(c.cache.size(), 0u);
  EXPECT_EQ(c.Get("a"), 1);
}

TEST(ExecutableCache, CompilingMayUseTheCache) {
  ExecutableCache cache(4);
  const auto outer = cache.GetOrCompile("a", [&] {
    const auto inner = cache.GetOrCompile("a", [] { return std::make_unique<Numbered>(1); });
    return std::make_unique<Numbered>(Number(inner) + 1);
  });
  EXPECT_EQ(Number(outer), 1);  // the one that was ready first
}

TEST(ExecutableCache, ManyThreads) {
  ExecutableCache cache(5);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        const int number = (i * (t + 1)) % 7;
        const auto got = cache.GetOrCompile(std::to_string(number),
                                            [&] { return std::make_unique<Numbered>(number); });
        if (Number(got) != number) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(cache.size(), 5u);
  EXPECT_EQ(cache.hits() + cache.misses(), 16000u);
}

TEST(ExecutableCache, SizeFromEnvironment) {
  ASSERT_EQ(setenv("TF_MLC_CACHE_SIZE", "17", 1), 0);
  EXPECT_EQ(ExecutableCache().capacity(), 17u);
  for (const std::string bad : {"0", "-3", "many", "5x", "99999999999999999999"}) {
    setenv("TF_MLC_CACHE_SIZE", bad.c_str(), 1);
    testing::internal::CaptureStderr();
    EXPECT_EQ(ExecutableCache().capacity(), ExecutableCache::kDefaultCapacity);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "TF_MLC_CACHE_SIZE='" + bad + "' is not a positive number; using 4096\n");
  }
  unsetenv("TF_MLC_CACHE_SIZE");
  EXPECT_EQ(ExecutableCache().capacity(), ExecutableCache::kDefaultCapacity);
}

}  // namespace
}  // namespace mlcompute
