// SPDX-License-Identifier: Apache-2.0
//
// The transforms against the code bases' own classes, and the fused pass against the steps one by
// one.
#include "pipeline/preprocess.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/npy/npy.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

static uint32_t g_state = 7;

static uint32_t next_random(uint32_t limit) {
  g_state = g_state * 1664525u + 1013904223u;
  return (g_state >> 8) % limit;
}

static mmd_value_t *parse(const char *text) {
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_json_parse(text, strlen(text), "test", &value));
  return value;
}

// {"ori_img": image}
static mmd_value_t *make_sample(const mmd_image_t *image) {
  mmd_value_t *sample = mmd_value_object();
  mmd_assert_ok(mmd_object_take(sample, "ori_img", mmd_value_image(image)));
  return sample;
}

static mmd_value_t *run(const mmd_value_t *transforms, int release, bool is_fused,
                        mmd_value_t *sample) {
  const mmd_component_context_t context = {.device = "cpu"};
  mmd_preprocess_t *preprocess = NULL;
  mmd_value_t *result = NULL;
  mmd_assert_ok(
      mmd_preprocess_create(transforms, release, "transforms", is_fused, NULL, &preprocess));
  mmd_assert_ok(mmd_preprocess_run(preprocess, &context, sample, &result));
  mmd_preprocess_destroy(preprocess);
  return result;
}

//===--- goldens ---===//

static void assert_near(const mmd_tensor_t *got, const mmd_tensor_t *want, const char *name) {
  if (!mmd_shape_equal(&got->shape, &want->shape) || got->dtype != MMD_F32) {
    fail_msg("%s: wrong shape", name);
  }
  for (size_t i = 0; i < mmd_tensor_count(want); ++i) {
    const double a = mmd_tensor_get_f64(got, i), b = mmd_tensor_get_f64(want, i);
    // Two units in the last place: mmcv multiplies in double and rounds once.
    if (fabs(a - b) > 2.5e-7 * fmax(1, fabs(b))) {
      fail_msg("%s: element %zu is %.9g, %.9g expected", name, i, a, b);
    }
  }
}

static void check_goldens(const char *json_path, const char *arrays_path, int release) {
  char *text = NULL;
  size_t size = 0;
  mmd_value_t *cases = NULL, *arrays = NULL;
  mmd_assert_ok(mmd_file_read(json_path, 0, &text, &size));
  mmd_assert_ok(mmd_json_parse(text, size, json_path, &cases));
  mmd_assert_ok(mmd_npz_read_file(arrays_path, &arrays));
  assert_true(mmd_array_size(cases) >= 8);
  for (size_t k = 0; k < 2 * mmd_array_size(cases); ++k) {
    char name[32];
    mmd_image_t image;
    snprintf(name, sizeof name, "image_%zu", k / 2);
    const mmd_tensor_t *pixels = mmd_value_get_tensor(mmd_object_get(arrays, name));
    assert_non_null(pixels);
    mmd_assert_ok(mmd_image_borrow(mmd_tensor_data(pixels), (int)pixels->shape.dims[0],
                                   (int)pixels->shape.dims[1], 0, MMD_PIXEL_BGR, MMD_U8, &image));
    mmd_value_t *sample = make_sample(&image);
    mmd_value_t *result = run(mmd_array_at(cases, k / 2), release, k % 2 == 0, sample);
    snprintf(name, sizeof name, "result_%zu", k / 2);
    assert_near(mmd_value_get_tensor(mmd_object_get(result, "img")),
                mmd_value_get_tensor(mmd_object_get(arrays, name)), name);
    assert_int_equal(mmd_object_size(sample), 1);  // the caller's object is left alone
    mmd_value_release(result);
    mmd_value_release(sample);
  }
  mmd_value_release(arrays);
  mmd_value_release(cases);
  mmd_free(text);
}

static void equals_mmcls(void **state) {
  (void)state;
  check_goldens(MMD_TEST_FILE("src/pipeline/testdata/transforms_0x.json"),
                MMD_TEST_FILE("src/pipeline/testdata/transforms_0x.npz"), 0);
}

static void equals_mmcv2(void **state) {
  (void)state;
  check_goldens(MMD_TEST_FILE("src/pipeline/testdata/transforms_1x.json"),
                MMD_TEST_FILE("src/pipeline/testdata/transforms_1x.npz"), 1);
}

//===--- fused against unfused ---===//

// A random list in a legal order, as JSON.
static void random_steps(mmd_str_t *text, int channels) {
  static const char *const kinds[] = {
      "",
      ", \"interpolation\": \"nearest\"",
      ", \"interpolation\": \"bicubic\"",
      ", \"interpolation\": \"area\"",
      ", \"interpolation\": \"lanczos\"",
      ", \"backend\": \"pillow\"",
      ", \"backend\": \"pillow\", \"interpolation\": \"bicubic\"",
      ", \"backend\": \"pillow\", \"interpolation\": \"nearest\"",
      ", \"backend\": \"pillow\", \"interpolation\": \"box\"",
      ", \"backend\": \"pillow\", \"interpolation\": \"hamming\"",
      ", \"backend\": \"pillow\", \"interpolation\": \"lanczos\"",
  };
  static const char *const loads[] = {"\"color_type\": \"grayscale\"", "\"channel_order\": \"bgr\"",
                                      "\"channel_order\": \"rgb\""};
  const uint32_t shape = next_random(64);
  mmd_assert_ok(mmd_str_printf(text, "[{\"type\": \"LoadImageFromFile\", %s}",
                               loads[channels == 1 ? 0 : 1 + next_random(2)]));
  if (shape & 1 && next_random(3) == 0) {
    mmd_assert_ok(mmd_str_printf(text, ", {\"type\": \"CenterCrop\", \"crop_size\": %u}",
                                 1 + next_random(60)));
  }
  if (shape & 2 || next_random(2)) {
    const char *kind = kinds[next_random(sizeof kinds / sizeof kinds[0])];
    switch (next_random(4)) {
      case 0:
        mmd_assert_ok(mmd_str_printf(text,
                                     ", {\"type\": \"CenterCrop\", \"crop_size\": %u, "
                                     "\"efficientnet_style\": true%s}",
                                     1 + next_random(60), kind));
        break;
      case 1:
        mmd_assert_ok(mmd_str_printf(text, ", {\"type\": \"Resize\", \"size\": [%u, -1]%s}",
                                     10 + next_random(40), kind));
        break;
      case 2:
        mmd_assert_ok(mmd_str_printf(text, ", {\"type\": \"Resize\", \"size\": [%u, %u]%s}",
                                     1 + next_random(60), 1 + next_random(60), kind));
        break;
      default:
        mmd_assert_ok(mmd_str_printf(
            text, ", {\"type\": \"Resize\", \"size\": [%u, %u], \"keep_ratio\": true%s}",
            20 + next_random(40), 20 + next_random(40), kind));
    }
  }
  if (shape & 1) {
    mmd_assert_ok(mmd_str_printf(text, ", {\"type\": \"CenterCrop\", \"crop_size\": [%u, %u]}",
                                 1 + next_random(40), 1 + next_random(40)));
  }
  const char *pads[] = {"\"size_divisor\": 32", "\"pad_to_square\": true, \"pad_val\": [114.5]",
                        "\"size\": [64, 64], \"pad_val\": {\"img\": [300, 300, 300]}",
                        "\"logical_or_val\": 31, \"add_pix_val\": 1"};
  const uint32_t pad = next_random(6);
  const bool pad_is_first = next_random(2);
  if (pad < 4 && pad_is_first) {
    mmd_assert_ok(mmd_str_printf(text, ", {\"type\": \"Pad\", %s}", pads[pad]));
  }
  if (shape & 4 || !(shape & 8)) {
    mmd_assert_ok(mmd_str_append(
        text, channels == 1 ? ", {\"type\": \"Normalize\", \"mean\": [127.5], \"std\": [120]}"
                            : ", {\"type\": \"Normalize\", \"mean\": [123.675, 116.28, 103.53], "
                              "\"std\": [58.395, 57.12, 57.375], \"to_rgb\": "));
    if (channels == 3) mmd_assert_ok(mmd_str_append(text, shape & 16 ? "true}" : "false}"));
    if (pad < 4 && !pad_is_first) {
      mmd_assert_ok(mmd_str_printf(text, ", {\"type\": \"Pad\", %s}", pads[pad]));
    }
    mmd_assert_ok(mmd_str_append(text, shape & 32
                                           ? ", {\"type\": \"ImageToTensor\", \"keys\": [\"img\"]}]"
                                           : ", {\"type\": \"DefaultFormatBundle\"}]"));
  } else {
    mmd_assert_ok(mmd_str_append(text, ", {\"type\": \"DefaultFormatBundle\"}]"));
  }
}

// An image with rows that are longer than its pixels.
static mmd_image_t random_image(uint8_t **out_memory) {
  const mmd_pixel_format_t format = (mmd_pixel_format_t)next_random(MMD_PIXEL_FORMAT_COUNT);
  const bool is_nv = format == MMD_PIXEL_NV12 || format == MMD_PIXEL_NV21;
  int height = 1 + (int)next_random(60), width = 1 + (int)next_random(60);
  if (is_nv) height += height % 2, width += width % 2;
  const size_t stride = (size_t)(width * mmd_pixel_channels(format)) + next_random(5);
  const size_t bytes = stride * (size_t)(height + (is_nv ? height / 2 : 0));
  uint8_t *memory = malloc(bytes);
  mmd_image_t image;
  for (size_t i = 0; i < bytes; ++i) memory[i] = (uint8_t)next_random(256);
  mmd_assert_ok(mmd_image_borrow(memory, height, width, stride, format, MMD_U8, &image));
  *out_memory = memory;
  return image;
}

static bool begins_fused(const mmd_preprocess_t *preprocess) {
  mmd_value_t *steps = NULL;
  mmd_assert_ok(mmd_preprocess_describe(preprocess, &steps));
  const bool is_fused = mmd_object_get(mmd_array_at(steps, 0), "fused") != NULL;
  mmd_value_release(steps);
  return is_fused;
}

// Runs one way; an image may be too large for its Pad, then both ways say so.
static mmd_status_t run_way(const mmd_value_t *steps, int release, bool is_fused,
                            const mmd_component_context_t *context, mmd_value_t *sample,
                            mmd_value_t **out_result) {
  mmd_preprocess_t *preprocess = NULL;
  mmd_assert_ok(mmd_preprocess_create(steps, release, "transforms", is_fused, NULL, &preprocess));
  assert_int_equal(begins_fused(preprocess), is_fused);
  mmd_status_t status = mmd_preprocess_run(preprocess, context, sample, out_result);
  mmd_preprocess_destroy(preprocess);
  return status;
}

static void fused_equals_steps(void **state) {
  (void)state;
  mmd_pool_t *pool = NULL;
  size_t good = 0;
  mmd_assert_ok(mmd_pool_create(2, &pool));
  for (int i = 0; i < 600; ++i) {
    const mmd_component_context_t context = {.device = "cpu", .pool = i % 2 ? pool : NULL};
    const int release = (int)next_random(2);
    mmd_str_t text = {0};
    uint8_t *memory = NULL;
    random_steps(&text, next_random(4) ? 3 : 1);
    mmd_value_t *steps = parse(mmd_str_text(&text)), *a = NULL, *b = NULL;
    const mmd_image_t image = random_image(&memory);
    mmd_value_t *sample = make_sample(&image);
    mmd_status_t fused = run_way(steps, release, true, &context, sample, &a);
    mmd_status_t plain = run_way(steps, release, false, &context, sample, &b);
    if (!plain && !mmd_value_equal(a, b)) fail_msg("case %d: %s", i, mmd_str_text(&text));
    assert_string_equal(mmd_status_message(fused), mmd_status_message(plain));
    good += !plain;
    mmd_status_free(fused);
    mmd_status_free(plain);
    mmd_value_release(a);
    mmd_value_release(b);
    mmd_value_release(sample);
    mmd_value_release(steps);
    mmd_str_deinit(&text);
    free(memory);
  }
  assert_true(good > 400);
  mmd_pool_destroy(pool);
}

// A pass that begins behind the steps which find the person.
static void fused_equals_steps_of_poses(void **state) {
  (void)state;
  const mmd_component_context_t context = {.device = "cpu"};
  for (int i = 0; i < 200; ++i) {
    const int release = (int)next_random(2);
    mmd_str_t text = {0};
    uint8_t *memory = NULL;
    mmd_preprocess_t *preprocess = NULL;
    mmd_value_t *results[2] = {0}, *box = mmd_value_array();
    const unsigned width = 1 + next_random(40), height = 1 + next_random(40);
    mmd_assert_ok(mmd_str_printf(
        &text,
        "[{\"type\": \"LoadImageFromFile\"}, {\"type\": \"TopDownGetBboxCenterScale\", "
        "\"image_size\": [%u, %u]}, {\"type\": \"TopDownAffine\", \"image_size\": [%u, %u]%s}, "
        "{\"type\": \"Normalize\", \"mean\": [123.675, 116.28, 103.53], \"std\": [58.395, 57.12, "
        "57.375]}, {\"type\": \"ImageToTensor\", \"keys\": [\"img\"]}]",
        width, height, width, height, next_random(2) ? ", \"use_udp\": true" : ""));
    mmd_value_t *steps = parse(mmd_str_text(&text));
    const mmd_image_t image = random_image(&memory);
    mmd_value_t *sample = make_sample(&image);
    for (int k = 0; k < 4; ++k) {
      const double side = (double)next_random(600) / 8 - (k < 2 ? 20 : 0);
      mmd_assert_ok(mmd_array_take(box, mmd_value_float(k < 2 ? side : side + 1)));
    }
    mmd_assert_ok(mmd_object_take(sample, "bbox", box));
    for (int k = 0; k < 2; ++k) {
      mmd_assert_ok(mmd_preprocess_create(steps, release, "transforms", k == 0, NULL, &preprocess));
      mmd_assert_ok(mmd_preprocess_run(preprocess, &context, sample, &results[k]));
      mmd_preprocess_destroy(preprocess);
    }
    if (!mmd_value_equal(results[0], results[1])) fail_msg("case %d: %s", i, mmd_str_text(&text));
    mmd_value_release(results[0]);
    mmd_value_release(results[1]);
    mmd_value_release(sample);
    mmd_value_release(steps);
    mmd_str_deinit(&text);
    free(memory);
  }
}

//===--- metadata ---===//

static void writes_metadata(void **state) {
  (void)state;
  static const uint8_t pixels[20 * 40 * 3] = {0};
  mmd_image_t image;
  mmd_assert_ok(mmd_image_borrow(pixels, 20, 40, 0, MMD_PIXEL_BGR, MMD_U8, &image));
  mmd_value_t *sample = make_sample(&image);
  mmd_value_t *steps = parse(
      "[{\"type\": \"LoadImageFromFile\"}, {\"type\": \"Resize\", \"size\": [10, -1]}, "
      "{\"type\": \"CenterCrop\", \"crop_size\": 8}, {\"type\": \"Normalize\", \"mean\": [1, 2, "
      "3], "
      "\"std\": [4, 5, 6]}, {\"type\": \"Pad\", \"size_divisor\": 16}, "
      "{\"type\": \"DefaultFormatBundle\"}, {\"type\": \"Collect\", \"keys\": [\"img\"], "
      "\"meta_keys\": [\"filename\", \"ori_shape\", \"img_shape\", \"pad_shape\", "
      "\"scale_factor\", "
      "\"img_norm_cfg\", \"offset\", \"pad_fixed_size\", \"pad_size_divisor\", \"keep_ratio\", "
      "\"img_fields\"]}]");
  mmd_value_t *want = parse(
      "{\"ori_shape\": [1, 20, 40, 3], \"img_shape\": [1, 8, 8, 3], \"pad_shape\": [1, 16, 16, 3], "
      "\"scale_factor\": [0.5, 0.5, 0.5, 0.5], \"img_norm_cfg\": {\"mean\": [1, 2, 3], "
      "\"std\": [4, 5, 6], \"to_rgb\": true}, \"offset\": [12, 2], \"pad_fixed_size\": [16, 16], "
      "\"pad_size_divisor\": 16, \"keep_ratio\": false, \"img_fields\": [\"img\"]}");
  for (int fused = 0; fused < 2; ++fused) {
    mmd_value_t *result = run(steps, 0, fused, sample);
    assert_true(mmd_value_equal(mmd_object_get(result, "img_metas"), want));
    assert_int_equal(mmd_object_size(result), 3);
    assert_non_null(mmd_value_get_image(mmd_object_get(result, "ori_img")));
    mmd_value_release(result);
  }
  mmd_value_release(want);
  mmd_value_release(steps);
  mmd_value_release(sample);
}

static void loads_in_other_ways(void **state) {
  (void)state;
  static const float floats[2 * 3 * 3] = {0.5f, 1.5f, 2.5f};
  mmd_image_t image;
  mmd_assert_ok(mmd_image_borrow(floats, 2, 3, 0, MMD_PIXEL_BGR, MMD_F32, &image));
  mmd_value_t *sample = make_sample(&image);
  mmd_value_t *steps = parse(
      "[{\"type\": \"Compose\", \"transforms\": [{\"type\": \"LoadImageFromFile\", "
      "\"to_float32\": true, \"unknown_key\": 1}]}, {\"type\": \"Normalize\", \"mean\": [0, 0, 0], "
      "\"std\": [1, 1, 1]}, {\"type\": \"ImageToTensor\", \"keys\": [\"img\"]}]");
  mmd_value_t *result = run(steps, 0, true, sample);
  const mmd_tensor_t *tensor = mmd_value_get_tensor(mmd_object_get(result, "img"));
  assert_true(mmd_tensor_get_f64(tensor, 0) == 2.5);  // red first
  // An image that is there already is not loaded again.
  mmd_value_t *load = parse("[{\"type\": \"LoadImageFromFile\"}]");
  mmd_value_t *again = run(load, 0, true, result);
  assert_ptr_equal(mmd_object_get(again, "img"), mmd_object_get(result, "img"));
  mmd_value_release(again);
  mmd_value_release(load);
  mmd_value_release(result);
  mmd_value_release(steps);
  mmd_value_release(sample);
}

static void lifts_lists(void **state) {
  (void)state;
#define FRAME_STEPS                                                                              \
  "[{\"type\": \"LoadImageFromFile\"}, {\"type\": \"Normalize\", \"mean\": [1, 2, 3], \"std\": " \
  "[4, "                                                                                         \
  "5, 6]}, {\"type\": \"ImageToTensor\", \"keys\": [\"img\"]}]"
  static uint8_t pixels[2][4 * 5 * 3];
  mmd_image_t image;
  mmd_value_t *frames = mmd_value_array(), *clips = mmd_value_array(), *want = mmd_value_array();
  mmd_value_t *plain = parse(FRAME_STEPS), *result = NULL;
  mmd_value_t *once = parse("[{\"type\": \"Lift\", \"transforms\": " FRAME_STEPS "}]");
  mmd_value_t *twice = parse(
      "[{\"type\": \"Lift\", \"transforms\": [{\"type\": \"Lift\", "
      "\"transforms\": " FRAME_STEPS "}]}]");
  for (int i = 0; i < 2; ++i) {
    for (size_t k = 0; k < sizeof pixels[i]; ++k) pixels[i][k] = (uint8_t)next_random(256);
    mmd_assert_ok(mmd_image_borrow(pixels[i], 4, 5, 0, MMD_PIXEL_BGR, MMD_U8, &image));
    mmd_value_t *frame = make_sample(&image);
    mmd_assert_ok(mmd_array_take(want, run(plain, 0, false, frame)));
    mmd_assert_ok(mmd_array_take(frames, frame));
  }
  for (int fused = 0; fused < 2; ++fused) {
    result = run(once, 0, fused, frames);
    assert_true(mmd_value_equal(result, want));
    mmd_value_release(result);
  }
  mmd_assert_ok(mmd_array_take(clips, mmd_value_retain(frames)));
  mmd_assert_ok(mmd_array_take(clips, mmd_value_array()));
  result = run(twice, 0, true, clips);
  assert_int_equal(mmd_array_size(result), 2);
  assert_true(mmd_value_equal(mmd_array_at(result, 0), want));
  assert_int_equal(mmd_array_size(mmd_array_at(result, 1)), 0);
  mmd_value_release(result);
  // What is no list, and a frame that is none.
  mmd_preprocess_t *preprocess = NULL;
  const mmd_component_context_t context = {.device = "cpu"};
  mmd_assert_ok(mmd_preprocess_create(once, 0, "t", true, NULL, &preprocess));
  mmd_assert_fails(mmd_preprocess_run(preprocess, &context, mmd_array_at(frames, 0), &result),
                   MMD_INVALID_ARGUMENT, "Lift: a list is expected, found object");
  mmd_assert_ok(mmd_array_set(frames, 1, mmd_value_int(3)));
  mmd_assert_fails(mmd_preprocess_run(preprocess, &context, frames, &result), MMD_INVALID_ARGUMENT,
                   "item 1: a sample must be an object");
  mmd_preprocess_destroy(preprocess);
  mmd_value_release(clips);
  mmd_value_release(frames);
  mmd_value_release(want);
  mmd_value_release(plain);
  mmd_value_release(once);
  mmd_value_release(twice);
}

static mmd_status_t lift_once(void *context) {
  mmd_value_t *const *values = context;  // steps, frames
  const mmd_component_context_t component = {.device = "cpu"};
  mmd_preprocess_t *preprocess = NULL;
  mmd_value_t *result = NULL;
  mmd_status_t status = mmd_preprocess_create(values[0], 1, "t", true, NULL, &preprocess);
  if (!status) status = mmd_preprocess_run(preprocess, &component, values[1], &result);
  mmd_value_release(result);
  mmd_preprocess_destroy(preprocess);
  return status;
}

static void lifting_survives_lack_of_memory(void **state) {
  (void)state;
  static const uint8_t pixels[2 * 3 * 3] = {1, 2, 3};
  mmd_image_t image;
  mmd_value_t *values[2] = {parse("[{\"type\": \"Lift\", \"transforms\": " FRAME_STEPS "}]"),
                            mmd_value_array()};
  for (int i = 0; i < 3; ++i) {
    mmd_assert_ok(mmd_image_borrow(pixels, 2, 3, 0, MMD_PIXEL_BGR, MMD_U8, &image));
    mmd_assert_ok(mmd_array_take(values[1], make_sample(&image)));
  }
  mmd_test_sweep(lift_once, values);
  mmd_value_release(values[0]);
  mmd_value_release(values[1]);
}

//===--- errors ---===//

static void check_refused(const char *text, mmd_code_t code, const char *part) {
  mmd_value_t *steps = parse(text);
  mmd_preprocess_t *preprocess = NULL;
  mmd_assert_fails(mmd_preprocess_create(steps, 0, "tasks[0].transforms", true, NULL, &preprocess),
                   code, part);
  assert_null(preprocess);
  mmd_value_release(steps);
}

static void refuses_bad_configs(void **state) {
  (void)state;
  check_refused("{}", MMD_INVALID_ARGUMENT, "tasks[0].transforms: expected a list, found object");
  check_refused("[3]", MMD_INVALID_ARGUMENT, "tasks[0].transforms[0]");
  check_refused("[{\"type\": \"Resise\"}]", MMD_NOT_SUPPORTED, "did you mean 'Resize'");
  check_refused("[{\"type\": \"Lift\"}]", MMD_INVALID_ARGUMENT, "'transforms' of Lift is missing");
  check_refused("[{\"type\": \"Lift\", \"transforms\": [{\"type\": \"Lift\", \"transforms\": 3}]}]",
                MMD_INVALID_ARGUMENT, "transforms[0].transforms[0].transforms: expected a list");
  check_refused("[{\"type\": \"Resize\"}]", MMD_INVALID_ARGUMENT, "'size' of Resize is missing");
  check_refused("[{\"type\": \"Resize\", \"size\": [1, 2, 3]}]", MMD_INVALID_ARGUMENT,
                "transforms[0].size: 3 numbers");
  check_refused("[{\"type\": \"Resize\", \"size\": \"big\"}]", MMD_INVALID_ARGUMENT,
                "transforms[0].size");
  check_refused("[{\"type\": \"Resize\", \"size\": 1e9}]", MMD_INVALID_ARGUMENT,
                "transforms[0].size");
  check_refused("[{\"type\": \"Resize\", \"size\": [-1, 5]}]", MMD_INVALID_ARGUMENT, "no size");
  check_refused("[{\"type\": \"Resize\", \"size\": 8, \"interpolation\": \"box\"}]",
                MMD_NOT_SUPPORTED, "interpolation: cv2 has no 'box'; it has 'nearest'");
  check_refused(
      "[{\"type\": \"Resize\", \"size\": 8, \"interpolation\": \"area\", "
      "\"backend\": \"pillow\"}]",
      MMD_NOT_SUPPORTED, "interpolation: pillow has no 'area'");
  check_refused("[{\"type\": \"CenterCrop\", \"crop_size\": [8, 9], \"efficientnet_style\": true}]",
                MMD_INVALID_ARGUMENT, "efficientnet_style needs a square");
  check_refused(
      "[{\"type\": \"CenterCrop\", \"crop_size\": 8, \"auto_pad\": true, "
      "\"pad_cfg\": {\"padding_mode\": \"wrap\"}}]",
      MMD_INVALID_ARGUMENT, "padding_mode");
  check_refused("[{\"type\": \"Resize\", \"size\": 8, \"backend\": \"pil\"}]", MMD_INVALID_ARGUMENT,
                "transforms[0].backend");
  check_refused("[{\"type\": \"CenterCrop\"}]", MMD_INVALID_ARGUMENT, "'crop_size'");
  check_refused("[{\"type\": \"CenterCrop\", \"crop_size\": 0}]", MMD_INVALID_ARGUMENT,
                "crop_size");
  check_refused("[{\"type\": \"Pad\", \"pad_val\": [1, \"2\"]}]", MMD_INVALID_ARGUMENT, "pad_val");
  check_refused("[{\"type\": \"Pad\", \"padding_mode\": \"wrap\"}]", MMD_INVALID_ARGUMENT,
                "padding_mode");
  check_refused("[{\"type\": \"Normalize\", \"mean\": [1], \"std\": [0]}]", MMD_INVALID_ARGUMENT,
                "std");
  check_refused("[{\"type\": \"Normalize\", \"mean\": [1, 2], \"std\": [1]}]", MMD_INVALID_ARGUMENT,
                "2 numbers in 'mean'");
  check_refused("[{\"type\": \"Collect\", \"keys\": \"img\"}]", MMD_INVALID_ARGUMENT, ".keys");
  check_refused("[{\"type\": \"Compose\"}]", MMD_INVALID_ARGUMENT, "transforms");
  mmd_str_t deep = {0};
  for (int i = 0; i < 20; ++i) {
    mmd_assert_ok(mmd_str_append(&deep, "[{\"type\": \"Compose\", \"transforms\": "));
  }
  mmd_assert_ok(mmd_str_append(&deep, "[]"));
  for (int i = 0; i < 20; ++i) mmd_assert_ok(mmd_str_append(&deep, "}]"));
  check_refused(mmd_str_text(&deep), MMD_OUT_OF_RANGE, "nested more than");
  mmd_str_deinit(&deep);
}

static void check_run_fails(const char *text, int height, int width, mmd_pixel_format_t format,
                            mmd_code_t code, const char *part) {
  const mmd_component_context_t context = {.device = "cpu"};
  mmd_value_t *steps = parse(text);
  mmd_image_t image;
  mmd_assert_ok(mmd_image_create(height, width, format, MMD_U8, &image));
  mmd_value_t *sample = make_sample(&image), *result = NULL;
  memset(mmd_image_mutable_data(&image), 9, mmd_image_byte_size(&image));
  for (int fused = 0; fused < 2; ++fused) {
    mmd_preprocess_t *preprocess = NULL;
    mmd_assert_ok(mmd_preprocess_create(steps, 0, "t", fused, NULL, &preprocess));
    mmd_assert_fails(mmd_preprocess_run(preprocess, &context, sample, &result), code, part);
    assert_null(result);
    mmd_preprocess_destroy(preprocess);
  }
  mmd_value_release(sample);
  mmd_image_deinit(&image);
  mmd_value_release(steps);
}

static void refuses_bad_images(void **state) {
  (void)state;
#define LOAD "{\"type\": \"LoadImageFromFile\"}, "
#define TO_TENSOR ", {\"type\": \"DefaultFormatBundle\"}]"
  check_run_fails("[" LOAD "{\"type\": \"Resize\", \"size\": [256, -1]}" TO_TENSOR, 1, 30000,
                  MMD_PIXEL_BGR, MMD_OUT_OF_RANGE, "7680000x256");
  check_run_fails("[" LOAD
                  "{\"type\": \"Resize\", \"size\": [8, 8], \"keep_ratio\": true}" TO_TENSOR,
                  1, 30000, MMD_PIXEL_BGR, MMD_OUT_OF_RANGE, "would become 8x0");
  check_run_fails("[" LOAD "{\"type\": \"Pad\", \"size\": [4, 4]}" TO_TENSOR, 5, 3, MMD_PIXEL_BGR,
                  MMD_INVALID_ARGUMENT, "3x5 pixels is larger than 4x4");
  check_run_fails("[" LOAD "{\"type\": \"Normalize\", \"mean\": [1], \"std\": [1]}" TO_TENSOR, 5, 3,
                  MMD_PIXEL_BGR, MMD_INVALID_ARGUMENT, "3 channels, but 1 numbers");
  check_run_fails("[" LOAD "{\"type\": \"Resize\", \"size\": 60000}" TO_TENSOR, 5, 3, MMD_PIXEL_BGR,
                  MMD_OUT_OF_RANGE, "would become 60000x60000");
  check_run_fails("[" LOAD "{\"type\": \"Pad\", \"size\": 60000}" TO_TENSOR, 5, 3, MMD_PIXEL_BGR,
                  MMD_OUT_OF_RANGE, "would become 60000x60000");
  check_run_fails("[{\"type\": \"CenterCrop\", \"crop_size\": 3}]", 5, 3, MMD_PIXEL_BGR,
                  MMD_INVALID_ARGUMENT, "'img' must be an image");
  check_run_fails("[" LOAD "{\"type\": \"Collect\", \"keys\": [\"image\"]}]", 5, 3, MMD_PIXEL_BGR,
                  MMD_INVALID_ARGUMENT, "there is no 'image'");
}

//===--- short of memory ---===//

static mmd_status_t create_and_run(void *context) {
  const mmd_component_context_t component = {.device = "cpu"};
  static const uint8_t pixels[12 * 10 * 3] = {0};
  const char *text = context;
  mmd_value_t *steps = NULL, *sample = NULL, *result = NULL;
  mmd_preprocess_t *fused = NULL, *plain = NULL;
  mmd_image_t image;
  mmd_status_t status = mmd_json_parse(text, strlen(text), "test", &steps);
  if (!status) status = mmd_image_borrow(pixels, 12, 10, 0, MMD_PIXEL_BGR, MMD_U8, &image);
  if (!status && !(sample = mmd_value_object())) status = mmd_status_no_memory();
  if (!status) status = mmd_object_take(sample, "ori_img", mmd_value_image(&image));
  if (!status) status = mmd_preprocess_create(steps, 1, "t", true, NULL, &fused);
  if (!status) status = mmd_preprocess_create(steps, 1, "t", false, NULL, &plain);
  if (!status) status = mmd_preprocess_run(fused, &component, sample, &result);
  mmd_value_release(result);
  result = NULL;
  if (!status) status = mmd_preprocess_run(plain, &component, sample, &result);
  mmd_value_release(result);
  result = NULL;
  if (!status) status = mmd_preprocess_describe(plain, &result);
  mmd_value_release(result);
  mmd_preprocess_destroy(fused);
  mmd_preprocess_destroy(plain);
  mmd_value_release(sample);
  mmd_value_release(steps);
  return status;
}

static void survives_lack_of_memory(void **state) {
  (void)state;
  char text[] = "[" LOAD
                "{\"type\": \"Resize\", \"size\": [9, -1], \"keep_ratio\": true}, "
                "{\"type\": \"CenterCrop\", \"crop_size\": 8}, {\"type\": \"Normalize\", \"mean\": "
                "[1, 2, 3], "
                "\"std\": [4, 5, 6]}, {\"type\": \"Pad\", \"size_divisor\": 16}, "
                "{\"type\": \"DefaultFormatBundle\"}, {\"type\": \"Collect\", \"keys\": [\"img\"], "
                "\"meta_keys\": [\"ori_shape\", \"img_norm_cfg\"]}]";
  mmd_test_sweep(create_and_run, text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_mmcls),
      cmocka_unit_test(equals_mmcv2),
      cmocka_unit_test(fused_equals_steps),
      cmocka_unit_test(fused_equals_steps_of_poses),
      cmocka_unit_test(writes_metadata),
      cmocka_unit_test(loads_in_other_ways),
      cmocka_unit_test(lifts_lists),
      cmocka_unit_test(lifting_survives_lack_of_memory),
      cmocka_unit_test(refuses_bad_configs),
      cmocka_unit_test(refuses_bad_images),
      cmocka_unit_test(survives_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
