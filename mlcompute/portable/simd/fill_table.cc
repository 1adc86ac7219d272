#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {

void FillTable(SpanTable* table) {
  FillUnary(table);
  FillMath(table);
  FillBinary(table);
  FillConvert(table);
  FillDepthwise(table);
  FillFoldFloat(table);
  FillFoldInteger(table);
  FillMoments(table);
  FillSoftmax(table);
  FillTranspose(table);
  FillPower(table);
  FillTyped(table);
  FillPhilox(table);
  FillArg(table);
  FillProduct(table);
  FillRecurrent(table);
  FillWindow(table);
  FillWinograd(table);
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
