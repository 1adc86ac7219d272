// MLCGraph: nodes that the framework cannot make are nil.
#include "mlcompute/framework/execution.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

// The results of a node that cannot be compiled, where the framework does not look at it before.
NSArray<MLCTensor*>* Broken(MLCGraph* graph, MLCLayer* layer, const std::vector<Shape>& shapes,
                            DataType type, const std::string& reason) {
  StateOf(graph).broken = reason;
  [StateOf(graph).layers addObject:layer];
  NSMutableArray* found = [NSMutableArray array];
  for (const Shape& shape : shapes) {
    const TensorPtr tensor = std::make_shared<Tensor>(TensorDescriptor(shape, type));
    MLCTensor* wrapped = Wrap(tensor);
    KeepTensor(graph, wrapped);
    [found addObject:wrapped];
  }
  return found;
}

void Own(MLCGraph* graph, MLCLayer* layer, const GraphNode& node) {
  GraphState& state = StateOf(graph);
  layer->_layerID = node.layer->id();
  if ([state.layers indexOfObjectIdenticalTo:layer] == NSNotFound) [state.layers addObject:layer];
  WrapAll(graph, node.sources);
  WrapAll(graph, node.results);
}

NSArray<MLCTensor*>* NewNode(MLCGraph* graph, MLCLayer* layer, NSArray<MLCTensor*>* sources,
                             bool disable_update, NSArray<MLCTensor*>* labels) {
  const LayerPtr of = LayerOf(layer);
  if (!of || [sources count] == 0) {
    Refuse(of ? "a node without sources" : "a node of no layer, or of one that could not be made");
    return nil;
  }
  if ([layer isKindOfClass:[MLCConcatenationLayer class]]) {
    MLCTensor* first = [sources objectAtIndex:0];
    if (static_cast<MLCConcatenationLayer*>(layer).dimension >= first.descriptor.dimensionCount) {
      Raise(NSRangeException, "concatenation along a dimension that the sources do not have");
    }
  }
  of->set_label(String(layer.label));
  of->set_is_debugging_enabled(layer.isDebuggingEnabled);
  Graph& to = *StateOf(graph).graph;
  const bool ok = Try([&] {
    if (labels) {
      to.Node(of, Tensors(sources), Tensors(labels));
    } else {
      to.Node(of, Tensors(sources), disable_update);
    }
  });
  if (!ok) return nil;
  Own(graph, layer, to.nodes().back());
  return WrapAll(graph, to.nodes().back().results);
}

NSArray<MLCTensor*>* NewNode(MLCGraph* graph, MLCLayer* layer, NSArray<MLCTensor*>* sources) {
  return NewNode(graph, layer, sources, false, nil);
}

MLCTensor* First(NSArray<MLCTensor*>* tensors) { return tensors ? [tensors objectAtIndex:0] : nil; }

}  // namespace

@implementation MLCGraph

+ (instancetype)graph {
  return static_cast<id>(NewGraph(self, nil, std::make_shared<Graph>()));
}

- (id)init {
  MLCGraph* made = [NewGraph([self class], nil, std::make_shared<Graph>()) retain];
  [self release];
  return made;
}

- (MLCDevice*)device {
  return StateOf(self).device;
}

- (NSArray<MLCLayer*>*)layers {
  NSMutableArray* found = [NSMutableArray array];
  for (MLCGraph* member in StateOf(self).members) [found addObjectsFromArray:member.layers];
  [found addObjectsFromArray:StateOf(self).layers];
  return found;
}

- (NSString*)summarizedDOTDescription {
  if (!StateOf(self).inference && !StateOf(self).training) {
    return @"digraph MLCGraph {\n node [style=filled];\n}\n";  // as measured, whatever is in it
  }
  return Text(StateOf(self).graph->SummarizedDotDescription());
}

- (MLCTensor*)nodeWithLayer:(MLCLayer*)layer source:(MLCTensor*)source {
  return [self nodeWithLayer:layer sources:(source ? @[ source ] : static_cast<NSArray*>(@[]))];
}

- (MLCTensor*)nodeWithLayer:(MLCLayer*)layer sources:(NSArray<MLCTensor*>*)sources {
  return [self nodeWithLayer:layer sources:sources disableUpdate:NO];
}

- (MLCTensor*)nodeWithLayer:(MLCLayer*)layer
                    sources:(NSArray<MLCTensor*>*)sources
              disableUpdate:(BOOL)disableUpdate {
  // The framework does not count elements here, only when it compiles.
  if ([layer isKindOfClass:[MLCReshapeLayer class]] && [sources count] == 1) {
    const Shape shape(Numbers(static_cast<MLCReshapeLayer*>(layer).shape));
    const TensorType& type = TensorOf([sources objectAtIndex:0])->type();
    if (shape.elements() != type.elements()) {
      return First(Broken(self, layer, {shape}, type.dtype,
                          StrCat("reshape of ", type.ToString(), " to ", shape.ToString())));
    }
  }
  return First(NewNode(self, layer, sources, disableUpdate, nil));
}

- (MLCTensor*)nodeWithLayer:(MLCLayer*)layer
                    sources:(NSArray<MLCTensor*>*)sources
                 lossLabels:(NSArray<MLCTensor*>*)lossLabels {
  return First(NewNode(self, layer, sources, false, lossLabels));
}

- (NSArray<MLCTensor*>*)splitWithSource:(MLCTensor*)source
                             splitCount:(NSUInteger)splitCount
                              dimension:(NSUInteger)dimension {
  return NewNode(self, [MLCSplitLayer layerWithSplitCount:splitCount dimension:dimension],
                 @[ source ]);
}

- (NSArray<MLCTensor*>*)splitWithSource:(MLCTensor*)source
                    splitSectionLengths:(NSArray<NSNumber*>*)splitSectionLengths
                              dimension:(NSUInteger)dimension {
  MLCLayer* layer = [MLCSplitLayer layerWithSplitSectionLengths:splitSectionLengths
                                                      dimension:dimension];
  const TensorType& type = TensorOf(source)->type();
  const std::vector<int64_t> lengths = Numbers(splitSectionLengths);
  if (dimension < source.descriptor.dimensionCount && !lengths.empty()) {
    int64_t sum = 0;
    std::vector<Shape> shapes;
    for (const int64_t length : lengths) {
      sum += length;
      shapes.push_back(type.shape);
      shapes.back()[static_cast<int>(dimension)] = length;
    }
    // Not validated by the framework either before it compiles.
    if (sum != type.shape[static_cast<int>(dimension)]) {
      return Broken(self, layer, shapes, type.dtype,
                    StrCat("split of ", type.ToString(), " into ", Shape(lengths).ToString()));
    }
  }
  return NewNode(self, layer, @[ source ]);
}

- (MLCTensor*)concatenateWithSources:(NSArray<MLCTensor*>*)sources dimension:(NSUInteger)dimension {
  return First(NewNode(self, [MLCConcatenationLayer layerWithDimension:dimension], sources));
}

- (MLCTensor*)reshapeWithShape:(NSArray<NSNumber*>*)shape source:(MLCTensor*)source {
  if ([shape count] == 0) Raise(NSRangeException, "reshape to an empty shape");
  return [self nodeWithLayer:[MLCReshapeLayer layerWithShape:shape] source:source];
}

- (MLCTensor*)transposeWithDimensions:(NSArray<NSNumber*>*)dimensions source:(MLCTensor*)source {
  return [self nodeWithLayer:[MLCTransposeLayer layerWithDimensions:dimensions] source:source];
}

- (MLCTensor*)selectWithSources:(NSArray<MLCTensor*>*)sources condition:(MLCTensor*)condition {
  NSArray* all = [@[ condition ] arrayByAddingObjectsFromArray:sources];
  return First(NewNode(self, [MLCSelectionLayer layer], all));
}

- (MLCTensor*)scatterWithDimension:(NSUInteger)dimension
                            source:(MLCTensor*)source
                           indices:(MLCTensor*)indices
                          copyFrom:(MLCTensor*)copyFrom
                     reductionType:(MLCReductionType)reductionType {
  MLCLayer* layer = [MLCScatterLayer layerWithDimension:dimension reductionType:reductionType];
  return First(NewNode(self, layer, @[ source, indices, copyFrom ]));
}

- (MLCTensor*)gatherWithDimension:(NSUInteger)dimension
                           source:(MLCTensor*)source
                          indices:(MLCTensor*)indices {
  return First(NewNode(self, [MLCGatherLayer layerWithDimension:dimension], @[ source, indices ]));
}

- (BOOL)bindAndWriteData:(NSDictionary<NSString*, MLCTensorData*>*)inputsData
               forInputs:(NSDictionary<NSString*, MLCTensor*>*)inputTensors
                toDevice:(MLCDevice*)device
               batchSize:(NSUInteger)batchSize
             synchronous:(BOOL)synchronous {
  (void)synchronous;  // the bytes are on the device when this returns
  return Try([&] {
    const TensorMap tensors = Map(self, inputTensors);
    DataMap copies;
    for (const auto& [name, data] : DataFor(tensors, inputsData, batchSize, "bindAndWriteData:")) {
      copies[name] = TensorData::Copy(data->bytes(), data->length());
    }
    StateOf(self).graph->BindAndWriteData(copies, tensors, DeviceOf(device),
                                          static_cast<int64_t>(batchSize));
  });
}

- (BOOL)bindAndWriteData:(NSDictionary<NSString*, MLCTensorData*>*)inputsData
               forInputs:(NSDictionary<NSString*, MLCTensor*>*)inputTensors
                toDevice:(MLCDevice*)device
             synchronous:(BOOL)synchronous {
  return [self bindAndWriteData:inputsData
                      forInputs:inputTensors
                       toDevice:device
                      batchSize:0
                    synchronous:synchronous];
}

- (NSArray<MLCTensor*>*)sourceTensorsForLayer:(MLCLayer*)layer {
  const LayerPtr of = LayerOf(layer);
  return of ? WrapAll(self, StateOf(self).graph->SourceTensors(*of)) : static_cast<NSArray*>(@[]);
}

- (NSArray<MLCTensor*>*)resultTensorsForLayer:(MLCLayer*)layer {
  const LayerPtr of = LayerOf(layer);
  return of ? WrapAll(self, StateOf(self).graph->ResultTensors(*of)) : static_cast<NSArray*>(@[]);
}

- (void)dealloc {
  delete static_cast<GraphState*>(_object);
  [super dealloc];
}
@end
