#include "tf_mlc_plugin/kernel/tensor_proto.h"

#include <cstring>
#include <protozero/pbf_reader.hpp>
#include <vector>

#include "tf_mlc_plugin/kernel/node_def.h"

namespace tf_mlc {
namespace {

using protozero::pbf_reader;

// Field numbers of tensor.proto.
enum : unsigned {
  kDtype = 1,
  kShape = 2,
  kContent = 4,
  kFloat = 5,
  kDouble = 6,
  kInt = 7,  // also int16, int8, uint16, uint8
  kInt64 = 10,
  kBool = 11,
  kHalf = 13,  // the bits of float16 and bfloat16
  kUInt32 = 16,
  kUInt64 = 17,
};

template <typename Stored, typename Range>
void Append(const Range& range, std::vector<std::byte>* bytes) {
  for (const auto item : range) {
    const auto stored = static_cast<Stored>(item);
    const auto* raw = reinterpret_cast<const std::byte*>(&stored);
    bytes->insert(bytes->end(), raw, raw + sizeof stored);
  }
}

// Appends a repeated field, packed or not, as elements of `size` bytes.
template <typename Packed, typename One>
void AppendIntegers(pbf_reader& reader, size_t size, Packed packed, One one,
                    std::vector<std::byte>* bytes) {
  std::vector<uint64_t> values;
  if (reader.wire_type() == protozero::pbf_wire_type::length_delimited) {
    for (const auto v : packed()) values.push_back(static_cast<uint64_t>(v));
  } else {
    values.push_back(static_cast<uint64_t>(one()));
  }
  switch (size) {
    case 1:
      return Append<uint8_t>(values, bytes);
    case 2:
      return Append<uint16_t>(values, bytes);
    case 4:
      return Append<uint32_t>(values, bytes);
    default:
      return Append<uint64_t>(values, bytes);
  }
}

template <typename T, typename Packed, typename One>
void AppendFloats(pbf_reader& reader, Packed packed, One one, std::vector<std::byte>* bytes) {
  if (reader.wire_type() == protozero::pbf_wire_type::length_delimited) {
    Append<T>(packed(), bytes);
  } else {
    Append<T>(std::vector<T>{one()}, bytes);
  }
}

}  // namespace

bool ReadShapeProto(std::string_view bytes, Shape* shape) {
  constexpr unsigned kDim = 2;
  constexpr unsigned kUnknownRank = 3;
  constexpr unsigned kDimSize = 1;
  std::vector<int64_t> dims;
  pbf_reader reader(bytes.data(), bytes.size());
  while (reader.next()) {
    if (reader.tag() == kDim) {
      int64_t size = 0;  // the wire leaves a zero out
      pbf_reader dim = reader.get_message();
      while (dim.next()) {
        if (dim.tag() == kDimSize) {
          size = dim.get_int64();
        } else {
          dim.skip();
        }
      }
      dims.push_back(size);
    } else if (reader.tag() == kUnknownRank) {
      if (reader.get_bool()) return false;
    } else {
      reader.skip();
    }
  }
  *shape = Shape(std::move(dims));
  return true;
}

bool ReadTensorProto(std::string_view proto, TensorAttr* tensor) {
  pbf_reader scan(proto.data(), proto.size());
  while (scan.next()) {
    if (scan.tag() == kDtype) {
      tensor->type.dtype = DataTypeFromTf(scan.get_enum());
    } else if (scan.tag() == kShape) {
      const auto view = scan.get_view();
      if (!ReadShapeProto({view.data(), view.size()}, &tensor->type.shape)) return false;
    } else {
      scan.skip();
    }
  }
  const size_t size = SizeOf(tensor->type.dtype);
  if (size == 0) return false;

  std::vector<std::byte>* bytes = &tensor->bytes;
  pbf_reader reader(proto.data(), proto.size());
  while (reader.next()) {
    switch (reader.tag()) {
      case kContent: {
        const auto view = reader.get_view();
        bytes->resize(view.size());
        if (view.size() > 0) std::memcpy(bytes->data(), view.data(), view.size());
        break;
      }
      case kFloat:
        AppendFloats<float>(
            reader, [&] { return reader.get_packed_float(); }, [&] { return reader.get_float(); },
            bytes);
        break;
      case kDouble:
        AppendFloats<double>(
            reader, [&] { return reader.get_packed_double(); }, [&] { return reader.get_double(); },
            bytes);
        break;
      case kInt:
      case kHalf:
        AppendIntegers(
            reader, size, [&] { return reader.get_packed_int32(); },
            [&] { return reader.get_int32(); }, bytes);
        break;
      case kInt64:
        AppendIntegers(
            reader, size, [&] { return reader.get_packed_int64(); },
            [&] { return reader.get_int64(); }, bytes);
        break;
      case kBool:
        AppendIntegers(
            reader, size, [&] { return reader.get_packed_bool(); },
            [&] { return reader.get_bool(); }, bytes);
        break;
      case kUInt32:
        AppendIntegers(
            reader, size, [&] { return reader.get_packed_uint32(); },
            [&] { return reader.get_uint32(); }, bytes);
        break;
      case kUInt64:
        AppendIntegers(
            reader, size, [&] { return reader.get_packed_uint64(); },
            [&] { return reader.get_uint64(); }, bytes);
        break;
      default:
        reader.skip();
    }
  }
  // Fewer values than elements: the last one fills the rest, none at all means zeros.
  const size_t wanted = tensor->type.bytes();
  if (bytes->empty()) bytes->resize(wanted);
  if (bytes->size() > wanted || bytes->size() % size != 0) return false;
  const size_t filled = bytes->size();
  bytes->resize(wanted);
  for (size_t i = filled; i < wanted; ++i) (*bytes)[i] = (*bytes)[i - size];
  return true;
}

}  // namespace tf_mlc
