// kernels/resample_weights.h: which pixels make a pixel of a resized image, and how much of each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tf_mlc {

// For every position of the result along an axis, `taps` positions of the image and their weights;
// -1 stands for none. As the inputs of the operation kResample.
struct ResampleWeights {
  int64_t taps;
  std::vector<int32_t> indices;
  std::vector<float> weights;

  int64_t count() const { return static_cast<int64_t>(indices.size()) / taps; }
};

// How the ops of the ResizeXxx family map positions of the result to the image: by TensorFlow's
// attributes of the same names. All arithmetic is in float, as there.
struct ResizeScale {
  int64_t in;
  int64_t out;
  bool align_corners;
  bool half_pixel_centers;

  float factor() const;
};

ResampleWeights NearestWeights(const ResizeScale& scale);
ResampleWeights BilinearWeights(const ResizeScale& scale);
// Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29(6),
// 1981, with a = -0.5 for half_pixel_centers, else -0.75; distances are rounded to 1/1024.
ResampleWeights BicubicWeights(const ResizeScale& scale);
// The mean over the area that the pixel covers.
ResampleWeights AreaWeights(const ResizeScale& scale);

// A kernel of TensorFlow's ScaleAndTranslate, by its kernel_type: "lanczos1", "lanczos3",
// "lanczos5", "gaussian", "box", "triangle", "keyscubic", "mitchellcubic". Position x of the image
// is at scale * x + translation in the result. With antialias the kernel is stretched when the
// image shrinks. Throws Error(kInvalidArgument) for an unknown kernel or a scale that is not
// positive.
ResampleWeights SpanWeights(const std::string& kernel_type, bool antialias, int64_t in, int64_t out,
                            float scale, float translation);

}  // namespace tf_mlc
