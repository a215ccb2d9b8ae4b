// SPDX-License-Identifier: Apache-2.0
#include "frontends/openmmlab/weights.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "formats/checkpoint/checkpoint.h"

enum {
  MAX_LISTED = 20,       // problems that one message names
  MAX_COMPARED = 10000,  // keys that are looked at for a nearest one
};

typedef struct problem_t {
  char *key, *wanted_by;
  mmd_shape_t wanted, found;
  bool is_missing;
} problem_t;

struct mmd_weights {
  const mmd_checkpoint_t *checkpoint;
  char *path;
  mmd_weight_source_t source;
  mmd_map_t used;     // keys that were asked for
  mmd_map_t ignored;  // patterns
  problem_t *problems;
  size_t problem_count, problem_capacity;
};

static void add_key_of_problem(problem_t *problem, const char *key, const char *wanted_by) {
  problem->key = mmd_strdup(key);
  problem->wanted_by = mmd_strdup(wanted_by);
}

// |found| NULL: the key is missing.
static mmd_status_t note_problem(mmd_weights_t *weights, const char *key, const char *wanted_by,
                                 const mmd_shape_t *wanted, const mmd_shape_t *found) {
  MMD_TRY(MMD_GROW(weights->problems, weights->problem_capacity, weights->problem_count + 1));
  problem_t *problem = &weights->problems[weights->problem_count];
  memset(problem, 0, sizeof *problem);
  add_key_of_problem(problem, key, wanted_by ? wanted_by : "");
  ++weights->problem_count;
  problem->wanted = *wanted;
  problem->is_missing = !found;
  if (found) problem->found = *found;
  return problem->key && problem->wanted_by ? NULL : mmd_status_no_memory();
}

// |tensor| in |dtype|, packed; a view where the checkpoint has it so.
static mmd_status_t convert(const mmd_tensor_t *tensor, mmd_dtype_t dtype, mmd_tensor_t *out) {
  if (tensor->dtype != dtype) return mmd_tensor_cast(tensor, dtype, out);
  if (!mmd_tensor_is_contiguous(tensor)) return mmd_tensor_copy(tensor, out);
  *out = mmd_tensor_retain(tensor);
  return NULL;
}

// Stands for a weight that the checkpoint lacks until the report: one element for all, so that a
// wrong config costs no memory.
static mmd_status_t make_placeholder(mmd_dtype_t dtype, const mmd_shape_t *shape,
                                     mmd_tensor_t *out_tensor) {
  const int64_t strides[MMD_MAX_RANK] = {0};
  mmd_storage_t *storage = NULL;
  MMD_TRY(mmd_storage_create(sizeof(double), true, &storage));
  mmd_status_t status = mmd_tensor_view_strided(storage, 0, dtype, shape, strides, out_tensor);
  mmd_storage_release(storage);
  return status;
}

static mmd_status_t get_weight(void *self, const char *key, mmd_dtype_t dtype,
                               const mmd_shape_t *shape, const char *wanted_by,
                               mmd_tensor_t *out_tensor) {
  mmd_weights_t *weights = self;
  const mmd_tensor_t *tensor = mmd_checkpoint_get(weights->checkpoint, key);
  MMD_TRY(mmd_map_set(&weights->used, key, weights, NULL));
  if (tensor && mmd_shape_equal(&tensor->shape, shape)) return convert(tensor, dtype, out_tensor);
  MMD_TRY(note_problem(weights, key, wanted_by, shape, tensor ? &tensor->shape : NULL));
  return make_placeholder(dtype, shape, out_tensor);
}

static bool peek_weight(void *self, const char *key, mmd_shape_t *out_shape) {
  const mmd_weights_t *weights = self;
  const mmd_tensor_t *tensor = mmd_checkpoint_get(weights->checkpoint, key);
  if (tensor) *out_shape = tensor->shape;
  return tensor != NULL;
}

mmd_status_t mmd_weights_create(const struct mmd_checkpoint *checkpoint, const char *path,
                                mmd_weights_t **out_weights) {
  mmd_weights_t *weights = mmd_alloc(sizeof *weights);
  MMD_TRY_ALLOC(weights);
  weights->checkpoint = checkpoint;
  weights->path = mmd_strdup(path);
  weights->source = (mmd_weight_source_t){weights, get_weight, peek_weight};
  if (!weights->path) {
    mmd_weights_destroy(weights);
    return mmd_status_no_memory();
  }
  *out_weights = weights;
  return NULL;
}

void mmd_weights_destroy(mmd_weights_t *weights) {
  if (!weights) return;
  for (size_t i = 0; i < weights->problem_count; ++i) {
    mmd_free(weights->problems[i].key);
    mmd_free(weights->problems[i].wanted_by);
  }
  mmd_free(weights->problems);
  mmd_map_deinit(&weights->used);
  mmd_map_deinit(&weights->ignored);
  mmd_free(weights->path);
  mmd_free(weights);
}

mmd_weight_source_t *mmd_weights_source(mmd_weights_t *weights) {
  return &weights->source;
}

mmd_status_t mmd_weights_ignore(mmd_weights_t *weights, const char *pattern) {
  return mmd_map_set(&weights->ignored, pattern, weights, NULL);
}

// A pattern that ends in a dot is a prefix, another one a suffix of whole names.
static bool matches(const char *key, const char *pattern) {
  if (mmd_str_ends_with(pattern, ".")) return mmd_str_starts_with(key, pattern);
  if (!mmd_str_ends_with(key, pattern)) return false;
  const size_t rest = strlen(key) - strlen(pattern);
  return rest == 0 || key[rest - 1] == '.';
}

static bool is_unused(const mmd_weights_t *weights, const char *key) {
  if (mmd_map_has(&weights->used, key)) return false;
  for (size_t i = 0; i < mmd_map_size(&weights->ignored); ++i) {
    if (matches(key, mmd_map_at(&weights->ignored, i).key)) return false;
  }
  return true;
}

// The unused key nearest to |key| that has the wanted shape, or NULL.
static const char *nearest_unused(const mmd_weights_t *weights, const problem_t *problem) {
  const char *nearest = NULL;
  unsigned best = 0;
  size_t count = mmd_checkpoint_size(weights->checkpoint);
  if (count > MAX_COMPARED) count = MAX_COMPARED;
  for (size_t i = 0; i < count; ++i) {
    const char *key = mmd_checkpoint_key_at(weights->checkpoint, i);
    const mmd_tensor_t *tensor = mmd_checkpoint_tensor_at(weights->checkpoint, i);
    if (!is_unused(weights, key) || !mmd_shape_equal(&tensor->shape, &problem->wanted)) continue;
    const unsigned distance = mmd_edit_distance(problem->key, key);
    if (nearest && distance >= best) continue;
    nearest = key;
    best = distance;
  }
  return nearest;
}

static mmd_status_t describe_problem(const mmd_weights_t *weights, const problem_t *problem,
                                     mmd_str_t *text) {
  MMD_TRY(mmd_str_printf(text, "'%s' (wanted by %s as ", problem->key, problem->wanted_by));
  MMD_TRY(mmd_shape_format(&problem->wanted, text));
  if (!problem->is_missing) {
    MMD_TRY(mmd_str_append(text, ", is "));
    MMD_TRY(mmd_shape_format(&problem->found, text));
    return mmd_str_append(text, ")");
  }
  const char *nearest = nearest_unused(weights, problem);
  if (!nearest) return mmd_str_append(text, ")");
  return mmd_str_printf(text, "; nearest unused key '%s')", nearest);
}

// Appends "2 keys are missing: …, …".
static mmd_status_t list_problems(const mmd_weights_t *weights, bool missing, const char *phrase,
                                  mmd_str_t *text) {
  size_t count = 0, listed = 0;
  for (size_t i = 0; i < weights->problem_count; ++i) {
    count += weights->problems[i].is_missing == missing;
  }
  if (!count) return NULL;
  MMD_TRY(mmd_str_printf(text, "%s%zu key%s %s: ", text->size ? "; " : "", count,
                         count == 1 ? "" : "s", phrase));
  for (size_t i = 0; i < weights->problem_count && listed < MAX_LISTED; ++i) {
    if (weights->problems[i].is_missing != missing) continue;
    if (listed++) MMD_TRY(mmd_str_append(text, ", "));
    MMD_TRY(describe_problem(weights, &weights->problems[i], text));
  }
  if (count == listed) return NULL;
  return mmd_str_printf(text, " and %zu more", count - listed);
}

static mmd_status_t warn_of_unused(const mmd_weights_t *weights) {
  size_t count = 0;
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_checkpoint_size(weights->checkpoint) && !status; ++i) {
    const char *key = mmd_checkpoint_key_at(weights->checkpoint, i);
    if (!is_unused(weights, key) || ++count > MAX_LISTED) continue;
    status = mmd_str_printf(&text, "%s'%s'", count == 1 ? "" : ", ", key);
  }
  if (!status && count) {
    MMD_LOGW("%s: %zu unexpected key%s in the checkpoint, not used: %s%s", weights->path, count,
             count == 1 ? "" : "s", mmd_str_text(&text), count > MAX_LISTED ? ", ..." : "");
  }
  mmd_str_deinit(&text);
  return status;
}

mmd_status_t mmd_weights_report(mmd_weights_t *weights) {
  mmd_str_t text = {0};
  if (!weights->problem_count) return warn_of_unused(weights);
  mmd_status_t status = list_problems(weights, true, "missing", &text);
  if (!status) status = list_problems(weights, false, "of another shape", &text);
  if (!status)
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %s", weights->path, mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}
