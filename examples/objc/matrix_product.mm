// A B + C on a device made by +new, read inside the completion handler of an asynchronous
// execution.
#include <condition_variable>
#include <mutex>

#include "show.h"

int main() {
  @autoreleasepool {
    std::vector<float> numbers = {1, 2, 3, 4};
    std::vector<float> ones = {1, 1, 1, 1};
    NSArray<NSNumber*>* shape = @[ @1, @2, @2 ];
    MLCTensor* a = FloatTensor(shape);
    MLCTensor* b = FloatTensor(shape);
    MLCTensor* c = FloatTensor(shape);
    MLCGraph* graph = [[[MLCGraph alloc] init] autorelease];
    MLCTensor* product =
        [graph nodeWithLayer:[MLCMatMulLayer layerWithDescriptor:[MLCMatMulDescriptor descriptor]]
                     sources:@[ a, b ]];
    [graph nodeWithLayer:[MLCArithmeticLayer layerWithOperation:MLCArithmeticOperationAdd]
                 sources:@[ product, c ]];

    MLCInferenceGraph* inference = [MLCInferenceGraph graphWithGraphObjects:@[ graph ]];
    MLCDevice* device = [[MLCDevice new] autorelease];
    if (!Done([inference addInputs:@{@"a" : a, @"b" : b, @"c" : c}], "addInputs:") ||
        !Done([inference compileWithOptions:MLCGraphCompilationOptionsNone device:device],
              "compile")) {
      return 1;
    }
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::mutex* lock = &mutex;
    std::condition_variable* signal = &changed;
    bool* flag = &done;
    const BOOL queued = [inference
        executeWithInputsData:@{@"a" : DataOf(numbers), @"b" : DataOf(numbers), @"c" : DataOf(ones)}
                    batchSize:0
                      options:MLCExecutionOptionsNone
            completionHandler:^(MLCTensor* result, NSError* error, NSTimeInterval time) {
              (void)time;
              if (error) NSLog(@"%@", error);
              float read[4] = {};
              [result copyDataFromDeviceMemoryToBytes:read
                                               length:sizeof read
                                synchronizeWithDevice:YES];
              Show("A B + C", read, 4);
              const std::lock_guard<std::mutex> guard(*lock);
              *flag = true;
              signal->notify_one();
            }];
    if (!Done(queued, "execute")) return 1;
    std::unique_lock<std::mutex> waiting(mutex);
    changed.wait(waiting, [&] { return done; });
  }
  return 0;
}
