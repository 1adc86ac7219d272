#include "mlcompute/portable/onednn/pipeline.h"

#include <mutex>
#include <optional>

#include "mlcompute/error.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable::onednn {

const dnnl::engine& Engine() {
  // Never destroyed: steps in static caches may outlive it otherwise.
  static const auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

dnnl::memory::data_type ToOneDnn(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return dnnl::memory::data_type::f32;
    case DataType::kFloat16:
      return dnnl::memory::data_type::f16;
    case DataType::kBFloat16:
      return dnnl::memory::data_type::bf16;
    default:
      return dnnl::memory::data_type::undef;
  }
}

dnnl::primitive_attr PipelineAttributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

class PipelineStep : public Step {
 public:
  PipelineStep(Pipeline pipeline, bool one_thread)
      : pipeline_(std::move(pipeline)), one_thread_(one_thread) {
    idle_.push_back(std::make_unique<Frame>(pipeline_));
  }

  size_t scratch_bytes() const override { return pipeline_.scratch_bytes_; }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    std::optional<OneThread> one_thread;
    if (one_thread_) one_thread.emplace();
    std::unique_ptr<Frame> frame = TakeFrame();
    for (size_t i = 0; i < pipeline_.places_.size(); ++i) {
      const Pipeline::Place& place = pipeline_.places_[i];
      void* buffer = nullptr;
      switch (place.kind) {
        case Pipeline::Place::kInput:
          buffer = const_cast<void*>(inputs[place.at]);
          break;
        case Pipeline::Place::kResult:
          buffer = results[place.at];
          break;
        case Pipeline::Place::kScratch:
          buffer = static_cast<std::byte*>(scratch) + place.at;
          break;
      }
      Check(dnnl_memory_set_data_handle(frame->memories[i].get(), buffer));
    }
    for (size_t i = 0; i < pipeline_.stages_.size(); ++i) {
      const std::vector<dnnl_exec_arg_t>& arguments = frame->arguments[i];
      Check(dnnl_primitive_execute(pipeline_.stages_[i].primitive.get(), frame->stream.get(),
                                   static_cast<int>(arguments.size()), arguments.data()));
    }
    PutBack(std::move(frame));
  }

 private:
  // What one Run() at a time uses. Making these costs more than a small primitive does, so they are
  // kept; there are as many as threads were ever in Run() at once.
  struct Frame {
    explicit Frame(const Pipeline& pipeline) : stream(Engine()) {
      for (const Pipeline::Place& place : pipeline.places_) {
        memories.emplace_back(place.descriptor, Engine(), nullptr);
      }
      for (const Pipeline::Stage& stage : pipeline.stages_) {
        std::vector<dnnl_exec_arg_t>& list = arguments.emplace_back();
        for (const auto& [argument, slot] : stage.arguments) {
          list.push_back({argument, memories[static_cast<size_t>(slot)].get()});
        }
      }
    }

    dnnl::stream stream;
    std::vector<dnnl::memory> memories;                   // by slot
    std::vector<std::vector<dnnl_exec_arg_t>> arguments;  // by stage
  };

  static void Check(dnnl_status_t status) {
    if (status == dnnl_success) return;
    if (status == dnnl_out_of_memory) throw ResourceExhausted("oneDNN: out of memory");
    throw Internal("oneDNN: a primitive failed with status ", static_cast<int>(status));
  }

  std::unique_ptr<Frame> TakeFrame() const {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Frame> frame = std::move(idle_.back());
        idle_.pop_back();
        return frame;
      }
    }
    try {
      return std::make_unique<Frame>(pipeline_);
    } catch (const dnnl::error& e) {
      throw ResourceExhausted("oneDNN: ", e.what());
    }
  }

  void PutBack(std::unique_ptr<Frame> frame) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(frame));
  }

  const Pipeline pipeline_;
  const bool one_thread_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Frame>> idle_;
};

Pipeline::Slot Pipeline::NewSlot(Place::Kind kind, size_t at, const Descriptor& descriptor) {
  places_.push_back({kind, at, descriptor});
  return static_cast<Slot>(places_.size()) - 1;
}

Pipeline::Slot Pipeline::NewScratch(const Descriptor& descriptor) {
  const Slot slot = NewSlot(Place::kScratch, scratch_bytes_, descriptor);
  scratch_bytes_ += (descriptor.get_size() + 63) / 64 * 64;
  return slot;
}

Pipeline::Slot Pipeline::Input(int input, const Descriptor& given, const Descriptor& wanted) {
  const Slot slot = NewSlot(Place::kInput, static_cast<size_t>(input), given);
  if (given == wanted) return slot;
  const Slot reordered = NewScratch(wanted);
  AddReorder(slot, reordered);
  return reordered;
}

Pipeline::Slot Pipeline::Result(int result, const Descriptor& given, const Descriptor& made) {
  const Slot slot = NewSlot(Place::kResult, static_cast<size_t>(result), given);
  if (given == made) return slot;
  const Slot before = NewScratch(made);
  last_reorders_.emplace_back(before, slot);
  return before;
}

void Pipeline::Add(const dnnl::primitive& primitive, const dnnl::primitive_desc_base& descriptor,
                   std::vector<std::pair<int, Slot>> arguments) {
  const Descriptor scratchpad = descriptor.scratchpad_desc();
  if (scratchpad.get_size() != 0) {
    arguments.emplace_back(DNNL_ARG_SCRATCHPAD, NewScratch(scratchpad));
  }
  stages_.push_back({primitive, std::move(arguments)});
}

void Pipeline::AddReorder(Slot from, Slot to) {
  const dnnl::reorder::primitive_desc descriptor(
      Engine(), places_[static_cast<size_t>(from)].descriptor, Engine(),
      places_[static_cast<size_t>(to)].descriptor, PipelineAttributes());
  Add(dnnl::reorder(descriptor), descriptor, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

std::unique_ptr<Step> Pipeline::Finish(bool one_thread) {
  for (const auto& [from, to] : last_reorders_) AddReorder(from, to);
  last_reorders_.clear();
  return std::make_unique<PipelineStep>(std::move(*this), one_thread);
}

}  // namespace mlcompute::portable::onednn
