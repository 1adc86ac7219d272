#include "tf_mlc_plugin/graph/wire.h"

namespace tf_mlc {

void CopyField(protozero::pbf_reader& reader, protozero::pbf_writer& writer) {
  const auto tag = reader.tag();
  switch (reader.wire_type()) {
    case protozero::pbf_wire_type::varint:
      writer.add_uint64(tag, reader.get_uint64());
      break;
    case protozero::pbf_wire_type::fixed64:
      writer.add_fixed64(tag, reader.get_fixed64());
      break;
    case protozero::pbf_wire_type::fixed32:
      writer.add_fixed32(tag, reader.get_fixed32());
      break;
    default:
      writer.add_bytes(tag, reader.get_view());
  }
}

}  // namespace tf_mlc
