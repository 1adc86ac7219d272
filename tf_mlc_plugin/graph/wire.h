// tf_mlc_plugin/graph/wire.h: copying of protobuf fields that we do not interpret.
#pragma once

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

namespace tf_mlc {

// Copies the field the reader stands at, and moves past it.
void CopyField(protozero::pbf_reader& reader, protozero::pbf_writer& writer);

}  // namespace tf_mlc
