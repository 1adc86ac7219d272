// What nothing public says of executions that overlap, asked of MLCompute: `questions_asynchronous
// 19` asks that. Built as questions.mm is. Question 20 writes into bytes that MLCompute may still
// use: run it last.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "ask.h"

namespace {

constexpr size_t kCount = 1 << 20;

// x + x over kCount numbers.
struct Doubling {
  MLCTensor* x;
  MLCTensor* y;
  MLCInferenceGraph* graph;
};

bool Start(Doubling* doubling) {
  NSArray<NSNumber*>* shape = @[ @1, @(static_cast<NSUInteger>(kCount)) ];
  doubling->x = FloatTensor(shape);
  MLCGraph* graph = [MLCGraph graph];
  doubling->y =
      [graph nodeWithLayer:[MLCArithmeticLayer layerWithOperation:MLCArithmeticOperationAdd]
                   sources:@[ doubling->x, doubling->x ]];
  doubling->graph = [MLCInferenceGraph graphWithGraphObjects:@[ graph ]];
  [doubling->graph addInputs:@{@"x" : doubling->x}];
  return Done(
      doubling->y != nil && [doubling->graph compileWithOptions:MLCGraphCompilationOptionsNone
                                                         device:[MLCDevice cpuDevice]],
      "compile");
}

int Wrong(const std::vector<float>& found, float expected) {
  int wrong = found.size() == kCount ? 0 : 1;
  for (float number : found) wrong += number != expected;
  return wrong;
}

void TwoGraphs() {
  Doubling doublings[2];
  for (Doubling& doubling : doublings) {
    if (!Start(&doubling)) return;
  }
  int wrong[2] = {0, 0};
  int* const wrong_of = wrong;
  Doubling* const all = doublings;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([i, all, wrong_of] {
      @autoreleasepool {
        for (int round = 1; round <= 20; ++round) {
          std::vector<float> x(kCount, static_cast<float>(round));
          const BOOL ok = [all[i].graph executeWithInputsData:@{@"x" : DataOf(x)}
                                                    batchSize:0
                                                      options:MLCExecutionOptionsSynchronous
                                            completionHandler:nil];
          wrong_of[i] += ok ? Wrong(ReadBack(all[i].y), static_cast<float>(2 * round)) : 1;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("  wrong numbers: %d %d\n", wrong[0], wrong[1]);
}

// The bytes are 3, and 5 as soon as the call has returned.
void BytesOfAnExecution() {
  Doubling doubling;
  if (!Start(&doubling)) return;
  static std::mutex mutex;
  static std::condition_variable finished;
  static bool done;
  done = false;
  std::vector<float> x(kCount, 3);
  const BOOL ok = [doubling.graph
      executeWithInputsData:@{@"x" : DataOf(x)}
                  batchSize:0
                    options:MLCExecutionOptionsNone
          completionHandler:^(MLCTensor* result, NSError* error, NSTimeInterval time) {
            (void)result, (void)time;
            std::printf("  error: %s\n", error ? [error.localizedDescription UTF8String] : "none");
            std::lock_guard<std::mutex> lock(mutex);
            done = true;
            finished.notify_all();
          }];
  x.assign(kCount, 5);
  if (!Done(ok, "executeWithInputsData:")) return;
  std::unique_lock<std::mutex> lock(mutex);
  if (!finished.wait_for(lock, std::chrono::seconds(30), [] { return done; })) {
    std::printf("  no answer in 30 seconds\n");
    return;
  }
  const std::vector<float> y = ReadBack(doubling.y);
  int of_before = 0;
  int of_after = 0;
  for (float number : y) {
    of_before += number == 6;
    of_after += number == 10;
  }
  std::printf("  of the bytes before: %d, after: %d\n", of_before, of_after);
}

const std::map<int, Question>& Questions() {
  static const std::map<int, Question> all = {
      {19, {"two graphs at once on one device: are results right?", [] { TwoGraphs(); }}},
      {20,
       {"an asynchronous execution: does it see what is written into its bytes afterwards?",
        [] { BytesOfAnExecution(); }}},
  };
  return all;
}

}  // namespace

int main(int count, char** arguments) { return AnswerQuestions(count, arguments, Questions()); }
