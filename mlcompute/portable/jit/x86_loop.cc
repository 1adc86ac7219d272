#if defined(__x86_64__)

#include "mlcompute/portable/jit/x86_loop.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "mlcompute/portable/jit/x86_operations.h"
#include "mlcompute/portable/jit/x86_rough_math.h"
#include "mlcompute/portable/jit/x86_writer.h"

namespace mlcompute::portable {
namespace {

// Bytes between what is read and what is fetched: processors' own prefetchers stop at each page of
// 4 KiB.
constexpr int kAhead = 2048;

// Thrown when values do not fit the registers.
struct OutOfRegisters {};

class LoopWriter : public X86Writer {
 public:
  LoopWriter(const LoopBody& body, bool is_avx512, bool past_caches)
      : X86Writer(is_avx512), body_(body), past_caches_(past_caches) {
    for (size_t k = 0; k < body.operations.size(); ++k) {
      for (const int v : body.operations[k].inputs) last_use_[v] = k;
    }
    for (int i = vector_count(); i-- > 0;) free_.push_back(i);
    Write();
  }

 private:
  // void loop(std::byte* const* at, size_t n), System V's convention: rdi and rsi.
  void Write() {
    const Xbyak::Reg64 saved[] = {rbx, rbp, r12, r13, r14, r15};
    for (const Xbyak::Reg64& r : saved) push(r);
    pointers_ = {r8, r9, r10, r11, rcx, rbx, rbp, r12, r13, r14, r15};
    if (body_.row > 0) pointers_.resize(pointers_.size() - 2);  // column_ and row_
    const size_t count = body_.sources.size() + body_.targets.size();
    pointers_.resize(std::min(pointers_.size(), count));
    for (size_t k = 0; k < pointers_.size(); ++k) mov(pointers_[k], ptr[rdi + 8 * k]);
    xor_(index_, index_);
    if (body_.row > 0) xor_(row_, row_);
    Xbyak::Label again, next;
    L(next);
    if (body_.row > 0) xor_(column_, column_);
    align(32);
    L(again);
    for (size_t k = 0; k < body_.operations.size(); ++k) WriteOperation(k);
    add(index_, static_cast<uint32_t>(lanes()));
    if (body_.row > 0) {
      add(column_, static_cast<uint32_t>(lanes()));
      cmp(column_, static_cast<uint32_t>(body_.row));
      jb(again, T_NEAR);
      inc(row_);
    }
    cmp(index_, rsi);
    jb(next, T_NEAR);
    for (size_t k = std::size(saved); k-- > 0;) pop(saved[k]);
    vzeroupper();
    ret();
    WriteConstants();
    readyRE();
  }

  void WriteOperation(size_t k) {
    const LoopOperation& operation = body_.operations[k];
    Vector operands[3] = {vector(0), vector(0), vector(0)};
    for (int i = 0; i < 3; ++i) {
      if (operation.inputs[i] >= 0) operands[i] = vector(RegisterOf(operation.inputs[i]));
    }
    const int index = Take();
    const Vector y = vector(index);
    const X86Operation& writes = *Find(operation);
    while (scratch_.size() < static_cast<size_t>(writes.scratch)) scratch_.push_back(Take());
    writes.write(*this, y, operands[0], operands[1], operands[2]);
    free_.insert(free_.end(), scratch_.rbegin(), scratch_.rend());
    scratch_.clear();
    const Bits16 made = MadeOf(operation);
    RoundTo(y, operation.rounded_to, made);
    const Bits16 is = operation.rounded_to == DataType::kBFloat16 ? Bits16::kZero : made;
    bits_[operation.result] = is;
    for (size_t t = 0; t < body_.targets.size(); ++t) {
      const LoopTarget& target = body_.targets[t];
      if (target.value != operation.result) continue;
      Store(y, target.dtype, Pointer(body_.sources.size() + t), index_,
            target.past_caches && past_caches_, is);
    }
    for (const int v : operation.inputs) Release(v, k);
    if (last_use_.count(operation.result) > 0) {
      registers_[operation.result] = index;
    } else {
      free_.push_back(index);
    }
  }

  const X86Operation* Find(const LoopOperation& operation) const {
    if (is_avx512() && operation.is_rough) {
      if (const X86Operation* rough = FindX86RoughMath(operation.op)) return rough;
    }
    return FindX86Operation(operation.op, operation.from);
  }

  // The register of a value, which for a source is loaded where it is first read.
  int RegisterOf(int value) {
    const auto found = registers_.find(value);
    if (found != registers_.end()) return found->second;
    size_t k = 0;
    while (body_.sources[k].value != value) ++k;
    const LoopSource& source = body_.sources[k];
    const int index = Take();
    if (source.is_scalar) {
      LoadScalar(vector(index), source.dtype, Pointer(k));
    } else if (source.of == LoopSource::Of::kRows) {
      LoadScalar(vector(index), source.dtype,
                 Pointer(k) + row_ * static_cast<int>(SizeOf(source.dtype)));
    } else {
      const Xbyak::Reg64 pointer = Pointer(k);
      if (source.of == LoopSource::Of::kElements) {
        prefetcht0(ptr[pointer + index_ * static_cast<int>(SizeOf(source.dtype)) + kAhead]);
      }
      Load(vector(index), source.dtype, pointer,
           source.of == LoopSource::Of::kColumns ? column_ : index_);
    }
    if (source.dtype == DataType::kBFloat16 || source.is_narrow) bits_[value] = Bits16::kZero;
    return registers_[value] = index;
  }

  // What is known of the result before it is rounded: NaNs come from operands, or are those that
  // instructions make, which have zeros there.
  Bits16 MadeOf(const LoopOperation& operation) const {
    if (operation.from == DataType::kBool) return Bits16::kZero;  // 0 or 1
    bool keeps = false;
    switch (operation.op) {
      case Op::kAbs:
      case Op::kNeg:
      case Op::kRelu:
      case Op::kMaximum:
      case Op::kMinimum:
      case Op::kSelect:
      case Op::kCast:
        keeps = true;
        break;
      default:
        break;
    }
    Bits16 is = keeps ? Bits16::kZero : Bits16::kZeroIfNan;
    for (int i = operation.op == Op::kSelect ? 1 : 0; i < 3; ++i) {
      if (operation.inputs[i] < 0) continue;
      const auto known = bits_.find(operation.inputs[i]);
      is = std::min(is, known == bits_.end() ? Bits16::kAny : known->second);
    }
    return is;
  }

  int Take() {
    if (free_.empty()) throw OutOfRegisters();
    const int index = free_.back();
    free_.pop_back();
    return index;
  }

  void Release(int value, size_t k) {
    const auto found = registers_.find(value);
    if (found == registers_.end() || last_use_[value] != k) return;
    free_.push_back(found->second);
    registers_.erase(found);
  }

  // More places than there are registers for pointers: the last are fetched each time.
  Xbyak::Reg64 Pointer(size_t k) {
    if (k < pointers_.size()) return pointers_[k];
    mov(rdx, ptr[rdi + 8 * k]);
    return rdx;
  }

  const LoopBody& body_;
  const bool past_caches_;
  const Xbyak::Reg64 index_ = rax;   // of the element
  const Xbyak::Reg64 column_ = r14;  // of it in its row
  const Xbyak::Reg64 row_ = r15;
  std::vector<Xbyak::Reg64> pointers_;
  std::map<int, size_t> last_use_;  // by value: the operation
  std::map<int, int> registers_;    // by value
  std::map<int, Bits16> bits_;      // by value, where something is known
  std::vector<int> free_;
};

class X86Loop : public CompiledLoop {
 public:
  X86Loop(const LoopBody& body, bool is_avx512)
      : CompiledLoop(body), plain_(body, is_avx512, false) {
    const auto past_caches = [](const LoopTarget& target) { return target.past_caches; };
    if (std::any_of(body.targets.begin(), body.targets.end(), past_caches)) {
      streaming_ = std::make_unique<LoopWriter>(body, is_avx512, true);
    }
  }

 private:
  void RunWhole(std::byte* const* at, size_t n, bool aligned) const override {
    const LoopWriter& code = streaming_ && aligned ? *streaming_ : plain_;
    code.getCode<void (*)(std::byte* const*, size_t)>()(at, n);
  }
  size_t lanes() const override { return plain_.lanes(); }

  const LoopWriter plain_;
  std::unique_ptr<LoopWriter> streaming_;
};

}  // namespace

bool IsX86Set(std::string_view set) { return set == "avx2" || set == "avx512"; }

bool IsX86Operation(Op op, DataType from) { return FindX86Operation(op, from) != nullptr; }

std::unique_ptr<CompiledLoop> CompileX86(const LoopBody& body, std::string_view set) {
  try {
    return std::make_unique<X86Loop>(body, set == "avx512");
  } catch (const OutOfRegisters&) {
    return nullptr;
  } catch (const Xbyak::Error&) {
    return nullptr;  // memory that may not be made executable, for one
  }
}

}  // namespace mlcompute::portable

#endif
