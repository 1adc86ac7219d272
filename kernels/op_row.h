// kernels/op_row.h: the registration table. One row makes a TensorFlow op run on MLC.
#pragma once

#include <string_view>
#include <vector>

#include "kernels/builder.h"

namespace tf_mlc {

// The dtypes a type attribute may have; a kernel is registered for every combination.
struct TypeAttr {
  std::string_view attr;  // "T", "SrcT", ...
  std::vector<DataType> types;
};

enum class Place {
  kHost,    // TensorFlow passes it in host memory (shapes, int32 data); data like any other
  kStatic,  // in host memory, and its contents are part of the program: a new value is a new program
};

// An argument that is not plain device data.
struct HostArg {
  static constexpr int kEvery = 1 << 20;  // as `index`: all inputs of the node
  std::string_view name;  // the argument's name in the OpDef, input or output
  Place place;
  int index;  // position among the node's inputs, from the end when negative; ignored for outputs
};

struct OpRow {
  std::string_view op;
  Builder build;
  std::vector<TypeAttr> types;
  std::vector<HostArg> host = {};
  // TensorFlow has a kernel of its own for any device (Reshape, Shape, int32 arithmetic): none is
  // registered, the row only lets clusters hold the op.
  bool cluster_only = false;
  // The outputs depend on the types and shapes of the inputs alone (Shape, Size, Rank).
  bool of_types_only = false;
};

// The rows of each family: one function a file, joined in all_rows.cc.
const std::vector<OpRow>& UnaryRows();
const std::vector<OpRow>& BinaryRows();
const std::vector<OpRow>& ActivationRows();
const std::vector<OpRow>& CastRows();
const std::vector<OpRow>& SelectRows();
const std::vector<OpRow>& ReductionRows();
const std::vector<OpRow>& MatMulRows();
const std::vector<OpRow>& BiasRows();
const std::vector<OpRow>& ConvolutionRows();
const std::vector<OpRow>& PoolingRows();
const std::vector<OpRow>& SoftmaxRows();
const std::vector<OpRow>& ShapeRows();     // reshape-like: fill, broadcast_to, transpose, tile, reverse
const std::vector<OpRow>& ConcatRows();    // concat, pack, split, unpack
const std::vector<OpRow>& SliceRows();     // slice, strided slice and gradient, pad
const std::vector<OpRow>& GatherRows();    // gather, scatter, segment
const std::vector<OpRow>& RandomRows();
const std::vector<OpRow>& ShapeFunctionRows();  // cluster_only: shape, reshape, identity, const

// All rows of all families.
const std::vector<const OpRow*>& AllRows();

// Dtype lists shared by many rows.
extern const std::vector<DataType> kFloats;      // float32, float16, bfloat16
extern const std::vector<DataType> kIndexTypes;  // int32, int64

}  // namespace tf_mlc
