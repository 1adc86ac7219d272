// kernels/op_row.h: the registration table. One row makes a TensorFlow op run on MLC.
#pragma once

#include <string_view>
#include <vector>

#include "kernels/builder.h"
#include "kernels/types.h"

namespace tf_mlc {

// The dtypes a type attribute may have; a kernel is registered for every combination.
struct TypeAttr {
  std::string_view attr;  // "T", "SrcT", ...
  Types types;
};

enum class Place {
  kHost,    // TensorFlow passes it in host memory (shapes, int32 data); data like any other
  kStatic,  // in host memory, and its contents are part of the program: a new value is a new
            // program
};

// An argument that is not plain device data.
struct HostArg {
  static constexpr int kEvery = 1 << 20;  // as `index`: all inputs of the node
  std::string_view name;                  // the argument's name in the OpDef, input or output
  Place place;
  int index;  // of a static input among the node's inputs, from the end when negative
};

inline HostArg Static(std::string_view input, int index) { return {input, Place::kStatic, index}; }
inline HostArg InHost(std::string_view argument) { return {argument, Place::kHost, 0}; }

constexpr int kGeneratorInputs = 2;  // see OpRow::blocks_of

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
  // Set for ops that go on with a random sequence from run to run: the kernel owns the generator,
  // and the builder finds two more inputs behind the node's, key uint64 [1] and counter uint64 [2].
  // Gives how many blocks of four words a run that makes this output moves on by. Such an op is
  // never in a cluster: TensorFlow calls it stateful.
  uint64_t (*blocks_of)(const TensorType& output) = nullptr;
};

using Rows = std::vector<OpRow>;

// TensorFlow has int32 kernels for any device for the ops of the rows that leave int32 out of "T":
// adds a row for use inside clusters for each of them.
void AddInt32ForClusters(Rows* rows);

// The rows of each family: one function a file, joined in all_rows.cc.
const Rows& UnaryRows();
const Rows& BinaryRows();
const Rows& ActivationRows();
const Rows& CastRows();
const Rows& SelectRows();
const Rows& ReductionRows();
const Rows& MatMulRows();
const Rows& EinsumRows();
const Rows& RecurrentRows();  // cluster_only: what calls of marked functions become
const Rows& BiasRows();
const Rows& ConvolutionRows();
const Rows& PoolingRows();
const Rows& SoftmaxRows();
const Rows& BatchNormRows();
const Rows& ShapeRows();   // fill, broadcast, transpose, tile, reverse, roll, band part
const Rows& SpaceRows();   // space to batch and depth, and back
const Rows& ConcatRows();  // concat, pack, split, unpack
const Rows& SliceRows();   // slice, strided slice and gradient
const Rows& PadRows();
const Rows& GatherRows();   // gather, one-hot, top-k
const Rows& ScatterRows();  // scatter, segment
const Rows& RandomRows();
const Rows& ResizeRows();
const Rows& ShapeFunctionRows();  // cluster_only: shape, reshape, identity, const

// All rows of all families.
const std::vector<const OpRow*>& AllRows();

}  // namespace tf_mlc
