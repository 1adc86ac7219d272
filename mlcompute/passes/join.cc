#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

constexpr int kNobody = -1;
constexpr int kSeveral = -2;

// What a product takes along.
struct Join {
  const Operation* a_transpose = nullptr;
  const Operation* b_transpose = nullptr;
  const Operation* c_transpose = nullptr;
  const Operation* reshape = nullptr;
  const Operation* elementwise = nullptr;
  // The elementwise operations run before the reshape instead of after it: what they read besides
  // is for each column of the product, which the reshape makes several axes of.
  bool moves_reshape = false;
};

class Joiner {
 public:
  Joiner(const Program& program, const Abilities& can)
      : program_(program),
        can_(can),
        producer_(static_cast<size_t>(program.value_count()), nullptr),
        reader_(static_cast<size_t>(program.value_count()), kNobody) {
    const auto& operations = program.operations();
    for (size_t i = 0; i < operations.size(); ++i) {
      for (const Value v : operations[i].results)
        producer_[static_cast<size_t>(v)] = &operations[i];
      for (const Value v : operations[i].inputs) {
        int& reader = reader_[static_cast<size_t>(v)];
        reader =
            reader == kNobody || reader == static_cast<int>(i) ? static_cast<int>(i) : kSeveral;
      }
    }
    for (const Value v : program.outputs()) reader_[static_cast<size_t>(v)] = kSeveral;
  }

  Program Run() {
    Rewriter rewriter(program_);
    struct Plan {
      const Operation* product;
      Join join;
    };
    std::map<const Operation*, Plan> at;  // by the operation in whose place the joined one comes
    std::vector<const Operation*> gone;
    for (const Operation& operation : program_.operations()) {
      if (operation.op != Op::kMatMul || !can_.join(View(program_, operation))) continue;
      const Join join = Find(operation, [&](const Operation& last) { return !at.count(&last); });
      const Operation* last = join.elementwise   ? join.elementwise
                              : join.c_transpose ? join.c_transpose
                                                 : &operation;
      if (last == &operation && !join.a_transpose && !join.b_transpose) continue;
      at[last] = {&operation, join};
      if (last != &operation) gone.push_back(&operation);
      if (join.reshape) gone.push_back(join.reshape);
    }
    for (const Operation& operation : program_.operations()) {
      if (std::find(gone.begin(), gone.end(), &operation) != gone.end()) continue;
      const auto plan = at.find(&operation);
      if (plan == at.end()) {
        rewriter.Copy(operation);
      } else {
        Emit(*plan->second.product, plan->second.join, operation, &rewriter);
      }
    }
    return rewriter.Finish();
  }

 private:
  const Operation* ReaderOf(Value v) const {
    const int reader = reader_[static_cast<size_t>(v)];
    return reader < 0 ? nullptr : &program_.operations()[static_cast<size_t>(reader)];
  }

  // The transposition that makes `v`, if it leaves rows or columns of its matrices together.
  const Operation* TransposeBefore(Value v) const {
    const Operation* producer = producer_[static_cast<size_t>(v)];
    if (!producer || producer->op != Op::kTranspose) return nullptr;
    const std::vector<int64_t>& perm = producer->attributes.Ints("perm");
    const auto innermost = static_cast<int64_t>(perm.size()) - 1;
    const bool fits = perm.back() == innermost || perm[perm.size() - 2] == innermost;
    return fits ? producer : nullptr;
  }

  template <typename IsFree>
  Join Find(const Operation& product, const IsFree& is_free) const {
    Join join;
    join.a_transpose = TransposeBefore(product.inputs[0]);
    join.b_transpose = TransposeBefore(product.inputs[1]);
    Value result = product.results[0];
    const Operation* reader = ReaderOf(result);
    if (reader && reader->op == Op::kTranspose) {
      const std::vector<int64_t>& perm = reader->attributes.Ints("perm");
      if (perm.back() == static_cast<int64_t>(perm.size()) - 1) join.c_transpose = reader;
      return join;
    }
    const Operation* reshape = nullptr;
    if (reader && reader->op == Op::kReshape) {
      reshape = reader;
      result = reader->results[0];
      reader = ReaderOf(result);
    }
    if (!reader || !is_free(*reader)) return join;
    const int64_t columns = program_.type(product.results[0]).shape.dims().back();
    const bool fits = FitsRows(program_, can_.fuse, *reader, result);
    if (fits || (reshape && FitsRows(program_, can_.fuse, *reader, result, columns))) {
      join.reshape = reshape;
      join.elementwise = reader;
      join.moves_reshape = !fits;
    }
    return join;
  }

  void Emit(const Operation& product, const Join& join, const Operation& last, Rewriter* rewriter) {
    auto body = std::make_shared<Program>();
    std::map<Value, Value> inside;  // by value of the old program
    std::vector<Value> inputs;
    const auto take_as = [&](Value v, const Shape& shape) {
      const auto [it, is_new] = inside.emplace(v, -1);
      if (is_new) {
        const TensorType& type = program_.type(v);
        it->second = body->AddInput({type.dtype, shape});
        inputs.push_back(shape == type.shape ? rewriter->Get(v)
                                             : Reshaped(rewriter->Get(v), shape, rewriter));
      }
      return it->second;
    };
    const auto take = [&](Value v) { return take_as(v, program_.type(v).shape); };
    const auto operand = [&](int i, const Operation* transpose) {
      if (!transpose) return take(product.inputs[static_cast<size_t>(i)]);
      return body->Append(Op::kTranspose, {take(transpose->inputs[0])}, transpose->attributes);
    };
    const Value a = operand(0, join.a_transpose);
    const Value b = operand(1, join.b_transpose);
    Value result = body->Append(Op::kMatMul, {a, b}, product.attributes);
    if (join.c_transpose) {
      result = body->Append(Op::kTranspose, {result}, join.c_transpose->attributes);
    }
    if (join.reshape && !join.moves_reshape) {
      result = body->Append(Op::kReshape, {result}, join.reshape->attributes);
    }
    if (!join.elementwise) {
      body->AddOutput(result);
    } else {
      inside[join.reshape ? join.reshape->results[0] : product.results[0]] = result;
      std::vector<Value> from;
      const Shape& whole = program_.type(product.results[0]).shape;
      for (const Value v : last.inputs) {
        from.push_back(join.moves_reshape ? take_as(v, BeforeReshape(program_.type(v).shape, whole))
                                          : take(v));
      }
      for (const Value v : Inline(last, from, body.get())) body->AddOutput(v);
    }
    const std::vector<Value> results = rewriter->result().AppendFused(inputs, body);
    for (size_t i = 0; i < results.size(); ++i) {
      rewriter->Set(last.results[i],
                    join.moves_reshape
                        ? Reshaped(results[i], program_.type(last.results[i]).shape, rewriter)
                        : results[i]);
    }
  }

  static Value Reshaped(Value now, const Shape& shape, Rewriter* rewriter) {
    return rewriter->result().Append(Op::kReshape, {now}, {{"shape", shape.dims()}});
  }

  // The shape of what fits rows of a reshaped product (FitsRows) for the product itself.
  static Shape BeforeReshape(const Shape& shape, const Shape& product) {
    if (shape.elements() == product.elements()) return product;
    if (shape.elements() == 1) return Shape(std::vector<int64_t>{});
    return Shape({product.dims().back()});
  }

  // Appends the operation, or those of its body, reading `from`.
  static std::vector<Value> Inline(const Operation& operation, const std::vector<Value>& from,
                                   Program* to) {
    if (!operation.body) return to->AppendMulti(operation.op, from, operation.attributes);
    const Program& body = *operation.body;
    std::vector<Value> now(static_cast<size_t>(body.value_count()), -1);
    for (size_t i = 0; i < from.size(); ++i) now[static_cast<size_t>(body.inputs()[i])] = from[i];
    for (const Operation& inner : body.operations()) {
      std::vector<Value> inputs;
      for (const Value v : inner.inputs) inputs.push_back(now[static_cast<size_t>(v)]);
      now[static_cast<size_t>(inner.results[0])] = to->Append(inner.op, inputs, inner.attributes);
    }
    std::vector<Value> results;
    for (const Value v : body.outputs()) results.push_back(now[static_cast<size_t>(v)]);
    return results;
  }

  const Program& program_;
  const Abilities can_;
  std::vector<const Operation*> producer_;
  std::vector<int> reader_;  // by value: the operation that alone reads it
};

}  // namespace

Program JoinProducts(const Program& program, const Abilities& can) {
  return Joiner(program, can).Run();
}

}  // namespace mlcompute
