// MLCEmbeddingDescriptor.
#include "mlcompute/framework/bridge.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCEmbeddingDescriptor
@synthesize embeddingCount = _embeddingCount;
@synthesize embeddingDimension = _embeddingDimension;
@synthesize paddingIndex = _paddingIndex;
@synthesize maximumNorm = _maximumNorm;
@synthesize pNorm = _pNorm;
@synthesize scalesGradientByFrequency = _scalesGradientByFrequency;

+ (instancetype)descriptorWithEmbeddingCount:(NSNumber*)embeddingCount
                          embeddingDimension:(NSNumber*)embeddingDimension {
  return [self descriptorWithEmbeddingCount:embeddingCount
                         embeddingDimension:embeddingDimension
                               paddingIndex:nil
                                maximumNorm:nil
                                      pNorm:nil
                  scalesGradientByFrequency:NO];
}

+ (instancetype)descriptorWithEmbeddingCount:(NSNumber*)embeddingCount
                          embeddingDimension:(NSNumber*)embeddingDimension
                                paddingIndex:(NSNumber*)paddingIndex
                                 maximumNorm:(NSNumber*)maximumNorm
                                       pNorm:(NSNumber*)pNorm
                   scalesGradientByFrequency:(BOOL)scalesGradientByFrequency {
  if ([embeddingCount longLongValue] < 1 || [embeddingDimension longLongValue] < 1) {
    Refuse("an embedding of no rows or of empty ones");
    return nil;
  }
  MLCEmbeddingDescriptor* made = New<MLCEmbeddingDescriptor>(self);
  Keep(made->_embeddingCount, embeddingCount);
  Keep(made->_embeddingDimension, embeddingDimension);
  Keep(made->_paddingIndex, paddingIndex);
  Keep(made->_maximumNorm, maximumNorm);
  Keep(made->_pNorm, pNorm);
  made->_scalesGradientByFrequency = scalesGradientByFrequency;
  return made;
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}

- (void)dealloc {
  ReleaseVariables(self);
  [super dealloc];
}
@end
