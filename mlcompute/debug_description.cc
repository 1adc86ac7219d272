#include "mlcompute/debug_description.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <unordered_map>

namespace mlcompute {
namespace {

// By MLCompute's names, whose words and capitals the names of the tables do not tell.
const std::unordered_map<std::string_view, std::string_view>& Spellings() {
  static const std::unordered_map<std::string_view, std::string_view> spellings = {
      {"mean_absolute_error", "Absolute Error"},
      {"relu", "ReLU"},
      {"relun", "ReLUN"},
      {"elu", "ELU"},
      {"selu", "SELU"},
      {"celu", "CELU"},
      {"gelu", "GELU"},
      {"multiply_no_nan", "Multiply No NaN"},
      {"divide_no_nan", "Divide No NaN"},
      {"logical_and", "Logical AND"},
      {"logical_or", "Logical OR"},
      {"logical_not", "Logical NOT"},
      {"logical_nand", "Logical NAND"},
      {"logical_nor", "Logical NOR"},
      {"logical_xor", "Logical XOR"},
  };
  return spellings;
}

std::string Words(std::string_view name) {
  const auto known = Spellings().find(name);
  if (known != Spellings().end()) return std::string(known->second);
  std::string words;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('_', begin), name.size());
    std::string word(name.substr(begin, end - begin));
    if (word != "and") {
      word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
    }
    words += (words.empty() ? "" : " ") + word;
    begin = end + 1;
  }
  return words;
}

}  // namespace

template <typename E>
std::string DebugDescription(E value) {
  return Words(NameOf(value));
}

// The enumerations that MLCompute has such a function for.
template std::string DebugDescription(ActivationType);
template std::string DebugDescription(ArithmeticOperation);
template std::string DebugDescription(ComparisonOperation);
template std::string DebugDescription(ConvolutionType);
template std::string DebugDescription(GradientClippingType);
template std::string DebugDescription(LossType);
template std::string DebugDescription(LstmResultMode);
template std::string DebugDescription(PaddingPolicy);
template std::string DebugDescription(PaddingType);
template std::string DebugDescription(PoolingType);
template std::string DebugDescription(ReductionType);
template std::string DebugDescription(SampleMode);
template std::string DebugDescription(SoftmaxOperation);

}  // namespace mlcompute
