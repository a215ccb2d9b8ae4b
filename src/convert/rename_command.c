// SPDX-License-Identifier: Apache-2.0
//
// `checkpoint rename`: another naming of the parameters, by a rules file (docs/rename-rules.md
// tells its form).
#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "convert/checkpoint_source.h"
#include "convert/commands.h"
#include "formats/checkpoint/checkpoint_writer.h"
#include "formats/checkpoint/rename.h"

#define MAX_RULES_SIZE ((size_t)16 << 20)

typedef struct rename_options_t {
  const char *in, *out, *rules, *wrapper, *prefix;
  bool keep_unmatched;
} rename_options_t;

#define AT(field) offsetof(rename_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "in",
     .type = MMD_OPTION_STRING,
     .offset = AT(in),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "Checkpoint to read, or an ONNX file for its initialisers."},
    {.name = "out",
     .type = MMD_OPTION_STRING,
     .offset = AT(out),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "Checkpoint to write. Its extension tells the container: .pth, .safetensors or .npz."},
    {.name = "rules",
     .type = MMD_OPTION_STRING,
     .offset = AT(rules),
     .flags = MMD_OPTION_REQUIRED,
     .metavar = "FILE",
     .help = "Text file with one 'PATTERN -> REPLACEMENT' a line."},
    {.name = "keep_unmatched",
     .type = MMD_OPTION_BOOL,
     .offset = AT(keep_unmatched),
     .help = "Let names that no rule matches through unchanged."},
    MMD_CHECKPOINT_SOURCE_OPTIONS(rename_options_t),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("checkpoint rename", rename_options_t, g_options);

typedef struct rename_t {
  mmd_rename_rules_t *rules;
  mmd_checkpoint_t *checkpoint;
  const char **keys;
  mmd_checkpoint_entry_t *entries;
  mmd_tensor_t *fills;  // the parameters that rules add
  mmd_rename_result_t result;
  size_t renamed, kept, dropped;
} rename_t;

static void deinit(rename_t *rename) {
  for (size_t i = 0; rename->fills && i < rename->result.fill_count; ++i)
    mmd_tensor_deinit(&rename->fills[i]);
  mmd_free(rename->fills);
  mmd_rename_result_deinit(&rename->result);
  mmd_rename_rules_destroy(rename->rules);
  mmd_free(rename->keys);
  mmd_free(rename->entries);
  mmd_checkpoint_destroy(rename->checkpoint);
}

// The option is the line of the same name, appended.
static mmd_status_t read_rules(const rename_options_t *options, mmd_rename_rules_t **out_rules) {
  if (!options->keep_unmatched) return mmd_rename_rules_read_file(options->rules, out_rules);
  char *text = NULL;
  size_t size = 0;
  MMD_TRY(mmd_file_read(options->rules, MAX_RULES_SIZE, &text, &size));
  mmd_str_t whole = {0};
  mmd_status_t status = mmd_str_append_n(&whole, text, size);
  if (!status) status = mmd_str_append(&whole, "\nkeep_unmatched\n");
  if (!status)
    status = mmd_rename_rules_parse(mmd_str_text(&whole), whole.size, options->rules, out_rules);
  mmd_str_deinit(&whole);
  mmd_free(text);
  return status;
}

static mmd_status_t apply_rules(rename_t *rename) {
  const size_t count = mmd_checkpoint_size(rename->checkpoint);
  rename->keys = mmd_alloc_array(count + 1, sizeof *rename->keys);
  MMD_TRY_ALLOC(rename->keys);
  for (size_t i = 0; i < count; ++i) rename->keys[i] = mmd_checkpoint_key_at(rename->checkpoint, i);
  return mmd_rename_rules_apply(rename->rules, rename->keys, count, &rename->result);
}

static mmd_status_t make_filled(const mmd_tensor_t *like, double number, mmd_tensor_t *out_tensor) {
  if (!mmd_dtype_size(like->dtype)) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "a parameter of type %s cannot be filled",
                     mmd_dtype_name(like->dtype));
  }
  MMD_TRY(mmd_tensor_create(like->dtype, &like->shape, false, out_tensor));
  void *data = mmd_tensor_mutable_data(out_tensor);
  const size_t count = mmd_tensor_count(out_tensor);
  for (size_t i = 0; i < count; ++i) mmd_dtype_store_f64(like->dtype, data, i, number);
  return NULL;
}

static mmd_status_t append_fills(rename_t *rename, mmd_checkpoint_entry_t *entries) {
  const mmd_rename_result_t *result = &rename->result;
  rename->fills = mmd_alloc_array(result->fill_count + 1, sizeof *rename->fills);
  MMD_TRY_ALLOC(rename->fills);
  for (size_t i = 0; i < result->fill_count; ++i) {
    const mmd_rename_fill_t *fill = &result->fills[i];
    const mmd_tensor_t *like = mmd_checkpoint_tensor_at(rename->checkpoint, fill->like);
    MMD_TRY(
        mmd_status_annotate(make_filled(like, fill->number, &rename->fills[i]), "%s", fill->name));
    entries[i] = (mmd_checkpoint_entry_t){.key = fill->name, .tensor = rename->fills[i]};
  }
  return NULL;
}

static mmd_status_t write_renamed(rename_t *rename, const char *path) {
  size_t count = 0;
  rename->entries = mmd_alloc_array(rename->result.count + rename->result.fill_count + 1,
                                    sizeof *rename->entries);
  MMD_TRY_ALLOC(rename->entries);
  for (size_t i = 0; i < rename->result.count; ++i) {
    const char *name = rename->result.names[i];
    if (!name) {
      ++rename->dropped;
      continue;
    }
    if (mmd_str_equal(name, rename->keys[i])) {
      ++rename->kept;
    } else {
      ++rename->renamed;
    }
    rename->entries[count].key = name;
    rename->entries[count++].tensor = *mmd_checkpoint_tensor_at(rename->checkpoint, i);
  }
  MMD_TRY(append_fills(rename, rename->entries + count));
  return mmd_checkpoint_save(path, mmd_checkpoint_source_meta(rename->checkpoint), rename->entries,
                             count + rename->result.fill_count);
}

// A rule that matched nothing is often a slip.
static mmd_status_t report_unused(const rename_t *rename, mmd_value_t *unused) {
  for (size_t i = 0; i < mmd_rename_rules_size(rename->rules); ++i) {
    if (rename->result.hits[i]) continue;
    const int line = mmd_rename_rules_line(rename->rules, i);
    const char *pattern = mmd_rename_rules_pattern(rename->rules, i);
    MMD_LOGW("%s:%d: the rule '%s' matched no parameter", mmd_rename_rules_name(rename->rules),
             line, pattern);
    mmd_value_t *rule = mmd_value_object();
    MMD_TRY(mmd_array_take(unused, rule));
    MMD_TRY(mmd_object_take(rule, "line", mmd_value_int(line)));
    MMD_TRY(mmd_object_take(rule, "pattern", mmd_value_string(pattern)));
  }
  return NULL;
}

static mmd_status_t report(const rename_t *rename, const rename_options_t *options,
                           mmd_command_context_t *context) {
  mmd_value_t *result = context->result, *unused = mmd_value_array();
  MMD_TRY(mmd_object_take(result, "input", mmd_value_string(options->in)));
  MMD_TRY(mmd_object_take(result, "output", mmd_value_string(options->out)));
  MMD_TRY(mmd_object_take(result, "renamed", mmd_value_int((int64_t)rename->renamed)));
  MMD_TRY(mmd_object_take(result, "kept", mmd_value_int((int64_t)rename->kept)));
  MMD_TRY(mmd_object_take(result, "dropped", mmd_value_int((int64_t)rename->dropped)));
  MMD_TRY(mmd_object_take(result, "added", mmd_value_int((int64_t)rename->result.fill_count)));
  MMD_TRY(mmd_object_take(result, "unused_rules", unused));
  MMD_TRY(report_unused(rename, unused));
  mmd_command_printf(context, "%s: %zu parameters renamed, %zu kept, %zu dropped", options->out,
                     rename->renamed, rename->kept, rename->dropped);
  if (rename->result.fill_count)
    mmd_command_printf(context, ", %zu added", rename->result.fill_count);
  mmd_command_printf(context, "\n");
  return NULL;
}

static mmd_status_t rename_checkpoint(rename_t *rename, const rename_options_t *options,
                                      mmd_command_context_t *context) {
  const mmd_checkpoint_options_t source = {.wrapper = options->wrapper, .prefix = options->prefix};
  MMD_TRY(mmd_checkpoint_check_path(options->out));
  MMD_TRY(read_rules(options, &rename->rules));
  MMD_TRY(mmd_progress_update(&context->progress, "read checkpoint", 0, 0));
  MMD_TRY(mmd_checkpoint_source_open(options->in, &source, &rename->checkpoint));
  MMD_TRY(mmd_status_annotate(apply_rules(rename), "%s", options->in));
  MMD_TRY(mmd_progress_update(&context->progress, "write checkpoint", 0, 0));
  MMD_TRY(write_renamed(rename, options->out));
  return report(rename, options, context);
}

static mmd_status_t run(const void *options, mmd_command_context_t *context) {
  rename_t rename = {0};
  mmd_status_t status = rename_checkpoint(&rename, options, context);
  deinit(&rename);
  return status;
}

const mmd_command_t mmd_checkpoint_rename_command = {
    .name = "checkpoint rename",
    .summary = "Give a checkpoint's parameters other names, by a file of rules.",
    .options = &g_table,
    .run = run,
};
