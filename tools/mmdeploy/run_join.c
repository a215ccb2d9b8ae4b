// SPDX-License-Identifier: Apache-2.0
//
// Pairs of objects of two tiles are compared, the best pairs united first. Two objects of one tile
// are never one.
#include "tools/mmdeploy/run_join.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/mmdeploy/run_shape.h"

#define SAME_UNION 0.5  // two objects are one when they share that much of their union
#define SAME_SMALL 0.7  // or of the smaller one, if a border cut that off
// What comes as near to a border as that, of the tile's side and at least in pixels, is cut by it.
#define NEAR_SHARE (1.0 / 32)
#define NEAR_PIXELS 2.0

enum { JOINED = -1 };  // the tile of what was found in several

typedef struct object_t {
  run_shape_t shape;
  run_extent_t extent;
  double area;
  bool is_cut;
  size_t group, next;  // the group's first member; the next member, SIZE_MAX at the end
} object_t;

typedef struct pair_t {
  size_t a, b;
  double likeness;
} pair_t;

typedef struct join_t {
  const run_window_t *windows;
  int window_count;
  run_extent_t picture;
  run_answer_t *answer;
  object_t *objects;
  size_t *firsts;  // first object of a tile; one more for the end
  pair_t *pairs;
  size_t pair_count, pair_capacity;
} join_t;

//===--- borders -----------------------------------------------------------===//

static double nearness(int from, int to) {
  return fmax((to - from) * NEAR_SHARE, NEAR_PIXELS);
}

// Whether |e| comes to a border of |w| behind which |limits| go on.
static bool touches(const run_extent_t *e, const run_window_t *w, const run_extent_t *limits) {
  const double x = nearness(w->left, w->right), y = nearness(w->top, w->bottom);
  return (w->left > limits->left && e->left <= w->left + x) ||
         (w->top > limits->top && e->top <= w->top + y) ||
         (w->right < limits->right && e->right >= w->right - x) ||
         (w->bottom < limits->bottom && e->bottom >= w->bottom - y);
}

static run_extent_t extent_of(const run_window_t *w) {
  return (run_extent_t){w->left, w->top, w->right, w->bottom};
}

static bool windows_meet(const run_window_t *a, const run_window_t *b) {
  return a->left <= b->right && b->left <= a->right && a->top <= b->bottom && b->top <= a->bottom;
}

//===--- likeness ----------------------------------------------------------===//

static double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

static double shared(double a0, double a1, double b0, double b1) {
  const double both = fmin(a1, b1) - fmax(a0, b0);
  return both > 0 ? ratio(both, fmax(a1, b1) - fmin(a0, b0)) : 0;
}

// Of two pieces: how much alike they are in what both tiles show.
static double likeness_in_common(const object_t *a, const run_window_t *wa, const object_t *b,
                                 const run_window_t *wb) {
  const run_extent_t ea = extent_of(wa), eb = extent_of(wb);
  // Each goes on where the other tile shows more.
  if (!touches(&a->extent, wa, &eb) || !touches(&b->extent, wb, &ea)) return 0;
  const run_extent_t common = {fmax(ea.left, eb.left), fmax(ea.top, eb.top),
                               fmin(ea.right, eb.right), fmin(ea.bottom, eb.bottom)};
  if (common.right <= common.left)
    return shared(a->extent.top, a->extent.bottom, b->extent.top, b->extent.bottom);
  if (common.bottom <= common.top)
    return shared(a->extent.left, a->extent.right, b->extent.left, b->extent.right);
  const run_shape_t area = run_shape_of_extent(&common);
  const run_shape_t part_a = run_shape_intersect(&a->shape, &area);
  const run_shape_t part_b = run_shape_intersect(&b->shape, &area);
  const run_shape_t both = run_shape_intersect(&part_a, &part_b);
  const double size = run_shape_area(&both);
  return ratio(size, run_shape_area(&part_a) + run_shape_area(&part_b) - size);
}

// 0 for two objects; more is surer.
static double likeness(const join_t *join, size_t i, size_t k) {
  const run_item_t *first = &join->answer->items[i], *second = &join->answer->items[k];
  const object_t *a = &join->objects[i], *b = &join->objects[k];
  const run_window_t *wa = &join->windows[first->tile], *wb = &join->windows[second->tile];
  if ((first->fields & RUN_LABEL) && first->label_id != second->label_id) return 0;
  const double gap_x = nearness(wa->left, wa->right) + nearness(wb->left, wb->right);
  const double gap_y = nearness(wa->top, wa->bottom) + nearness(wb->top, wb->bottom);
  if (a->extent.left > b->extent.right + gap_x || b->extent.left > a->extent.right + gap_x ||
      a->extent.top > b->extent.bottom + gap_y || b->extent.top > a->extent.bottom + gap_y) {
    return 0;
  }
  const run_shape_t common = run_shape_intersect(&a->shape, &b->shape);
  const double both = run_shape_area(&common);
  const double of_union = ratio(both, a->area + b->area - both);
  const object_t *small = a->area < b->area ? a : b;
  const double of_small = small->is_cut ? ratio(both, small->area) : 0;
  const double in_common = likeness_in_common(a, wa, b, wb);
  double best = of_union > SAME_UNION ? of_union : 0;
  if (of_small > SAME_SMALL) best = fmax(best, of_small);
  if (in_common > SAME_UNION) best = fmax(best, in_common);
  return best;
}

static bool add_pair(join_t *join, size_t a, size_t b) {
  const double like = likeness(join, a, b);
  if (!(like > 0)) return true;
  if (join->pair_count == join->pair_capacity) {
    const size_t capacity = join->pair_capacity ? 2 * join->pair_capacity : 64;
    pair_t *pairs = realloc(join->pairs, capacity * sizeof *pairs);
    if (!pairs) return false;
    join->pairs = pairs;
    join->pair_capacity = capacity;
  }
  join->pairs[join->pair_count++] = (pair_t){a, b, like};
  return true;
}

static bool find_pairs(join_t *join) {
  for (int t = 0; t < join->window_count; ++t) {
    for (int u = t + 1; u < join->window_count; ++u) {
      if (!windows_meet(&join->windows[t], &join->windows[u])) continue;
      for (size_t a = join->firsts[t]; a < join->firsts[t + 1]; ++a) {
        for (size_t b = join->firsts[u]; b < join->firsts[u + 1]; ++b) {
          if (!add_pair(join, a, b)) return false;
        }
      }
    }
  }
  return true;
}

//===--- groups ------------------------------------------------------------===//

static int compare_pairs(const void *left, const void *right) {
  const pair_t *a = left, *b = right;
  if (a->likeness != b->likeness) return a->likeness > b->likeness ? -1 : 1;
  if (a->a != b->a) return a->a < b->a ? -1 : 1;
  return a->b < b->b ? -1 : a->b > b->b;
}

static bool share_a_tile(const join_t *join, size_t a, size_t b) {
  for (size_t i = a; i != SIZE_MAX; i = join->objects[i].next) {
    for (size_t k = b; k != SIZE_MAX; k = join->objects[k].next) {
      if (join->answer->items[i].tile == join->answer->items[k].tile) return true;
    }
  }
  return false;
}

static void unite(join_t *join, size_t a, size_t b) {
  object_t *objects = join->objects;
  const size_t first = objects[a].group, second = objects[b].group;
  if (first == second || share_a_tile(join, first, second)) return;
  size_t last = first;
  while (objects[last].next != SIZE_MAX) last = objects[last].next;
  objects[last].next = second;
  for (size_t i = second; i != SIZE_MAX; i = objects[i].next) objects[i].group = first;
}

//===--- one of several ----------------------------------------------------===//

static bool unite_masks(run_item_t *item, const run_item_t *other) {
  if (!other->mask) return true;
  const int right = item->mask_left + item->mask_width, bottom = item->mask_top + item->mask_height;
  const int other_right = other->mask_left + other->mask_width;
  const int other_bottom = other->mask_top + other->mask_height;
  const int left = item->mask_left < other->mask_left ? item->mask_left : other->mask_left;
  const int top = item->mask_top < other->mask_top ? item->mask_top : other->mask_top;
  const size_t width = (size_t)((right > other_right ? right : other_right) - left);
  const size_t height = (size_t)((bottom > other_bottom ? bottom : other_bottom) - top);
  uint8_t *mask = calloc(height, width);
  if (!mask) return false;
  const run_item_t *parts[2] = {item, other};
  for (int k = 0; k < 2; ++k) {
    const run_item_t *part = parts[k];
    const uint8_t *src = part->mask;
    for (int y = 0; y < part->mask_height; ++y) {
      uint8_t *dst = mask + (size_t)(part->mask_top - top + y) * width + (part->mask_left - left);
      for (int x = 0; x < part->mask_width; ++x) dst[x] |= *src++;
    }
  }
  free(item->mask);
  item->mask = mask;
  item->mask_left = left;
  item->mask_top = top;
  item->mask_width = (int)width;
  item->mask_height = (int)height;
  return true;
}

// The member that stands for the group: the best whole one, else the largest piece.
static size_t choose(const join_t *join, size_t group) {
  size_t best = group;
  for (size_t i = join->objects[group].next; i != SIZE_MAX; i = join->objects[i].next) {
    const object_t *object = &join->objects[i], *old = &join->objects[best];
    const run_item_t *items = join->answer->items;
    const bool is_better =
        object->is_cut != old->is_cut
            ? old->is_cut
            : (object->is_cut ? object->area > old->area : items[i].score > items[best].score);
    if (is_better) best = i;
  }
  return best;
}

// Makes |chosen| of all pieces of its group.
static bool put_together(join_t *join, size_t group, size_t chosen) {
  run_item_t *items = join->answer->items, *item = &items[chosen];
  int count = 0;
  for (size_t i = group; i != SIZE_MAX; i = join->objects[i].next) ++count;
  run_shape_t *shapes = malloc((size_t)count * sizeof *shapes);
  bool is_good = shapes != NULL;
  count = 0;
  for (size_t i = group; i != SIZE_MAX && is_good; i = join->objects[i].next) {
    shapes[count++] = join->objects[i].shape;
    if (items[i].score > item->score) item->score = items[i].score;
    if (i != chosen && item->mask) is_good = unite_masks(item, &items[i]);
  }
  if (is_good) run_shape_enclose(item, shapes, count);
  free(shapes);
  free(item->text);
  item->text = NULL;
  return is_good;
}

static bool finish_group(join_t *join, size_t group) {
  const object_t *objects = join->objects;
  if (objects[group].next == SIZE_MAX) return true;
  const size_t chosen = choose(join, group);
  if (objects[chosen].is_cut && !put_together(join, group, chosen)) return false;
  // In the place of the first one.
  run_item_t *items = join->answer->items;
  const run_item_t item = items[chosen];
  memset(&items[chosen], 0, sizeof item);
  for (size_t i = group; i != SIZE_MAX; i = objects[i].next) {
    run_item_deinit(&items[i]);
    memset(&items[i], 0, sizeof item);
  }
  items[group] = item;
  items[group].tile = JOINED;
  return true;
}

//===--- what is left over -------------------------------------------------===//

// Whether |b|, put together or beside one that is, shows what |a| shows.
static bool is_left_over(const run_item_t *a, const run_item_t *b) {
  if (a->tile != JOINED && b->tile != JOINED) return false;
  if ((a->fields & RUN_LABEL) && a->label_id != b->label_id) return false;
  const run_shape_t first = run_shape_of(a), second = run_shape_of(b);
  const run_shape_t common = run_shape_intersect(&first, &second);
  const double both = run_shape_area(&common);
  return both > SAME_UNION * (run_shape_area(&first) + run_shape_area(&second) - both);
}

// A network may see one object as two, in tiles as elsewhere; put together, they are more alike.
static void drop_left_over(run_answer_t *answer) {
  size_t kept = 0;
  run_answer_sort(answer);
  for (size_t i = 0; i < answer->count; ++i) {
    bool is_new = true;
    for (size_t k = 0; k < kept && is_new; ++k)
      is_new = !is_left_over(&answer->items[k], &answer->items[i]);
    if (is_new) {
      answer->items[kept++] = answer->items[i];
    } else {
      run_item_deinit(&answer->items[i]);
    }
  }
  answer->count = kept;
}

//===--- all ---------------------------------------------------------------===//

static void describe(join_t *join, size_t i) {
  const run_item_t *item = &join->answer->items[i];
  object_t *object = &join->objects[i];
  object->shape = run_shape_of(item);
  object->extent = run_shape_extent(&object->shape);
  object->area = run_shape_area(&object->shape);
  object->is_cut = touches(&object->extent, &join->windows[item->tile], &join->picture);
  object->group = i;
  object->next = SIZE_MAX;
}

static bool join_all(join_t *join) {
  const size_t count = join->answer->count;
  join->objects = malloc(count * sizeof *join->objects);
  join->firsts = calloc((size_t)join->window_count + 1, sizeof *join->firsts);
  if (!join->objects || !join->firsts) return false;
  for (size_t i = 0; i < count; ++i) {
    describe(join, i);
    ++join->firsts[join->answer->items[i].tile + 1];
  }
  for (int t = 0; t < join->window_count; ++t) join->firsts[t + 1] += join->firsts[t];
  if (!find_pairs(join)) return false;
  if (join->pair_count) qsort(join->pairs, join->pair_count, sizeof *join->pairs, compare_pairs);
  for (size_t i = 0; i < join->pair_count; ++i) unite(join, join->pairs[i].a, join->pairs[i].b);
  for (size_t i = 0; i < count; ++i) {
    if (join->objects[i].group == i && !finish_group(join, i)) return false;
  }
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    if (join->objects[i].group == i) join->answer->items[kept++] = join->answer->items[i];
  }
  join->answer->count = kept;
  drop_left_over(join->answer);
  return true;
}

int run_join_objects(const run_window_t *windows, int count, run_answer_t *answer) {
  join_t join = {.windows = windows, .window_count = count, .answer = answer};
  if (!answer->count) return 0;
  join.picture = extent_of(&windows[0]);
  for (int t = 1; t < count; ++t) {
    join.picture.left = fmin(join.picture.left, windows[t].left);
    join.picture.top = fmin(join.picture.top, windows[t].top);
    join.picture.right = fmax(join.picture.right, windows[t].right);
    join.picture.bottom = fmax(join.picture.bottom, windows[t].bottom);
  }
  const bool is_good = join_all(&join);
  free(join.objects);
  free(join.firsts);
  free(join.pairs);
  return is_good ? 0 : MMDEPLOY_E_OUT_OF_MEMORY;
}
