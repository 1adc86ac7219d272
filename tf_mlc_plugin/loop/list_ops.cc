#include "tf_mlc_plugin/loop/list_ops.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "kernels/cluster.h"
#include "mlcompute/error.h"
#include "tf_mlc_plugin/loop/cluster_runner.h"

namespace tf_mlc {
namespace {

using mlcompute::DataType;
using mlcompute::InvalidArgument;
using mlcompute::Shape;
using Values = std::vector<LoopValue>;

int32_t Number(const LoopValue& value) {
  int32_t number;
  std::memcpy(&number, value.data, sizeof number);
  return number;
}

// The list to be changed: the input's own if nobody else holds it, or else a copy.
std::shared_ptr<LoopList> Changeable(LoopValue* input) {
  if (input->list.use_count() == 1) return std::move(input->list);
  return std::make_shared<LoopList>(*input->list);
}

LoopValue ListOf(std::shared_ptr<LoopList> list) {
  LoopValue value;
  value.list = std::move(list);
  return value;
}

std::shared_ptr<LoopList> NewList(const Node& node, const LoopValue& shape) {
  auto list = std::make_shared<LoopList>();
  list->dtype = node.Type("element_dtype");
  ReadShape(shape, &list->any_rank, &list->element_dims);
  return list;
}

void CheckIndex(int32_t index, const LoopList& list, const Node& node) {
  if (index < 0 || static_cast<size_t>(index) >= list.elements.size()) {
    throw InvalidArgument(node.op, " '", node.name, "': index ", index, " in a list of ",
                          list.elements.size(), " elements");
  }
}

void EmptyList(const Node& node, Values* inputs, Values* outputs) {
  outputs->push_back(ListOf(NewList(node, (*inputs)[0])));
}

void Reserve(const Node& node, Values* inputs, Values* outputs) {
  auto list = NewList(node, (*inputs)[0]);
  const int32_t count = Number((*inputs)[1]);
  if (count < 0) {
    throw InvalidArgument("The num_elements to reserve must be a non negative number, but got ",
                          count);
  }
  list->elements.resize(static_cast<size_t>(count));
  outputs->push_back(ListOf(std::move(list)));
}

// The elements are views of the tensor.
void FromTensor(const Node& node, Values* inputs, Values* outputs) {
  const LoopValue& tensor = (*inputs)[0];
  auto list = NewList(node, (*inputs)[1]);
  const std::vector<int64_t>& dims = tensor.type->shape.dims();
  if (dims.empty()) {
    throw InvalidArgument(node.op, " '", node.name, "': a scalar has no elements to list");
  }
  const auto type = std::make_shared<const TensorType>(
      TensorType{tensor.type->dtype, Shape(std::vector<int64_t>(dims.begin() + 1, dims.end()))});
  for (int64_t i = 0; i < dims[0]; ++i) {
    LoopValue element;
    element.type = type;
    element.data = tensor.data + static_cast<size_t>(i) * type->bytes();
    element.owner = tensor.own_buffer ? tensor.own_buffer : tensor.owner;
    list->elements.push_back(std::move(element));
  }
  outputs->push_back(ListOf(std::move(list)));
}

void GetItem(const Node& node, Values* inputs, Values* outputs) {
  const LoopList& list = *(*inputs)[0].list;
  const int32_t index = Number((*inputs)[1]);
  CheckIndex(index, list, node);
  const LoopValue& element = list.elements[static_cast<size_t>(index)];
  outputs->push_back(element.is_tensor() ? element : UnsetElement(list, (*inputs)[2]));
}

void SetItem(const Node& node, Values* inputs, Values* outputs) {
  auto list = Changeable(&(*inputs)[0]);
  const int32_t index = Number((*inputs)[1]);
  const AttrValue* resize = node.Find("resize_if_index_out_of_bounds");
  if (resize && std::get<bool>(*resize) && index >= 0 &&
      static_cast<size_t>(index) >= list->elements.size()) {
    list->elements.resize(static_cast<size_t>(index) + 1);
  }
  CheckIndex(index, *list, node);
  list->elements[static_cast<size_t>(index)] = std::move((*inputs)[2]);
  outputs->push_back(ListOf(std::move(list)));
}

void PushBack(const Node&, Values* inputs, Values* outputs) {
  auto list = Changeable(&(*inputs)[0]);
  list->elements.push_back(std::move((*inputs)[1]));
  outputs->push_back(ListOf(std::move(list)));
}

void PopBack(const Node& node, Values* inputs, Values* outputs) {
  auto list = Changeable(&(*inputs)[0]);
  if (list->elements.empty()) {
    throw InvalidArgument("Trying to pop from an empty list (", node.op, " '", node.name, "')");
  }
  LoopValue element = std::move(list->elements.back());
  list->elements.pop_back();
  if (!element.is_tensor()) element = UnsetElement(*list, (*inputs)[1]);
  outputs->push_back(ListOf(std::move(list)));
  outputs->push_back(std::move(element));
}

void Stack(const Node& node, Values* inputs, Values* outputs) {
  const LoopList& list = *(*inputs)[0].list;
  const size_t count = list.elements.size();
  const int64_t wanted = node.Int("num_elements");
  if (wanted != -1 && wanted != static_cast<int64_t>(count)) {
    throw InvalidArgument("Operation expected a list with ", wanted,
                          " elements but got a list with ", count, " elements.");
  }
  const auto unset = [](const LoopValue& element) { return !element.is_tensor(); };
  LoopValue filling;
  if (count == 0 || std::any_of(list.elements.begin(), list.elements.end(), unset)) {
    filling = UnsetElement(list, (*inputs)[1]);
  }
  const LoopValue& first = count > 0 && list.elements[0].is_tensor() ? list.elements[0] : filling;
  std::vector<int64_t> dims = first.type->shape.dims();
  dims.insert(dims.begin(), static_cast<int64_t>(count));
  LoopValue result = NewTensor(
      std::make_shared<TensorType>(TensorType{first.type->dtype, Shape(std::move(dims))}));
  const size_t bytes = first.type->bytes();
  for (size_t i = 0; i < count; ++i) {
    const LoopValue& element = list.elements[i].is_tensor() ? list.elements[i] : filling;
    if (element.type->shape != first.type->shape) {
      throw InvalidArgument("Tried to stack list which contains tensors of different shapes: ",
                            first.type->shape.ToString(), " and ", element.type->shape.ToString(),
                            " (", node.op, " '", node.name, "')");
    }
    if (bytes > 0) std::memcpy(result.own_buffer.get() + i * bytes, element.data, bytes);
  }
  outputs->push_back(std::move(result));
}

void ElementShape(const Node& node, Values* inputs, Values* outputs) {
  const LoopList& list = *(*inputs)[0].list;
  const DataType dtype = node.Type("shape_type");
  const auto count = static_cast<int64_t>(list.element_dims.size());
  LoopValue shape = NewTensor(std::make_shared<TensorType>(
      TensorType{dtype, list.any_rank ? Shape() : Shape(std::vector<int64_t>{count})}));
  const std::vector<int64_t> dims = list.any_rank ? std::vector<int64_t>{-1} : list.element_dims;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dtype == DataType::kInt32) {
      const auto dim = static_cast<int32_t>(dims[i]);
      std::memcpy(shape.own_buffer.get() + i * sizeof dim, &dim, sizeof dim);
    } else {
      std::memcpy(shape.own_buffer.get() + i * sizeof dims[i], &dims[i], sizeof dims[i]);
    }
  }
  outputs->push_back(std::move(shape));
}

void Length(const Node&, Values* inputs, Values* outputs) {
  const auto count = static_cast<int32_t>((*inputs)[0].list->elements.size());
  LoopValue length = NewTensor(std::make_shared<TensorType>(TensorType{DataType::kInt32, Shape()}));
  std::memcpy(length.own_buffer.get(), &count, sizeof count);
  outputs->push_back(std::move(length));
}

// The sum of two tensors, by the op's own builder.
LoopValue Sum(LoopValue a, LoopValue b) {
  static auto* mutex = new std::mutex;
  static auto* runners = new std::map<DataType, std::unique_ptr<ClusterRunner>>;
  ClusterRunner* runner;
  {
    const std::lock_guard<std::mutex> lock(*mutex);
    std::unique_ptr<ClusterRunner>& kept = (*runners)[a.type->dtype];
    if (!kept) {
      Node node;
      node.op = "AddV2";
      node.input_count = 2;
      node.attrs["T"] = a.type->dtype;
      const OpRow* row = FindRow(node);
      if (!row) throw mlcompute::Internal("no row for the sum of lists of ", a.type->ToString());
      kept = std::make_unique<ClusterRunner>(node.op, node.Key(), SingleNode(node, *row));
    }
    runner = kept.get();
  }
  Values terms, sum;
  terms.push_back(std::move(a));
  terms.push_back(std::move(b));
  runner->Run(terms, &sum);
  return std::move(sum[0]);
}

// Element by element; one that is set in one list alone is taken from there.
void AddLists(const Node& node, Values* inputs, Values* outputs) {
  // Into the first list that nobody else holds.
  const auto own = std::find_if(inputs->begin(), inputs->end(),
                                [](const LoopValue& input) { return input.list.use_count() == 1; });
  if (own != inputs->end()) std::swap(*inputs->begin(), *own);
  auto total = Changeable(&(*inputs)[0]);
  for (size_t i = 1; i < inputs->size(); ++i) {
    auto& list = (*inputs)[i].list;
    if (list->elements.size() != total->elements.size() || list->dtype != total->dtype) {
      throw InvalidArgument(node.op, " '", node.name, "': lists of ", total->elements.size(),
                            " and of ", list->elements.size(), " elements cannot be added");
    }
    for (size_t k = 0; k < list->elements.size(); ++k) {
      const LoopValue& element = list->elements[k];
      LoopValue& sum = total->elements[k];
      if (!element.is_tensor()) continue;
      sum = sum.is_tensor() ? Sum(std::move(sum), element) : element;
    }
    if (total->any_rank) {
      total->any_rank = list->any_rank;
      total->element_dims = list->element_dims;
    }
  }
  outputs->push_back(ListOf(std::move(total)));
}

void ZerosLikeList(const Node&, Values* inputs, Values* outputs) {
  auto zeros = std::make_shared<LoopList>(*(*inputs)[0].list);
  for (LoopValue& element : zeros->elements) {
    if (element.is_tensor()) element = Zeros(*element.type);
  }
  outputs->push_back(ListOf(std::move(zeros)));
}

struct ListOp {
  std::string_view op;
  ListFunction function;
  bool makes_list;
};

constexpr ListOp kListOps[] = {
    {"EmptyTensorList", EmptyList, true},
    {"TensorListReserve", Reserve, true},
    {"TensorListFromTensor", FromTensor, true},
    {"TensorListGetItem", GetItem, false},
    {"TensorListSetItem", SetItem, false},
    {"TensorListPushBack", PushBack, false},
    {"TensorListPopBack", PopBack, false},
    {"TensorListStack", Stack, false},
    {"TensorListElementShape", ElementShape, false},
    {"TensorListLength", Length, false},
    {"AddN", AddLists, false},  // of lists
    {"ZerosLike", ZerosLikeList, false},
};

const ListOp* Find(std::string_view op) {
  for (const ListOp& row : kListOps) {
    if (row.op == op) return &row;
  }
  return nullptr;
}

}  // namespace

ListFunction FindListOp(std::string_view op) {
  const ListOp* row = Find(op);
  return row ? row->function : nullptr;
}

bool MakesList(std::string_view op) {
  const ListOp* row = Find(op);
  return row && row->makes_list;
}

}  // namespace tf_mlc
