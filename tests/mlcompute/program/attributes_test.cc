#include "mlcompute/program/attributes.h"

#include <gtest/gtest.h>

#include "mlcompute/error.h"

namespace mlcompute {
namespace {

Attributes Sample() {
  return {{"axis", int64_t{-1}},
          {"keep_dims", true},
          {"alpha", 0.1},
          {"to", DataType::kInt64},
          {"combine", std::string("add")},
          {"perm", std::vector<int64_t>{0, 2, 1}}};
}

TEST(Attributes, GiveBackWhatTheyHold) {
  const Attributes a = Sample();
  EXPECT_EQ(a.Int("axis"), -1);
  EXPECT_TRUE(a.Bool("keep_dims"));
  EXPECT_EQ(a.Double("alpha"), 0.1);
  EXPECT_EQ(a.Type("to"), DataType::kInt64);
  EXPECT_EQ(a.String("combine"), "add");
  EXPECT_EQ(a.Ints("perm"), (std::vector<int64_t>{0, 2, 1}));
  EXPECT_TRUE(a.Has("axis"));
  EXPECT_FALSE(a.Has("axes"));
}

TEST(Attributes, TextTellsThemApart) {
  EXPECT_EQ(Attributes().ToString(), "{}");
  EXPECT_EQ(Sample().ToString(),
            "{axis=-1, keep_dims=true, alpha=0.10000000000000001, to=int64, combine=\"add\", "
            "perm=[0,2,1]}");
  EXPECT_NE(Attributes({{"a", 0.1}}).ToString(), Attributes({{"a", 0.1 + 0x1p-56}}).ToString());
}

TEST(Attributes, SetReplaces) {
  Attributes a = Sample();
  a.Set("axis", int64_t{2}).Set("k", int64_t{3});
  EXPECT_EQ(a.Int("axis"), 2);
  EXPECT_EQ(a.Int("k"), 3);
}

template <typename Body>
void ExpectInternal(const Body& body) {
  try {
    body();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInternal);
  }
}

TEST(Attributes, AbsentOrOfAnotherTypeIsADefect) {
  ExpectInternal([] { Sample().Int("axes"); });
  ExpectInternal([] { Sample().Int("alpha"); });
  ExpectInternal([] { Sample().Ints("axis"); });
}

}  // namespace
}  // namespace mlcompute
