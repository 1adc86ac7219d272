// MLCTensorData: a pointer and a length.
#include "mlcompute/framework/bridge.h"

@implementation MLCTensorData
@synthesize bytes = _bytes;
@synthesize length = _length;

+ (instancetype)dataWithBytesNoCopy:(void*)bytes length:(NSUInteger)length {
  MLCTensorData* data = mlcompute::framework::New<MLCTensorData>(self);
  data->_bytes = bytes;
  data->_length = length;
  return data;
}

+ (instancetype)dataWithImmutableBytesNoCopy:(const void*)bytes length:(NSUInteger)length {
  return [self dataWithBytesNoCopy:const_cast<void*>(bytes) length:length];
}

+ (instancetype)dataWithBytesNoCopy:(void*)bytes
                             length:(NSUInteger)length
                        deallocator:(void (^)(void*, NSUInteger))deallocator {
  MLCTensorData* data = [self dataWithBytesNoCopy:bytes length:length];
  data->_deallocator = Block_copy(deallocator);
  return data;
}

- (void)dealloc {
  if (_deallocator) {
    _deallocator(_bytes, _length);
    Block_release(_deallocator);
  }
  [super dealloc];
}
@end
