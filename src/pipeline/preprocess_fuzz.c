// SPDX-License-Identifier: Apache-2.0
//
// A hostile list of transforms, read, compiled and run on a small picture, both ways; where both
// give an answer it is the same.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint8_t pixels[7 * 5 * 3] = {1, 2, 3, 200, 100, 50};
  mmd_value_t *steps = NULL;
  mmd_image_t image;
  if (size < 2 || has_large_number(data, size)) return 0;
  if (mmd_status_ignore(mmd_json_parse((const char *)data + 1, size - 1, "input", &steps))) {
    return 0;
  }
  mmd_value_t *sample = mmd_value_object();
  if (mmd_status_ignore(mmd_image_borrow(
          pixels, 7, 5, 0, data[0] & 2 ? MMD_PIXEL_RGB : MMD_PIXEL_BGR, MMD_U8, &image)) ||
      mmd_status_ignore(mmd_object_take(sample, "ori_img", mmd_value_image(&image)))) {
    abort();
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
