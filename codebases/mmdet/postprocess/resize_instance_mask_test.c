// SPDX-License-Identifier: Apache-2.0
//
// Against the code base's own pasting on outputs of real networks (tests/tasks, exported.npz).
#include <math.h>
#include <string.h>

#include "codebases/mmdet/postprocess/boxes.h"
#include "kernels/paste_mask.h"
#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"

// Bit |x| of a row that numpy.packbits made.
static bool bit_at(const uint8_t *row, int64_t x) {
  return row[x / 8] >> (7 - x % 8) & 1;
}

// Where the mask of our detection begins in the picture.
static void origin_of(const mmd_value_t *item, const mmd_image_t *mask, int64_t width,
                      int64_t height, int64_t *out_x, int64_t *out_y) {
  const mmd_value_t *bbox = mmd_object_get(item, "bbox");
  float box[4];
  for (size_t k = 0; k < 4; ++k) box[k] = (float)mmd_value_get_float(mmd_array_at(bbox, k), NAN);
  const mmd_paste_region_t region = mmd_paste_region(box, width, height);
  const bool is_whole = mask->width == width && mask->height == height;
  *out_x = is_whole ? 0 : region.x;
  *out_y = is_whole ? 0 : region.y;
  if (!is_whole) assert_true(mask->width == region.width && mask->height == region.height);
}

// Intersection over union of our mask and the packed one, 1 when both are empty.
static double overlap(const mmd_value_t *item, const uint8_t *packed, int64_t row_bytes,
                      int64_t width, int64_t height) {
  const mmd_image_t *mask = mmd_value_get_image(mmd_object_get(item, "mask"));
  int64_t left = 0, top = 0, both = 0, any = 0;
  assert_non_null(mask);
  origin_of(item, mask, width, height, &left, &top);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const bool is_inside =
          x >= left && y >= top && x < left + mask->width && y < top + mask->height;
      const bool a =
          is_inside && mask->data[(size_t)(y - top) * mask->row_stride + (size_t)(x - left)] == 255;
      const bool b = bit_at(packed + y * row_bytes, x);
      both += a && b;
      any += a || b;
    }
  }
  return any ? (double)both / (double)any : 1;
}

// The code base's own masks; of the photo they stand with its other answers. For masks of the whole
// input its export resizes by nearest neighbour, other than the model itself, so there the original
// runtime's are taken, which interpolates as the model does.
static mmd_value_t *read_masks(const mmd_head_case_t *head_case) {
  if (strstr(head_case->golden, "rtmdet")) return mmd_head_case_arrays(head_case, "arrays");
  const bool is_photo = strcmp(head_case->name, "photo") == 0;
  return mmd_head_case_arrays(head_case, is_photo ? "exported.npz" : "codebase_arrays");
}

static void compare_masks(const mmd_head_case_t *head_case) {
  if (strcmp(head_case->name, "photo") != 0 && strcmp(head_case->name, "one") != 0) return;
  mmd_value_t *arrays = read_masks(head_case);
  const mmd_tensor_t *masks = mmd_value_get_tensor(mmd_object_get(arrays, "masks"));
  int64_t height = 0, width = 0;
  mmd_assert_ok(mmd_meta_size(mmd_object_get(head_case->prep_output, "img_metas"), "test",
                              "ori_shape", &height, &width));
  const int64_t row_bytes = masks->shape.dims[2];
  assert_int_equal(masks->shape.dims[0], mmd_array_size(head_case->result));
  assert_int_equal(masks->shape.dims[1], height);
  for (size_t i = 0; i < mmd_array_size(head_case->result); ++i) {
    const uint8_t *packed =
        (const uint8_t *)mmd_tensor_data(masks) + (int64_t)i * height * row_bytes;
    const double iou =
        overlap(mmd_array_at(head_case->result, i), packed, row_bytes, width, height);
    if (iou < 0.999) fail_msg("%s: mask %zu: IoU %.5f", head_case->golden, i, iou);
  }
  mmd_value_release(arrays);
}

static void test_goldens(void **state) {
  (void)state;
  mmd_head_golden_check("instance-seg_mask-rcnn", &mmd_resize_instance_mask, NULL, compare_masks);
  mmd_head_golden_check("instance-seg_mask-rcnn_1x", &mmd_resize_instance_mask, NULL,
                        compare_masks);
  mmd_head_golden_check("instance-seg_rtmdet-ins_1x", &mmd_resize_instance_mask, NULL,
                        compare_masks);
}

static mmd_status_t run(int release, const char *params, int64_t count, const float *rows,
                        const float *masks, mmd_value_t **out_result) {
  static const float labels[] = {0, 1, 2};
  mmd_value_t *inputs[] = {mmd_test_json("{\"img_metas\": {\"ori_shape\": [1, 8, 10, 3]}}"),
                           mmd_value_object()};
  mmd_test_put_f32(inputs[1], "dets", 3, (int64_t[]){1, count, 5}, rows);
  mmd_test_put_f32(inputs[1], "labels", 2, (int64_t[]){1, count}, labels);
  mmd_test_put_f32(inputs[1], "masks", 4, (int64_t[]){1, count, 2, 2}, masks);
  mmd_status_t status =
      mmd_head_run(&mmd_resize_instance_mask, release, params, NULL, inputs, 2, out_result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
  return status;
}

static void test_edges(void **state) {
  // The first box is filtered, so that the second one's mask is not the first; the third lies
  // beside the picture and is left out.
  static const float rows[] = {1, 1, 3, 3, 0.1F, 2, 2, 6, 6, 0.9F, 20, 20, 30, 30, 0.8F};
  static const float masks[] = {0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1};
  mmd_value_t *result = NULL;
  (void)state;
  mmd_assert_ok(run(0, "{\"score_thr\": 0.5, \"rcnn\": {}}", 3, rows, masks, &result));
  assert_int_equal(mmd_array_size(result), 1);
  const mmd_image_t *mask = mmd_value_get_image(mmd_object_get(mmd_array_at(result, 0), "mask"));
  // The region is [1, 7) on both axes; the upper left quarter of the box is the object.
  assert_int_equal(mask->width, 6);
  assert_int_equal(mask->height, 6);
  for (size_t y = 0; y < 6; ++y) {
    for (size_t x = 0; x < 6; ++x) {
      // grid_sample: 1 at (3, 3), falling to a half at 4 and to 0.56 at (2.5, 2.5).
      const bool is_object = x >= 1 && y >= 1 && x <= 2 && y <= 2;
      assert_int_equal(mask->data[y * mask->row_stride + x], is_object ? 255 : 0);
    }
  }
  mmd_value_release(result);

  // Raw masks.
  result = NULL;
  mmd_assert_ok(run(1, "{\"is_resize_mask\": false, \"rcnn\": {}}", 2, rows, masks, &result));
  mask = mmd_value_get_image(mmd_object_get(mmd_array_at(result, 1), "mask"));
  assert_int_equal(mask->width, 2);
  assert_int_equal(mask->data[0], 255);
  assert_int_equal(mask->data[1], 0);
  mmd_value_release(result);

  // Masks of the whole input, smaller than the picture here.
  result = NULL;
  mmd_assert_ok(run(1, "{}", 2, rows, masks, &result));
  mask = mmd_value_get_image(mmd_object_get(mmd_array_at(result, 1), "mask"));
  assert_int_equal(mask->width, 10);
  assert_int_equal(mask->height, 8);
  assert_int_equal(mask->data[0], 255);
  assert_int_equal(mask->data[5], 0);
  mmd_value_release(result);

  // Masks that are cut to the picture need its size in the input.
  result = NULL;
  mmd_assert_fails(run(0, "{\"is_whole_mask\": true}", 2, rows, masks, &result),
                   MMD_INVALID_ARGUMENT, "img_metas.img_shape");

  // No detections.
  result = NULL;
  mmd_assert_ok(run(0, NULL, 0, rows, masks, &result));
  assert_int_equal(mmd_array_size(result), 0);
  mmd_value_release(result);
}

static void test_nan_box(void **state) {
  const float box[4] = {NAN, 0, 5, INFINITY};
  const mmd_paste_region_t region = mmd_paste_region(box, 10, 8);
  (void)state;
  assert_true(region.x >= 0 && region.y >= 0);
  assert_true(region.width <= 10 && region.height <= 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_edges),
      cmocka_unit_test(test_nan_box),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
