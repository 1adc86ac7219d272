// mlcompute/portable/fused_tiles.h: elementwise operations run together on a tile of their result.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "mlcompute/backend/step.h"
#include "mlcompute/portable/jit/loop.h"
#include "mlcompute/portable/operand.h"
#include "mlcompute/portable/segment_rows.h"
#include "mlcompute/portable/tiles.h"
#include "mlcompute/program/program.h"

namespace mlcompute::portable {

struct TileWants {
  // Inputs of the operations' shape, or values that they make, to be looked at after each tile.
  std::vector<Value> tiles = {};
  // The shape's last axes: tiles hold whole rows of them, where they are short enough.
  Shape row = {};
  // Elements of the results, if these tiles are not all there are of them; else -1.
  int64_t elements = -1;
};

// Elementwise operations, and sums of rows by segment (kUnsortedSegment) that they read, of which
// no more than a tile is ever there. Where there is a compiler (jit/), operations that follow each
// other are one loop, and what passes between them stays in registers; what passes between others
// stays in the first-level cache, in float32. Both round to float16 where the body says so, to
// bfloat16 at least what leaves the tile, what is cast, and what is compared or counted.
class FusedTiles {
 public:
  // `operations` of `body`, in order, all of which give the shape of the outputs. `inputs` are the
  // values that they read and do not make.
  FusedTiles(const Program& body, const std::vector<const Operation*>& operations,
             const std::vector<Value>& inputs, const std::vector<Value>& outputs,
             const TileWants& wants = {});

  const TilePlan& plan() const { return plan_; }
  // Additions that an element's work weighs about as much as.
  int64_t weight() const { return weight_; }
  // Whether result `output` may be written to the memory of input `input`.
  bool CanShare(int output, int input) const {
    return shares_[static_cast<size_t>(output)][static_cast<size_t>(input)];
  }

  // Whether a tile may be of any size: there is nothing to keep for it.
  bool TakesAnyTile() const { return takes_any_tile_; }

  // What a thread works with. Tiles run on one Memory, of one set of inputs, may say `held`: that
  // it still has what scalars and rows became for the tile before.
  class Memory {
   public:
    explicit Memory(const FusedTiles& tiles);

    // In the caller's memory: tiles.memory_floats(), aligned to 64 bytes, and a pointer for each
    // value of the body.
    Memory(float* buffers, const void** at) : buffers_(buffers), at_(at) {}

    // Where the elements of a wanted value are, after Run() of a tile.
    const float* tile(Value wanted) const {
      return static_cast<const float*>(at_[static_cast<size_t>(wanted)]);
    }

   private:
    friend class FusedTiles;
    float* buffers_;
    const void** at_;
  };

  size_t memory_floats() const { return (static_cast<size_t>(buffer_count_) + 1) * kTile; }

  // Which rows belong to which segment, for the sums by segment among the operations: made once, in
  // `scratch` of scratch_bytes(), for all tiles of one set of inputs. Throws
  // Error(kInvalidArgument) if an id is out of range.
  size_t scratch_bytes() const { return scratch_bytes_; }
  std::vector<SegmentRows> ListSegments(const void* const* inputs, void* scratch) const;

  // `inputs` and `results` are where the whole tensors begin. After its last tile a thread calls
  // Finish().
  void Run(TilePlan::Tile tile, bool held, const void* const* inputs, void* const* results,
           const std::vector<SegmentRows>& segments, const Memory& memory) const;
  void Finish() const;

 private:
  // What an instruction does, by the types it reads and writes.
  enum class Form { kUnary, kBinary, kCompare, kTest, kLogic, kSelect, kFromBool, kMove, kSegment };
  // False when there is no span for the operation.
  static bool FormOf(const OperationView& view, Form* form);
  friend bool CanFuse(const OperationView& view);

  struct Instruction {
    Op op;
    Form form;
    DataType from;  // of the operands; of kSelect's last two
    int inputs[3];  // values of the body
    int result;
    int lists = -1;                            // kSegment: index in segment_lists_
    DataType rounded_to = DataType::kFloat32;  // or to halves: each element, before it is read
    bool is_rough = false;                     // bfloat16's precision is enough
  };
  // Where a value of the body lives while a tile is worked on.
  struct Home {
    int buffer = -1;  // of kTile floats; -1: in the output's own memory, or in a register
    int output = -1;  // the output it is, if any
    bool is_bool = false;
    bool is_streamed = false;
  };
  // The lists of rows by segment that one or more instructions go along.
  struct SegmentLists {
    size_t ids;  // an input
    DataType type;
    Shape shape;
    int64_t segments;
    size_t offset;  // in the scratch
  };

  // Instructions [first, last): a compiled loop, or one instruction that has none.
  struct Piece {
    size_t first, last;
    std::shared_ptr<const CompiledLoop> loop = nullptr;
    // Where a source or a target of the loop is: a value in a tile, or an operand or a result in
    // the tensor's own memory.
    struct Place {
      enum class Kind { kTile, kOperand, kColumns, kRows, kResult } kind;
      int index;    // of the value, operand or result
      size_t size;  // of an element, in bytes; 0: the same one for all
    };
    std::vector<Place> places = {};  // sources, then targets
    size_t source_count = 0;
    std::vector<int> in_outputs = {};  // values that later pieces read in an output's memory
  };

  void KeepPrecision();
  void FindPieces();
  bool FindPieces(const std::vector<bool>& compiles);
  bool IsReadInPlace(size_t operand) const;
  bool AddLoops(size_t first, size_t last);
  LoopBody Describe(Piece* piece) const;
  bool IsReadOutside(int value, const Piece& piece) const;
  bool IsInOutput(int value) const;

  void* HomeOf(int value, TilePlan::Tile tile, void* const* results, const Memory& memory) const;
  void RunLoop(const Piece& piece, TilePlan::Tile tile, const void* const* inputs,
               void* const* results, const Memory& memory) const;
  void RunInstruction(const Instruction& instruction, TilePlan::Tile tile,
                      const void* const* inputs, void* const* results,
                      const std::vector<SegmentRows>& segments, const Memory& memory) const;

  int ListsOf(const Program& body, const Operation& operation);
  void SumSegments(const float* x, TilePlan::Tile tile, int index,
                   const std::vector<SegmentRows>& segments, float* y) const;

  void AssignBuffers();
  void FindShares(const Program& body, const std::vector<Value>& outputs);
  static void Execute(const Instruction& instruction, const void* const* at, void* to, size_t n);

  bool IsWanted(int value) const {
    return std::find(wanted_.begin(), wanted_.end(), value) != wanted_.end();
  }

  const std::vector<Value> wanted_;
  // Inputs that are brought tile by tile: all but those only segments are summed up from.
  const std::vector<size_t> tiled_;
  const TilePlan plan_;
  std::vector<Operand> operands_;    // as tiled_
  std::vector<Value> input_values_;  // as tiled_
  std::vector<int> sources_;         // by value of the body: the input it is, or -1
  std::vector<DataType> result_types_;
  std::vector<Instruction> instructions_;
  std::vector<Piece> pieces_;
  std::vector<bool> is_loaded_;  // as tiled_: whether it is brought to a tile as float32 or bool
  bool takes_any_tile_ = false;
  std::vector<Home> homes_;  // by value of the body
  std::vector<std::vector<bool>> shares_;
  std::vector<SegmentLists> segment_lists_;
  size_t scratch_bytes_ = 0;
  int buffer_count_ = 0;
  bool is_streaming_ = false;
  int64_t weight_ = 0;
};

}  // namespace mlcompute::portable
