// SPDX-License-Identifier: Apache-2.0
#include "convert/parity_ranks.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

// More rows than these out of place are no matter of rounding.
enum { MAX_MOVED = 1024, MAX_MEMBERS = 8 };

// The outputs that share the rows of one image: [batch, rows, …].
typedef struct group_t {
  const mmd_tensor_t *engine[MAX_MEMBERS], *against[MAX_MEMBERS];
  size_t place[MAX_MEMBERS];  // among all outputs
  size_t width[MAX_MEMBERS];  // numbers of a row
  double limit[MAX_MEMBERS];  // largest difference of equal numbers
  size_t count, ranked;       // |ranked|: the member with the scores
  size_t first_score, last_score;
  size_t batch, rows;
} group_t;

//===--- groups ------------------------------------------------------------===//

static double largest_number(const mmd_tensor_t *tensor) {
  double largest = 0;
  const size_t count = mmd_tensor_count(tensor);
  for (size_t i = 0; i < count; ++i) {
    const double x = fabs(mmd_tensor_get_f64(tensor, i));
    if (x > largest && !isinf(x)) largest = x;
  }
  return largest;
}

static bool shares_rows(const mmd_tensor_t *a, const mmd_tensor_t *b) {
  return a->shape.rank >= 2 && b->shape.rank >= 2 && a->shape.dims[0] == b->shape.dims[0] &&
         a->shape.dims[1] == b->shape.dims[1];
}

static size_t last_score(const mmd_ranking_t *ranking) {
  return ranking->score_count ? ranking->first_score + ranking->score_count - 1 : SIZE_MAX;
}

// False where nothing is to be done: no output of the name, or sides of other shapes.
static bool make_group(const mmd_ranking_t *ranking, const mmd_rank_sides_t *sides, group_t *out) {
  size_t ranked = 0;
  while (ranked < sides->count && strcmp(sides->outputs[ranked]->name, ranking->output) != 0)
    ++ranked;
  if (ranked == sides->count || sides->engine[ranked].shape.rank != 3) return false;
  *out = (group_t){.first_score = ranking->first_score,
                   .last_score = last_score(ranking),
                   .batch = (size_t)sides->engine[ranked].shape.dims[0],
                   .rows = (size_t)sides->engine[ranked].shape.dims[1]};
  if (!out->batch || !out->rows) return false;
  for (size_t i = 0; i < sides->count && out->count < MAX_MEMBERS; ++i) {
    const mmd_tensor_t *engine = &sides->engine[i], *against = &sides->against[i];
    if (!mmd_shape_equal(&engine->shape, &against->shape)) return false;
    if (!shares_rows(engine, &sides->engine[ranked])) continue;
    if (i == ranked) out->ranked = out->count;
    out->engine[out->count] = engine;
    out->against[out->count] = against;
    out->place[out->count] = i;
    out->width[out->count] = mmd_tensor_count(engine) / (out->batch * out->rows);
    out->limit[out->count++] = sides->tolerance * largest_number(against);
  }
  return out->first_score < out->width[out->ranked];
}

//===--- rows --------------------------------------------------------------===//

static bool is_equal(const group_t *group, size_t engine_row, size_t against_row) {
  for (size_t m = 0; m < group->count; ++m) {
    const size_t width = group->width[m];
    for (size_t k = 0; k < width; ++k) {
      const double x = mmd_tensor_get_f64(group->engine[m], engine_row * width + k);
      const double y = mmd_tensor_get_f64(group->against[m], against_row * width + k);
      if (x != y && !(fabs(x - y) <= group->limit[m])) return false;
    }
  }
  return true;
}

// What a row stands in its place by.
static double score(const group_t *group, const mmd_tensor_t *tensor, size_t row) {
  const size_t width = group->width[group->ranked];
  double best = -INFINITY;
  for (size_t k = group->first_score; k < width && k <= group->last_score; ++k)
    best = fmax(best, mmd_tensor_get_f64(tensor, row * width + k));
  return best;
}

static bool is_tie(const group_t *group, size_t row, size_t other) {
  const mmd_tensor_t *engine = group->engine[group->ranked],
                     *against = group->against[group->ranked];
  const double limit = group->limit[group->ranked];
  return fabs(score(group, engine, row) - score(group, engine, other)) <= limit &&
         fabs(score(group, against, row) - score(group, against, other)) <= limit;
}

// Rows of one image that differ; |out_rows| [MAX_MOVED].
static size_t find_differing(const group_t *group, size_t image, size_t *out_rows) {
  size_t count = 0;
  for (size_t i = 0; i < group->rows; ++i) {
    const size_t row = image * group->rows + i;
    if (is_equal(group, row, row)) continue;
    if (count == MAX_MOVED) return 0;
    out_rows[count++] = row;
  }
  return count;
}

// |source|[row] becomes the engine's row that belongs there. Either all that differ find a place or
// none moves. Returns how many moved.
static size_t place_rows(const group_t *group, const size_t *rows, size_t count, size_t *source) {
  bool is_used[MAX_MOVED] = {false};
  size_t found[MAX_MOVED];
  for (size_t i = 0; i < count; ++i) {
    size_t k = 0;
    while (k < count &&
           (is_used[k] || !is_tie(group, rows[i], rows[k]) || !is_equal(group, rows[k], rows[i])))
      ++k;
    if (k == count) return 0;
    is_used[k] = true;
    found[i] = rows[k];
  }
  for (size_t i = 0; i < count; ++i) source[rows[i]] = found[i];
  return count;
}

static mmd_status_t copy_rows(const group_t *group, size_t member, const size_t *source,
                              mmd_tensor_t *out_tensor) {
  mmd_tensor_t packed = {0}, copy = {0};
  mmd_status_t status = mmd_tensor_contiguous(group->engine[member], &packed);
  if (!status) status = mmd_tensor_copy(&packed, &copy);
  if (!status) {
    const size_t rows = group->batch * group->rows, size = mmd_tensor_byte_size(&packed) / rows;
    const char *from = mmd_tensor_data(&packed);
    char *to = mmd_tensor_mutable_data(&copy);
    for (size_t i = 0; i < rows; ++i) memcpy(to + i * size, from + source[i] * size, size);
    mmd_tensor_deinit(out_tensor);
    *out_tensor = copy;
  }
  mmd_tensor_deinit(&packed);
  return status;
}

static mmd_status_t unrank_group(const group_t *group, mmd_tensor_t *out_engine,
                                 size_t *out_moved) {
  const size_t total = group->batch * group->rows;
  size_t differing[MAX_MOVED], moved = 0;
  size_t *source = mmd_alloc_array(total, sizeof *source);
  MMD_TRY_ALLOC(source);
  for (size_t i = 0; i < total; ++i) source[i] = i;
  for (size_t image = 0; image < group->batch; ++image) {
    const size_t count = find_differing(group, image, differing);
    moved += place_rows(group, differing, count, source);
  }
  mmd_status_t status = NULL;
  for (size_t m = 0; m < group->count && moved && !status; ++m) {
    status = copy_rows(group, m, source, &out_engine[group->place[m]]);
    out_moved[group->place[m]] = moved;
  }
  mmd_free(source);
  return status;
}

mmd_status_t mmd_parity_unrank(const mmd_ranking_t *rankings, const mmd_rank_sides_t *sides,
                               mmd_tensor_t *out_engine, size_t *out_moved) {
  mmd_status_t status = NULL;
  for (size_t i = 0; i < sides->count; ++i) {
    out_engine[i] = mmd_tensor_retain(&sides->engine[i]);
    out_moved[i] = 0;
  }
  for (; rankings && rankings->output && !status; ++rankings) {
    group_t group;
    if (make_group(rankings, sides, &group)) status = unrank_group(&group, out_engine, out_moved);
  }
  if (!status) return NULL;
  for (size_t i = 0; i < sides->count; ++i) mmd_tensor_deinit(&out_engine[i]);
  return status;
}
