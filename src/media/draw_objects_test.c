// SPDX-License-Identifier: Apache-2.0
//
// Shapes, masks, palettes: pixels that can be told in advance; hostile objects. The colours are the
// code bases' (make_palettes.py).
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/last_error.h"
#include "mmdeploy/media.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "tests/support/mmd_test_skip.h"

enum { WIDTH = 100, HEIGHT = 80, GROUND = 100 };

static mmdeploy_image_t make_image(void) {
  static uint8_t pixels[WIDTH * HEIGHT * 3];
  memset(pixels, GROUND, sizeof pixels);
  const mmdeploy_mat_t mat = {
      pixels, HEIGHT, WIDTH, 3, MMDEPLOY_PIXEL_FORMAT_BGR, MMDEPLOY_DATA_TYPE_UINT8, NULL};
  mmdeploy_image_t image = NULL;
  assert_int_equal(mmdeploy_image_create(&mat, &image), 0);
  return image;
}

static const uint8_t *pixel(mmdeploy_image_t image, int x, int y) {
  const mmdeploy_mat_t *mat = mmdeploy_image_mat(image);
  return mat->data + ((size_t)y * (size_t)mat->width + (size_t)x) * 3;
}

static bool is_ground(const uint8_t *bgr) {
  return bgr[0] == GROUND && bgr[1] == GROUND && bgr[2] == GROUND;
}

static bool has_color(const uint8_t *bgr, const uint8_t *rgb) {
  return bgr[0] == rgb[2] && bgr[1] == rgb[1] && bgr[2] == rgb[0];
}

static int count_changed(mmdeploy_image_t image) {
  int changed = 0;
  for (int y = 0; y < HEIGHT; ++y) {
    for (int x = 0; x < WIDTH; ++x) changed += !is_ground(pixel(image, x, y));
  }
  return changed;
}

static void draw(mmdeploy_image_t image, const mmdeploy_draw_object_t *objects, int count,
                 const mmdeploy_draw_options_t *options) {
  if (mmdeploy_draw_objects(image, objects, count, options) != 0)
    fail_msg("%s", mmd_last_error_message());
}

static void expect_color(const char *palette, int classes, int index, int red, int green,
                         int blue) {
  uint8_t rgb[3];
  assert_int_equal(mmdeploy_draw_color(palette, classes, index, rgb), 0);
  if (rgb[0] != red || rgb[1] != green || rgb[2] != blue) {
    fail_msg("%s/%d[%d] is %d %d %d", palette ? palette : "-", classes, index, rgb[0], rgb[1],
             rgb[2]);
  }
}

static void test_palettes(void **state) {
  (void)state;
  expect_color("cityscapes", 0, 0, 128, 64, 128);  // road
  expect_color(NULL, 19, 11, 220, 20, 60);         // person
  expect_color(NULL, 19, 30, 220, 20, 60);         // tables repeat
  expect_color(NULL, 21, 1, 128, 0, 0);            // aeroplane
  expect_color(NULL, 21, 20, 0, 64, 128);          // tv monitor
  expect_color(NULL, 150, 0, 120, 120, 120);       // wall
  expect_color("ade20k", 0, 149, 92, 0, 255);      // flag
  expect_color(NULL, 80, 0, 220, 20, 60);          // person
  expect_color("coco", 0, 79, 191, 162, 208);      // toothbrush
  expect_color("#dc143c,#0102Ff", 80, 0, 220, 20, 60);
  expect_color("#dc143c,#0102Ff", 80, 3, 1, 2, 255);
  uint8_t rgb[3];
  assert_int_equal(mmdeploy_draw_color("pastel", 0, 0, rgb), MMDEPLOY_E_INVALID_ARG);
  static const char *const bad[] = {
      "#", "#12345", "#1234567", "#123456,", "#123456;#123456", "#12345g", "#123456,123456"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i)
    assert_int_equal(mmdeploy_draw_color(bad[i], 0, 0, rgb), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_draw_color(NULL, 0, 0, NULL), MMDEPLOY_E_INVALID_ARG);
}

// A made palette keeps near classes apart and is the same in every run.
static void test_made_palette(void **state) {
  (void)state;
  uint8_t colors[40][3];
  for (int i = 0; i < 40; ++i) assert_int_equal(mmdeploy_draw_color(NULL, 5, i - 10, colors[i]), 0);
  for (int i = 11; i < 40; ++i) {
    for (int k = i - 1; k > i - 6 && k >= 10; --k) {
      const int distance = abs(colors[i][0] - colors[k][0]) + abs(colors[i][1] - colors[k][1]) +
                           abs(colors[i][2] - colors[k][2]);
      if (distance < 60) fail_msg("colours %d and %d are %d apart", i - 10, k - 10, distance);
    }
  }
}

static void test_box(void **state) {
  (void)state;
  const mmdeploy_rect_t box = {10, 20, 40.4f, 50};
  const mmdeploy_draw_object_t object = {.color = 0, .bbox = &box};
  const mmdeploy_draw_options_t options = {.palette = "cityscapes"};
  const uint8_t road[] = {128, 64, 128};
  mmdeploy_image_t image = make_image();
  draw(image, &object, 1, &options);
  assert_int_equal(count_changed(image), 2 * 31 + 2 * 29);  // an outline of one pixel
  for (int x = 10; x <= 40; ++x) {
    assert_true(has_color(pixel(image, x, 20), road));
    assert_true(has_color(pixel(image, x, 50), road));
  }
  assert_true(has_color(pixel(image, 10, 35), road) && has_color(pixel(image, 40, 35), road));
  mmdeploy_image_destroy(image);
}

static void test_mask(void **state) {
  (void)state;
  uint8_t mask[12 * 9];
  memset(mask, 255, sizeof mask);
  memset(mask, 0, 12);  // the first row is outside
  const mmdeploy_draw_object_t object = {.color = 0,
                                         .mask = mask,
                                         .mask_left = 30,
                                         .mask_top = 39,
                                         .mask_width = 12,
                                         .mask_height = 9};
  const mmdeploy_draw_options_t options = {.palette = "cityscapes", .opacity = 0.25f};
  const uint8_t road[] = {128, 64, 128};
  mmdeploy_image_t image = make_image();
  draw(image, &object, 1, &options);
  assert_int_equal(count_changed(image), 12 * 8);
  for (int y = 40; y < 48; ++y) {
    for (int x = 30; x < 42; ++x) {
      const bool is_edge = x == 30 || x == 41 || y == 40 || y == 47;
      const uint8_t *bgr = pixel(image, x, y);
      assert_true(is_edge == has_color(bgr, road));
      if (is_edge) continue;
      assert_true(fabs(bgr[0] - (0.75 * GROUND + 0.25 * 128)) <= 1);
      assert_true(fabs(bgr[1] - (0.75 * GROUND + 0.25 * 64)) <= 1);
    }
  }
  mmdeploy_image_destroy(image);
}

// Masks over the picture's borders and over the seams between the bands that are drawn one by one.
static void test_masks_anywhere(void **state) {
  (void)state;
  static uint8_t mask[300 * 300];
  memset(mask, 1, sizeof mask);
  for (int top = -210; top < HEIGHT + 10; top += 7) {
    for (int left = -220; left < WIDTH + 10; left += 23) {
      const mmdeploy_draw_object_t object = {
          .mask = mask, .mask_left = left, .mask_top = top, .mask_width = 200, .mask_height = 200};
      mmdeploy_image_t image = make_image();
      draw(image, &object, 1, NULL);
      const int x0 = left < 0 ? 0 : left, x1 = left + 200 < WIDTH ? left + 200 : WIDTH;
      const int y0 = top < 0 ? 0 : top, y1 = top + 200 < HEIGHT ? top + 200 : HEIGHT;
      const int area = x1 > x0 && y1 > y0 ? (x1 - x0) * (y1 - y0) : 0;
      assert_int_equal(count_changed(image), area);
      mmdeploy_image_destroy(image);
    }
  }
}

static double distance_to_segment(double x, double y, mmdeploy_point_t a, mmdeploy_point_t b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double t = fmax(0, fmin(1, ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy)));
  return hypot(x - a.x - t * dx, y - a.y - t * dy);
}

// A line covers what lies near it and nothing else, whatever its direction.
static void test_lines(void **state) {
  (void)state;
  for (int turn = 0; turn < 24; ++turn) {
    const double angle = turn * 0.2618;
    const mmdeploy_point_t ends[] = {
        {50, 40}, {(float)(50 + 33 * cos(angle)), (float)(40 + 33 * sin(angle))}};
    const mmdeploy_draw_object_t object = {.color = 0, .polygon = ends, .polygon_size = 2};
    const mmdeploy_draw_options_t options = {.palette = "coco"};
    mmdeploy_image_t image = make_image();
    draw(image, &object, 1, &options);
    for (int y = 0; y < HEIGHT; ++y) {
      for (int x = 0; x < WIDTH; ++x) {
        const double distance = distance_to_segment(x, y, ends[0], ends[1]);
        if (distance > 1.2) assert_true(is_ground(pixel(image, x, y)));
        if (distance < 0.05) assert_true(pixel(image, x, y)[2] > 215);
      }
    }
    mmdeploy_image_destroy(image);
  }
}

static void test_rotated_box(void **state) {
  (void)state;
  const float rbbox[] = {50, 40, 40, 20, 0.5235988f};  // 30 degrees
  const mmdeploy_draw_object_t object = {.rbbox = rbbox};
  mmdeploy_image_t image = make_image();
  draw(image, &object, 1, NULL);
  // The middles of the four sides, by rotated_detector.h; the centre stays.
  const double c = 0.8660254, s = 0.5;
  const double middles[][2] = {
      {20 * c, 20 * s}, {-20 * c, -20 * s}, {-10 * s, 10 * c}, {10 * s, -10 * c}};
  for (int i = 0; i < 4; ++i) {
    const int x = (int)lround(50 + middles[i][0]), y = (int)lround(40 + middles[i][1]);
    assert_false(is_ground(pixel(image, x, y)));
  }
  assert_true(is_ground(pixel(image, 50, 40)));
  mmdeploy_image_destroy(image);
}

static mmdeploy_point_t g_points[17];

// The points lie on a circle, so that no link passes between neighbours but their own.
static mmdeploy_image_t draw_pose(const float *scores, const mmdeploy_draw_options_t *options) {
  for (int i = 0; i < 17; ++i) {
    const double angle = i * 6.283185307 / 17;
    g_points[i] = (mmdeploy_point_t){(float)(50 + 36 * cos(angle)), (float)(40 + 36 * sin(angle))};
  }
  const mmdeploy_draw_object_t object = {
      .keypoints = g_points, .keypoint_scores = scores, .keypoint_count = 17};
  mmdeploy_image_t image = make_image();
  draw(image, &object, 1, options);
  return image;
}

// Whether something is drawn in the middle between points |from| and |to|.
static bool is_joined(mmdeploy_image_t image, int from, int to) {
  const double x = (g_points[from].x + g_points[to].x) / 2;
  const double y = (g_points[from].y + g_points[to].y) / 2;
  return !is_ground(pixel(image, (int)lround(x), (int)lround(y)));
}

static void test_skeleton(void **state) {
  (void)state;
  float scores[17];
  for (int i = 0; i < 17; ++i) scores[i] = 0.9f;
  scores[0] = 0.2f;  // the nose is not seen
  mmdeploy_image_t image = draw_pose(scores, NULL);
  assert_true(is_joined(image, 1, 2) && is_joined(image, 11, 12));
  assert_false(is_joined(image, 10, 11) || is_joined(image, 15, 16));
  assert_false(is_joined(image, 0, 1));
  assert_false(is_joined(image, 0, 0));
  assert_true(is_joined(image, 6, 6) && is_joined(image, 16, 16));
  mmdeploy_image_destroy(image);
  image = draw_pose(NULL, NULL);  // without scores all are seen
  assert_true(is_joined(image, 0, 1));
  mmdeploy_image_destroy(image);
  const int links[] = {2, 3, 16, 99};  // the second one names a point that is not there
  image = draw_pose(scores, &(mmdeploy_draw_options_t){.links = links, .link_count = 2});
  assert_true(is_joined(image, 2, 3));
  assert_false(is_joined(image, 11, 12));
  mmdeploy_image_destroy(image);
}

static void test_segmentation(void **state) {
  (void)state;
  static int labels[WIDTH * HEIGHT];
  for (int i = 0; i < WIDTH * HEIGHT; ++i) labels[i] = i % WIDTH < 50 ? 0 : i % WIDTH - 40;
  labels[7] = -1;
  const mmdeploy_draw_options_t options = {.class_count = 19};
  mmdeploy_image_t image = make_image();
  assert_int_equal(mmdeploy_draw_segmentation(image, labels, WIDTH, HEIGHT, &options), 0);
  assert_int_equal(pixel(image, 3, 3)[0], (GROUND + 128) / 2);
  assert_int_equal(pixel(image, 3, 3)[1], (GROUND + 64) / 2);
  assert_int_equal(pixel(image, 51, 3)[2], (GROUND + 220) / 2);      // 11
  assert_int_equal(pixel(image, 51, 3)[0], pixel(image, 70, 3)[0]);  // 30 is 11
  assert_true(is_ground(pixel(image, 7, 0)));
  assert_int_equal(mmdeploy_draw_segmentation(image, labels, WIDTH - 1, HEIGHT, NULL),
                   MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_draw_segmentation(image, NULL, WIDTH, HEIGHT, NULL),
                   MMDEPLOY_E_INVALID_ARG);
  mmdeploy_image_destroy(image);
}

// Captions of several scripts leave marks above the box, and inside the picture at its top.
static void test_captions(void **state) {
  (void)state;
  static const char *const texts[] = {"cat", "\xe7\x8c\xab", "\xd9\x82\xd8\xb7\xd8\xa9",
                                      "\xff\xfe broken", "a very long name that does not fit"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    for (int top = 0; top < 60; top += 30) {
      const mmdeploy_rect_t box = {40, (float)top, 90, 75};
      const mmdeploy_draw_object_t object = {.text = texts[i], .score = 0.5f, .bbox = &box};
      mmdeploy_image_t image = make_image();
      const int code = mmdeploy_draw_objects(image, &object, 1, NULL);
      if (code == MMDEPLOY_E_NOT_SUPPORTED || code == MMDEPLOY_E_FILE_NOT_EXIST)
        mmd_test_skip("cairo or pango is missing");
      assert_int_equal(code, 0);
      int dark = 0, bright = 0;
      for (int y = top > 15 ? top - 15 : 0; y < top + (top ? 0 : 15); ++y) {
        for (int x = 0; x < WIDTH; ++x) {
          const uint8_t *bgr = pixel(image, x, y);
          dark += bgr[0] + bgr[1] + bgr[2] < 150;
          bright += bgr[0] + bgr[1] + bgr[2] > 650;
        }
      }
      assert_true(dark > 3 || bright > 3);  // ink
      mmdeploy_image_destroy(image);
    }
  }
}

static void test_hostile_objects(void **state) {
  (void)state;
  const mmdeploy_rect_t boxes[] = {{NAN, 0, 1, 1},
                                   {-INFINITY, 0, INFINITY, 9},
                                   {-1e30f, -1e30f, 1e30f, 1e30f},
                                   {50, 50, 10, 10}};
  const float rbboxes[][5] = {{NAN, 1, 1, 1, 1}, {1e30f, 0, 1e30f, 5, 1}, {5, 5, -3, 9, INFINITY}};
  const mmdeploy_point_t points[] = {{NAN, 0}, {1e30f, -1e30f}, {-1e9f, 40}, {1e9f, 41}};
  mmdeploy_image_t image = make_image();
  for (int i = 0; i < 4; ++i) draw(image, &(mmdeploy_draw_object_t){.bbox = &boxes[i]}, 1, NULL);
  assert_int_equal(count_changed(image), 0);
  for (int i = 0; i < 3; ++i) draw(image, &(mmdeploy_draw_object_t){.rbbox = rbboxes[i]}, 1, NULL);
  draw(image, &(mmdeploy_draw_object_t){.polygon = points, .polygon_size = 4}, 1, NULL);
  draw(image, &(mmdeploy_draw_object_t){.keypoints = points, .keypoint_count = 4}, 1, NULL);
  draw(image, NULL, 0, NULL);
  mmdeploy_draw_object_t object = {
      .mask = (const uint8_t *)"x", .mask_width = 1 << 30, .mask_height = 1};
  assert_int_equal(mmdeploy_draw_objects(image, &object, 1, NULL), MMDEPLOY_E_OUT_OF_RANGE);
  object = (mmdeploy_draw_object_t){.polygon = points, .polygon_size = -1};
  assert_int_equal(mmdeploy_draw_objects(image, &object, 1, NULL), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_draw_objects(image, NULL, 1, NULL), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_draw_objects(image, &object, -1, NULL), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_draw_objects(NULL, &object, 1, NULL), MMDEPLOY_E_INVALID_ARG);
  const mmdeploy_draw_options_t options = {.skeleton = "octopus"};
  assert_int_equal(mmdeploy_draw_objects(image, NULL, 0, &options), MMDEPLOY_E_INVALID_ARG);
  mmdeploy_image_destroy(image);
}

// Public calls turn a status into a code; the sweep wants a status again.
static mmd_status_t draw_once(void *context) {
  static const mmdeploy_rect_t box = {2, 2, 20, 20};
  static uint8_t pixels[40 * 30];
  const mmdeploy_mat_t mat = {
      pixels, 30, 40, 1, MMDEPLOY_PIXEL_FORMAT_GRAYSCALE, MMDEPLOY_DATA_TYPE_UINT8, NULL};
  const mmdeploy_draw_object_t object = {.bbox = &box, .text = "cat", .score = 0.25f};
  mmdeploy_image_t image = NULL;
  (void)context;
  int code = mmdeploy_image_create(&mat, &image);
  if (!code) code = mmdeploy_draw_objects(image, &object, 1, NULL);
  mmdeploy_image_destroy(image);
  if (code == MMDEPLOY_E_OUT_OF_MEMORY) return mmd_status_no_memory();
  assert_int_equal(code, 0);
  return NULL;
}

static void test_memory_runs_short(void **state) {
  (void)state;
  if (mmd_status_ignore(draw_once(NULL))) mmd_test_skip("cairo or pango is missing");
  mmd_test_sweep(draw_once, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_palettes),
      cmocka_unit_test(test_made_palette),
      cmocka_unit_test(test_box),
      cmocka_unit_test(test_mask),
      cmocka_unit_test(test_masks_anywhere),
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_rotated_box),
      cmocka_unit_test(test_skeleton),
      cmocka_unit_test(test_segmentation),
      cmocka_unit_test(test_captions),
      cmocka_unit_test(test_hostile_objects),
      cmocka_unit_test(test_memory_runs_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
