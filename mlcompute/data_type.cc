#include "mlcompute/data_type.h"

#include <array>
#include <cctype>
#include <string>

namespace mlcompute {
namespace {

struct Row {
  DataType type;
  std::string_view name;
  size_t size;
};

constexpr std::array<Row, 14> kRows = {{
    {DataType::kInvalid, "invalid", 0},
    {DataType::kFloat32, "float32", 4},
    {DataType::kFloat16, "float16", 2},
    {DataType::kBFloat16, "bfloat16", 2},
    {DataType::kFloat64, "float64", 8},
    {DataType::kInt8, "int8", 1},
    {DataType::kInt16, "int16", 2},
    {DataType::kInt32, "int32", 4},
    {DataType::kInt64, "int64", 8},
    {DataType::kUInt8, "uint8", 1},
    {DataType::kUInt16, "uint16", 2},
    {DataType::kUInt32, "uint32", 4},
    {DataType::kUInt64, "uint64", 8},
    {DataType::kBool, "bool", 1},
}};

const Row& RowOf(DataType type) { return kRows[static_cast<size_t>(type)]; }

}  // namespace

size_t SizeOf(DataType type) { return RowOf(type).size; }

std::string_view Name(DataType type) { return RowOf(type).name; }

DataType DataTypeFromName(std::string_view name) {
  std::string lower;
  for (const char c : name) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "boolean") return DataType::kBool;
  for (const Row& row : kRows) {
    if (row.name == lower) return row.type;
  }
  return DataType::kInvalid;
}

}  // namespace mlcompute
