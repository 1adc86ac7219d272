#include "mlcompute/portable/epilogue.h"

#include <algorithm>

namespace mlcompute::portable {

Epilogue::Reads Epilogue::ReadsOf(const Program& body,
                                  const std::vector<const Operation*>& operations) {
  Reads reads;
  std::vector<bool> known(static_cast<size_t>(body.value_count()), false);
  for (const Operation* operation : operations) {
    for (const Value v : operation->inputs) {
      if (known[static_cast<size_t>(v)]) continue;
      known[static_cast<size_t>(v)] = true;
      const auto at = std::find(body.inputs().begin(), body.inputs().end(), v);
      reads.values.push_back(v);
      reads.sources.push_back(
          at == body.inputs().end() ? -1 : static_cast<int>(at - body.inputs().begin()));
    }
    known[static_cast<size_t>(operation->results[0])] = true;
  }
  return reads;
}

Epilogue::Epilogue(const Program& body, const std::vector<const Operation*>& operations, Value made)
    : reads_(ReadsOf(body, operations)),
      tiles_(body, operations, reads_.values, body.outputs()),
      row_(body.type(made).shape.dims().back()),
      size_(static_cast<int64_t>(SizeOf(body.type(made).dtype))) {}

bool Epilogue::CanShare(int result, int input) const {
  for (size_t i = 0; i < reads_.sources.size(); ++i) {
    if (reads_.sources[i] == input) return tiles_.CanShare(result, static_cast<int>(i));
  }
  return false;
}

void Epilogue::Worker::Run(int64_t start, int64_t size, const void* made) {
  constexpr size_t kMostInputs = 64;
  const void* from[kMostInputs];
  for (size_t i = 0; i < epilogue_.reads_.sources.size(); ++i) {
    const int source = epilogue_.reads_.sources[i];
    // Tiles count from the beginning of the whole.
    from[i] = source >= 0
                  ? inputs_[source]
                  : reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(made) -
                                                  static_cast<uintptr_t>(start * epilogue_.size_));
  }
  const int64_t row = epilogue_.row_;
  const int64_t whole = kTile / row * row;  // whole rows, or 0
  for (int64_t at = 0; at < size;) {
    const int64_t n = std::min(size - at, whole > 0 ? whole : std::min(kTile, row - at % row));
    epilogue_.tiles_.Run({start + at, n}, held_, from, results_, {}, memory_);
    held_ = true;
    at += n;
  }
}

}  // namespace mlcompute::portable
