#if defined(__x86_64__)

#include "mlcompute/portable/jit/x86_writer.h"

#include <cstring>

namespace mlcompute::portable {

X86Writer::X86Writer(bool is_avx512)
    : Xbyak::CodeGenerator(4096, Xbyak::AutoGrow),
      is_avx512_(is_avx512),
      rounds_at_once_(is_avx512 && __builtin_cpu_supports("avx512bf16")) {}

Vector X86Writer::vector(int index) const {
  if (is_avx512_) return Xbyak::Zmm(index);
  return Xbyak::Ymm(index);
}

Xbyak::Address X86Writer::Bits(uint32_t bits) {
  for (auto& [known, label] : constants_) {
    if (known == bits) return ptr[rip + label];
  }
  constants_.emplace_back(bits, Xbyak::Label());
  return ptr[rip + constants_.back().second];
}

Xbyak::Address X86Writer::Number(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return Bits(bits);
}

void X86Writer::Compare(const Vector& a, const Xbyak::Operand& b, Predicate predicate) {
  if (is_avx512_) {
    vcmpps(k1, a, b, predicate);
  } else {
    vcmpps(mask(), a, b, predicate);
  }
}

void X86Writer::CompareIsSet(const Vector& condition) {
  if (is_avx512_) {
    vpmovd2m(k1, condition);
  } else {
    vmovaps(mask(), condition);
  }
}

void X86Writer::KeepWhere(const Vector& y, const Vector& x) {
  if (is_avx512_) {
    vmovaps(y | k1 | T_z, x);
  } else {
    vandps(y, mask(), x);
  }
}

void X86Writer::DropWhere(const Vector& y, const Vector& x) {
  if (is_avx512_) {
    knotw(k1, k1);
    vmovaps(y | k1 | T_z, x);
  } else {
    vandnps(y, mask(), x);
  }
}

void X86Writer::ChooseWhere(const Vector& y, const Vector& a, const Vector& b) {
  if (is_avx512_) {
    vblendmps(y | k1, b, a);
  } else {
    vblendvps(y, b, a, mask());
  }
}

void X86Writer::StoreCompare(const Vector& y) {
  if (is_avx512_) {
    vpmovm2d(y, k1);
  } else {
    vmovaps(y, mask());
  }
}

void X86Writer::Round(const Vector& y, const Vector& x, uint8_t mode) {
  constexpr uint8_t kQuiet = 8;
  if (is_avx512_) {
    vrndscaleps(y, x, mode | kQuiet);
  } else {
    vroundps(y, x, mode | kQuiet);
  }
}

void X86Writer::Polynomial(const Vector& y, const Vector& x,
                           std::initializer_list<float> coefficients) {
  auto c = coefficients.begin();
  vmovups(y, Number(*c++));
  for (; c != coefficients.end(); ++c) vfmadd213ps(y, x, Number(*c));
}

void X86Writer::Load(const Vector& y, DataType type, const Xbyak::Reg64& base,
                     const Xbyak::Reg64& index) {
  switch (type) {
    case DataType::kBool:
      vpmovzxbd(y, ptr[base + index]);
      vpslld(y, y, 31);
      vpsrad(y, y, 31);
      return;
    case DataType::kFloat16:
      vcvtph2ps(y, ptr[base + index * 2]);
      return;
    case DataType::kBFloat16:
      vpmovzxwd(y, ptr[base + index * 2]);
      vpslld(y, y, 16);
      return;
    default:
      vmovups(y, ptr[base + index * 4]);
  }
}

void X86Writer::LoadScalar(const Vector& y, DataType type, const Xbyak::RegExp& address) {
  const Xbyak::Xmm low(y.getIdx());
  switch (type) {
    case DataType::kFloat16:
      vpbroadcastw(is_avx512_ ? Vector(Xbyak::Ymm(y.getIdx())) : low, ptr[address]);
      if (is_avx512_) {
        vcvtph2ps(y, Xbyak::Ymm(y.getIdx()));
      } else {
        vcvtph2ps(y, low);
      }
      return;
    case DataType::kBFloat16:
      vpbroadcastw(y, ptr[address]);
      vpslld(y, y, 16);
      return;
    default:
      vbroadcastss(y, ptr[address]);
  }
}

// Where integers are worked on: vandps would take them to other units.
void X86Writer::And(const Vector& y, const Vector& x, const Xbyak::Operand& b) {
  if (is_avx512_) {
    vpandd(y, x, b);
  } else {
    vpand(y, x, b);
  }
}

void X86Writer::RoundBFloat16(const Vector& y, const Vector& x, Bits16 is) {
  vpsrld(y, x, 16);
  And(y, y, Bits(1));
  vpaddd(y, y, Bits(0x7fff));
  vpaddd(y, y, x);
  if (is == Bits16::kZeroIfNan) return;
  Compare(x, x, kUnordered);
  const Vector quiet = temp(1);
  vorps(quiet, x, Bits(0x400000));
  ChooseWhere(y, quiet, y);
}

void X86Writer::Store(const Vector& x, DataType type, const Xbyak::Reg64& base,
                      const Xbyak::Reg64& index, bool past_caches, Bits16 is) {
  const Vector y = temp(0);
  const Xbyak::Ymm half(y.getIdx());
  const Xbyak::Xmm quarter(y.getIdx());
  const Xbyak::Xmm high(temp(1).getIdx());
  switch (type) {
    case DataType::kBool:
      vpsrld(y, x, 31);
      if (is_avx512_) {
        vpmovdb(ptr[base + index], y);
      } else {
        vextracti128(high, half, 1);
        vpackusdw(quarter, quarter, high);
        vpackuswb(quarter, quarter, quarter);
        vmovq(ptr[base + index], quarter);
      }
      return;
    case DataType::kFloat16:
      vcvtps2ph(ptr[base + index * 2], x, 0);
      return;
    case DataType::kBFloat16:
      if (is == Bits16::kZero) {
        vpsrld(y, x, 16);
      } else if (rounds_at_once()) {
        vcvtneps2bf16(half, x);
        vmovups(ptr[base + index * 2], half);
        return;
      } else {
        RoundBFloat16(y, x, is);
        vpsrld(y, y, 16);
      }
      if (is_avx512_) {
        vpmovdw(ptr[base + index * 2], y);
      } else {
        vextracti128(high, half, 1);
        vpackusdw(quarter, quarter, high);
        vmovups(ptr[base + index * 2], quarter);
      }
      return;
    default:
      if (past_caches) {
        vmovntps(ptr[base + index * 4], x);
      } else {
        vmovups(ptr[base + index * 4], x);
      }
  }
}

void X86Writer::RoundTo(const Vector& x, DataType type, Bits16 is) {
  if (type == DataType::kBFloat16 && rounds_at_once() && is == Bits16::kAny) {
    const Xbyak::Ymm half(temp(0).getIdx());
    vcvtneps2bf16(half, x);
    vpmovzxwd(x, half);
    vpslld(x, x, 16);
  } else if (type == DataType::kBFloat16) {
    const Vector y = temp(0);
    RoundBFloat16(y, x, is);
    And(x, y, Bits(0xffff0000));
  } else if (type == DataType::kFloat16) {
    const int low = temp(0).getIdx();
    if (is_avx512_) {
      vcvtps2ph(Xbyak::Ymm(low), x, 0);
      vcvtph2ps(x, Xbyak::Ymm(low));
    } else {
      vcvtps2ph(Xbyak::Xmm(low), x, 0);
      vcvtph2ps(x, Xbyak::Xmm(low));
    }
  }
}

void X86Writer::WriteConstants() {
  align(64);
  for (auto& [bits, label] : constants_) {
    L(label);
    for (int i = 0; i < 16; ++i) dd(bits);
  }
}

}  // namespace mlcompute::portable

#endif
