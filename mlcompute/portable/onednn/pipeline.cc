#include "mlcompute/portable/onednn/pipeline.h"

#include <mutex>
#include <optional>

#include "mlcompute/error.h"
#include "mlcompute/portable/portable.h"
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

Descriptor WithType(const Descriptor& descriptor, dnnl::memory::data_type type) {
  return Descriptor(descriptor.get_dims(), type, descriptor.get_strides());
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
    const auto buffer = [&](Pipeline::Slot slot) -> void* {
      const Pipeline::Place& place = pipeline_.places_[static_cast<size_t>(slot)];
      switch (place.kind) {
        case Pipeline::Place::kInput:
          return const_cast<void*>(inputs[place.at]);
        case Pipeline::Place::kResult:
          return results[place.at];
        default:
          return static_cast<std::byte*>(scratch) + place.at;
      }
    };
    for (size_t i = 0; i < pipeline_.places_.size(); ++i) {
      Check(dnnl_memory_set_data_handle(frame->memories[i].get(),
                                        buffer(static_cast<Pipeline::Slot>(i))));
    }
    for (size_t i = 0; i < pipeline_.stages_.size(); ++i) {
      const Pipeline::Stage& stage = pipeline_.stages_[i];
      if (stage.cast != nullptr) {
        const void* from = buffer(stage.arguments[0].second);
        void* to = buffer(stage.arguments[1].second);
        stage.cast->Run(&from, &to, nullptr);
        continue;
      }
      const std::vector<dnnl_exec_arg_t>& arguments = frame->arguments[i];
      Check(dnnl_primitive_execute(stage.primitive.get(), frame->stream.get(),
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
  stages_.push_back({primitive, std::move(arguments), nullptr});
}

void Pipeline::AddReorder(Slot from, Slot to) {
  constexpr auto kF32 = dnnl::memory::data_type::f32;
  const Descriptor& source = descriptor(from);
  const Descriptor& target = descriptor(to);
  // oneDNN converts float16 one element at a time where the processor cannot compute with it; so
  // the type is changed first or last, by a cast, and a reorder sees float32 only.
  if (source.get_data_type() != target.get_data_type()) {
    const bool from_half = source.get_data_type() == dnnl::memory::data_type::f16;
    const bool to_half = target.get_data_type() == dnnl::memory::data_type::f16;
    if (from_half || to_half) {
      const Descriptor between = WithType(from_half ? source : target, kF32);
      if (between == (from_half ? target : source)) return AddCast(from, to);
      const Slot middle = NewScratch(between);
      from_half ? AddCast(from, middle) : AddReorder(from, middle);
      return from_half ? AddReorder(middle, to) : AddCast(middle, to);
    }
  }
  const dnnl::reorder::primitive_desc reorder(Engine(), source, Engine(), target,
                                              PipelineAttributes());
  Add(dnnl::reorder(reorder), reorder, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

void Pipeline::AddCast(Slot from, Slot to) {
  const auto type = [&](Slot slot) {
    const bool half = descriptor(slot).get_data_type() == dnnl::memory::data_type::f16;
    return half ? DataType::kFloat16 : DataType::kFloat32;
  };
  int64_t elements = 1;
  for (const int64_t axis : descriptor(from).get_dims()) elements *= axis;
  struct Cast {
    Operation operation;  // to which the step may refer
    std::unique_ptr<Step> step;
  };
  const auto cast = std::make_shared<Cast>();
  cast->operation = {Op::kCast, {}, {}, {{"to", type(to)}}};
  cast->step = MakeStep({cast->operation, {{type(from), {elements}}}, {{type(to), {elements}}}});
  stages_.push_back({{},
                     {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}},
                     std::shared_ptr<const Step>(cast, cast->step.get())});
}

std::unique_ptr<Step> Pipeline::Finish(bool one_thread) {
  for (const auto& [from, to] : last_reorders_) AddReorder(from, to);
  last_reorders_.clear();
  return std::make_unique<PipelineStep>(std::move(*this), one_thread);
}

}  // namespace mlcompute::portable::onednn
