// SPDX-License-Identifier: Apache-2.0
#include "ops/op.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ops/registry.h"

enum { MAX_OPS = 1024 };

// Filled once; the table itself needs no memory from outside.
static const mmd_op_t *sorted[MAX_OPS];
static size_t sorted_count;
static pthread_once_t sort_once = PTHREAD_ONCE_INIT;

static int compare_names(const char *domain_a, const char *name_a, const mmd_op_t *b) {
  int order = strcmp(domain_a, b->domain);
  return order ? order : strcmp(name_a, b->name);
}

static int compare_ops(const void *a, const void *b) {
  const mmd_op_t *x = *(const mmd_op_t *const *)a, *y = *(const mmd_op_t *const *)b;
  int order = compare_names(x->domain, x->name, y);
  if (order) return order;
  return (x->since_version > y->since_version) - (x->since_version < y->since_version);
}

static void sort_ops(void) {
  for (const mmd_op_family_t *const *family = mmd_op_families; *family; ++family) {
    for (size_t i = 0; i < (*family)->count && sorted_count < MAX_OPS; ++i) {
      sorted[sorted_count++] = &(*family)->ops[i];
    }
  }
  qsort(sorted, sorted_count, sizeof *sorted, compare_ops);
}

size_t mmd_op_count(void) {
  pthread_once(&sort_once, sort_ops);
  return sorted_count;
}

const mmd_op_t *mmd_op_at(size_t index) {
  return index < mmd_op_count() ? sorted[index] : NULL;
}

const mmd_op_t *mmd_op_find(const char *domain, const char *name, int64_t version) {
  if (!domain || strcmp(domain, "ai.onnx") == 0) domain = "";
  size_t low = 0, high = mmd_op_count();  // the first entry behind the wanted ones
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare_names(domain, name, sorted[middle]);
    if (order > 0 || (order == 0 && sorted[middle]->since_version <= version)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0 || compare_names(domain, name, sorted[low - 1]) != 0) return NULL;
  return sorted[low - 1];
}

void mmd_eval_output(mmd_eval_context_t *context, size_t i, mmd_tensor_t *tensor) {
  mmd_datum_deinit(&context->outputs[i]);
  context->outputs[i] = (mmd_datum_t){.kind = MMD_TYPE_TENSOR, .tensor = *tensor};
  *tensor = (mmd_tensor_t){0};
}

mmd_status_t mmd_node_error(const mmd_node_t *node, mmd_code_t code, const char *fmt, ...) {
  mmd_str_t who = {0};
  va_list args;
  va_start(args, fmt);
  mmd_status_t status = mmd_status_make_v(code, __FILE__, __LINE__, fmt, args);
  va_end(args);
  mmd_status_t described = mmd_node_describe(node, &who);
  if (!mmd_status_ignore(described)) status = mmd_status_annotate(status, "%s", mmd_str_text(&who));
  mmd_str_deinit(&who);
  return status;
}
