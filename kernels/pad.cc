// Padding with a constant or with mirrored elements.
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

struct Amounts {
  std::vector<int64_t> before;
  std::vector<int64_t> after;
  bool none() const {
    const std::vector<int64_t> zeros(before.size(), 0);
    return before == zeros && after == zeros;
  }
};

// Input 1: [rank, 2]
Amounts PaddingsOf(const BuildContext& c) {
  const Shape& shape = c.shape(1);
  if (shape.rank() != 2 || shape[1] != 2) {
    throw InvalidArgument("paddings must be a matrix with 2 columns: ", shape.ToString());
  }
  if (shape[0] != c.shape(0).rank()) {
    throw InvalidArgument("The first dimension of paddings must be the rank of inputs",
                          shape.ToString(), " ", c.shape(0).ToString());
  }
  const std::vector<int64_t> values = c.StaticInts(1);
  Amounts amounts;
  for (size_t i = 0; i < values.size(); i += 2) {
    if (values[i] < 0 || values[i + 1] < 0) {
      throw InvalidArgument("Paddings must be non-negative: ", values[i], " ", values[i + 1]);
    }
    amounts.before.push_back(values[i]);
    amounts.after.push_back(values[i + 1]);
  }
  return amounts;
}

void Pad(BuildContext& c, Value value) {
  const Amounts amounts = PaddingsOf(c);
  c.Output(amounts.none() ? c.input(0)
                          : c.Append(Op::kPad, {c.input(0), value},
                                     {{"before", amounts.before}, {"after", amounts.after}}));
}

void BuildPad(BuildContext& c) { Pad(c, c.program.AddScalar(c.type(0).dtype, 0)); }

void BuildPadV2(BuildContext& c) {
  if (c.shape(2).rank() != 0) {
    throw InvalidArgument("constant_values must be a scalar. Found: ", c.shape(2).ToString());
  }
  Pad(c, c.input(2));
}

bool Reflects(const Node& node) {
  const std::string& mode = node.String("mode");
  if (mode != "REFLECT" && mode != "SYMMETRIC") {
    throw InvalidArgument("mode must be either REFLECT or SYMMETRIC, not '", mode, "'");
  }
  return mode == "REFLECT";
}

// `size` axes of the unpadded tensor: an element is mirrored once at most.
void CheckMirror(const Amounts& amounts, const Shape& size, bool reflect) {
  for (int i = 0; i < size.rank(); ++i) {
    const int64_t before = amounts.before[static_cast<size_t>(i)];
    const int64_t after = amounts.after[static_cast<size_t>(i)];
    const int64_t limit = reflect ? size[i] - 1 : size[i];
    if ((before > 0 || after > 0) && (before > limit || after > limit)) {
      throw InvalidArgument("paddings must be ", reflect ? "less than" : "no greater than",
                            " the dimension size: ", before, ", ", after,
                            reflect ? " not less than " : " greater than ", size[i]);
    }
  }
}

void BuildMirrorPad(BuildContext& c) {
  const Amounts amounts = PaddingsOf(c);
  const bool reflect = Reflects(c.node);
  CheckMirror(amounts, c.shape(0), reflect);
  c.Output(
      amounts.none()
          ? c.input(0)
          : c.Append(Op::kMirrorPad, {c.input(0)},
                     {{"before", amounts.before}, {"after", amounts.after}, {"reflect", reflect}}));
}

void BuildMirrorPadGrad(BuildContext& c) {
  const Amounts amounts = PaddingsOf(c);
  const bool reflect = Reflects(c.node);
  Shape size = c.shape(0);
  for (int i = 0; i < size.rank(); ++i) {
    size[i] -= amounts.before[static_cast<size_t>(i)] + amounts.after[static_cast<size_t>(i)];
    if (size[i] < 0) {
      throw InvalidArgument("paddings exceed dimension ", i, " of ", c.shape(0).ToString());
    }
  }
  CheckMirror(amounts, size, reflect);
  c.Output(
      amounts.none()
          ? c.input(0)
          : c.Append(Op::kMirrorPadGrad, {c.input(0)},
                     {{"before", amounts.before}, {"after", amounts.after}, {"reflect", reflect}}));
}

}  // namespace

const Rows& PadRows() {
  static const Rows rows = [] {
    const TypeAttr any_but_int32 = {"T", ButInt32(AnyType())};
    const TypeAttr int32 = {"T", Int32()};
    const HostArg paddings = Static("paddings", 1);
    const std::vector<HostArg> all_host = {InHost("input"), paddings, InHost("output")};
    return Rows{
        {"Pad", BuildPad, {any_but_int32}, {paddings}},
        {"Pad", BuildPad, {int32}, all_host},
        {"PadV2", BuildPadV2, {any_but_int32}, {paddings}},
        {"PadV2",
         BuildPadV2,
         {int32},
         {InHost("input"), paddings, InHost("constant_values"), InHost("output")}},
        {"MirrorPad", BuildMirrorPad, {{"T", AnyType()}}, {paddings}},
        {"MirrorPadGrad", BuildMirrorPadGrad, {{"T", Numbers()}}, {paddings}},
    };
  }();
  return rows;
}

}  // namespace tf_mlc
