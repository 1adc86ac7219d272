#include "tf_mlc_plugin/kernel/node_def.h"

#include <array>
#include <protozero/pbf_reader.hpp>
#include <utility>

#include "mlcompute/error.h"
#include "tf_mlc_plugin/kernel/tensor_proto.h"

namespace tf_mlc {
namespace {

using protozero::pbf_reader;

// Field numbers of tensorflow/core/framework/{node_def,attr_value}.proto.
namespace node_def {
enum : unsigned { kName = 1, kOp = 2, kInput = 3, kAttr = 5 };
}
namespace map_entry {
enum : unsigned { kKey = 1, kValue = 2 };
}
namespace attr_value {
enum : unsigned { kList = 1, kS = 2, kI = 3, kF = 4, kB = 5, kType = 6, kShape = 7, kTensor = 8 };
}
namespace list_value {
enum : unsigned { kS = 2, kI = 3, kF = 4, kB = 5, kType = 6, kShape = 7 };
}

constexpr std::array<std::pair<int, DataType>, 13> kTypes = {{
    {1, DataType::kFloat32},
    {2, DataType::kFloat64},
    {3, DataType::kInt32},
    {4, DataType::kUInt8},
    {5, DataType::kInt16},
    {6, DataType::kInt8},
    {9, DataType::kInt64},
    {10, DataType::kBool},
    {14, DataType::kBFloat16},
    {17, DataType::kUInt16},
    {19, DataType::kFloat16},
    {22, DataType::kUInt32},
    {23, DataType::kUInt64},
}};

std::string ToString(protozero::data_view view) { return std::string(view.data(), view.size()); }

std::string_view View(protozero::data_view view) { return {view.data(), view.size()}; }

// Repeated numbers come packed or one by one.
template <typename T, typename ReadPacked, typename ReadOne>
void ReadRepeated(pbf_reader& reader, std::vector<T>* out, ReadPacked packed, ReadOne one) {
  if (reader.wire_type() == protozero::pbf_wire_type::length_delimited) {
    for (const auto value : packed()) out->push_back(static_cast<T>(value));
  } else {
    out->push_back(static_cast<T>(one()));
  }
}

AttrValue ReadList(pbf_reader reader) {
  std::vector<std::string> strings;
  std::vector<int64_t> ints;
  std::vector<float> floats;
  std::vector<int64_t> types;
  std::vector<Shape> shapes;
  while (reader.next()) {
    switch (reader.tag()) {
      case list_value::kS:
        strings.push_back(ToString(reader.get_view()));
        break;
      case list_value::kI:
        ReadRepeated(
            reader, &ints, [&] { return reader.get_packed_int64(); },
            [&] { return reader.get_int64(); });
        break;
      case list_value::kB:
        ReadRepeated(
            reader, &ints, [&] { return reader.get_packed_bool(); },
            [&] { return reader.get_bool(); });
        break;
      case list_value::kF:
        ReadRepeated(
            reader, &floats, [&] { return reader.get_packed_float(); },
            [&] { return reader.get_float(); });
        break;
      case list_value::kType:
        ReadRepeated(
            reader, &types, [&] { return reader.get_packed_enum(); },
            [&] { return reader.get_enum(); });
        break;
      case list_value::kShape: {
        Shape shape;
        if (ReadShapeProto(View(reader.get_view()), &shape)) shapes.push_back(std::move(shape));
        break;
      }
      default:
        reader.skip();
    }
  }
  if (!ints.empty()) return ints;
  if (!floats.empty()) return floats;
  if (!shapes.empty()) return shapes;
  if (!types.empty()) {
    std::vector<DataType> list;
    for (const int64_t t : types) list.push_back(DataTypeFromTf(static_cast<int>(t)));
    return list;
  }
  return strings;
}

// False for kinds that builders have no use for (functions, placeholders, unknown shapes).
bool ReadAttr(pbf_reader reader, AttrValue* value) {
  bool known = false;
  while (reader.next()) {
    known = true;
    switch (reader.tag()) {
      case attr_value::kList:
        *value = ReadList(reader.get_message());
        break;
      case attr_value::kS:
        *value = ToString(reader.get_view());
        break;
      case attr_value::kI:
        *value = reader.get_int64();
        break;
      case attr_value::kF:
        *value = reader.get_float();
        break;
      case attr_value::kB:
        *value = reader.get_bool();
        break;
      case attr_value::kType:
        *value = DataTypeFromTf(reader.get_enum());
        break;
      case attr_value::kShape: {
        Shape shape;
        known = ReadShapeProto(View(reader.get_view()), &shape);
        if (known) *value = std::move(shape);
        break;
      }
      case attr_value::kTensor: {
        TensorAttr tensor;
        known = ReadTensorProto(View(reader.get_view()), &tensor);
        if (known) *value = std::move(tensor);
        break;
      }
      default:
        known = false;
        reader.skip();
    }
  }
  return known;
}

}  // namespace

DataType DataTypeFromTf(int tf_type) {
  for (const auto& [tf, type] : kTypes) {
    if (tf == tf_type) return type;
  }
  return DataType::kInvalid;
}

int TfFromDataType(DataType wanted) {
  for (const auto& [tf, type] : kTypes) {
    if (type == wanted) return tf;
  }
  return 0;
}

Node ParseNodeDef(std::string_view bytes) {
  Node node;
  try {
    pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next()) {
      switch (reader.tag()) {
        case node_def::kName:
          node.name = ToString(reader.get_view());
          break;
        case node_def::kOp:
          node.op = ToString(reader.get_view());
          break;
        case node_def::kInput: {
          const auto view = reader.get_view();
          if (view.size() == 0 || view.data()[0] != '^') ++node.input_count;
          break;
        }
        case node_def::kAttr: {
          pbf_reader entry = reader.get_message();
          std::string key;
          AttrValue value;
          bool known = false;
          while (entry.next()) {
            if (entry.tag() == map_entry::kKey) {
              key = ToString(entry.get_view());
            } else if (entry.tag() == map_entry::kValue) {
              known = ReadAttr(entry.get_message(), &value);
            } else {
              entry.skip();
            }
          }
          if (known && !key.empty() && key[0] != '_') node.attrs.emplace(key, std::move(value));
          break;
        }
        default:
          reader.skip();
      }
    }
  } catch (const protozero::exception& e) {
    throw mlcompute::InvalidArgument("not a NodeDef: ", e.what());
  }
  return node;
}

}  // namespace tf_mlc
