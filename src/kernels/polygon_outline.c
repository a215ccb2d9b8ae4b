// SPDX-License-Identifier: Apache-2.0
//
// The plane is cut into slabs at the heights of all corners and crossings. Inside a slab edges do
// not cross, so that its cells are stretches between neighbouring edges; cells of two slabs that
// touch along a stretch belong together. Counting what belongs together gives outer borders and
// holes. The corners of the border are where its edges begin, end or cross.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kernels/min_area_rect.h"
#include "kernels/polygon_offset.h"

// Stretches that are shorter are rounding; parts that are smaller have no corners in Clipper.
#define TOUCH 1e-9
#define MIN_AREA 0.5

enum { STACK_POINTS = 256 };

typedef struct edge_t {
  double x0, y0, x1, y1;  // y0 < y1
  double slope;
  int winding;     // what it adds to the number of turns, from left to right
  size_t seen_in;  // the last slab, from 1, in which it was part of the border
} edge_t;

typedef struct cell_t {
  double left0, right0, left1, right1;  // at the lower and the upper y of the slab
  size_t root;                          // in |parents|
  bool is_inside;
} cell_t;

typedef struct sweep_t {
  edge_t *edges;
  size_t edge_count;
  double *heights;
  size_t height_count, height_capacity;
  size_t *active, active_count;  // edges of the slab from left to right
  double *xs;                    // theirs in its middle
  size_t *borders;               // those of the active ones that part inside and outside
  cell_t *cells[2];              // of this slab and of the one before
  size_t cell_counts[2];
  size_t *parents;  // union-find over all cells; 0 is the outside
  double *areas;    // of what belongs together, at its root
  size_t part_count, part_capacity, area_capacity;
  mmd_point_t *corners;
  size_t corner_count, corner_capacity;
} sweep_t;

static double x_at(const edge_t *edge, double y) {
  if (y == edge->y1) return edge->x1;
  return edge->x0 + (y - edge->y0) * edge->slope;
}

//===--- heights ---===//

static mmd_status_t add_height(sweep_t *sweep, double y) {
  MMD_TRY(MMD_GROW(sweep->heights, sweep->height_capacity, sweep->height_count + 1));
  sweep->heights[sweep->height_count++] = y;
  return NULL;
}

static mmd_status_t add_crossing(sweep_t *sweep, const edge_t *a, const edge_t *b) {
  const double top = fmax(a->y0, b->y0), bottom = fmin(a->y1, b->y1);
  if (top >= bottom) return NULL;
  const double before = x_at(a, top) - x_at(b, top), after = x_at(a, bottom) - x_at(b, bottom);
  if (!((before < 0 && after > 0) || (before > 0 && after < 0))) return NULL;
  const double y = top + (bottom - top) * (before / (before - after));
  return y > top && y < bottom ? add_height(sweep, y) : NULL;
}

static int compare_heights(const void *left, const void *right) {
  const double a = *(const double *)left, b = *(const double *)right;
  return a < b ? -1 : a > b;
}

static mmd_status_t find_heights(sweep_t *sweep) {
  for (size_t i = 0; i < sweep->edge_count; ++i) {
    const edge_t *a = &sweep->edges[i];
    MMD_TRY(add_height(sweep, a->y0));
    MMD_TRY(add_height(sweep, a->y1));
    const double left = fmin(a->x0, a->x1), right = fmax(a->x0, a->x1);
    for (size_t j = i + 1; j < sweep->edge_count; ++j) {
      const edge_t *b = &sweep->edges[j];
      const bool is_near = b->y0 < a->y1 && a->y0 < b->y1 && fmin(b->x0, b->x1) <= right &&
                           left <= fmax(b->x0, b->x1);
      if (is_near) MMD_TRY(add_crossing(sweep, a, b));
    }
  }
  qsort(sweep->heights, sweep->height_count, sizeof *sweep->heights, compare_heights);
  size_t count = 0;
  for (size_t i = 0; i < sweep->height_count; ++i) {
    const double y = sweep->heights[i];
    // Of heights that are as good as equal, a whole one stays.
    if (!count || y - sweep->heights[count - 1] > TOUCH) {
      sweep->heights[count++] = y;
    } else if (y == rint(y)) {
      sweep->heights[count - 1] = y;
    }
  }
  sweep->height_count = count;
  return NULL;
}

static void make_edges(sweep_t *sweep, const mmd_ipoint_t *path, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const mmd_ipoint_t a = path[i ? i - 1 : count - 1], b = path[i];
    if (a.y == b.y) continue;
    const mmd_ipoint_t upper = a.y < b.y ? a : b, lower = a.y < b.y ? b : a;
    sweep->edges[sweep->edge_count++] = (edge_t){
        .x0 = upper.x,
        .y0 = upper.y,
        .x1 = lower.x,
        .y1 = lower.y,
        .slope = ((double)lower.x - upper.x) / ((double)lower.y - upper.y),
        .winding = a.y > b.y ? 1 : -1,
    };
  }
}

//===--- parts ---===//

static size_t root_of(const sweep_t *sweep, size_t part) {
  while (sweep->parents[part] != part) {
    sweep->parents[part] = sweep->parents[sweep->parents[part]];
    part = sweep->parents[part];
  }
  return part;
}

static void unite(sweep_t *sweep, size_t a, size_t b) {
  const size_t low = root_of(sweep, a), high = root_of(sweep, b);
  if (low == high) return;
  const size_t keep = low < high ? low : high, drop = low < high ? high : low;
  sweep->parents[drop] = keep;
  sweep->areas[keep] += sweep->areas[drop];
}

static mmd_status_t add_part(sweep_t *sweep, double area) {
  const size_t count = sweep->part_count + 1;
  MMD_TRY(MMD_GROW(sweep->parents, sweep->part_capacity, count));
  MMD_TRY(MMD_GROW(sweep->areas, sweep->area_capacity, count));
  sweep->parents[sweep->part_count] = sweep->part_count;
  sweep->areas[sweep->part_count++] = area;
  return NULL;
}

static size_t count_parts(const sweep_t *sweep) {
  size_t count = 0;
  for (size_t i = 1; i < sweep->part_count; ++i) {
    count += sweep->parents[i] == i && sweep->areas[i] >= MIN_AREA;
  }
  return count;
}

//===--- slabs ---===//

static mmd_status_t add_cell(sweep_t *sweep, const edge_t *left, const edge_t *right,
                             bool is_inside, double y0, double y1) {
  const double far = 1e12;
  const bool is_outside = !left || !right;
  cell_t cell = {
      .left0 = left ? x_at(left, y0) : -far,
      .right0 = right ? x_at(right, y0) : far,
      .left1 = left ? x_at(left, y1) : -far,
      .right1 = right ? x_at(right, y1) : far,
      .is_inside = is_inside,
  };
  const double area = (cell.right0 - cell.left0 + cell.right1 - cell.left1) * (y1 - y0) / 2;
  if (!is_outside) {
    cell.root = sweep->part_count;
    MMD_TRY(add_part(sweep, area));
  }
  sweep->cells[0][sweep->cell_counts[0]++] = cell;
  return NULL;
}

// Cells of this slab and the one before that share a stretch or a point: like Clipper, a border
// that touches itself is still one.
static void unite_slabs(sweep_t *sweep) {
  size_t j = 0;
  const size_t before_count = sweep->cell_counts[1];
  for (size_t i = 0; i < sweep->cell_counts[0]; ++i) {
    const cell_t *cell = &sweep->cells[0][i];
    while (j < before_count && sweep->cells[1][j].right1 < cell->left0 - TOUCH) ++j;
    for (size_t k = j; k < before_count; ++k) {
      const cell_t *before = &sweep->cells[1][k];
      if (before->left1 > cell->right0 + TOUCH) break;
      if (before->is_inside == cell->is_inside) unite(sweep, before->root, cell->root);
    }
  }
}

// Cells of this slab on both sides of one that ends in a point.
static void unite_neighbours(sweep_t *sweep) {
  for (size_t i = 2; i < sweep->cell_counts[0]; ++i) {
    const cell_t *left = &sweep->cells[0][i - 2], *right = left + 2;
    if (right->left0 - left->right0 <= TOUCH || right->left1 - left->right1 <= TOUCH) {
      unite(sweep, left->root, right->root);
    }
  }
}

static void find_active(sweep_t *sweep, double y0, double y1) {
  const double middle = (y0 + y1) / 2;
  sweep->active_count = 0;
  for (size_t i = 0; i < sweep->edge_count; ++i) {
    const edge_t *edge = &sweep->edges[i];
    if (edge->y0 > middle || edge->y1 < middle) continue;
    const double x = x_at(edge, middle);
    size_t at = sweep->active_count++;
    for (; at > 0 && sweep->xs[at - 1] > x; --at) {
      sweep->xs[at] = sweep->xs[at - 1];
      sweep->active[at] = sweep->active[at - 1];
    }
    sweep->xs[at] = x;
    sweep->active[at] = i;
  }
}

static mmd_status_t add_corner(sweep_t *sweep, double x, double y) {
  MMD_TRY(MMD_GROW(sweep->corners, sweep->corner_capacity, sweep->corner_count + 1));
  sweep->corners[sweep->corner_count++] = (mmd_point_t){(float)round(x), (float)round(y)};
  return NULL;
}

// An edge that is part of the border in slab |slab| (from 1).
static mmd_status_t note_border(sweep_t *sweep, edge_t *edge, size_t slab) {
  const double y0 = sweep->heights[slab - 1], y1 = sweep->heights[slab];
  if (edge->seen_in != slab - 1 || slab == 1) MMD_TRY(add_corner(sweep, x_at(edge, y0), y0));
  edge->seen_in = slab;
  return edge->y1 - y1 <= TOUCH ? add_corner(sweep, edge->x1, edge->y1) : NULL;
}

// Edges that go on but no longer as part of the border.
static mmd_status_t note_ends(sweep_t *sweep, size_t slab) {
  const double y0 = sweep->heights[slab - 1];
  for (size_t i = 0; i < sweep->active_count; ++i) {
    const edge_t *edge = &sweep->edges[sweep->active[i]];
    if (slab > 1 && edge->seen_in == slab - 1) MMD_TRY(add_corner(sweep, x_at(edge, y0), y0));
  }
  return NULL;
}

// Where the winding number becomes positive or stops to be, from left to right; gives how many. Two
// such places with nothing between them are none.
static size_t find_borders(sweep_t *sweep) {
  size_t count = 0;
  int winding = 0;
  for (size_t i = 0; i < sweep->active_count; ++i) {
    const bool was_inside = winding > 0;
    winding += sweep->edges[sweep->active[i]].winding;
    if (was_inside == (winding > 0)) continue;
    if (count && sweep->xs[i] - sweep->xs[sweep->borders[count - 1]] <= TOUCH) {
      --count;
    } else {
      sweep->borders[count++] = i;
    }
  }
  return count;
}

static void next_slab(sweep_t *sweep) {
  cell_t *cells = sweep->cells[0];
  sweep->cells[0] = sweep->cells[1];
  sweep->cells[1] = cells;
  sweep->cell_counts[1] = sweep->cell_counts[0];
  sweep->cell_counts[0] = 0;
}

static mmd_status_t sweep_slab(sweep_t *sweep, size_t slab) {
  const double y0 = sweep->heights[slab - 1], y1 = sweep->heights[slab];
  const edge_t *left = NULL;
  next_slab(sweep);
  find_active(sweep, y0, y1);
  const size_t count = find_borders(sweep);
  for (size_t i = 0; i < count; ++i) {
    edge_t *edge = &sweep->edges[sweep->active[sweep->borders[i]]];
    MMD_TRY(add_cell(sweep, left, edge, i % 2, y0, y1));
    MMD_TRY(note_border(sweep, edge, slab));
    left = edge;
  }
  MMD_TRY(add_cell(sweep, left, NULL, false, y0, y1));
  MMD_TRY(note_ends(sweep, slab));
  unite_neighbours(sweep);
  unite_slabs(sweep);
  return NULL;
}

static mmd_status_t sweep_all(sweep_t *sweep) {
  MMD_TRY(add_part(sweep, 0));  // the outside
  MMD_TRY(find_heights(sweep));
  MMD_TRY(add_cell(sweep, NULL, NULL, false, 0, 0));
  for (size_t i = 1; i < sweep->height_count; ++i) MMD_TRY(sweep_slab(sweep, i));
  next_slab(sweep);
  MMD_TRY(add_cell(sweep, NULL, NULL, false, 0, 0));
  unite_slabs(sweep);
  return NULL;
}

//===--- result ---===//

static mmd_status_t prepare(sweep_t *sweep, const mmd_ipoint_t *path, size_t count) {
  sweep->edges = mmd_alloc_array(count + 1, sizeof *sweep->edges);
  sweep->active = mmd_alloc_array(count + 1, sizeof *sweep->active);
  sweep->borders = mmd_alloc_array(count + 1, sizeof *sweep->borders);
  sweep->xs = mmd_alloc_array(count + 1, sizeof *sweep->xs);
  sweep->cells[0] = mmd_alloc_array(count + 1, sizeof *sweep->cells[0]);
  sweep->cells[1] = mmd_alloc_array(count + 1, sizeof *sweep->cells[1]);
  if (!sweep->edges || !sweep->active || !sweep->borders || !sweep->xs || !sweep->cells[0] ||
      !sweep->cells[1]) {
    return mmd_status_no_memory();
  }
  make_edges(sweep, path, count);
  return NULL;
}

static void release(sweep_t *sweep) {
  mmd_free(sweep->edges);
  mmd_free(sweep->heights);
  mmd_free(sweep->active);
  mmd_free(sweep->borders);
  mmd_free(sweep->xs);
  mmd_free(sweep->cells[0]);
  mmd_free(sweep->cells[1]);
  mmd_free(sweep->parents);
  mmd_free(sweep->areas);
  mmd_free(sweep->corners);
}

// The hull from behind its uppermost point on, of two the right one.
static mmd_status_t set_hull(mmd_polygon_growth_t *growth, const mmd_ipoint_t *corners,
                             size_t count) {
  size_t top = 0;
  for (size_t i = 1; i < count; ++i) {
    const mmd_ipoint_t p = corners[i], best = corners[top];
    if (p.y < best.y || (p.y == best.y && p.x > best.x)) top = i;
  }
  MMD_TRY(MMD_GROW(growth->hull, growth->hull_capacity, count));
  for (size_t i = 0; i < count; ++i) growth->hull[i] = corners[(top + 1 + i) % count];
  growth->hull_count = count;
  growth->parts = 1;
  return NULL;
}

static mmd_status_t make_hull(const mmd_point_t *points, size_t count,
                              mmd_polygon_growth_t *growth) {
  size_t hull_count = 0;
  size_t *hull = mmd_alloc_array(count, sizeof *hull);
  mmd_ipoint_t *corners = mmd_alloc_array(count, sizeof *corners);
  mmd_status_t status = hull && corners ? NULL : mmd_status_no_memory();
  if (!status) status = mmd_convex_hull(points, count, hull, &hull_count);
  for (size_t i = 0; i < hull_count; ++i) {
    const mmd_point_t p = points[hull[i]];
    corners[i] = (mmd_ipoint_t){(int32_t)p.x, (int32_t)p.y};
  }
  if (!status) status = set_hull(growth, corners, hull_count);
  mmd_free(hull);
  mmd_free(corners);
  return status;
}

//===--- convex paths ---===//

static bool is_same(mmd_ipoint_t a, mmd_ipoint_t b) {
  return a.x == b.x && a.y == b.y;
}

static int64_t cross(mmd_ipoint_t a, mmd_ipoint_t b, mmd_ipoint_t c) {
  return (int64_t)(b.x - a.x) * (c.y - b.y) - (int64_t)(b.y - a.y) * (c.x - b.x);
}

// Whether the path, which may repeat points, turns to one side only and goes round once: then it
// goes down and up once.
static bool is_convex(const mmd_ipoint_t *path, size_t count) {
  size_t turns = 0;
  bool was_up = false;
  for (size_t i = 0; i < count; ++i) {
    if (path[i].y != path[i ? i - 1 : count - 1].y)
      was_up = path[i].y < path[i ? i - 1 : count - 1].y;
  }
  for (size_t i = 0; i < count; ++i) {
    const int32_t step = path[i].y - path[i ? i - 1 : count - 1].y;
    if (cross(path[i ? i - 1 : count - 1], path[i], path[(i + 1) % count]) < 0) return false;
    if (!step) continue;
    turns += (step < 0) != was_up;
    was_up = step < 0;
  }
  return turns == 2;
}

// The corners of a convex path: no point twice, none on a line. 0 where it is convex only as long
// as points repeat.
static size_t find_corners(const mmd_ipoint_t *path, size_t count, mmd_ipoint_t *out) {
  size_t distinct = 0, corners = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!distinct || !is_same(out[distinct - 1], path[i])) out[distinct++] = path[i];
  }
  while (distinct > 1 && is_same(out[0], out[distinct - 1])) --distinct;
  const mmd_ipoint_t first = out[0];
  mmd_ipoint_t before = out[distinct - 1];
  for (size_t i = 0; i < distinct; ++i) {
    const mmd_ipoint_t at = out[i], next = i + 1 < distinct ? out[i + 1] : first;
    const int64_t turn = cross(before, at, next);
    if (turn < 0) return 0;
    if (turn > 0) out[corners++] = at;
    before = at;
  }
  return corners;
}

// All points are of the border.
static mmd_status_t outline_path(mmd_polygon_growth_t *growth) {
  mmd_point_t *points = mmd_alloc_array(growth->path_count, sizeof *points);
  MMD_TRY_ALLOC(points);
  for (size_t i = 0; i < growth->path_count; ++i) {
    points[i] = (mmd_point_t){(float)growth->path[i].x, (float)growth->path[i].y};
  }
  mmd_status_t status = make_hull(points, growth->path_count, growth);
  mmd_free(points);
  return status;
}

static mmd_status_t outline_convex(mmd_polygon_growth_t *growth) {
  mmd_ipoint_t buffer[STACK_POINTS];
  const bool is_small = growth->path_count <= STACK_POINTS;
  mmd_ipoint_t *corners = is_small ? buffer : mmd_alloc_array(growth->path_count, sizeof *corners);
  MMD_TRY_ALLOC(corners);
  const size_t count = find_corners(growth->path, growth->path_count, corners);
  mmd_status_t status = count >= 3 ? set_hull(growth, corners, count) : outline_path(growth);
  if (!is_small) mmd_free(corners);
  return status;
}

mmd_status_t mmd_polygon_outline(mmd_polygon_growth_t *growth) {
  sweep_t sweep = {0};
  const mmd_ipoint_t *path = growth->path;
  const size_t count = growth->path_count;
  growth->parts = growth->hull_count = 0;
  if (is_convex(path, count)) return outline_convex(growth);
  mmd_status_t status = prepare(&sweep, path, count);
  if (!status && sweep.edge_count) status = sweep_all(&sweep);
  if (!status) growth->parts = count_parts(&sweep);
  if (!status && growth->parts == 1) status = make_hull(sweep.corners, sweep.corner_count, growth);
  release(&sweep);
  return status;
}
