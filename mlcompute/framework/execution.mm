#include "mlcompute/framework/execution.h"

#include <unistd.h>

#include "mlcompute/framework/foreign_bytes.h"
#include "mlcompute/layers/embedding.h"
#include "mlcompute/layers/transpose.h"

namespace mlcompute::framework {
namespace {

thread_local bool in_gpu_handler = false;

void Call(MLCGraph* graph, MLCGraphCompletionHandler handler, const TensorPtr& result,
          const Error* error, double seconds) {
  @autoreleasepool {
    MLCTensor* tensor = nil;
    NSError* reason = nil;
    if (error) {
      reason = [NSError errorWithDomain:@"MLCompute"
                                   code:static_cast<NSInteger>(error->code()) + 1
                               userInfo:@{NSLocalizedDescriptionKey : Text(error->what())}];
    } else {
      tensor = Wrap(result);
      if (tensor) {
        KeepTensor(graph, tensor);
        DeliverData(tensor);
        Keep(StateOf(tensor).device, StateOf(graph).device);
      }
    }
    if (handler) {
      const bool before = in_gpu_handler;
      in_gpu_handler = StateOf(graph).device.type == MLCDeviceTypeGPU;
      handler(tensor, reason, seconds);
      in_gpu_handler = before;
    }
  }
}

struct Watched {
  std::string name;
  std::shared_ptr<TensorData> data;
  std::optional<uint64_t> hash;
};

// What the framework makes nodes of and then does not compile.
std::string Offence(const GraphNode& node, const TensorMap& inputs, MLCDevice* device) {
  if (const auto* transpose = dynamic_cast<const TransposeLayer*>(node.layer.get())) {
    if (transpose->dimensions().front() != 0) return "a transposition of axis 0, the batch's";
  }
  if (dynamic_cast<const EmbeddingLayer*>(node.layer.get())) {
    if (device.type == MLCDeviceTypeGPU) return "an embedding runs on the CPU only";
    for (const auto& [name, input] : inputs) {
      if (input == node.sources.front()) return "";
    }
    if (!node.sources.front()->has_data()) return "an embedding comes first in a graph";
  }
  return "";
}

void CheckBroken(MLCGraph* graph) {
  if (!StateOf(graph).broken.empty()) throw InvalidArgument(StateOf(graph).broken);
}

}  // namespace

bool IsInGpuHandler() { return in_gpu_handler; }

GraphState::~GraphState() {
  [layers release];
  [tensors release];
  [members release];
  [trained release];
  [linked release];
  [device release];
  [optimizer release];
  [loss release];
}

GraphState& StateOf(MLCGraph* graph) { return *static_cast<GraphState*>(graph->_object); }

MLCGraph* NewGraph(Class kind, NSArray<MLCGraph*>* members, std::shared_ptr<Graph> graph) {
  MLCGraph* made = New<MLCGraph>(kind);
  auto* state = new GraphState;
  made->_object = state;
  state->graph = std::move(graph);
  state->inference = std::dynamic_pointer_cast<InferenceGraph>(state->graph);
  state->training = std::dynamic_pointer_cast<TrainingGraph>(state->graph);
  Keep(state->layers, [NSMutableArray array]);
  Keep(state->tensors, [NSMutableArray array]);
  Keep(state->linked, [NSMutableArray array]);
  Keep(state->members, members);
  return made;
}

std::vector<std::shared_ptr<Graph>> GraphsOf(NSArray<MLCGraph*>* graphs) {
  std::vector<std::shared_ptr<Graph>> found;
  for (MLCGraph* graph in graphs) found.push_back(StateOf(graph).graph);
  return found;
}

void KeepTensor(MLCGraph* graph, MLCTensor* tensor) {
  if (tensor == nil) return;
  GraphState& state = StateOf(graph);
  @synchronized(state.tensors) {
    if ([state.tensors indexOfObjectIdenticalTo:tensor] == NSNotFound) {
      [state.tensors addObject:tensor];
    }
  }
}

NSArray<MLCTensor*>* WrapAll(MLCGraph* graph, const std::vector<TensorPtr>& tensors) {
  NSMutableArray* found = [NSMutableArray array];
  for (const TensorPtr& tensor : tensors) {
    MLCTensor* wrapped = Wrap(tensor);
    KeepTensor(graph, wrapped);
    [found addObject:wrapped];
  }
  return found;
}

TensorMap Map(MLCGraph* graph, TensorDictionary* tensors) {
  TensorMap map;
  for (NSString* name in tensors) {
    MLCTensor* tensor = [tensors objectForKey:name];
    KeepTensor(graph, tensor);
    map[String(name)] = TensorOf(tensor);
  }
  return map;
}

bool AddOutputs(MLCGraph* graph, TensorDictionary* outputs) {
  GraphState& state = StateOf(graph);
  const TensorMap map = Map(graph, outputs);
  const bool ok = Try([&] {
    if (state.inference) {
      state.inference->AddOutputs(map);
    } else {
      state.training->AddOutputs(map);
    }
  });
  if (!ok) return false;
  for (NSString* name in outputs) StateOf([outputs objectForKey:name]).is_output = true;
  return true;
}

bool Compile(MLCGraph* graph, MLCGraphCompilationOptions options, MLCDevice* device,
             TensorDictionary* constants, DataDictionary* constants_data,
             const std::function<void(const CompileOptions&)>& compile) {
  GraphState& state = StateOf(graph);
  NSUInteger layers = [state.layers count];
  for (MLCGraph* member in state.members) layers += [member.layers count];
  if (layers == 0) Raise(NSRangeException, "a graph without layers is compiled");
  if (device == nil) {
    Refuse("a graph is compiled for no device");
    return false;
  }
  const bool ok = Try([&] {
    const TensorMap& inputs =
        state.inference ? state.inference->inputs() : state.training->inputs();
    CheckBroken(graph);
    for (MLCGraph* member in state.members) CheckBroken(member);
    std::vector<std::shared_ptr<Graph>> graphs = GraphsOf(state.members);
    graphs.push_back(state.graph);
    for (const auto& each : graphs) {
      for (const GraphNode& node : each->nodes()) {
        const std::string offence = Offence(node, inputs, device);
        if (!offence.empty()) throw InvalidArgument(offence);
        std::vector<TensorPtr> held = node.layer->parameters();
        for (const TensorPtr& one : node.layer->statistics()) held.push_back(one);
        held.insert(held.end(), node.sources.begin(), node.sources.end());
        for (const TensorPtr& one : held) {
          if (MLCTensor* tensor = WrapperOf(one.get())) Upload(tensor);
        }
      }
    }
    CompileOptions how;
    how.debug_layers = options & MLCGraphCompilationOptionsDebugLayers;
    how.link_graphs = options & MLCGraphCompilationOptionsLinkGraphs;
    how.compute_all_gradients = options & MLCGraphCompilationOptionsComputeAllGradients;
    how.constant_inputs = Map(graph, constants);
    for (NSString* name in constants_data) {
      MLCTensorData* data = [constants_data objectForKey:name];
      how.constant_inputs_data[String(name)] = TensorData::Copy(data.bytes, data.length);
    }
    compile(how);
  });
  if (!ok) return false;
  state.options = options;
  state.constants.clear();
  for (NSString* name in constants) state.constants.insert(String(name));
  state.compiled = true;
  Keep(state.device, device);
  NSMutableArray* all = [NSMutableArray arrayWithArray:state.members];
  [all addObject:graph];
  for (MLCGraph* each in all) {
    if (state.inference && each != graph) StateOf(each).compiled_for_inference = true;
    for (MLCLayer* layer in StateOf(each).layers) layer->_deviceType = device.type;
    for (MLCTensor* tensor in StateOf(each).tensors) Keep(StateOf(tensor).device, device);
  }
  return true;
}

DataMap DataFor(const TensorMap& wanted, DataDictionary* data, NSUInteger batch, const char* what,
                const std::function<bool(const std::string& name)>& may_be_missing) {
  DataMap map;
  for (NSString* name in data) {
    if (!wanted.count(String(name))) {
      throw InvalidArgument(what, " has data for ", String(name), ", which was not added");
    }
  }
  for (const auto& [name, tensor] : wanted) {
    MLCTensorData* one = [data objectForKey:Text(name)];
    if (one == nil) {
      if (may_be_missing && may_be_missing(name)) continue;
      throw InvalidArgument(what, " has no data for ", name);
    }
    TensorType type = tensor->type();
    const auto rows = static_cast<int64_t>(batch);
    if (rows > 0 && rows < type.shape[0]) type.shape[0] = rows;
    if (one.length < type.bytes()) {
      throw InvalidArgument(one.length, " bytes for ", name, ", which is ", type.ToString());
    }
    map[name] = TensorData::ImmutableNoCopy(one.bytes, one.length);
  }
  return map;
}

Given GivenFor(MLCGraph* graph, DataDictionary* inputs, DataDictionary* loss_labels,
               DataDictionary* loss_label_weights, NSUInteger batch) {
  const GraphState& state = StateOf(graph);
  const ExecutableGraph& of =
      state.inference ? static_cast<ExecutableGraph&>(*state.inference) : *state.training;
  const auto may_be_missing = [&](const std::string& name) {
    return state.is_linked || state.constants.count(name) != 0;
  };
  Given given;
  given.inputs = DataFor(of.inputs(), inputs, batch, "inputsData", may_be_missing);
  given.loss_labels =
      DataFor(of.loss_labels(), loss_labels, batch, "lossLabelsData", may_be_missing);
  given.loss_label_weights = DataFor(of.loss_label_weights(), loss_label_weights, batch,
                                     "lossLabelWeightsData", may_be_missing);
  given.all = given.inputs;
  given.all.insert(given.loss_labels.begin(), given.loss_labels.end());
  given.all.insert(given.loss_label_weights.begin(), given.loss_label_weights.end());
  return given;
}

DataMap OutputsFor(MLCGraph* graph, DataDictionary* data) {
  const GraphState& state = StateOf(graph);
  const TensorMap& outputs =
      state.inference ? state.inference->outputs() : state.training->outputs();
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  DataMap map;
  for (NSString* name in data) {
    MLCTensorData* one = [data objectForKey:name];
    if (!outputs.count(String(name))) {
      throw InvalidArgument("outputsData has ", String(name), ", which addOutputs: did not add");
    }
    if (state.device.type == MLCDeviceTypeGPU &&
        (reinterpret_cast<uintptr_t>(one.bytes) % page != 0 || one.length % page != 0)) {
      throw InvalidArgument("the buffer of output ", String(name), " is not whole pages of ", page,
                            " bytes, which a GPU needs");
    }
    map[String(name)] = TensorData::NoCopy(one.bytes, one.length);
  }
  return map;
}

bool Run(MLCGraph* graph, MLCExecutionOptions options, const DataMap& inputs,
         std::function<Execution()> run, MLCGraphCompletionHandler handler) {
  GraphState& state = StateOf(graph);
  const bool profiling = options & MLCExecutionOptionsProfiling;
  if (options & MLCExecutionOptionsSynchronous) {
    return Try([&] {
      state.queue->Run(run, [&](const TensorPtr& result, const Error* error, double seconds) {
        Call(graph, handler, result, error, profiling ? seconds : 0);
      });
    });
  }
  std::vector<Watched> watched;
  for (const auto& [name, data] : inputs) {
    watched.push_back({name, data, Fingerprint(data->bytes(), data->length())});
  }
  MLCGraphCompletionHandler kept = Block_copy(handler);
  [graph retain];
  state.queue->Submit(
      [watched, run = std::move(run)] {
        for (const Watched& one : watched) {
          const auto hash = Fingerprint(one.data->bytes(), one.data->length());
          if (hash && hash == one.hash) continue;
          const std::string reason =
              StrCat("the data of ", one.name, " were ", hash ? "changed" : "freed",
                     " before the execution that was queued with them");
          Refuse(reason);
          throw InvalidArgument(reason);
        }
        return run();
      },
      [graph, kept, profiling](const TensorPtr& result, const Error* error, double seconds) {
        @autoreleasepool {
          Call(graph, kept, result, error, profiling ? seconds : 0);
          Block_release(kept);
          [graph release];
        }
      });
  return true;
}

}  // namespace mlcompute::framework
