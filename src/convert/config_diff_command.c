// SPDX-License-Identifier: Apache-2.0
//
// `config diff`: what differs between two configs once their bases are resolved.
#include <stdio.h>

#include "convert/commands.h"
#include "convert/config_read.h"
#include "formats/pyconfig/pyconfig.h"

#define EXIT_DIFFERS 3

typedef struct diff_options_t {
  const char *old_file, *new_file;
  const mmd_value_t *cfg_options;
} diff_options_t;

#define AT(field) offsetof(diff_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "a",
     .type = MMD_OPTION_STRING,
     .offset = AT(old_file),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "Config file (.py, .json, .yml, .yaml)."},
    {.name = "b",
     .type = MMD_OPTION_STRING,
     .offset = AT(new_file),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "Config file to compare with it; the exit status is 3 when they differ."},
    {.name = "cfg_options",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(cfg_options),
     .flags = MMD_OPTION_REPEATED,
     .metavar = "KEY=VALUE",
     .help = "Values that replace those of the second config."},
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("config diff", diff_options_t, g_options);

typedef struct diff_t {
  mmd_value_t *added, *removed, *changed;  // objects by dotted key, borrowed from the result
  mmd_str_t key;                           // of the values at hand
  mmd_str_t text;
} diff_t;

static mmd_status_t walk(diff_t *diff, mmd_value_t *a, mmd_value_t *b);

// --- one difference ------------------------------------------------------------------------------

static mmd_status_t add_line(diff_t *diff, const char *what, const mmd_value_t *value) {
  MMD_TRY(mmd_str_printf(&diff->text, "%-8s %s = ", what, mmd_str_text(&diff->key)));
  MMD_TRY(mmd_pyconfig_print_value(value, true, &diff->text));
  return mmd_str_append_char(&diff->text, '\n');
}

static mmd_status_t add_one(diff_t *diff, bool is_new, mmd_value_t *value) {
  MMD_TRY(mmd_object_take(is_new ? diff->added : diff->removed, mmd_str_text(&diff->key),
                          mmd_value_retain(value)));
  return add_line(diff, is_new ? "added" : "removed", value);
}

static mmd_status_t add_change(diff_t *diff, mmd_value_t *a, mmd_value_t *b) {
  mmd_value_t *change = mmd_value_object();
  MMD_TRY(mmd_object_take(diff->changed, mmd_str_text(&diff->key), change));
  MMD_TRY(mmd_object_take(change, "from", mmd_value_retain(a)));
  MMD_TRY(mmd_object_take(change, "to", mmd_value_retain(b)));
  MMD_TRY(mmd_str_printf(&diff->text, "%-8s %s = ", "changed", mmd_str_text(&diff->key)));
  MMD_TRY(mmd_pyconfig_print_value(a, true, &diff->text));
  MMD_TRY(mmd_str_append(&diff->text, " -> "));
  MMD_TRY(mmd_pyconfig_print_value(b, true, &diff->text));
  return mmd_str_append_char(&diff->text, '\n');
}

// --- walks ---------------------------------------------------------------------------------------

// As Python's ==, but nan equals nan.
static bool is_same(const mmd_value_t *a, const mmd_value_t *b) {
  if (mmd_value_kind(a) == MMD_VALUE_FLOAT && mmd_value_kind(b) == MMD_VALUE_FLOAT) {
    const double x = mmd_value_get_float(a, 0), y = mmd_value_get_float(b, 0);
    return x == y || (x != x && y != y);
  }
  return mmd_value_equal(a, b);
}

static void cut_key(diff_t *diff, size_t size) {
  if (diff->key.data) diff->key.data[size] = '\0';
  diff->key.size = size;
}

// Goes to the member |name| of the values at hand: both hold it, or one is NULL.
static mmd_status_t enter(diff_t *diff, const char *name, mmd_value_t *a, mmd_value_t *b) {
  const size_t size = diff->key.size;
  MMD_TRY(mmd_str_printf(&diff->key, "%s%s", size ? "." : "", name));
  MMD_TRY(!a ? add_one(diff, true, b) : !b ? add_one(diff, false, a) : walk(diff, a, b));
  cut_key(diff, size);
  return NULL;
}

static mmd_status_t walk_objects(diff_t *diff, const mmd_value_t *a, const mmd_value_t *b) {
  for (size_t i = 0; i < mmd_object_size(a); ++i) {
    const char *key = mmd_object_key_at(a, i);
    MMD_TRY(enter(diff, key, mmd_object_value_at(a, i), mmd_object_get(b, key)));
  }
  for (size_t i = 0; i < mmd_object_size(b); ++i) {
    const char *key = mmd_object_key_at(b, i);
    if (!mmd_object_get(a, key)) MMD_TRY(enter(diff, key, NULL, mmd_object_value_at(b, i)));
  }
  return NULL;
}

static mmd_status_t walk_item(diff_t *diff, size_t index, mmd_value_t *a, mmd_value_t *b) {
  char name[24];
  snprintf(name, sizeof name, "%zu", index);
  return enter(diff, name, a, b);
}

// Items are compared in place; what both lists end with is left out first, so that an inserted item
// does not change all behind it.
static mmd_status_t walk_arrays(diff_t *diff, const mmd_value_t *a, const mmd_value_t *b) {
  size_t start = 0, a_end = mmd_array_size(a), b_end = mmd_array_size(b);
  while (start < a_end && start < b_end &&
         is_same(mmd_array_at(a, start), mmd_array_at(b, start))) {
    ++start;
  }
  while (a_end > start && b_end > start && a_end != b_end &&
         is_same(mmd_array_at(a, a_end - 1), mmd_array_at(b, b_end - 1))) {
    --a_end;
    --b_end;
  }
  for (size_t i = start; i < a_end || i < b_end; ++i) {
    MMD_TRY(walk_item(diff, i, i < a_end ? mmd_array_at(a, i) : NULL,
                      i < b_end ? mmd_array_at(b, i) : NULL));
  }
  return NULL;
}

static mmd_status_t walk(diff_t *diff, mmd_value_t *a, mmd_value_t *b) {
  const mmd_value_kind_t kind = mmd_value_kind(a);
  const bool set = mmd_array_flavour(a) == MMD_ARRAY_SET || mmd_array_flavour(b) == MMD_ARRAY_SET;
  if (kind == mmd_value_kind(b) && kind == MMD_VALUE_OBJECT) return walk_objects(diff, a, b);
  if (kind == mmd_value_kind(b) && kind == MMD_VALUE_ARRAY && !set) return walk_arrays(diff, a, b);
  return is_same(a, b) ? NULL : add_change(diff, a, b);
}

// --- the command ---------------------------------------------------------------------------------

static mmd_status_t compare(mmd_value_t *a, mmd_value_t *b, mmd_command_context_t *context) {
  mmd_value_t *result = context->result;
  diff_t diff = {mmd_value_object(), mmd_value_object(), mmd_value_object(), {0}, {0}};
  mmd_status_t status = mmd_object_take(result, "equal", mmd_value_bool(false));
  // Each object moves into the result, also when an earlier step failed.
  status = mmd_status_join(status, mmd_object_take(result, "added", diff.added));
  status = mmd_status_join(status, mmd_object_take(result, "removed", diff.removed));
  status = mmd_status_join(status, mmd_object_take(result, "changed", diff.changed));
  if (!status) status = walk(&diff, a, b);
  const bool equal = diff.text.size == 0;
  if (!status) status = mmd_object_take(result, "equal", mmd_value_bool(equal));
  if (!status) mmd_command_text(context, equal ? "equal\n" : mmd_str_text(&diff.text));
  if (!status && !equal) context->exit_status = EXIT_DIFFERS;
  mmd_str_deinit(&diff.key);
  mmd_str_deinit(&diff.text);
  return status;
}

static mmd_status_t run(const void *data, mmd_command_context_t *context) {
  const diff_options_t *options = data;
  mmd_value_t *a = NULL, *b = NULL;
  MMD_TRY(mmd_config_read(options->old_file, NULL, &a));
  mmd_status_t status = mmd_config_read(options->new_file, options->cfg_options, &b);
  if (!status) status = compare(a, b, context);
  mmd_value_release(a);
  mmd_value_release(b);
  return status;
}

const mmd_command_t mmd_config_diff_command = {
    .name = "config diff",
    .summary = "Show what differs between two configs once their bases are resolved.",
    .options = &g_table,
    .run = run,
};
