// examples/objc/ask.h: what the programs that ask MLCompute share. Each prints "12. question" and
// answers below it, of the questions whose numbers are its arguments, or of all.
#pragma once

#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>

#include "show.h"

struct Question {
  const char* text;
  std::function<void()> ask;
};

inline int AnswerQuestions(int count, char** arguments, const std::map<int, Question>& questions) {
  @autoreleasepool {
    for (const auto& [number, question] : questions) {
      bool asked = count == 1;
      for (int i = 1; i < count; ++i) asked = asked || std::atoi(arguments[i]) == number;
      if (!asked) continue;
      std::printf("%d. %s\n", number, question.text);
      @try {
        question.ask();
      } @catch (NSException* exception) {
        std::printf("  exception %s\n", [exception.name UTF8String]);
      }
      std::fflush(stdout);  // what was answered, should the next question end the process
    }
  }
  return 0;
}

// A graph's input with its bytes.
struct Source {
  MLCTensor* tensor;
  std::vector<char> bytes;
};

template <class T>
Source From(NSArray<NSNumber*>* shape, MLCDataType type, const std::vector<T>& numbers) {
  std::vector<char> bytes(numbers.size() * sizeof(T));
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return {[MLCTensor tensorWithShape:shape dataType:type], std::move(bytes)};
}

inline Source Floats(NSArray<NSNumber*>* shape, const std::vector<float>& numbers) {
  return From(shape, MLCDataTypeFloat32, numbers);
}

template <class T>
void ShowNumbers(const std::vector<char>& bytes) {
  std::printf("  values:");
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T number;
    std::memcpy(&number, &bytes[at], sizeof number);
    std::printf(" %.6g", static_cast<double>(number));
  }
  std::printf("\n");
}

inline void ShowShape(MLCTensor* tensor) {
  std::printf("  shape %s, type %d\n",
              [[tensor.descriptor.shape componentsJoinedByString:@" "] UTF8String],
              static_cast<int>(tensor.descriptor.dataType));
}

// Float16 is shown as its bits.
inline void ShowResult(MLCTensor* result) {
  ShowShape(result);
  std::vector<char> bytes(result.descriptor.tensorAllocationSizeInBytes);
  if (![result copyDataFromDeviceMemoryToBytes:bytes.data()
                                        length:bytes.size()
                         synchronizeWithDevice:NO]) {
    std::printf("  not to be read\n");
    return;
  }
  switch (result.descriptor.dataType) {
    case MLCDataTypeFloat32:
      return ShowNumbers<float>(bytes);
    case MLCDataTypeInt32:
      return ShowNumbers<int32_t>(bytes);
    case MLCDataTypeInt64:
      return ShowNumbers<int64_t>(bytes);
    case MLCDataTypeFloat16:
      return ShowNumbers<uint16_t>(bytes);
    default:
      return ShowNumbers<uint8_t>(bytes);
  }
}

// Runs what `build` makes of the sources' tensors on the CPU and shows it. `build` may return nil.
inline void Infer(const std::vector<Source>& sources,
                  const std::function<MLCTensor*(MLCGraph*, NSArray<MLCTensor*>*)>& build) {
  @try {
    MLCGraph* graph = [MLCGraph graph];
    NSMutableArray<MLCTensor*>* tensors = [NSMutableArray array];
    NSMutableDictionary<NSString*, MLCTensor*>* inputs = [NSMutableDictionary dictionary];
    NSMutableDictionary<NSString*, MLCTensorData*>* data = [NSMutableDictionary dictionary];
    for (size_t i = 0; i < sources.size(); ++i) {
      NSString* name = [NSString stringWithFormat:@"x%lu", static_cast<unsigned long>(i)];
      if (sources[i].tensor == nil) {
        std::printf("  no tensor of that type\n");
        return;
      }
      [tensors addObject:sources[i].tensor];
      [inputs setObject:sources[i].tensor forKey:name];
      MLCTensorData* bytes = [MLCTensorData dataWithImmutableBytesNoCopy:sources[i].bytes.data()
                                                                  length:sources[i].bytes.size()];
      [data setObject:bytes forKey:name];
    }
    MLCTensor* result = build(graph, tensors);
    if (result == nil) {
      std::printf("  no node\n");
      return;
    }
    MLCInferenceGraph* inference = [MLCInferenceGraph graphWithGraphObjects:@[ graph ]];
    [inference addInputs:inputs];
    if (![inference compileWithOptions:MLCGraphCompilationOptionsNone
                                device:[MLCDevice cpuDevice]]) {
      std::printf("  not compiled\n");
    } else if (![inference executeWithInputsData:data
                                       batchSize:0
                                         options:MLCExecutionOptionsSynchronous
                               completionHandler:nil]) {
      std::printf("  not executed\n");
    } else {
      ShowResult(result);
    }
  } @catch (NSException* exception) {
    std::printf("  exception %s\n", [exception.name UTF8String]);
  }
}

inline void Infer(MLCLayer* layer, const std::vector<Source>& sources) {
  Infer(sources, [layer](MLCGraph* graph, NSArray<MLCTensor*>* tensors) {
    return [graph nodeWithLayer:layer sources:tensors];
  });
}
