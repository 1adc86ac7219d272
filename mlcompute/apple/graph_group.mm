#include "mlcompute/apple/graph_group.h"

#include <utility>

#include "mlcompute/apple/graph_parts.h"

namespace mlcompute::apple {

struct GraphGroup::State : GraphParts {
  MLCInferenceGraph* inference = nil;

  ~State() { [inference release]; }

  bool Compile(DeviceType type, Refusal* refusal) {
    if (!Build(type, refusal)) return false;
    NSMutableArray* graphs = [NSMutableArray array];
    [graphs addObject:graph];
    inference = [[MLCInferenceGraph graphWithGraphObjects:graphs] retain];
    if (inference == nil) {
      refusal->reason = "MLCInferenceGraph is nil";
    } else if (![inference addInputs:sources]) {
      refusal->reason = "MLCInferenceGraph does not take the inputs";
    } else if (![inference addOutputs:results]) {
      refusal->reason = "MLCInferenceGraph does not take the outputs";
    } else if (![inference compileWithOptions:MLCGraphCompilationOptionsNone device:device]) {
      refusal->reason = "MLCInferenceGraph does not compile";
    } else {
      return true;
    }
    return false;
  }

  std::string Execute(bool parameters_changed) {
    if (parameters_changed) {
      const std::string problem = WriteParameters();
      if (!problem.empty()) return problem;
    }
    __block bool called = false;
    __block std::string reason;
    const BOOL done =
        [inference executeWithInputsData:inputs_data
                             outputsData:outputs_data
                               batchSize:0
                                 options:MLCExecutionOptionsSynchronous
                       completionHandler:^(MLCTensor* result, NSError* error, NSTimeInterval) {
                         called = true;
                         (void)result;
                         if (error) reason = Words([error localizedDescription]);
                       }];
    if (!reason.empty()) return reason;
    if (!done) return "MLCInferenceGraph executeWithInputsData: answered NO";
    if (!called) return "MLCInferenceGraph did not call its handler";
    return "";
  }
};

GraphGroup::GraphGroup() : state_(new State) {}
GraphGroup::~GraphGroup() {
  const std::lock_guard<std::mutex> lock(FrameworkMutex());
  state_.reset();
}

std::unique_ptr<GraphGroup> GraphGroup::Make(const GraphPlan& plan, DeviceType device,
                                             Refusal* refusal) {
  std::unique_ptr<GraphGroup> group(new GraphGroup);
  bool built = false;
  {
    const std::lock_guard<std::mutex> lock(FrameworkMutex());
    @autoreleasepool {
      group->state_->plan = plan;
      @try {
        built = group->state_->Compile(device, refusal);
      } @catch (NSException* exception) {
        refusal->reason = Words(exception);
      }
    }
  }
  return built ? std::move(group) : nullptr;
}

void* GraphGroup::input(size_t index) const { return state_->inputs[index].bytes; }
const void* GraphGroup::output(size_t index) const { return state_->outputs[index].bytes; }

std::string GraphGroup::Execute(bool parameters_changed) {
  const std::lock_guard<std::mutex> lock(FrameworkMutex());
  std::string reason;
  @autoreleasepool {
    @try {
      reason = state_->Execute(parameters_changed);
    } @catch (NSException* exception) {
      reason = Words(exception);
    }
  }
  return reason;
}

}  // namespace mlcompute::apple
