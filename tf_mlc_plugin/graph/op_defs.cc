#include "tf_mlc_plugin/graph/op_defs.h"

#include <map>
#include <memory>
#include <mutex>
#include <protozero/pbf_reader.hpp>

#include "tensorflow/c/experimental/grappler/grappler.h"
#include "tensorflow/c/tf_buffer.h"
#include "tf_mlc_plugin/graph/late_symbol.h"
#include "tf_mlc_plugin/kernel/status.h"

namespace tf_mlc {
namespace {

using protozero::pbf_reader;

std::string ToString(protozero::data_view view) { return std::string(view.data(), view.size()); }

// Field numbers of op_def.proto and attr_value.proto.
ArgDef ReadArg(pbf_reader reader) {
  ArgDef arg;
  while (reader.next()) {
    switch (reader.tag()) {
      case 1:
        arg.name = ToString(reader.get_view());
        break;
      case 3:
        arg.type = reader.get_enum();
        break;
      case 4:
        arg.type_attr = ToString(reader.get_view());
        break;
      case 5:
        arg.number_attr = ToString(reader.get_view());
        break;
      case 6:
        arg.type_list_attr = ToString(reader.get_view());
        break;
      default:
        reader.skip();
    }
  }
  return arg;
}

OpDef ReadOpDef(std::string_view bytes) {
  OpDef def;
  pbf_reader reader(bytes.data(), bytes.size());
  while (reader.next()) {
    switch (reader.tag()) {
      case 2:
        def.inputs.push_back(ReadArg(reader.get_message()));
        break;
      case 3:
        def.outputs.push_back(ReadArg(reader.get_message()));
        break;
      case 17:
        def.stateful = reader.get_bool();
        break;
      default:
        reader.skip();
    }
  }
  return def;
}

// The look-up lives in another library than the rest of the C interface, so it is found at run
// time.
class Registry {
 public:
  Registry() {
    const auto open = MLC_LATE(TF_NewFunctionLibraryDefinition);
    look_up_ = MLC_LATE(TF_LookUpOpDef);
    if (!open || !look_up_) return;
    const StatusPtr status(TF_NewStatus());
    TF_Buffer* empty = TF_NewBufferFromString("", 0);
    library_ = open(empty, status.get());
    TF_DeleteBuffer(empty);
    if (TF_GetCode(status.get()) != TF_OK) library_ = nullptr;
  }

  const OpDef* Find(const std::string& op) {
    if (!library_) return nullptr;
    const std::lock_guard<std::mutex> lock(mutex_);
    auto [it, is_new] = defs_.try_emplace(op);
    if (is_new) {
      const StatusPtr status(TF_NewStatus());
      const std::unique_ptr<TF_Buffer, void (*)(TF_Buffer*)> buffer(TF_NewBuffer(),
                                                                    TF_DeleteBuffer);
      look_up_(library_, op.c_str(), buffer.get(), status.get());
      if (TF_GetCode(status.get()) == TF_OK) {
        it->second = std::make_unique<OpDef>(
            ReadOpDef({static_cast<const char*>(buffer->data), buffer->length}));
      }
    }
    return it->second.get();
  }

 private:
  decltype(&TF_LookUpOpDef) look_up_ = nullptr;
  TF_FunctionLibraryDefinition* library_ = nullptr;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<OpDef>> defs_;
};

// An AttrValue's list = 1 { type = 6 }.
std::vector<int> TypeListOf(std::string_view attr) {
  std::vector<int> types;
  pbf_reader reader(attr.data(), attr.size());
  while (reader.next(1)) {
    pbf_reader list = reader.get_message();
    while (list.next(6)) {
      if (list.wire_type() == protozero::pbf_wire_type::length_delimited) {
        for (const int type : list.get_packed_enum()) types.push_back(type);
      } else {
        types.push_back(list.get_enum());
      }
    }
  }
  return types;
}

}  // namespace

const OpDef* FindOpDef(const std::string& op) {
  static auto* registry = new Registry;
  return registry->Find(op);
}

std::vector<int> TypesOf(const std::vector<ArgDef>& args, const NodeDef& node) {
  std::vector<int> types;
  const auto attr = [&](const std::string& name) -> const std::string* {
    const auto it = node.attrs.find(name);
    return it == node.attrs.end() ? nullptr : &it->second;
  };
  for (const ArgDef& arg : args) {
    if (!arg.type_list_attr.empty()) {
      const std::string* list = attr(arg.type_list_attr);
      if (!list) return {};
      for (const int type : TypeListOf(*list)) types.push_back(type);
      continue;
    }
    int type = arg.type;
    if (!arg.type_attr.empty()) {
      const std::string* value = attr(arg.type_attr);
      if (!value) return {};
      type = TypeOfAttr(*value);
    }
    int64_t count = 1;
    if (!arg.number_attr.empty()) {
      const std::string* value = attr(arg.number_attr);
      if (!value) return {};
      count = IntOfAttr(*value);
    }
    for (int64_t i = 0; i < count; ++i) types.push_back(type);
  }
  return types;
}

}  // namespace tf_mlc
