// SPDX-License-Identifier: Apache-2.0
//
// Objects in pictures that are cut into tiles: each comes out once, with the box and the mask that
// the whole picture gives. The "network" finds rectangles of one bright value in what it is shown.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/mmd_test.h"
#include "tools/mmdeploy/run_join.h"

enum { WIDTH = 400, HEIGHT = 300, BACKGROUND = 10, MAX_OBJECTS = 8 };

typedef struct object_t {
  int left, top, right, bottom;  // right and bottom pixels not included
  uint8_t value;                 // also the label
} object_t;

static uint8_t g_picture[WIDTH * HEIGHT * 3];
static const object_t *g_objects;
static int g_object_count;
static bool g_turns;  // rotated boxes
static bool g_reads;  // polygons

static void draw(const object_t *objects, int count) {
  memset(g_picture, BACKGROUND, sizeof g_picture);
  g_objects = objects;
  g_object_count = count;
  for (int i = 0; i < count; ++i) {
    const object_t *o = &objects[i];
    for (int y = o->top; y < o->bottom; ++y)
      memset(g_picture + (y * WIDTH + o->left) * 3, o->value, (size_t)(o->right - o->left) * 3);
  }
}

//===--- what run_tile.c calls ---------------------------------------------===//

int cli_arguments_refuse(const cli_arguments_t *arguments, const char *format, ...) {
  (void)arguments;
  (void)format;
  return 2;
}

static void set_outline(run_item_t *item, mmdeploy_rect_t box) {
  item->fields = RUN_LABEL | RUN_SCORE;
  if (g_turns) {
    const float rbox[5] = {(box.left + box.right) / 2, (box.top + box.bottom) / 2,
                           box.right - box.left, box.bottom - box.top, 0};
    memcpy(item->rbox, rbox, sizeof rbox);
    item->fields |= RUN_RBOX;
  } else if (g_reads) {
    const mmdeploy_point_t corners[] = {
        {box.left, box.top}, {box.right, box.top}, {box.right, box.bottom}, {box.left, box.bottom}};
    item->polygon = run_copy(corners, 4, sizeof *corners);
    item->polygon_size = 4;
    item->text = run_copy("part", 5, 1);
  } else {
    item->bbox = box;
    item->fields |= RUN_BBOX;
  }
}

// The part of each object that |mat| shows; |*score| says how much of it that is.
static void find(const mmdeploy_mat_t *mat, const object_t *object, run_answer_t *answer) {
  int left = mat->width, top = mat->height, right = 0, bottom = 0, count = 0;
  for (int y = 0; y < mat->height; ++y) {
    for (int x = 0; x < mat->width; ++x) {
      if (mat->data[(y * mat->width + x) * 3] != object->value) continue;
      left = x < left ? x : left;
      top = y < top ? y : top;
      right = x + 1 > right ? x + 1 : right;
      bottom = y + 1 > bottom ? y + 1 : bottom;
      ++count;
    }
  }
  if (count < 30) return;
  const int area = (object->right - object->left) * (object->bottom - object->top);
  run_item_t *item = run_answer_add(answer);
  assert_non_null(item);
  set_outline(item, (mmdeploy_rect_t){(float)left, (float)top, (float)right, (float)bottom});
  item->label_id = object->value / 10;
  item->score = (float)count / (float)area;
  if (g_turns || g_reads) return;
  item->mask_left = left;
  item->mask_top = top;
  item->mask_width = right - left;
  item->mask_height = bottom - top;
  item->mask = malloc((size_t)(item->mask_width * item->mask_height));
  assert_non_null(item->mask);
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      const bool is_inside = mat->data[(y * mat->width + x) * 3] == object->value;
      item->mask[(y - top) * item->mask_width + x - left] = is_inside ? 255 : 0;
    }
  }
}

int run_apply(run_t *run, const mmdeploy_mat_t *mats, int count, run_answer_t *answers) {
  (void)run;
  for (int i = 0; i < count; ++i) {
    for (int k = 0; k < g_object_count; ++k) find(&mats[i], &g_objects[k], &answers[i]);
  }
  return 0;
}

//===--- tests -------------------------------------------------------------===//

static void run_tiles(const char *tile, run_answer_t *answer) {
  const run_task_t task = {.name = "detector"};
  run_t run = {.task = &task, .options = {.tile = tile, .batch = 3}};
  mmdeploy_mat_t mat = {
      g_picture, HEIGHT, WIDTH, 3, MMDEPLOY_PIXEL_FORMAT_BGR, MMDEPLOY_DATA_TYPE_UINT8, NULL};
  int status = 0;
  assert_true(run_tile_parse(&run, &status));
  memset(answer, 0, sizeof *answer);
  assert_int_equal(run_tile_apply(&run, &mat, answer), 0);
}

static const run_item_t *item_of(const run_answer_t *answer, const object_t *object) {
  const run_item_t *found = NULL;
  for (size_t i = 0; i < answer->count; ++i) {
    const run_item_t *item = &answer->items[i];
    if (item->label_id != object->value / 10) continue;
    assert_null(found);
    found = item;
  }
  assert_non_null(found);
  return found;
}

static void check_box(const mmdeploy_rect_t *box, const object_t *object) {
  assert_float_equal(box->left, object->left, 1e-3);
  assert_float_equal(box->top, object->top, 1e-3);
  assert_float_equal(box->right, object->right, 1e-3);
  assert_float_equal(box->bottom, object->bottom, 1e-3);
}

static void check_mask(const run_item_t *item, const object_t *object) {
  int inside = 0;
  for (int y = 0; y < item->mask_height; ++y) {
    for (int x = 0; x < item->mask_width; ++x) {
      if (!item->mask[y * item->mask_width + x]) continue;
      const int px = item->mask_left + x, py = item->mask_top + y;
      assert_true(px >= object->left && px < object->right);
      assert_true(py >= object->top && py < object->bottom);
      ++inside;
    }
  }
  assert_int_equal(inside, (object->right - object->left) * (object->bottom - object->top));
}

// One in a corner, one over a border, one over a meeting of four tiles, one as wide as the picture.
static const object_t g_scene[] = {
    {5, 5, 60, 40, 50}, {80, 20, 190, 70, 60}, {90, 85, 215, 190, 70}, {3, 230, 397, 260, 80}};

static void test_each_object_comes_once(void **state) {
  static const char *const tiles[] = {"130x130,40", "150x120", "100x100,0",
                                      "128x300,64", "400x300", "90x90,60"};
  (void)state;
  draw(g_scene, 4);
  for (size_t t = 0; t < sizeof tiles / sizeof *tiles; ++t) {
    run_answer_t answer;
    print_message("tiles of %s\n", tiles[t]);
    run_tiles(tiles[t], &answer);
    assert_int_equal(answer.count, 4);
    for (int i = 0; i < 4; ++i) {
      const run_item_t *item = item_of(&answer, &g_scene[i]);
      check_box(&item->bbox, &g_scene[i]);
      check_mask(item, &g_scene[i]);
    }
    run_answer_deinit(&answer);
  }
}

static void test_rotated_boxes(void **state) {
  (void)state;
  draw(g_scene, 4);
  g_turns = true;
  run_answer_t answer;
  run_tiles("130x130,40", &answer);
  assert_int_equal(answer.count, 4);
  for (int i = 0; i < 4; ++i) {
    const float *r = item_of(&answer, &g_scene[i])->rbox;
    const mmdeploy_rect_t box = {r[0] - r[2] / 2, r[1] - r[3] / 2, r[0] + r[2] / 2,
                                 r[1] + r[3] / 2};
    check_box(&box, &g_scene[i]);
  }
  run_answer_deinit(&answer);
  g_turns = false;
}

static void test_polygons(void **state) {
  (void)state;
  draw(g_scene, 4);
  g_reads = true;
  run_answer_t answer;
  run_tiles("130x130,40", &answer);
  assert_int_equal(answer.count, 4);
  for (int i = 0; i < 4; ++i) {
    const run_item_t *item = item_of(&answer, &g_scene[i]);
    const mmdeploy_point_t *p = item->polygon;
    const mmdeploy_rect_t box = {p[0].x, p[0].y, p[2].x, p[2].y};
    check_box(&box, &g_scene[i]);
    assert_float_equal(p[1].x, p[2].x, 1e-3);
    assert_float_equal(p[3].y, p[2].y, 1e-3);
    // Put together, it is not what a piece said any more; whole in a tile, it is.
    assert_int_equal(item->text == NULL, i != 0);
  }
  run_answer_deinit(&answer);
  g_reads = false;
}

static void add(run_answer_t *answer, int tile, float left, float right, float top, float bottom,
                float score) {
  run_item_t *item = run_answer_add(answer);
  assert_non_null(item);
  item->fields = RUN_BBOX | RUN_SCORE | RUN_LABEL;
  item->bbox = (mmdeploy_rect_t){left, top, right, bottom};
  item->score = score;
  item->tile = tile;
}

// What stands near each other is not one: a small object before a large one, both whole; two that
// stand side by side at a border; two of one tile that both look like one of another.
static void test_neighbours_stay_two(void **state) {
  static const run_window_t windows[] = {{0, 0, 100, 100}, {80, 0, 180, 100}};
  run_answer_t answer = {0};
  (void)state;
  add(&answer, 0, 10, 95, 10, 90, 0.9F);
  add(&answer, 1, 84, 94, 40, 50, 0.8F);
  assert_int_equal(run_join_objects(windows, 2, &answer), 0);
  assert_int_equal(answer.count, 2);
  run_answer_deinit(&answer);

  add(&answer, 0, 60, 100, 0, 45, 0.9F);
  add(&answer, 1, 80, 120, 55, 99, 0.8F);
  assert_int_equal(run_join_objects(windows, 2, &answer), 0);
  assert_int_equal(answer.count, 2);
  run_answer_deinit(&answer);

  add(&answer, 0, 60, 100, 0, 40, 0.9F);
  add(&answer, 0, 60, 100, 20, 60, 0.8F);
  add(&answer, 1, 80, 120, 0, 41, 0.7F);
  assert_int_equal(run_join_objects(windows, 2, &answer), 0);
  assert_int_equal(answer.count, 2);
  assert_float_equal(answer.items[0].bbox.right, 120, 0);
  assert_float_equal(answer.items[0].score, 0.9F, 0);
  assert_float_equal(answer.items[1].bbox.right, 100, 0);
  run_answer_deinit(&answer);
}

// Of one that two tiles saw whole, the better one stays as it is; a piece changes no whole one.
static void test_better_one_stays(void **state) {
  static const run_window_t windows[] = {{0, 0, 100, 100}, {40, 0, 140, 100}, {60, 0, 160, 100}};
  run_answer_t answer = {0};
  (void)state;
  add(&answer, 0, 50, 80, 10, 50, 0.7F);
  add(&answer, 1, 51, 81, 10, 50, 0.8F);
  add(&answer, 2, 60, 80, 10, 50, 0.9F);
  assert_int_equal(run_join_objects(windows, 3, &answer), 0);
  assert_int_equal(answer.count, 1);
  assert_float_equal(answer.items[0].bbox.left, 51, 0);
  assert_float_equal(answer.items[0].bbox.right, 81, 0);
  assert_float_equal(answer.items[0].score, 0.8F, 0);
  run_answer_deinit(&answer);
}

// Two boxes of one object in one tile, one of them put together: the better one stays.
static void test_left_over_goes(void **state) {
  static const run_window_t windows[] = {{0, 0, 100, 100}, {80, 0, 180, 100}};
  run_answer_t answer = {0};
  (void)state;
  add(&answer, 0, 20, 98, 10, 60, 0.9F);
  add(&answer, 0, 20, 100, 14, 64, 0.6F);
  add(&answer, 1, 80, 110, 14, 64, 0.8F);
  assert_int_equal(run_join_objects(windows, 2, &answer), 0);
  assert_int_equal(answer.count, 1);
  assert_float_equal(answer.items[0].score, 0.9F, 0);
  run_answer_deinit(&answer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_object_comes_once),
      cmocka_unit_test(test_rotated_boxes),
      cmocka_unit_test(test_polygons),
      cmocka_unit_test(test_neighbours_stay_two),
      cmocka_unit_test(test_better_one_stays),
      cmocka_unit_test(test_left_over_goes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
