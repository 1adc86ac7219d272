// mlcompute/portable/onednn/pipeline.h: a Step made of oneDNN primitives run one after the other.
//
// Functions here throw dnnl::error, which TryOneDnn() turns into "not taken".
#pragma once

#include <dnnl.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "mlcompute/backend/step.h"

namespace mlcompute::portable::onednn {

using Descriptor = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

const dnnl::engine& Engine();

// undef for what oneDNN has not.
dnnl::memory::data_type ToOneDnn(DataType type);

// The same layout, holding `type`.
Descriptor WithType(const Descriptor& descriptor, dnnl::memory::data_type type);

// With which every primitive of a pipeline is made: scratchpads come from the step's scratch
// memory.
dnnl::primitive_attr PipelineAttributes();

class Pipeline {
 public:
  // A tensor of the pipeline: one of the step's buffers or a place in its scratch memory.
  using Slot = int;

  // The input as `wanted` describes it, reordered if that is not how the step gets it (`given`).
  Slot Input(int input, const Descriptor& given, const Descriptor& wanted);
  // The result as a primitive writes it (`made`), to be reordered at the end if the step gives
  // it as `given`.
  Slot Result(int result, const Descriptor& given, const Descriptor& made);

  // `arguments`: DNNL_ARG_* and what is passed for it.
  void Add(const dnnl::primitive& primitive, const dnnl::primitive_desc_base& descriptor,
           std::vector<std::pair<int, Slot>> arguments);

  // `one_thread`: whether the primitives were made under a OneThread. The step must not be run from
  // inside ParallelFor(): some primitives divide their work by the threads they were made for.
  std::unique_ptr<Step> Finish(bool one_thread);

 private:
  friend class PipelineStep;

  struct Place {
    enum Kind { kInput, kResult, kScratch } kind;
    size_t at;  // index of the buffer, or offset in bytes
    Descriptor descriptor;
  };
  struct Stage {
    dnnl::primitive primitive;
    std::vector<std::pair<int, Slot>> arguments;
    // Instead of a primitive: a kCast step, from arguments[0] to arguments[1].
    std::shared_ptr<const Step> cast;
  };

  Slot NewSlot(Place::Kind kind, size_t at, const Descriptor& descriptor);
  Slot NewScratch(const Descriptor& descriptor);
  void AddReorder(Slot from, Slot to);
  void AddCast(Slot from, Slot to);
  const Descriptor& descriptor(Slot slot) const {
    return places_[static_cast<size_t>(slot)].descriptor;
  }

  std::vector<Place> places_;
  std::vector<Stage> stages_;
  std::vector<std::pair<Slot, Slot>> last_reorders_;
  size_t scratch_bytes_ = 0;
};

// make()'s step, or nullptr if oneDNN refuses.
template <typename Make>
std::unique_ptr<Step> TryOneDnn(const Make& make) {
  try {
    return make();
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

}  // namespace mlcompute::portable::onednn
