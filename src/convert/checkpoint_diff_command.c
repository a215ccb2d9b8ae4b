// SPDX-License-Identifier: Apache-2.0
//
// `checkpoint diff`: what differs between two checkpoints. Meta and training states are not
// compared. The exit status is 3 when they differ.
#include "base/str.h"
#include "convert/checkpoint_source.h"
#include "convert/commands.h"

typedef struct diff_options_t {
  const char *a, *b, *wrapper, *prefix;
  double tolerance;
  bool ignore_dtype;
} diff_options_t;

#define AT(field) offsetof(diff_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "a",
     .type = MMD_OPTION_STRING,
     .offset = AT(a),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "Checkpoint, or an ONNX file for its initialisers."},
    {.name = "b",
     .type = MMD_OPTION_STRING,
     .offset = AT(b),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "The one to compare with."},
    {.name = "tolerance",
     .type = MMD_OPTION_FLOAT,
     .offset = AT(tolerance),
     .default_text = "0",
     .max = 1e30,
     .help = "Absolute differences up to this are none."},
    {.name = "ignore_dtype",
     .type = MMD_OPTION_BOOL,
     .offset = AT(ignore_dtype),
     .help = "Compare the numbers of tensors of different types."},
    MMD_CHECKPOINT_SOURCE_OPTIONS(diff_options_t),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("checkpoint diff", diff_options_t, g_options);

typedef struct diff_t {
  const diff_options_t *options;
  mmd_checkpoint_t *a, *b;
  mmd_command_context_t *context;
  mmd_value_t *tensors;  // what differs, one object a key
  size_t equal, different, only_a, only_b;
  double max_abs;
} diff_t;

//===--- keys --------------------------------------------------------------===//

static mmd_status_t list_missing(diff_t *diff, const mmd_checkpoint_t *from,
                                 const mmd_checkpoint_t *in, const char *member, const char *label,
                                 size_t *out_count) {
  mmd_value_t *list = mmd_value_array();
  MMD_TRY(mmd_object_take(diff->context->result, member, list));
  for (size_t i = 0; i < mmd_checkpoint_size(from); ++i) {
    const char *key = mmd_checkpoint_key_at(from, i);
    if (mmd_checkpoint_get(in, key)) continue;
    MMD_TRY(mmd_array_take(list, mmd_value_string(key)));
    mmd_command_printf(diff->context, "%-8s %s\n", label, key);
    ++*out_count;
  }
  return NULL;
}

//===--- tensors -----------------------------------------------------------===//

static mmd_status_t put_format(mmd_value_t *item, const char *member, const mmd_tensor_t *tensor) {
  mmd_str_t text = {0};
  mmd_status_t status = mmd_tensor_format(tensor, &text);
  if (!status) status = mmd_object_take(item, member, mmd_value_string(mmd_str_text(&text)));
  mmd_str_deinit(&text);
  return status;
}

// The object for a key that differs by |kind|: "shape", "dtype", "values", or "small" within the
// tolerance.
static mmd_status_t add_item(diff_t *diff, const char *key, const char *kind,
                             mmd_value_t **out_item) {
  const mmd_tensor_t *a = mmd_checkpoint_get(diff->a, key), *b = mmd_checkpoint_get(diff->b, key);
  mmd_value_t *item = mmd_value_object();
  MMD_TRY(mmd_array_take(diff->tensors, item));
  MMD_TRY(mmd_object_take(item, "key", mmd_value_string(key)));
  MMD_TRY(mmd_object_take(item, "kind", mmd_value_string(kind)));
  MMD_TRY(put_format(item, "a", a));
  MMD_TRY(put_format(item, "b", b));
  *out_item = item;
  return NULL;
}

static mmd_status_t add_form(diff_t *diff, const char *key, const char *kind) {
  mmd_value_t *item = NULL;
  MMD_TRY(add_item(diff, key, kind, &item));
  ++diff->different;
  mmd_command_printf(diff->context, "%-8s %s: %s, %s\n", kind, key,
                     mmd_value_get_string(mmd_object_get(item, "a"), ""),
                     mmd_value_get_string(mmd_object_get(item, "b"), ""));
  return NULL;
}

static mmd_status_t add_numbers(diff_t *diff, const char *key, const mmd_difference_t *numbers) {
  const bool is_different = !(numbers->max_abs <= diff->options->tolerance);
  mmd_value_t *item = NULL;
  MMD_TRY(add_item(diff, key, is_different ? "values" : "small", &item));
  MMD_TRY(mmd_object_take(item, "max_abs", mmd_value_float(numbers->max_abs)));
  MMD_TRY(mmd_object_take(item, "mean_abs", mmd_value_float(numbers->mean_abs)));
  MMD_TRY(mmd_object_take(item, "worst_index", mmd_value_int((int64_t)numbers->worst_index)));
  ++*(is_different ? &diff->different : &diff->equal);
  if (numbers->max_abs > diff->max_abs) diff->max_abs = numbers->max_abs;
  mmd_command_printf(diff->context, "%-8s %s: max %.6g, mean %.6g\n",
                     is_different ? "values" : "small", key, numbers->max_abs, numbers->mean_abs);
  return NULL;
}

static bool has_numbers(mmd_dtype_t dtype) {
  return dtype != MMD_STRING && dtype != MMD_C64 && dtype != MMD_C128;
}

static mmd_status_t compare_numbers(diff_t *diff, const char *key, const mmd_tensor_t *a,
                                    const mmd_tensor_t *b) {
  if (mmd_tensor_equal(a, b)) {
    ++diff->equal;
    return NULL;
  }
  if (!has_numbers(a->dtype) || !has_numbers(b->dtype)) return add_form(diff, key, "values");
  mmd_difference_t numbers;
  MMD_TRY(mmd_status_annotate(mmd_tensor_difference(a, b, &numbers), "'%s'", key));
  if (numbers.max_abs > 0) return add_numbers(diff, key, &numbers);
  ++diff->equal;
  return NULL;
}

static void drop_pages(const mmd_tensor_t *tensor) {
  if (!mmd_tensor_is_set(tensor)) return;
  mmd_storage_drop_pages(tensor->storage, tensor->offset, mmd_tensor_byte_size(tensor));
}

static mmd_status_t compare_key(diff_t *diff, const char *key) {
  const mmd_tensor_t *a = mmd_checkpoint_get(diff->a, key), *b = mmd_checkpoint_get(diff->b, key);
  if (!a || !b) return NULL;
  if (!mmd_shape_equal(&a->shape, &b->shape)) return add_form(diff, key, "shape");
  if (a->dtype != b->dtype && !diff->options->ignore_dtype) return add_form(diff, key, "dtype");
  mmd_status_t status = compare_numbers(diff, key, a, b);
  drop_pages(a);
  drop_pages(b);
  return status;
}

static mmd_status_t compare_all(diff_t *diff) {
  const size_t count = mmd_checkpoint_size(diff->a);
  diff->tensors = mmd_value_array();
  MMD_TRY(mmd_object_take(diff->context->result, "tensors", diff->tensors));
  for (size_t i = 0; i < count; ++i) {
    MMD_TRY(mmd_progress_update(&diff->context->progress, "compare tensors", i, count));
    MMD_TRY(compare_key(diff, mmd_checkpoint_key_at(diff->a, i)));
  }
  return NULL;
}

//===--- command -----------------------------------------------------------===//

static mmd_status_t put_count(mmd_value_t *result, const char *name, size_t count) {
  return mmd_object_take(result, name, mmd_value_int((int64_t)count));
}

static mmd_status_t summarise(diff_t *diff) {
  mmd_value_t *result = diff->context->result;
  const bool is_same = diff->different + diff->only_a + diff->only_b == 0;
  MMD_TRY(put_count(result, "equal", diff->equal));
  MMD_TRY(put_count(result, "different", diff->different));
  MMD_TRY(mmd_object_take(result, "max_abs", mmd_value_float(diff->max_abs)));
  MMD_TRY(mmd_object_take(result, "tolerance", mmd_value_float(diff->options->tolerance)));
  MMD_TRY(mmd_object_take(result, "same", mmd_value_bool(is_same)));
  mmd_command_printf(diff->context, "%zu equal, %zu different, %zu only in a, %zu only in b\n",
                     diff->equal, diff->different, diff->only_a, diff->only_b);
  if (!is_same) diff->context->exit_status = 3;
  return NULL;
}

static mmd_status_t diff_checkpoints(diff_t *diff) {
  const diff_options_t *options = diff->options;
  mmd_value_t *result = diff->context->result;
  const mmd_checkpoint_options_t source = {.wrapper = options->wrapper, .prefix = options->prefix};
  MMD_TRY(mmd_checkpoint_source_open(options->a, &source, &diff->a));
  MMD_TRY(mmd_checkpoint_source_open(options->b, &source, &diff->b));
  MMD_TRY(mmd_object_take(result, "a", mmd_value_string(options->a)));
  MMD_TRY(mmd_object_take(result, "b", mmd_value_string(options->b)));
  MMD_TRY(list_missing(diff, diff->a, diff->b, "only_in_a", "only a", &diff->only_a));
  MMD_TRY(list_missing(diff, diff->b, diff->a, "only_in_b", "only b", &diff->only_b));
  MMD_TRY(compare_all(diff));
  return summarise(diff);
}

static mmd_status_t run(const void *options, mmd_command_context_t *context) {
  diff_t diff = {.options = options, .context = context};
  mmd_status_t status = diff_checkpoints(&diff);
  mmd_checkpoint_destroy(diff.a);
  mmd_checkpoint_destroy(diff.b);
  return status;
}

const mmd_command_t mmd_checkpoint_diff_command = {
    .name = "checkpoint diff",
    .summary = "Compare two checkpoints: keys, shapes, types and numbers.",
    .options = &g_table,
    .run = run,
};
