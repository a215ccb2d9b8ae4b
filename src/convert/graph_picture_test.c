// SPDX-License-Identifier: Apache-2.0
//
// The layout, and pictures over it. What the files look like is in tests/cli/cases/inspect_shapes.
#include "convert/graph_picture.h"

#include <stdio.h>
#include <string.h>

#include "convert/graph_layout.h"
#include "graph/text.h"
#include "ops/infer.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

//===--- layout ------------------------------------------------------------===//

static void expect_apart(const mmd_layout_t *l) {
  for (size_t i = 0; i < l->box_count; ++i) {
    const mmd_layout_box_t *a = &l->boxes[i];
    assert_true(a->x - a->width / 2 >= 0 && a->x + a->width / 2 <= l->width);
    assert_true(a->y - a->height / 2 >= 0 && a->y + a->height / 2 <= l->height + 1e-9);
    for (size_t k = 0; k < i; ++k) {
      const mmd_layout_box_t *b = &l->boxes[k];
      const double dx = a->x > b->x ? a->x - b->x : b->x - a->x;
      const double dy = a->y > b->y ? a->y - b->y : b->y - a->y;
      assert_true(dx >= (a->width + b->width) / 2 || dy >= (a->height + b->height) / 2);
    }
  }
}

static void expect_downward(const mmd_layout_t *l) {
  for (size_t i = 0; i < l->arrow_count; ++i) {
    const mmd_layout_arrow_t *arrow = &l->arrows[i];
    const bool is_down = arrow->from < arrow->to;
    double y = l->boxes[is_down ? arrow->from : arrow->to].y;
    for (size_t k = 0; k < arrow->bend_count; ++k) {
      assert_true(l->bends[arrow->first_bend + k].y > y);
      y = l->bends[arrow->first_bend + k].y;
    }
    assert_true(l->boxes[is_down ? arrow->to : arrow->from].y > y);
  }
}

static void boxes_stand_apart_and_arrows_point_down(void **state) {
  (void)state;
  enum { BOXES = 60, ARROWS = 110 };
  uint32_t seed = 12345;
  mmd_layout_box_t boxes[BOXES];
  mmd_layout_arrow_t arrows[ARROWS];
  for (size_t i = 0; i < BOXES; ++i)
    boxes[i] =
        (mmd_layout_box_t){.width = 20 + (double)(i % 7) * 13, .height = 20 + (double)(i % 3)};
  size_t count = 0;
  while (count < ARROWS) {
    seed = seed * 1664525u + 1013904223u;
    const size_t from = (seed >> 8) % BOXES, to = (seed >> 16) % BOXES;
    // Mostly near and downwards, a few back up.
    if (from == to || (from > to && count % 10)) continue;
    if (to > from + 12 && count % 4) continue;
    arrows[count++] = (mmd_layout_arrow_t){.from = from, .to = to};
  }
  mmd_layout_t l = {.box_count = BOXES, .boxes = boxes, .arrow_count = ARROWS, .arrows = arrows};
  mmd_assert_ok(mmd_layout_place(&l));
  expect_apart(&l);
  expect_downward(&l);
  mmd_layout_deinit(&l);
}

static void chains_are_straight(void **state) {
  (void)state;
  mmd_layout_box_t boxes[4] = {{.width = 30, .height = 10},
                               {.width = 50, .height = 10},
                               {.width = 20, .height = 10},
                               {.width = 40, .height = 10}};
  mmd_layout_arrow_t arrows[3] = {{.from = 2, .to = 3}, {.from = 0, .to = 1}, {.from = 1, .to = 2}};
  mmd_layout_t l = {.box_count = 4, .boxes = boxes, .arrow_count = 3, .arrows = arrows};
  mmd_assert_ok(mmd_layout_place(&l));
  for (size_t i = 1; i < 4; ++i) {
    assert_float_equal(boxes[i].x, boxes[0].x, 1e-6);
    assert_true(boxes[i].y > boxes[i - 1].y);
  }
  mmd_layout_deinit(&l);
}

static void nothing_has_a_layout(void **state) {
  (void)state;
  mmd_layout_t l = {0};
  mmd_assert_ok(mmd_layout_place(&l));
  mmd_layout_deinit(&l);
}

//===--- pictures ----------------------------------------------------------===//

static const char *const g_block =
    "input %x : f32[1,2,4,4] constant %w : f32[2,2,1,1] = [1, 2, 3, 4] "
    "%a = Conv(%x, %w) name \"m.a.Conv\" %b = Relu(%a) name \"m.b.Relu\" "
    "%s = Shape(%b) name \"m.b.Shape\" %r = Reshape(%a, %s) name \"m.Reshape\" "
    "%d = Add(%b, %r) name \"Add\" output %d";

static mmd_status_t make_picture(const char *body, int depth, mmd_graph_t **out_graph,
                                 mmd_picture_t *out_picture) {
  mmd_str_t text = {0};
  mmd_status_t status = mmd_str_printf(&text, "graph \"g\" { opset \"\" 17 %s }", body);
  *out_graph = NULL;
  *out_picture = (mmd_picture_t){0};
  if (!status) status = mmd_graph_parse(mmd_str_text(&text), text.size, "test", out_graph);
  mmd_str_deinit(&text);
  if (!status) status = mmd_graph_infer(*out_graph);
  if (!status) status = mmd_picture_create(*out_graph, depth, out_picture);
  return status;
}

static void expect_picture(const char *body, int depth, const char *wanted) {
  mmd_graph_t *graph;
  mmd_picture_t p;
  mmd_str_t text = {0};
  mmd_assert_ok(make_picture(body, depth, &graph, &p));
  for (size_t i = 0; i < p.box_count; ++i)
    mmd_assert_ok(mmd_str_printf(&text, "%s%s", i ? " " : "", p.boxes[i].lines[0]));
  for (size_t i = 0; i < p.arrow_count; ++i)
    mmd_assert_ok(mmd_str_printf(&text, ", %zu-%zu", p.arrows[i].from, p.arrows[i].to));
  assert_string_equal(mmd_str_text(&text), wanted);
  mmd_str_deinit(&text);
  mmd_picture_deinit(&p);
  mmd_graph_destroy(graph);
}

static void depth_closes_modules(void **state) {
  (void)state;
  // The shape is arithmetic on sizes and left out.
  expect_picture(g_block, -1, "x Conv Relu Reshape Add d, 0-1, 1-2, 1-3, 2-4, 3-4, 4-5");
  expect_picture(g_block, 1, "x m Add d, 0-1, 1-2, 2-3");
  expect_picture(g_block, 2, "x a b Reshape Add d, 0-1, 1-2, 1-3, 2-4, 3-4, 4-5");
}

static void many_boxes_join_in_chains(void **state) {
  (void)state;
  mmd_str_t body = {0};
  mmd_graph_t *graph;
  mmd_picture_t p;
  mmd_assert_ok(mmd_str_append(&body, "input %e0 : f32[2] "));
  for (int i = 0; i < 300; ++i) {
    const char *op = i % 2 ? "Relu" : "Abs";
    mmd_assert_ok(mmd_str_printf(&body, "%%e%d = %s(%%e%d) ", i + 1, op, i));
  }
  mmd_assert_ok(mmd_str_append(&body, "%y = Add(%e300, %e300) %z = Neg(%e0) output %y output %z"));
  mmd_assert_ok(make_picture(mmd_str_text(&body), -1, &graph, &p));
  assert_int_equal(p.box_count, 5);
  assert_string_equal(p.boxes[1].lines[0], "Abs, Relu, Abs, .. (301)");
  assert_string_equal(p.boxes[2].lines[0], "Neg");
  mmd_picture_deinit(&p);
  mmd_graph_destroy(graph);
  mmd_str_deinit(&body);
}

static mmd_status_t sweep(void *context) {
  mmd_graph_t *graph;
  mmd_picture_t picture;
  mmd_str_t file = {0};
  mmd_status_t status = make_picture(context, -1, &graph, &picture);
  if (!status) status = mmd_picture_join_chains(&picture);
  if (!status) status = mmd_picture_write_svg(&picture, &file);
  if (!status) status = mmd_picture_write_dot(&picture, &file);
  mmd_str_deinit(&file);
  mmd_picture_deinit(&picture);
  mmd_graph_destroy(graph);
  return status;
}

static void short_memory_leaves_nothing(void **state) {
  (void)state;
  char body[512];
  snprintf(body, sizeof body, "%s", g_block);
  mmd_test_sweep(sweep, body);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(boxes_stand_apart_and_arrows_point_down),
      cmocka_unit_test(chains_are_straight),
      cmocka_unit_test(nothing_has_a_layout),
      cmocka_unit_test(depth_closes_modules),
      cmocka_unit_test(many_boxes_join_in_chains),
      cmocka_unit_test(short_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
