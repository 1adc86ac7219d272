// The first program that was ever written against this API: the sum of three tensors on a GPU,
// read when the completion handler has been called.
#import <MLCompute/MLCompute.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <vector>

int main() {
  @autoreleasepool {
    const std::vector<std::vector<float>> vectors = {
        {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f},
        {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f},
        {-0.1f, -0.1f, -0.1f, -0.1f, -0.1f, -0.1f},
    };
    NSMutableArray<MLCTensor*>* tensors = [NSMutableArray array];
    NSMutableDictionary<NSString*, MLCTensor*>* inputs = [NSMutableDictionary dictionary];
    NSMutableDictionary<NSString*, MLCTensorData*>* data = [NSMutableDictionary dictionary];
    for (const std::vector<float>& vector : vectors) {
      MLCTensor* tensor = [MLCTensor tensorWithShape:@[ @6, @1 ] dataType:MLCDataTypeFloat32];
      [tensors addObject:tensor];
      NSString* name =
          [NSString stringWithFormat:@"data%lu", static_cast<unsigned long>([tensors count])];
      [inputs setObject:tensor forKey:name];
      // The bytes have to live until the execution is done.
      [data setObject:[MLCTensorData dataWithImmutableBytesNoCopy:vector.data()
                                                           length:vector.size() * sizeof(float)]
               forKey:name];
    }

    MLCGraph* graph = [MLCGraph graph];
    MLCTensor* first =
        [graph nodeWithLayer:[MLCArithmeticLayer layerWithOperation:MLCArithmeticOperationAdd]
                     sources:@[ [tensors objectAtIndex:0], [tensors objectAtIndex:1] ]];
    MLCTensor* sum =
        [graph nodeWithLayer:[MLCArithmeticLayer layerWithOperation:MLCArithmeticOperationAdd]
                     sources:@[ first, [tensors objectAtIndex:2] ]];

    MLCInferenceGraph* inference = [MLCInferenceGraph graphWithGraphObjects:@[ graph ]];
    if (![inference addInputs:inputs] ||
        ![inference compileWithOptions:MLCGraphCompilationOptionsNone
                                device:[MLCDevice gpuDevice]]) {
      std::fprintf(stderr, "the graph does not compile\n");
      return 1;
    }

    std::atomic<bool> done{false};
    std::atomic<bool>* flag = &done;
    const BOOL queued =
        [inference executeWithInputsData:data
                               batchSize:0
                                 options:MLCExecutionOptionsNone
                       completionHandler:^(MLCTensor* result, NSError* error, NSTimeInterval time) {
                         (void)time;
                         if (error) NSLog(@"%@", error);
                         std::printf("handler: %s\n", result == sum ? "the sum" : "something else");
                         *flag = true;
                       }];
    if (!queued) return 1;
    while (!done) std::this_thread::sleep_for(std::chrono::milliseconds(1));

    float numbers[6];
    if (![sum copyDataFromDeviceMemoryToBytes:numbers
                                       length:sizeof numbers
                        synchronizeWithDevice:YES]) {
      return 1;
    }
    for (const float number : numbers) std::printf("%g ", static_cast<double>(number));
    std::printf("\n");
  }
  return 0;
}
