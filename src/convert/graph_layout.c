// SPDX-License-Identifier: Apache-2.0
#include "convert/graph_layout.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
  SWEEPS = 12,
  MAX_BENDS = 1 << 18,  // of the whole picture; arrows beyond go straight
};
static const double layer_gap = 34, box_gap = 18, bend_gap = 8;

// A box or a stand-in.
typedef struct vertex_t {
  double x, width, order;       // |order|: what its layer is sorted by, then its offset in it
  size_t layer, place;          // which of its layer
  size_t first_up, first_down;  // in |links|
  size_t up_count, down_count;
} vertex_t;

typedef struct placer_t {
  mmd_layout_t *layout;
  size_t layer_count, vertex_count, link_count;
  size_t *layers;      // of boxes
  vertex_t *vertices;  // boxes, then stand-ins
  size_t *begins;      // of each layer in |order|
  size_t *order;       // vertices by layer and place
  size_t (*pairs)[2];  // neighbours, upper and lower
  size_t *links;
} placer_t;

static void deinit(placer_t *p) {
  mmd_free(p->layers);
  mmd_free(p->vertices);
  mmd_free(p->begins);
  mmd_free(p->order);
  mmd_free(p->pairs);
  mmd_free(p->links);
}

static size_t upper(const mmd_layout_arrow_t *arrow) {
  return arrow->from < arrow->to ? arrow->from : arrow->to;
}
static size_t lower(const mmd_layout_arrow_t *arrow) {
  return arrow->from < arrow->to ? arrow->to : arrow->from;
}

//===--- layers ------------------------------------------------------------===//

static int compare_arrows(const void *a, const void *b) {
  const mmd_layout_arrow_t *x = a, *y = b;
  if (upper(x) != upper(y)) return upper(x) < upper(y) ? -1 : 1;
  if (lower(x) != lower(y)) return lower(x) < lower(y) ? -1 : 1;
  return (x->from > y->from) - (x->from < y->from);
}

// Boxes that nothing points to move down to what they point to.
static void sink_sources(placer_t *p) {
  const mmd_layout_t *l = p->layout;
  for (size_t i = l->arrow_count; i > 0;) {
    const size_t box = upper(&l->arrows[i - 1]);
    size_t lowest = (size_t)-1;
    for (; i > 0 && upper(&l->arrows[i - 1]) == box; --i) {
      const size_t layer = p->layers[lower(&l->arrows[i - 1])];
      if (layer < lowest) lowest = layer;
    }
    if (p->layers[box] == 0 && lowest > 1) p->layers[box] = lowest - 1;
  }
}

static mmd_status_t find_layers(placer_t *p) {
  mmd_layout_t *l = p->layout;
  p->layers = mmd_alloc_array(l->box_count, sizeof *p->layers);
  MMD_TRY_ALLOC(p->layers);
  if (l->arrow_count) qsort(l->arrows, l->arrow_count, sizeof *l->arrows, compare_arrows);
  for (size_t i = 0; i < l->arrow_count; ++i) {
    const size_t below = p->layers[upper(&l->arrows[i])] + 1;
    size_t *layer = &p->layers[lower(&l->arrows[i])];
    if (*layer < below) *layer = below;
  }
  sink_sources(p);
  for (size_t i = 0; i < l->box_count; ++i) {
    if (p->layers[i] >= p->layer_count) p->layer_count = p->layers[i] + 1;
  }
  return NULL;
}

//===--- vertices ----------------------------------------------------------===//

static size_t bends_of(const placer_t *p, const mmd_layout_arrow_t *arrow) {
  const size_t from = p->layers[upper(arrow)], to = p->layers[lower(arrow)];
  return to > from ? to - from - 1 : 0;
}

static void count_bends(placer_t *p) {
  mmd_layout_t *l = p->layout;
  for (size_t i = 0; i < l->arrow_count; ++i) {
    const size_t bends = bends_of(p, &l->arrows[i]);
    l->arrows[i].first_bend = l->bend_count;
    l->arrows[i].bend_count = l->bend_count + bends <= MAX_BENDS ? bends : 0;
    l->bend_count += l->arrows[i].bend_count;
  }
}

static void link_pair(placer_t *p, size_t above, size_t below) {
  p->pairs[p->link_count][0] = above;
  p->pairs[p->link_count++][1] = below;
  ++p->vertices[above].down_count;
  ++p->vertices[below].up_count;
}

static void add_bends(placer_t *p) {
  const mmd_layout_t *l = p->layout;
  for (size_t i = 0; i < l->arrow_count; ++i) {
    const mmd_layout_arrow_t *arrow = &l->arrows[i];
    size_t above = upper(arrow);
    for (size_t k = 0; k < arrow->bend_count; ++k) {
      const size_t bend = l->box_count + arrow->first_bend + k;
      p->vertices[bend].width = bend_gap;
      p->vertices[bend].layer = p->layers[upper(arrow)] + k + 1;
      link_pair(p, above, bend);
      above = bend;
    }
    if (upper(arrow) != lower(arrow)) link_pair(p, above, lower(arrow));
  }
}

// The neighbours of each vertex in one list.
static void fill_links(placer_t *p) {
  size_t at = 0;
  for (size_t v = 0; v < p->vertex_count; ++v) {
    p->vertices[v].first_up = at;
    p->vertices[v].first_down = at += p->vertices[v].up_count;
    at += p->vertices[v].down_count;
    p->vertices[v].up_count = p->vertices[v].down_count = 0;
  }
  for (size_t i = 0; i < p->link_count; ++i) {
    vertex_t *above = &p->vertices[p->pairs[i][0]], *below = &p->vertices[p->pairs[i][1]];
    p->links[above->first_down + above->down_count++] = p->pairs[i][1];
    p->links[below->first_up + below->up_count++] = p->pairs[i][0];
  }
}

// Vertices by layer, in each as they are numbered.
static void fill_order(placer_t *p) {
  for (size_t v = 0; v < p->vertex_count; ++v) ++p->begins[p->vertices[v].layer + 2];
  for (size_t i = 0; i < p->layer_count; ++i) p->begins[i + 2] += p->begins[i + 1];
  for (size_t v = 0; v < p->vertex_count; ++v) p->order[p->begins[p->vertices[v].layer + 1]++] = v;
}

static mmd_status_t make_vertices(placer_t *p) {
  mmd_layout_t *l = p->layout;
  count_bends(p);
  p->vertex_count = l->box_count + l->bend_count;
  const size_t links = l->arrow_count + l->bend_count;
  p->vertices = mmd_alloc_array(p->vertex_count, sizeof *p->vertices);
  p->begins = mmd_alloc_array(p->layer_count + 3, sizeof *p->begins);
  p->order = mmd_alloc_array(p->vertex_count, sizeof *p->order);
  p->pairs = mmd_alloc_array(links + 1, sizeof *p->pairs);
  p->links = mmd_alloc_array(2 * links + 1, sizeof *p->links);
  l->bends = mmd_alloc_array(l->bend_count + 1, sizeof *l->bends);
  if (!p->vertices || !p->begins || !p->order || !p->pairs || !p->links || !l->bends)
    return mmd_status_no_memory();
  for (size_t i = 0; i < l->box_count; ++i) {
    p->vertices[i].width = l->boxes[i].width + box_gap;
    p->vertices[i].layer = p->layers[i];
  }
  add_bends(p);
  fill_links(p);
  fill_order(p);
  return NULL;
}

//===--- order in the layers -----------------------------------------------===//

static void number_layer(placer_t *p, size_t layer) {
  for (size_t i = p->begins[layer]; i < p->begins[layer + 1]; ++i)
    p->vertices[p->order[i]].place = i - p->begins[layer];
}

static int compare_wishes(const placer_t *p, size_t a, size_t b) {
  const vertex_t *x = &p->vertices[a], *y = &p->vertices[b];
  if (x->order != y->order) return x->order < y->order ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

// A heap sort: qsort cannot be told of the placer, and a layer may be wide.
static void sift(const placer_t *p, size_t *items, size_t root, size_t count) {
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && compare_wishes(p, items[child], items[child + 1]) < 0) ++child;
    if (compare_wishes(p, items[root], items[child]) >= 0) return;
    const size_t swapped = items[root];
    items[root] = items[child];
    items[child] = swapped;
  }
}

static void sort_layer(placer_t *p, size_t layer) {
  size_t *items = p->order + p->begins[layer];
  const size_t count = p->begins[layer + 1] - p->begins[layer];
  for (size_t i = count / 2; i-- > 0;) sift(p, items, i, count);
  for (size_t end = count; end > 1;) {
    --end;
    const size_t swapped = items[0];
    items[0] = items[end];
    items[end] = swapped;
    sift(p, items, 0, end);
  }
  number_layer(p, layer);
}

// Mean place of the neighbours above or below; its own without any.
static double barycentre(const placer_t *p, const vertex_t *v, bool up) {
  const size_t *links = p->links + (up ? v->first_up : v->first_down);
  const size_t count = up ? v->up_count : v->down_count;
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += (double)p->vertices[links[i]].place;
  return count ? sum / (double)count : (double)v->place;
}

static void order_layer(placer_t *p, size_t layer, bool up) {
  for (size_t i = p->begins[layer]; i < p->begins[layer + 1]; ++i) {
    vertex_t *v = &p->vertices[p->order[i]];
    v->order = barycentre(p, v, up);
  }
  sort_layer(p, layer);
}

static void order_layers(placer_t *p) {
  for (size_t i = 0; i < p->layer_count; ++i) number_layer(p, i);
  for (int sweep = 0; sweep < SWEEPS; ++sweep) {
    for (size_t i = 1; i < p->layer_count; ++i) order_layer(p, i, true);
    for (size_t i = p->layer_count; i-- > 1;) order_layer(p, i - 1, false);
  }
}

//===--- positions ---------------------------------------------------------===//

// Stand-ins pull harder, so that long arrows are straight.
static double weight_of(const placer_t *p, size_t vertex) {
  return vertex >= p->layout->box_count ? 4 : 1;
}

// With the weights that place_layer gives, a box below a branch stands where the one above does.
static double mean_x(const placer_t *p, const vertex_t *v, bool up, double fallback) {
  const size_t *links = p->links + (up ? v->first_up : v->first_down);
  const size_t count = up ? v->up_count : v->down_count;
  double sum = 0, weight = 0;
  for (size_t i = 0; i < count; ++i) {
    sum += p->vertices[links[i]].x * weight_of(p, links[i]);
    weight += weight_of(p, links[i]);
  }
  return count ? sum / weight : fallback;
}

// Of a run of vertices that touch: where its members wish it to begin.
typedef struct run_t {
  double wish, weight;
  size_t first;
} run_t;

// The nearest positions to the wishes that keep order and distance: pool adjacent violators over
// wishes from which the widths to the left are taken. |runs| has room for the layer.
static void place_layer(placer_t *p, size_t layer, bool up, run_t *runs) {
  const size_t begin = p->begins[layer], end = p->begins[layer + 1];
  size_t count = 0;
  double offset = 0, last_half = 0;
  for (size_t i = begin; i < end; ++i) {
    vertex_t *v = &p->vertices[p->order[i]];
    offset += i > begin ? last_half + v->width / 2 : 0;
    last_half = v->width / 2;
    v->order = offset;
    runs[count++] = (run_t){mean_x(p, v, up, v->x) - offset, weight_of(p, p->order[i]), i};
    for (; count > 1 && runs[count - 2].wish > runs[count - 1].wish; --count) {
      run_t *a = &runs[count - 2], *b = &runs[count - 1];
      a->wish = (a->wish * a->weight + b->wish * b->weight) / (a->weight + b->weight);
      a->weight += b->weight;
    }
  }
  for (size_t r = 0; r < count; ++r) {
    const size_t stop = r + 1 < count ? runs[r + 1].first : end;
    for (size_t i = runs[r].first; i < stop; ++i) {
      vertex_t *v = &p->vertices[p->order[i]];
      v->x = runs[r].wish + v->order;
    }
  }
}

static mmd_status_t place_across(placer_t *p) {
  run_t *runs = mmd_alloc_array(p->vertex_count, sizeof *runs);
  MMD_TRY_ALLOC(runs);
  for (size_t i = 0; i < p->layer_count; ++i) place_layer(p, i, true, runs);
  for (int sweep = 0; sweep < SWEEPS; ++sweep) {
    for (size_t i = p->layer_count; i-- > 1;) place_layer(p, i - 1, false, runs);
    for (size_t i = 1; i < p->layer_count; ++i) place_layer(p, i, true, runs);
  }
  mmd_free(runs);
  return NULL;
}

// Copies the positions, moved so that the picture begins at 0.
static void take_positions(placer_t *p) {
  mmd_layout_t *l = p->layout;
  double left = 0, right = 0, y = 0;
  for (size_t v = 0; v < p->vertex_count; ++v) {
    const double half = p->vertices[v].width / 2, x = p->vertices[v].x;
    if (v == 0 || x - half < left) left = x - half;
    if (v == 0 || x + half > right) right = x + half;
  }
  for (size_t layer = 0; layer < p->layer_count; ++layer) {
    double height = 0;
    for (size_t i = p->begins[layer]; i < p->begins[layer + 1]; ++i) {
      const size_t v = p->order[i];
      if (v < l->box_count && l->boxes[v].height > height) height = l->boxes[v].height;
    }
    for (size_t i = p->begins[layer]; i < p->begins[layer + 1]; ++i) {
      const size_t v = p->order[i];
      mmd_layout_box_t *box = v < l->box_count ? &l->boxes[v] : &l->bends[v - l->box_count];
      box->x = p->vertices[v].x - left;
      box->y = y + height / 2;
      if (v >= l->box_count) box->height = height;  // to pass the layer straight
    }
    y += height + layer_gap;
  }
  l->width = right - left;
  l->height = y > layer_gap ? y - layer_gap : 0;
}

static mmd_status_t place(placer_t *p) {
  MMD_TRY(find_layers(p));
  MMD_TRY(make_vertices(p));
  order_layers(p);
  MMD_TRY(place_across(p));
  take_positions(p);
  return NULL;
}

mmd_status_t mmd_layout_place(mmd_layout_t *layout) {
  placer_t p = {.layout = layout};
  layout->bends = NULL;
  layout->bend_count = 0;
  layout->width = layout->height = 0;
  mmd_status_t status = layout->box_count ? place(&p) : NULL;
  deinit(&p);
  if (status) mmd_layout_deinit(layout);
  return status;
}

void mmd_layout_deinit(mmd_layout_t *layout) {
  mmd_free(layout->bends);
  layout->bends = NULL;
  layout->bend_count = 0;
}
