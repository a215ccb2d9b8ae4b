// SPDX-License-Identifier: Apache-2.0
//
// A hostile list of transforms, read, compiled and run on a small picture with a box, or on a clip
// of two, both ways; where both give an answer it is the same.
#include <stdlib.h>

#include "pipeline/preprocess.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Numbers of more than three digits only cost time: their limits are tested elsewhere.
static bool has_large_number(const uint8_t *data, size_t size) {
  size_t digits = 0;
  for (size_t i = 0; i < size; ++i) {
    const bool is_digit = data[i] >= '0' && data[i] <= '9';
    digits = is_digit ? digits + 1 : 0;
    if (digits > 3 ||
        ((data[i] == 'e' || data[i] == 'E') && i && data[i - 1] >= '0' && data[i - 1] <= '9')) {
      return true;
    }
  }
  return false;
}

static mmd_value_t *run(const mmd_value_t *steps, int release, bool is_fused, mmd_value_t *sample) {
  const mmd_component_context_t context = {.device = "cpu"};
  mmd_preprocess_t *preprocess = NULL;
  mmd_value_t *result = NULL;
  if (mmd_status_ignore(
          mmd_preprocess_create(steps, release, "steps", is_fused, NULL, &preprocess))) {
    return NULL;
  }
  if (mmd_status_ignore(mmd_preprocess_run(preprocess, &context, sample, &result))) result = NULL;
  mmd_preprocess_destroy(preprocess);
  return result;
}

static void require(mmd_status_t status) {
  if (mmd_status_ignore(status)) abort();
}

static mmd_value_t *make_sample(const mmd_image_t *image) {
  static const int64_t sides[] = {1, 1, 4, 3};
  mmd_value_t *sample = mmd_value_object(), *box = mmd_value_array();
  for (size_t i = 0; i < 4; ++i) require(mmd_array_take(box, mmd_value_int(sides[i])));
  require(mmd_object_take(sample, "bbox", box));
  require(mmd_object_take(sample, "ori_img", mmd_value_image(image)));
  return sample;
}

// The first byte tells the release (1), the format (2), and whether it is a clip (4).
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint8_t pixels[7 * 5 * 3] = {1, 2, 3, 200, 100, 50};
  mmd_value_t *steps = NULL;
  mmd_image_t image;
  if (size < 2 || has_large_number(data, size)) return 0;
  if (mmd_status_ignore(mmd_json_parse((const char *)data + 1, size - 1, "input", &steps))) {
    return 0;
  }
  require(mmd_image_borrow(pixels, 7, 5, 0, data[0] & 2 ? MMD_PIXEL_RGB : MMD_PIXEL_BGR, MMD_U8,
                           &image));
  mmd_value_t *sample = make_sample(&image);
  if (data[0] & 4) {
    mmd_value_t *clip = mmd_value_array();
    require(mmd_array_take(clip, sample));
    require(mmd_array_take(clip, make_sample(&image)));
    sample = clip;
  }
  mmd_value_t *fused = run(steps, data[0] & 1, true, sample);
  mmd_value_t *plain = run(steps, data[0] & 1, false, sample);
  if (!fused != !plain || (fused && !mmd_value_equal(fused, plain))) abort();
  mmd_value_release(fused);
  mmd_value_release(plain);
  mmd_value_release(sample);
  mmd_value_release(steps);
  return 0;
}
