// SPDX-License-Identifier: Apache-2.0
#include "base/alloc.h"
#include "convert/checkpoint_source.h"
#include "convert/checkpoint_stats.h"
#include "convert/inspect.h"

#define META_WIDTH 60

typedef struct totals_t {
  uint64_t elements, bytes;
} totals_t;

static mmd_status_t add_shape(mmd_value_t *item, const mmd_shape_t *shape) {
  mmd_value_t *dims = mmd_value_array();
  MMD_TRY(mmd_object_take(item, "shape", dims));
  for (int i = 0; i < shape->rank; ++i) {
    MMD_TRY(mmd_array_take(dims, mmd_value_int(shape->dims[i])));
  }
  return NULL;
}

static mmd_status_t add_tensor(const char *key, const mmd_tensor_t *tensor, mmd_value_t *list,
                               mmd_str_t *text) {
  const size_t bytes = mmd_tensor_byte_size(tensor);
  mmd_value_t *item = mmd_value_object();
  MMD_TRY(mmd_array_take(list, item));
  MMD_TRY(mmd_object_take(item, "key", mmd_value_string(key)));
  MMD_TRY(mmd_object_take(item, "dtype", mmd_value_string(mmd_dtype_name(tensor->dtype))));
  MMD_TRY(add_shape(item, &tensor->shape));
  MMD_TRY(mmd_object_take(item, "bytes", mmd_value_int((int64_t)bytes)));
  mmd_str_t shape = {0};
  mmd_status_t status = mmd_shape_format(&tensor->shape, &shape);
  if (!status) {
    status = mmd_str_printf(text, "  %-52s %-5s %-16s %10zu\n", key, mmd_dtype_name(tensor->dtype),
                            mmd_str_text(&shape), bytes);
  }
  mmd_str_deinit(&shape);
  return status;
}

static mmd_status_t put_number(mmd_value_t *item, const char *name, bool any, double number) {
  return mmd_object_take(item, name, any ? mmd_value_float(number) : mmd_value_null());
}

// The members of |item| and the columns.
static mmd_status_t add_stats(const mmd_stats_t *stats, mmd_value_t *item, mmd_str_t *text) {
  const bool any = stats->count > 0;
  const double deviation = mmd_stats_deviation(stats);
  MMD_TRY(put_number(item, "min", any, stats->min));
  MMD_TRY(put_number(item, "max", any, stats->max));
  MMD_TRY(put_number(item, "mean", any, stats->mean));
  MMD_TRY(put_number(item, "std", any, deviation));
  MMD_TRY(mmd_object_take(item, "nan_count", mmd_value_int((int64_t)stats->nans)));
  MMD_TRY(mmd_object_take(item, "inf_count", mmd_value_int((int64_t)stats->infinities)));
  if (any) {
    MMD_TRY(mmd_str_printf(text, " %12.5g %12.5g %12.5g %12.5g", stats->min, stats->max,
                           stats->mean, deviation));
  } else {
    MMD_TRY(mmd_str_printf(text, " %12s %12s %12s %12s", "-", "-", "-", "-"));
  }
  return mmd_str_printf(text, " %6llu %6llu\n", (unsigned long long)stats->nans,
                        (unsigned long long)stats->infinities);
}

static mmd_status_t add_tensor_stats(const mmd_tensor_t *tensor, mmd_value_t *item,
                                     mmd_stats_t *total, mmd_str_t *text) {
  mmd_stats_t stats = {0};
  mmd_stats_add_tensor(&stats, tensor);
  mmd_stats_merge(total, &stats);
  text->size -= 1;  // in the line that add_tensor has ended
  text->data[text->size] = '\0';
  return add_stats(&stats, item, text);
}

static mmd_status_t add_total(const mmd_stats_t *total, mmd_value_t *result, mmd_str_t *text) {
  mmd_value_t *item = mmd_value_object();
  MMD_TRY(mmd_object_take(result, "total", item));
  MMD_TRY(mmd_str_printf(text, "  %-86s", "all"));
  return add_stats(total, item, text);
}

static mmd_status_t add_head(bool stats, mmd_str_t *text) {
  MMD_TRY(mmd_str_printf(text, "\n  %-52s %-5s %-16s %10s", "key", "dtype", "shape", "bytes"));
  if (!stats) return mmd_str_append_char(text, '\n');
  return mmd_str_printf(text, " %12s %12s %12s %12s %6s %6s\n", "min", "max", "mean", "std", "nan",
                        "inf");
}

static mmd_status_t add_tensors(const mmd_checkpoint_t *checkpoint, bool stats, mmd_value_t *result,
                                mmd_str_t *text) {
  mmd_value_t *list = mmd_value_array();
  mmd_stats_t total = {0};
  MMD_TRY(mmd_object_take(result, "tensors", list));
  MMD_TRY(add_head(stats, text));
  for (size_t i = 0; i < mmd_checkpoint_size(checkpoint); ++i) {
    const mmd_tensor_t *tensor = mmd_checkpoint_tensor_at(checkpoint, i);
    MMD_TRY(add_tensor(mmd_checkpoint_key_at(checkpoint, i), tensor, list, text));
    if (stats) MMD_TRY(add_tensor_stats(tensor, mmd_array_at(list, i), &total, text));
  }
  return stats ? add_total(&total, result, text) : NULL;
}

static totals_t count_all(const mmd_checkpoint_t *checkpoint) {
  totals_t totals = {0};
  for (size_t i = 0; i < mmd_checkpoint_size(checkpoint); ++i) {
    const mmd_tensor_t *tensor = mmd_checkpoint_tensor_at(checkpoint, i);
    totals.elements += mmd_tensor_count(tensor);
    totals.bytes += mmd_tensor_byte_size(tensor);
  }
  return totals;
}

static mmd_status_t add_meta(const mmd_checkpoint_t *checkpoint, mmd_value_t *result,
                             mmd_str_t *text) {
  const mmd_value_t *meta = mmd_checkpoint_meta(checkpoint);
  if (!meta) return NULL;
  mmd_value_t *copy = NULL;
  MMD_TRY(mmd_value_copy(meta, &copy));
  MMD_TRY(mmd_object_take(result, "meta", copy));
  if (mmd_object_size(meta)) MMD_TRY(mmd_str_append(text, "meta\n"));
  for (size_t i = 0; i < mmd_object_size(meta); ++i) {
    MMD_TRY(mmd_str_printf(text, "  %-13s ", mmd_object_key_at(meta, i)));
    MMD_TRY(mmd_inspect_json(text, mmd_object_value_at(meta, i), META_WIDTH));
    MMD_TRY(mmd_str_append_char(text, '\n'));
  }
  return NULL;
}

static mmd_status_t add_summary(const mmd_checkpoint_t *checkpoint, mmd_value_t *result,
                                mmd_str_t *text) {
  const mmd_checkpoint_info_t info = mmd_checkpoint_info(checkpoint);
  const totals_t totals = count_all(checkpoint);
  mmd_str_t size = {0};
  MMD_TRY(mmd_object_take(result, "container", mmd_value_string(info.container)));
  MMD_TRY(mmd_object_take(result, "wrapper", mmd_value_string(info.wrapper)));
  MMD_TRY(mmd_object_take(result, "prefix", mmd_value_string(info.prefix)));
  MMD_TRY(mmd_object_take(result, "file_size", mmd_value_int((int64_t)info.file_size)));
  MMD_TRY(mmd_object_take(result, "parameter_count", mmd_value_int((int64_t)totals.elements)));
  mmd_status_t status = mmd_inspect_size(&size, info.file_size);
  if (!status) {
    status = mmd_inspect_row(text, "checkpoint", "%s, %s", info.container, mmd_str_text(&size));
  }
  mmd_str_clear(&size);
  if (!status && *info.wrapper) status = mmd_inspect_row(text, "wrapper", "%s", info.wrapper);
  if (!status && *info.prefix) status = mmd_inspect_row(text, "prefix", "%s", info.prefix);
  if (!status) status = mmd_inspect_size(&size, totals.bytes);
  if (!status) {
    status = mmd_inspect_row(text, "parameters", "%llu in %zu tensors, %s",
                             (unsigned long long)totals.elements, mmd_checkpoint_size(checkpoint),
                             mmd_str_text(&size));
  }
  mmd_str_deinit(&size);
  return status;
}

// Tensors anywhere in |value|. One dict may be reached by many ways: |budget| bounds the time.
static size_t count_tensors(const mmd_value_t *value, int depth, size_t *budget) {
  if (mmd_value_get_tensor(value)) return 1;
  size_t count = 0;
  for (size_t i = 0; depth > 0 && i < mmd_object_size(value) + mmd_array_size(value); ++i) {
    if (*budget == 0) break;
    --*budget;
    const mmd_value_t *item = mmd_value_kind(value) == MMD_VALUE_ARRAY
                                  ? mmd_array_at(value, i)
                                  : mmd_object_value_at(value, i);
    count += count_tensors(item, depth - 1, budget);
  }
  return count;
}

typedef struct left_out_t {
  mmd_value_t *list;
  mmd_str_t text;
} left_out_t;

static mmd_status_t add_left_out(void *user, const char *name, const mmd_value_t *value) {
  enum { DEPTH = 64, BUDGET = 1000000 };
  left_out_t *out = user;
  size_t budget = BUDGET;
  const size_t count = count_tensors(value, DEPTH, &budget);
  if (count == 0) return NULL;
  mmd_value_t *item = mmd_value_object();
  MMD_TRY(mmd_array_take(out->list, item));
  MMD_TRY(mmd_object_take(item, "name", mmd_value_string(name)));
  MMD_TRY(mmd_object_take(item, "tensors", mmd_value_int((int64_t)count)));
  return mmd_str_printf(&out->text, "%s%s (%zu tensor%s)", out->text.size ? ", " : "", name, count,
                        count == 1 ? "" : "s");
}

// The tensors that the table does not have: the optimizer's, or those of "model.head" where the
// table is of "model.net".
static mmd_status_t add_rest(const mmd_checkpoint_t *checkpoint, mmd_value_t *result,
                             mmd_str_t *text) {
  left_out_t out = {mmd_value_array(), {0}};
  MMD_TRY(mmd_object_take(result, "left_out", out.list));
  mmd_status_t status = mmd_checkpoint_source_visit_rest(checkpoint, add_left_out, &out);
  if (!status && out.text.size) {
    status = mmd_inspect_row(text, "left out", "%s", mmd_str_text(&out.text));
  }
  mmd_str_deinit(&out.text);
  return status;
}

mmd_status_t mmd_inspect_checkpoint(const mmd_checkpoint_t *checkpoint, bool stats,
                                    mmd_value_t *result, mmd_str_t *text) {
  mmd_value_t *classes = mmd_checkpoint_classes(checkpoint);
  MMD_TRY(mmd_object_take(result, "kind", mmd_value_string("checkpoint")));
  MMD_TRY(add_summary(checkpoint, result, text));
  MMD_TRY(add_rest(checkpoint, result, text));
  MMD_TRY(mmd_inspect_classes(text, classes));
  if (classes) MMD_TRY(mmd_object_take(result, "classes", mmd_value_retain(classes)));
  MMD_TRY(add_meta(checkpoint, result, text));
  return add_tensors(checkpoint, stats, result, text);
}
