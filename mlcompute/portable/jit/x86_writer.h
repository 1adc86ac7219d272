// mlcompute/portable/jit/x86_writer.h: instructions on whole vectors of float32, the same names for
// AVX2 (8 elements) and AVX-512 (16).
#pragma once

#include <xbyak/xbyak.h>

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <utility>
#include <vector>

#include "mlcompute/data_type.h"

namespace mlcompute::portable {

using Vector = Xbyak::Xmm;  // of the whole width, whatever the name says

// Predicates of vcmpps that raise nothing for quiet NaNs.
enum Predicate : uint8_t {
  kEqual = 0x00,
  kUnordered = 0x03,
  kNotEqual = 0x04,
  kNotLess = 0x15,
  kLess = 0x11,
  kLessEqual = 0x12,
  kGreaterEqual = 0x1d,
  kGreater = 0x1e,
};

// What is known of the lower halves of a value's bits, which bfloat16 has not.
enum class Bits16 {
  kAny,
  kZeroIfNan,  // rounding to bfloat16 by addition leaves NaNs what they are
  kZero,       // the value is one of bfloat16
};

class X86Writer : public Xbyak::CodeGenerator {
 public:
  explicit X86Writer(bool is_avx512);

  bool is_avx512() const { return is_avx512_; }
  size_t lanes() const { return is_avx512_ ? 16 : 8; }
  // Registers for values; the three others are temp() and what masks are made in.
  int vector_count() const { return is_avx512_ ? 28 : 12; }
  Vector vector(int index) const;
  Vector temp(int index) const { return vector(vector_count() + index); }  // index < 2

  // What an operation may overwrite besides temp(): those of X86Operation::scratch.
  Vector scratch(int index) const { return vector(scratch_[static_cast<size_t>(index)]); }

  // Sixteen times the number or the bits.
  Xbyak::Address Number(float value);
  Xbyak::Address Bits(uint32_t bits);

  // A comparison, for the three that follow. bool values are vectors of 0 and all bits set.
  void Compare(const Vector& a, const Xbyak::Operand& b, Predicate predicate);
  void CompareIsSet(const Vector& condition);
  void KeepWhere(const Vector& y, const Vector& x);                     // y = it holds ? x : 0
  void DropWhere(const Vector& y, const Vector& x);                     // y = it holds ? 0 : x
  void ChooseWhere(const Vector& y, const Vector& a, const Vector& b);  // y = it holds ? a : b
  void StoreCompare(const Vector& y);                                   // y = it, as a bool value

  void Round(const Vector& y, const Vector& x,
             uint8_t mode);  // 0: to even, 1: down, 2: up, 3: to 0

  // y = the polynomial of x with these coefficients, the highest first.
  void Polynomial(const Vector& y, const Vector& x, std::initializer_list<float> coefficients);

  // Elements at `base` + `index` elements; conversions are those of simd/convert.cc.
  void Load(const Vector& y, DataType type, const Xbyak::Reg64& base, const Xbyak::Reg64& index);
  // The one at `address` for all.
  void LoadScalar(const Vector& y, DataType type, const Xbyak::RegExp& address);
  void Store(const Vector& x, DataType type, const Xbyak::Reg64& base, const Xbyak::Reg64& index,
             bool past_caches, Bits16 is);
  // x as it is after having been stored and loaded.
  void RoundTo(const Vector& x, DataType type, Bits16 is);

  // What Number() and Bits() gave lies behind the code. The last to be written.
  void WriteConstants();

 protected:
  std::vector<int> scratch_;

 private:
  Vector mask() const { return temp(2); }
  void And(const Vector& y, const Vector& x, const Xbyak::Operand& b);
  // Whether one instruction rounds to bfloat16, taking what is below float32's smallest normal
  // number for 0.
  bool rounds_at_once() const { return rounds_at_once_; }
  // To the upper half of each element.
  void RoundBFloat16(const Vector& y, const Vector& x, Bits16 is);

  const bool is_avx512_;
  const bool rounds_at_once_;
  std::deque<std::pair<uint32_t, Xbyak::Label>> constants_;
};

}  // namespace mlcompute::portable
