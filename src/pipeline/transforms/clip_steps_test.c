// SPDX-License-Identifier: Apache-2.0
//
// The steps of video clips (TenCrop, ThreeCrop, FormatShape) against mmaction's own, and
// LetterResize against mmyolo's (../testdata/make_clip_steps.py); refusals.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "formats/npy/npy.h"
#include "pipeline/preprocess.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

static mmd_value_t *parse(const char *text) {
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_json_parse(text, strlen(text), "test", &value));
  return value;
}

static mmd_value_t *g_arrays;

static int open_goldens(void **state) {
  (void)state;
  mmd_assert_ok(
      mmd_npz_read_file(MMD_TEST_FILE("src/pipeline/testdata/clip_steps.npz"), &g_arrays));
  return 0;
}

static int close_goldens(void **state) {
  (void)state;
  mmd_value_release(g_arrays);
  return 0;
}

static const mmd_tensor_t *array_named(const char *name) {
  const mmd_tensor_t *tensor = mmd_value_get_tensor(mmd_object_get(g_arrays, name));
  if (!tensor) fail_msg("no array '%s'", name);
  return tensor;
}

// Frame |index| of the clip as a sample.
static mmd_value_t *frame_at(size_t index, int clip_len) {
  char name[32];
  mmd_image_t image;
  mmd_value_t *sample = mmd_value_object();
  snprintf(name, sizeof name, "frame_%zu", index);
  const mmd_tensor_t *pixels = array_named(name);
  mmd_assert_ok(mmd_image_borrow(mmd_tensor_data(pixels), (int)pixels->shape.dims[0],
                                 (int)pixels->shape.dims[1], 0, MMD_PIXEL_BGR, MMD_U8, &image));
  mmd_assert_ok(mmd_object_take(sample, "ori_img", mmd_value_image(&image)));
  mmd_assert_ok(mmd_object_take(sample, "clip_len", mmd_value_int(clip_len)));
  return sample;
}

static mmd_status_t run(const char *steps, mmd_value_t *sample, mmd_value_t **out_result) {
  const mmd_component_context_t context = {.device = "cpu"};
  mmd_value_t *list = parse(steps);
  mmd_preprocess_t *preprocess = NULL;
  *out_result = NULL;
  mmd_status_t status = mmd_preprocess_create(list, 0, "steps", true, NULL, &preprocess);
  if (!status) status = mmd_preprocess_run(preprocess, &context, sample, out_result);
  mmd_preprocess_destroy(preprocess);
  mmd_value_release(list);
  return status;
}

static mmd_status_t run_clip(const char *steps, size_t frames, int clip_len,
                             mmd_value_t **out_result) {
  mmd_value_t *clip = mmd_value_array();
  for (size_t i = 0; i < frames; ++i) {
    mmd_assert_ok(mmd_array_take(clip, frame_at(i, clip_len)));
  }
  mmd_status_t status = run(steps, clip, out_result);
  mmd_value_release(clip);
  return status;
}

static void assert_equal(const mmd_value_t *result, const char *name) {
  const mmd_tensor_t *found = mmd_value_get_tensor(mmd_object_get(result, "img"));
  const mmd_tensor_t *wanted = array_named(name);
  assert_non_null(found);
  if (!mmd_shape_equal(&found->shape, &wanted->shape)) fail_msg("%s: another shape", name);
  for (size_t i = 0; i < mmd_tensor_count(wanted); ++i) {
    const double a = mmd_tensor_get_f64(wanted, i), b = mmd_tensor_get_f64(found, i);
    if (a != b) fail_msg("%s: element %zu is %g, %g wanted", name, i, b, a);
  }
}

#define LIFT(step) \
  "[{\"type\": \"Lift\", \"transforms\": [{\"type\": \"LoadImageFromFile\"}" step "]}, "
#define FORMAT(name) "{\"type\": \"FormatShape\", \"input_format\": \"" name "\"}]"
#define CROP(name, size) ", {\"type\": \"" name "\", \"crop_size\": " size "}"

static void test_clips(void **state) {
  static const struct {
    const char *name, *steps;
    size_t frames;
    int clip_len;
  } cases[] = {
      {"plain_nchw", LIFT("") FORMAT("NCHW"), 4, 1},
      {"plain_ncthw", LIFT("") FORMAT("NCTHW"), 4, 2},
      {"ten_nchw", LIFT(CROP("TenCrop", "[9, 7]")) FORMAT("NCHW"), 2, 1},
      {"ten_ncthw", LIFT(CROP("TenCrop", "8")) FORMAT("NCTHW"), 4, 4},
      {"three_wide", LIFT(CROP("ThreeCrop", "[9, 14]")) FORMAT("NCTHW"), 4, 2},
      {"three_high", LIFT(CROP("ThreeCrop", "[19, 8]")) FORMAT("NCHW"), 1, 1},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_value_t *result = NULL;
    mmd_assert_ok(run_clip(cases[i].steps, cases[i].frames, cases[i].clip_len, &result));
    assert_int_equal(mmd_object_size(result), 1);
    assert_equal(result, cases[i].name);
    mmd_value_release(result);
  }
}

static void test_letter(void **state) {
  static const struct {
    const char *name, *options;
  } cases[] = {
      {"letter_up", "\"scale\": [40, 40], \"pad_val\": {\"img\": 114}"},
      {"letter_down", "\"scale\": [10, 12], \"pad_val\": 7"},
      {"letter_same", "\"scale\": [40, 40], \"allow_scale_up\": false"},
      {"letter_mini", "\"scale\": [64, 64], \"use_mini_pad\": true, \"pad_val\": [1, 2, 3]"},
      {"letter_stretch", "\"scale\": [30, 21], \"stretch_only\": true, \"keep_ratio\": false"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    char steps[300], name[48];
    mmd_value_t *result = NULL, *sample = frame_at(0, 1);
    snprintf(steps, sizeof steps,
             "[{\"type\": \"LoadImageFromFile\"}, {\"type\": \"LetterResize\", %s}]",
             cases[i].options);
    mmd_assert_ok(run(steps, sample, &result));
    assert_equal(result, cases[i].name);
    snprintf(name, sizeof name, "%s_metas", cases[i].name);
    const mmd_tensor_t *metas = array_named(name);  // two factors, then the border
    for (size_t k = 0; k < 6; ++k) {
      const mmd_value_t *list = mmd_object_get(result, k < 2 ? "scale_factor" : "pad_param");
      const double found = mmd_value_get_float(mmd_array_at(list, k < 2 ? k : k - 2), (double)NAN);
      if (!(fabs(found - mmd_tensor_get_f64(metas, k)) < 1e-6)) fail_msg("%s[%zu]", name, k);
    }
    mmd_value_release(result);
    mmd_value_release(sample);
  }
}

static void test_refusals(void **state) {
  const int bad = MMD_INVALID_ARGUMENT;
  mmd_value_t *result = NULL, *sample = frame_at(0, 1);
  (void)state;
  mmd_assert_fails(run_clip(LIFT(CROP("TenCrop", "20")) FORMAT("NCHW"), 1, 1, &result), bad,
                   "larger than the image");
  mmd_assert_fails(run_clip(LIFT(CROP("ThreeCrop", "5")) FORMAT("NCHW"), 1, 1, &result), bad,
                   "as wide or as high");
  mmd_assert_fails(run_clip(LIFT(CROP("ThreeCrop", "[1, 2, 3]")) FORMAT("NCHW"), 1, 1, &result),
                   bad, "crop_size");
  mmd_assert_fails(run_clip(LIFT("") FORMAT("NCTHW"), 4, 3, &result), bad, "clip_len 3");
  mmd_assert_fails(run_clip(LIFT("") FORMAT("NCTHW"), 4, 0, &result), bad, "clip_len 0");
  mmd_assert_fails(run_clip(LIFT("") FORMAT("NHWC"), 1, 1, &result), bad, "input_format");
  mmd_assert_fails(run_clip(LIFT("") FORMAT("NCHW"), 0, 1, &result), bad, "list of frames");
  mmd_assert_fails(run("[" FORMAT("NCHW"), sample, &result), bad, "list of frames");
  mmd_assert_fails(run("[{\"type\": \"LoadImageFromFile\"}, {\"type\": \"LetterResize\", "
                       "\"scale\": [1, 2, 3]}]",
                       sample, &result),
                   bad, "scale");
  mmd_assert_fails(run("[{\"type\": \"LoadImageFromFile\"}, {\"type\": \"LetterResize\", "
                       "\"scale\": 8, \"pad_val\": \"x\"}]",
                       sample, &result),
                   bad, "pad_val");
  mmd_value_release(sample);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_clips),
      cmocka_unit_test(test_letter),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests(tests, open_goldens, close_goldens);
}
