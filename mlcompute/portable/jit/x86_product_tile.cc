#include <algorithm>
#include <cstddef>
#include <limits>
#include <tuple>

#include "mlcompute/portable/jit/code_cache.h"
#include "mlcompute/portable/jit/loop.h"
#include "mlcompute/portable/jit/product_tile.h"

#if defined(__x86_64__)
#include <xbyak/xbyak.h>
#endif

namespace mlcompute::portable {

#if defined(__x86_64__)

namespace {

constexpr int kUnrolled = 4;
constexpr int kFetchedRows = 2;  // of c, after every kUnrolled steps
constexpr int kLine = 64;

auto KeyOf(const TileShape& s) {
  return std::tuple(s.rows, s.columns, s.a_row, s.a_column, s.b_row, s.c_row, s.keeps_b,
                    s.fetch_rows, s.fetch_stride, s.dots);
}

// Zmm registers: the sums, two vectors of b, two elements of a.
class TileWriter : public Xbyak::CodeGenerator {
 public:
  explicit TileWriter(const TileShape& shape)
      : Xbyak::CodeGenerator(4096, Xbyak::AutoGrow),
        s_(shape),
        rows_(static_cast<int>(shape.rows)),
        vectors_(static_cast<int>(TileWidth(shape.columns) / kTileLanes)),
        last_(static_cast<int>(shape.columns - (vectors_ - 1) * kTileLanes)) {
    Write();
  }

 private:
  enum class Fetch { kNothing, kC, kOther };

  // void tile(const TileRun*), System V's convention: rdi.
  void Write() {
    const auto load = [this](const Xbyak::Reg64& r, size_t offset) { mov(r, ptr[rdi + offset]); };
    load(a_, offsetof(TileRun, a));
    load(b_, offsetof(TileRun, b));
    load(c_, offsetof(TileRun, c));
    load(k_, offsetof(TileRun, k));
    load(kept_, offsetof(TileRun, kept));
    if (last_ < kTileLanes) {
      mov(eax, (1 << last_) - 1);
      kmovw(k1, eax);
    }
    for (int i = 0; i < rows_ * vectors_; ++i) vpxord(sum(i), sum(i), sum(i));

    // rest_: groups of kUnrolled steps that are left.
    mov(rest_, k_);
    shr(rest_, 2);
    Xbyak::Label fetch_others, single_steps, done;
    cmp(qword[rdi + offsetof(TileRun, fetches_c)], 0);
    je(fetch_others, T_NEAR);
    mov(eax, (rows_ + kFetchedRows - 1) / kFetchedRows);
    mov(fetch_, c_);
    WriteGroups(Fetch::kC);

    L(fetch_others);
    load(fetch_, offsetof(TileRun, fetch));
    load(rax, offsetof(TileRun, fetch_groups));
    WriteGroups(Fetch::kOther);

    mov(rax, rest_);
    WriteGroups(Fetch::kNothing);

    and_(k_, kUnrolled - 1);
    jz(done, T_NEAR);
    L(single_steps);
    WriteSteps(1, Fetch::kNothing);
    dec(k_);
    jnz(single_steps, T_NEAR);
    L(done);
    WriteSums();
    vzeroupper();
    ret();
    readyRE();
  }

  // min(rax, rest_) of them.
  void WriteGroups(Fetch fetch) {
    Xbyak::Label again, none;
    cmp(rax, rest_);
    cmovg(rax, rest_);
    sub(rest_, rax);
    test(rax, rax);
    jz(none, T_NEAR);
    align(32);
    L(again);
    WriteSteps(kUnrolled, fetch);
    dec(rax);
    jnz(again, T_NEAR);
    L(none);
  }

  void WriteSteps(int count, Fetch fetch) {
    for (int step = 0; step < count; ++step) {
      for (int v = 0; v < vectors_; ++v) {
        const Xbyak::Address from = ptr[b_ + step * Bytes(s_.b_row) + v * kLine];
        if (s_.keeps_b && IsPartial(v)) {
          vmovups(right(v) | k1 | T_z, from);
        } else {
          vmovups(right(v), from);
        }
        if (s_.keeps_b) vmovups(ptr[kept_ + (step * vectors_ + v) * kLine], right(v));
      }
      for (int r = 0; r < rows_; ++r) {
        const Xbyak::Zmm left(kFirstLeft + r % 2);
        vbroadcastss(left, ptr[a_ + r * Bytes(s_.a_row) + step * Bytes(s_.a_column)]);
        for (int v = 0; v < vectors_; ++v) {
          if (s_.dots) {
            vdpbf16ps(sum(r * vectors_ + v), left, right(v));
          } else {
            vfmadd231ps(sum(r * vectors_ + v), left, right(v));
          }
        }
      }
      if (step != 1) continue;
      if (fetch == Fetch::kC) WriteFetchOfC();
      if (fetch == Fetch::kOther) WriteFetchOfOther();
    }
    add(a_, count * Bytes(s_.a_column));
    add(b_, count * Bytes(s_.b_row));
    if (s_.keeps_b) add(kept_, count * vectors_ * kLine);
  }

  void WriteFetchOfC() {
    for (int r = 0; r < kFetchedRows; ++r) {
      for (int v = 0; v < vectors_; ++v) prefetchw(ptr[fetch_ + v * kLine]);
      add(fetch_, Bytes(s_.c_row));
    }
  }

  void WriteFetchOfOther() {
    for (int r = 0; r < s_.fetch_rows; ++r) {
      prefetcht1(ptr[fetch_]);
      prefetcht1(ptr[fetch_ + kLine]);
      add(fetch_, Bytes(s_.fetch_stride));
    }
  }

  void WriteSums() {
    Xbyak::Label store;
    cmp(qword[rdi + offsetof(TileRun, adds)], 0);
    je(store, T_NEAR);
    ForSums([this](const Xbyak::Zmm& x, const Xbyak::Address& at, bool partial) {
      if (partial) {
        vaddps(x | k1, x, at);
      } else {
        vaddps(x, x, at);
      }
    });
    L(store);
    ForSums([this](const Xbyak::Zmm& x, const Xbyak::Address& at, bool partial) {
      if (partial) {
        vmovups(at | k1, x);
      } else {
        vmovups(at, x);
      }
    });
  }

  template <typename F>
  void ForSums(const F& f) {
    for (int r = 0; r < rows_; ++r) {
      for (int v = 0; v < vectors_; ++v) {
        f(sum(r * vectors_ + v), ptr[c_ + r * Bytes(s_.c_row) + v * kLine], IsPartial(v));
      }
    }
  }

  static int Bytes(int64_t elements) {
    return static_cast<int>(elements * static_cast<int64_t>(sizeof(float)));
  }
  bool IsPartial(int v) const { return v == vectors_ - 1 && last_ < kTileLanes; }
  Xbyak::Zmm sum(int i) const { return Xbyak::Zmm(i); }
  Xbyak::Zmm right(int v) const { return Xbyak::Zmm(kFirstRight + v); }

  static constexpr int kFirstRight = 28;
  static constexpr int kFirstLeft = 30;
  static_assert(kTileRows * kTileColumns / kTileLanes == kFirstRight);

  const TileShape s_;
  const int rows_, vectors_, last_;  // last_: elements of the last vector
  const Xbyak::Reg64 a_ = rdx, b_ = rcx, c_ = rsi, k_ = r8, kept_ = r9, fetch_ = r10, rest_ = r11;
};

class X86ProductTile : public ProductTile {
 public:
  explicit X86ProductTile(const TileShape& shape) : code_(shape) {
    function_ = code_.getCode<void (*)(const TileRun*)>();
  }

 private:
  const TileWriter code_;
};

std::shared_ptr<const ProductTile> Make(const TileShape& shape) {
  try {
    return std::make_shared<X86ProductTile>(shape);
  } catch (const Xbyak::Error&) {
    return nullptr;  // memory that may not be made executable, for one
  }
}

// Offsets in the code are of 32 bits.
bool Fits(const TileShape& s) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max() / 4 / (2 * kTileRows);
  return std::max({s.a_row, s.a_column, s.b_row, s.c_row, s.fetch_stride}) <= kMost;
}

}  // namespace

std::shared_ptr<const ProductTile> ProductTile::Compile(const TileShape& shape,
                                                        std::string_view set) {
  if (set != "avx512" || !CanCompile(Op::kMul, DataType::kFloat32) || !Fits(shape)) return nullptr;
  if (shape.dots && !__builtin_cpu_supports("avx512bf16")) return nullptr;
  // Never freed: threads may compile while the process ends.
  static auto* cache = new CodeCache<decltype(KeyOf(shape)), ProductTile>;
  return cache->Get(KeyOf(shape), [&] { return Make(shape); });
}

#else

std::shared_ptr<const ProductTile> ProductTile::Compile(const TileShape&, std::string_view) {
  return nullptr;
}

#endif

}  // namespace mlcompute::portable
