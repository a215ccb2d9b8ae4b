// SPDX-License-Identifier: Apache-2.0
//
// Every conversion against OpenCV 4.7.0.72: testdata/load_golden.txt, made by make_load.py.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/preprocess.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

enum { SAMPLES = 6 };

typedef struct case_t {
  char format[8], type[8], target[8];
  int width, height;
  unsigned long long sum;  // of bytes
  float samples[SAMPLES];  // of floats
} case_t;

static bool read_case(FILE *file, case_t *c) {
  if (fscanf(file, "%7s %7s %7s %d %d", c->format, c->type, c->target, &c->width, &c->height) !=
      5) {
    return false;
  }
  if (strcmp(c->type, "u8") == 0) return fscanf(file, "%llx", &c->sum) == 1;
  int count = 0;
  while (count < SAMPLES && fscanf(file, "%f", &c->samples[count]) == 1) ++count;
  return count == SAMPLES;
}

static mmd_pixel_format_t format_of(const char *name) {
  static const char *const names[] = {
      [MMD_PIXEL_BGR] = "BGR",   [MMD_PIXEL_RGB] = "RGB",   [MMD_PIXEL_GRAY] = "GRAY",
      [MMD_PIXEL_NV12] = "NV12", [MMD_PIXEL_NV21] = "NV21", [MMD_PIXEL_BGRA] = "BGRA",
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    if (strcmp(names[i], name) == 0) return (mmd_pixel_format_t)i;
  }
  fail_msg("unknown format %s", name);
  return MMD_PIXEL_BGR;
}

// The noise of make_resize_golden.py; |out_floats| gets (byte - 100) / 3.
static void make_noise(const case_t *c, mmd_pixel_format_t format, uint8_t **out_bytes,
                       float **out_floats) {
  const bool is_nv = format == MMD_PIXEL_NV12 || format == MMD_PIXEL_NV21;
  const size_t width = (size_t)c->width, channels = (size_t)mmd_pixel_channels(format);
  const size_t rows = (size_t)(is_nv ? c->height * 3 / 2 : c->height);
  const size_t count = width * rows * channels;
  uint32_t random = (uint32_t)(width * 7919 + rows * 104729 + channels);
  *out_bytes = malloc(count);
  *out_floats = malloc(count * sizeof(float));
  for (size_t i = 0; i < count; ++i) {
    random = random * 1664525u + 1013904223u;
    (*out_bytes)[i] = (uint8_t)(random >> 24);
    (*out_floats)[i] = ((float)(*out_bytes)[i] - 100.f) / 3.f;
  }
}

static mmd_value_t *load(const mmd_image_t *image, const char *target) {
  const mmd_component_context_t context = {.device = "cpu"};
  const char *options = strcmp(target, "GRAY") == 0  ? "\"color_type\": \"grayscale\""
                        : strcmp(target, "RGB") == 0 ? "\"channel_order\": \"rgb\""
                                                     : "\"channel_order\": \"bgr\"";
  char text[128];
  mmd_value_t *steps = NULL, *sample = mmd_value_object(), *result = NULL;
  mmd_preprocess_t *preprocess = NULL;
  snprintf(text, sizeof text, "[{\"type\": \"LoadImageFromFile\", %s}]", options);
  mmd_assert_ok(mmd_json_parse(text, strlen(text), "steps", &steps));
  mmd_assert_ok(mmd_object_take(sample, "ori_img", mmd_value_image(image)));
  mmd_assert_ok(mmd_preprocess_create(steps, 0, "steps", true, NULL, &preprocess));
  mmd_assert_ok(mmd_preprocess_run(preprocess, &context, sample, &result));
  mmd_preprocess_destroy(preprocess);
  mmd_value_release(sample);
  mmd_value_release(steps);
  return result;
}

static bool is_right(const case_t *c, const mmd_tensor_t *tensor) {
  const size_t count = (size_t)tensor->shape.dims[3] * (size_t)(c->width * c->height);
  if (tensor->dtype == MMD_U8) {
    const uint8_t *bytes = mmd_tensor_data(tensor);
    uint64_t sum = 0xcbf29ce484222325u;
    for (size_t i = 0; i < count; ++i) sum = (sum ^ bytes[i]) * 0x100000001b3u;
    return strcmp(c->type, "u8") == 0 && sum == c->sum;
  }
  const float *floats = mmd_tensor_data(tensor);
  bool is_good = tensor->dtype == MMD_F32;
  for (size_t i = 0; i < SAMPLES && is_good; ++i) {
    is_good = fabsf(floats[i * (count - 1) / 5] - c->samples[i]) < 1e-4f;
  }
  return is_good;
}

static bool check_case(const case_t *c) {
  const mmd_pixel_format_t format = format_of(c->format);
  const bool is_float = strcmp(c->type, "f32") == 0;
  uint8_t *bytes;
  float *floats;
  mmd_image_t image;
  make_noise(c, format, &bytes, &floats);
  const void *data = is_float ? (const void *)floats : bytes;
  mmd_assert_ok(
      mmd_image_borrow(data, c->height, c->width, 0, format, is_float ? MMD_F32 : MMD_U8, &image));
  mmd_value_t *result = load(&image, c->target);
  // What came out must not need the picture any more.
  memset(bytes, 0xa5, (size_t)(c->width * c->height));
  const bool is_good = is_right(c, mmd_value_get_tensor(mmd_object_get(result, "img")));
  mmd_value_release(result);
  free(bytes);
  free(floats);
  return is_good;
}

static void conversions_equal_opencv(void **state) {
  (void)state;
  FILE *file = fopen(MMD_TEST_FILE("src/pipeline/testdata/load_golden.txt"), "r");
  case_t c = {0};
  int count = 0, wrong = 0;
  assert_non_null(file);
  for (; read_case(file, &c); ++count) {
    if (check_case(&c)) continue;
    print_message("%s %s to %s, %dx%d\n", c.format, c.type, c.target, c.width, c.height);
    ++wrong;
  }
  fclose(file);
  assert_int_equal(wrong, 0);
  assert_int_equal(count, 90);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(conversions_equal_opencv),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
