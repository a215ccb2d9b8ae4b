// SPDX-License-Identifier: Apache-2.0
//
// Contours, polygons, rectangles and growing against OpenCV 4.7.0.72 and Clipper:
// testdata/polygon_golden.txt, made by make_polygon_golden.py.
#include "kernels/polygon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kernels/contour.h"
#include "kernels/cpu.h"
#include "kernels/min_area_rect.h"
#include "kernels/polygon_offset.h"
#include "tests/support/mmd_test.h"

#define FNV_BEGIN 0xcbf29ce484222325u

static unsigned long long fnv(unsigned long long value, const void *data, size_t size) {
  uint64_t hash = value;
  for (size_t i = 0; i < size; ++i) hash = (hash ^ ((const uint8_t *)data)[i]) * 0x100000001b3u;
  return hash;
}

//===--- masks ---===//

static uint32_t g_state;

static int64_t below(uint32_t limit) {
  g_state = g_state * 1664525u + 1013904223u;
  return (g_state >> 8) % limit;
}

static void draw(float *map, int64_t w, int64_t h) {
  const int64_t cx = below((uint32_t)w), cy = below((uint32_t)h), a = 1 + below(30);
  const int64_t b = 1 + below(14), shear = below(33) - 16, kind = below(3), value = below(5);
  for (int64_t i = 0; i < w * h; ++i) {
    const int64_t dx = i % w - cx, dy = (i / w - cy) * 16 - dx * shear;
    const bool is_box = llabs(dx) <= a && llabs(dy) <= b * 16;
    const bool is_ellipse = dx * dx * b * b * 256 + dy * dy * a * a <= a * a * b * b * 256;
    if (kind ? is_box : is_ellipse) map[i] = (float)value / 4.0F;
  }
}

static float *make_map(uint32_t seed, size_t *out_width, size_t *out_height) {
  g_state = seed;
  const int64_t w = 1 + below(120), h = 1 + below(90);
  float *map = calloc((size_t)(w * h), sizeof *map);
  for (int64_t i = below(6); i >= 0; --i) draw(map, w, h);
  for (int64_t i = 0; seed % 8 == 0 && i < w * h; ++i) {
    if (below(3) == 0) map[i] = (float)below(5) / 4.0F;
  }
  *out_width = (size_t)w;
  *out_height = (size_t)h;
  return map;
}

//===--- golden ---===//

typedef struct counts_t {
  int contours, turned, grown, other_parts, other_hulls, other_boxes, other_orders;
} counts_t;

static void read_corners(FILE *file, float out_corners[8]) {
  for (int i = 0; i < 8; ++i) assert_int_equal(fscanf(file, "%f", &out_corners[i]), 1);
}

static mmd_rotated_rect_t rect_around(const mmd_ipoint_t *points, size_t count) {
  mmd_rotated_rect_t rect;
  mmd_point_t *floats = malloc(count * sizeof *floats);
  for (size_t i = 0; i < count; ++i) {
    floats[i] = (mmd_point_t){(float)points[i].x, (float)points[i].y};
  }
  mmd_assert_ok(mmd_min_area_rect(floats, count, &rect));
  free(floats);
  return rect;
}

// Whether all corners are there, in whatever order.
static bool is_same_box(const float a[8], const mmd_point_t b[4]) {
  for (int i = 0; i < 4; ++i) {
    bool is_there = false;
    for (int k = 0; k < 4; ++k) {
      is_there =
          is_there || (fabsf(a[2 * i] - b[k].x) < 1e-3F && fabsf(a[2 * i + 1] - b[k].y) < 1e-3F);
    }
    if (!is_there) return false;
  }
  return true;
}

static int compare_points(const void *left, const void *right) {
  const mmd_ipoint_t *a = left, *b = right;
  return a->x != b->x ? (a->x < b->x ? -1 : 1) : (a->y > b->y) - (a->y < b->y);
}

static void check_hull(FILE *file, mmd_polygon_growth_t *growth, counts_t *counts) {
  unsigned long long hash = 0;
  float wanted[8];
  mmd_point_t found[4];
  assert_int_equal(fscanf(file, "%llx", &hash), 1);
  read_corners(file, wanted);
  if (growth->parts != 1) return;
  const mmd_rotated_rect_t rect = rect_around(growth->hull, growth->hull_count);
  mmd_rotated_rect_corners(&rect, found);
  counts->other_boxes += !is_same_box(wanted, found);
  counts->other_orders += fabsf(wanted[0] - found[0].x) + fabsf(wanted[1] - found[0].y) > 1e-3F;
  qsort(growth->hull, growth->hull_count, sizeof *growth->hull, compare_points);
  const size_t size = growth->hull_count * sizeof *growth->hull;
  counts->other_hulls += fnv(FNV_BEGIN, growth->hull, size) != hash;
}

static void check_grown(FILE *file, const mmd_ipoint_t *points, size_t count, counts_t *counts) {
  const double distance = mmd_polygon_area(points, count) * 1.5 / mmd_polygon_length(points, count);
  mmd_polygon_growth_t growth = {0};
  size_t parts = 0;
  assert_int_equal(fscanf(file, " grown %zu", &parts), 1);
  mmd_assert_ok(mmd_polygon_offset(&growth, points, count, distance));
  mmd_assert_ok(mmd_polygon_outline(&growth));
  ++counts->grown;
  counts->other_parts += (parts == 1) != (growth.parts == 1);
  if (parts == 1) check_hull(file, &growth, counts);
  mmd_polygon_growth_deinit(&growth);
}

static void check_contour(FILE *file, const mmd_ipoint_t *points, size_t count, const float *map,
                          size_t width, size_t height, counts_t *counts) {
  unsigned long long hash = 0;
  double wanted_mean = 0, mean = 0;
  float wanted[8];
  mmd_point_t found[4];
  size_t wanted_corners = 0, corners = 0;
  mmd_polygon_mask_t mask = {0};
  mmd_ipoint_t *polygon = malloc(count * sizeof *polygon);
  assert_int_equal(fscanf(file, " contour %llx %zu %lf", &hash, &wanted_corners, &wanted_mean), 3);
  read_corners(file, wanted);
  const double epsilon = 0.01 * mmd_polygon_arc_length(points, count);
  mmd_assert_ok(mmd_polygon_approximate(points, count, epsilon, polygon, &corners));
  assert_int_equal(corners, wanted_corners);
  assert_true(fnv(FNV_BEGIN, polygon, corners * sizeof *polygon) == hash);
  mmd_assert_ok(mmd_polygon_mean(&mask, polygon, corners, map, width, height, &mean));
  assert_true(fabs(mean - wanted_mean) < 1e-9);
  const mmd_rotated_rect_t rect = rect_around(points, count);
  mmd_rotated_rect_corners(&rect, found);
  assert_true(is_same_box(wanted, found));
  counts->turned += fabsf(wanted[0] - found[0].x) + fabsf(wanted[1] - found[0].y) > 1e-3F;
  if (corners >= 4) check_grown(file, polygon, corners, counts);
  mmd_polygon_mask_deinit(&mask);
  free(polygon);
  ++counts->contours;
}

static unsigned long long hash_contours(const mmd_contours_t *contours) {
  unsigned long long hash = FNV_BEGIN;
  for (size_t i = contours->count; i-- > 0;) {
    const mmd_contour_t *contour = &contours->items[i];
    const int32_t count = (int32_t)contour->count;
    hash = fnv(hash, &count, sizeof count);
    hash = fnv(hash, contours->points + contour->first, contour->count * sizeof(mmd_ipoint_t));
  }
  return hash;
}

// |test| with each instruction set that can run here.
static void for_each_isa(void (*test)(void)) {
  const mmd_isa_t best = mmd_cpu_isa();
  for (int isa = 0; isa < MMD_ISA_COUNT; ++isa) {
    if (mmd_cpu_set_isa((mmd_isa_t)isa)) test();
  }
  assert_true(mmd_cpu_set_isa(best));
}

static void check_goldens(void) {
  FILE *file = fopen(MMD_TEST_FILE("src/kernels/testdata/polygon_golden.txt"), "r");
  mmd_contours_t contours = {0};
  counts_t counts = {0};
  unsigned seed = 0;
  size_t width = 0, height = 0, wanted_width, wanted_height, count;
  unsigned long long hash = 0;
  int maps = 0;
  assert_non_null(file);
  for (; fscanf(file, " map %u %zu %zu %zu %llx", &seed, &wanted_width, &wanted_height, &count,
                &hash) == 5;
       ++maps) {
    float *map = make_map(seed, &width, &height);
    assert_int_equal(width, wanted_width);
    assert_int_equal(height, wanted_height);
    mmd_assert_ok(mmd_contours_find(&contours, map, width, height, 0.3F, NULL));
    assert_int_equal(contours.count, count);
    assert_true(hash_contours(&contours) == hash);
    for (size_t i = count; i-- > 0;) {
      const mmd_contour_t *contour = &contours.items[i];
      check_contour(file, contours.points + contour->first, contour->count, map, width, height,
                    &counts);
    }
    free(map);
  }
  fclose(file);
  mmd_contours_deinit(&contours);
  assert_int_equal(maps, 48);
  // Points that repeat may change where OpenCV begins. Clipper's own ways with borders that touch
  // themselves are not followed, nor always where its result begins, which decides about the order
  // of the corners.
  print_message(
      "%d contours, %d turned; %d grown: %d other parts, %d other hulls, "
      "%d other boxes, %d other orders\n",
      counts.contours, counts.turned, counts.grown, counts.other_parts, counts.other_hulls,
      counts.other_boxes, counts.other_orders);
  assert_true(counts.contours > 500 && counts.grown > 100);
  assert_true(counts.other_parts * 100 <= counts.grown && counts.other_orders * 25 <= counts.grown);
  assert_true(counts.other_hulls * 100 <= counts.grown && counts.other_boxes * 100 <= counts.grown);
  assert_true(counts.turned * 200 <= counts.contours);
}

static void test_equals_opencv_and_clipper(void **state) {
  (void)state;
  for_each_isa(check_goldens);
}

//===--- edges ---===//

static void test_edges(void **state) {
  static const mmd_ipoint_t line[] = {{0, 0}, {4, 0}, {9, 0}};
  static const mmd_ipoint_t square[] = {{0, 0}, {0, 10}, {10, 10}, {10, 0}};
  const float nan_map[] = {NAN, NAN};
  mmd_contours_t contours = {0};
  mmd_polygon_mask_t mask = {0};
  mmd_rotated_rect_t rect;
  mmd_polygon_growth_t growth = {0};
  mmd_ipoint_t out[4];
  size_t count = 9;
  double mean = 9;
  (void)state;
  mmd_assert_ok(mmd_contours_find(&contours, nan_map, 2, 1, 0, NULL));
  assert_int_equal(contours.count, 0);
  mmd_assert_ok(mmd_contours_find(&contours, nan_map, 0, 0, 0, NULL));
  assert_int_equal(contours.count, 0);
  mmd_contours_deinit(&contours);

  mmd_assert_ok(mmd_polygon_approximate(square, 0, 1, out, &count));
  assert_int_equal(count, 0);
  mmd_assert_ok(mmd_polygon_approximate(square, 1, 1, out, &count));
  assert_int_equal(count, 1);
  mmd_assert_ok(mmd_polygon_mean(&mask, square, 0, nan_map, 2, 1, &mean));
  assert_true(mean == 0);
  mmd_assert_fails(mmd_polygon_mean(&mask, square, 4, nan_map, 2, 1, &mean), MMD_OUT_OF_RANGE,
                   "outside");
  mmd_polygon_mask_deinit(&mask);

  mmd_assert_ok(mmd_min_area_rect(NULL, 0, &rect));
  assert_true(rect.width == 0 && rect.height == 0);
  mmd_assert_fails(mmd_min_area_rect(&(mmd_point_t){NAN, 0}, 1, &rect), MMD_INVALID_ARGUMENT,
                   "finite");

  // A line has nothing to grow; a square grown by 5 spans -5 to 15.
  mmd_assert_ok(mmd_polygon_offset(&growth, line, 3, 0));
  assert_int_equal(growth.path_count, 0);
  mmd_assert_ok(mmd_polygon_outline(&growth));
  assert_int_equal(growth.parts, 0);
  mmd_assert_ok(mmd_polygon_offset(&growth, square, 4, 5));
  mmd_assert_ok(mmd_polygon_outline(&growth));
  assert_int_equal(growth.parts, 1);
  for (size_t i = 0; i < growth.hull_count; ++i) {
    assert_true(growth.hull[i].x >= -5 && growth.hull[i].x <= 15);
    assert_true(growth.hull[i].y >= -5 && growth.hull[i].y <= 15);
  }
  mmd_assert_fails(mmd_polygon_offset(&growth, square, 4, NAN), MMD_OUT_OF_RANGE, "beyond");
  mmd_polygon_growth_deinit(&growth);
}

//===--- means ---===//

// The mean over a rectangle, pixel after pixel.
static double plain_mean(const float *map, size_t width, const mmd_ipoint_t *corners) {
  double sum = 0;
  size_t count = 0;
  for (int32_t y = corners[0].y; y <= corners[2].y; ++y) {
    for (int32_t x = corners[0].x; x <= corners[2].x; ++x, ++count) {
      sum += (double)map[(size_t)y * width + (size_t)x];
    }
  }
  return sum / (double)count;
}

// Bit for bit, also where sums round: probabilities, then with smaller numbers, larger ones, a NaN.
// Rectangles of all widths, at both sides of the map.
static void check_means(void) {
  enum { WIDTH = 67, HEIGHT = 41 };
  static const float others[] = {1, 1e-9F, 1e30F, -1, NAN};
  mmd_polygon_mask_t mask = {0};
  float map[WIDTH * HEIGHT];
  g_state = 7;
  for (size_t i = 0; i < sizeof map / sizeof *map; ++i) {
    map[i] = (float)(1 + below(1 << 24)) / (float)(1 << 24);
    if (map[i] < 0.01F) map[i] = 0.5F;
  }
  for (int i = 0; i < 5 * 2 * WIDTH; ++i) {
    const int32_t size = i / 10, left = i % 2 ? 0 : WIDTH - 1 - size;
    const mmd_ipoint_t corners[] = {{left, 2}, {left, 38}, {left + size, 38}, {left + size, 2}};
    double mean = 0;
    map[17 * WIDTH + left + size / 2] = others[i / 2 % 5];
    const double wanted = plain_mean(map, WIDTH, corners);
    mmd_assert_ok(mmd_polygon_mean(&mask, corners, 4, map, WIDTH, HEIGHT, &mean));
    assert_true(mean == wanted || (isnan(mean) && isnan(wanted)));
    map[17 * WIDTH + left + size / 2] = 0.25F;
  }
  mmd_polygon_mask_deinit(&mask);
}

// A map narrower than what is summed at once.
static void check_narrow_means(void) {
  static const float map[] = {0.5F, 0.25F, 0.125F, 1, 0.75F, 0.5F};
  static const mmd_ipoint_t corners[] = {{0, 0}, {0, 1}, {2, 1}, {2, 0}};
  mmd_polygon_mask_t mask = {0};
  double mean = 0;
  mmd_assert_ok(mmd_polygon_mean(&mask, corners, 4, map, 3, 2, &mean));
  assert_true(mean == plain_mean(map, 3, corners));
  mmd_polygon_mask_deinit(&mask);
}

static void test_means_are_exact(void **state) {
  (void)state;
  for_each_isa(check_means);
  for_each_isa(check_narrow_means);
}

// A spiral and combs: long straight borders that come near themselves, which words must not skip.
static void check_long_borders(void) {
  enum { WIDTH = 96, HEIGHT = 40 };
  float map[WIDTH * HEIGHT];
  mmd_contours_t long_ones = {0}, turned = {0};
  for (int kind = 0; kind < 3; ++kind) {
    float other[WIDTH * HEIGHT];
    for (int i = 0; i < WIDTH * HEIGHT; ++i) {
      const int x = i % WIDTH, y = i / WIDTH;
      const bool is_comb = y % 4 < 2 || (y / 4 % 2 ? x < 3 : x >= WIDTH - 3);
      map[i] = kind == 0   ? is_comb
               : kind == 1 ? (is_comb && !(y % 4 == 0 && x % 23 == 11))
                           : (y > 3 && y < 36 && x > 3 && x < 92 && !(y == 20 && x > 9 && x < 70));
      other[x * HEIGHT + y] = map[i];
    }
    // The same picture on its side has the same borders, corner for corner.
    mmd_assert_ok(mmd_contours_find(&long_ones, map, WIDTH, HEIGHT, 0.5F, NULL));
    mmd_assert_ok(mmd_contours_find(&turned, other, HEIGHT, WIDTH, 0.5F, NULL));
    assert_int_equal(long_ones.count, turned.count);
    assert_int_equal(long_ones.point_count, turned.point_count);
    double length = 0, turned_length = 0;
    for (size_t i = 0; i < long_ones.count; ++i) {
      const mmd_contour_t *a = &long_ones.items[i], *b = &turned.items[i];
      length += mmd_polygon_length(long_ones.points + a->first, a->count);
      turned_length += mmd_polygon_length(turned.points + b->first, b->count);
    }
    assert_float_equal(length, turned_length, 1e-9);
  }
  mmd_contours_deinit(&long_ones);
  mmd_contours_deinit(&turned);
}

static void test_long_borders(void **state) {
  (void)state;
  for_each_isa(check_long_borders);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equals_opencv_and_clipper),
      cmocka_unit_test(test_means_are_exact),
      cmocka_unit_test(test_long_borders),
      cmocka_unit_test(test_edges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
