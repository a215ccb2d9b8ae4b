// SPDX-License-Identifier: Apache-2.0
//
// `checkpoint convert` and `checkpoint strip`: the same tensors in another container, and without
// what only training needs.
#include <fnmatch.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "convert/checkpoint_source.h"
#include "convert/commands.h"
#include "convert/inspect.h"
#include "formats/checkpoint/checkpoint_writer.h"
#include "formats/checkpoint/upgrade.h"
#include "formats/checkpoint/weights_keys.h"

typedef struct transform_options_t {
  const char *in, *out, *wrapper, *prefix;
  int dtype, upgrade;
  const mmd_value_t *keep;  // patterns
} transform_options_t;

static const char *const g_dtype_names[] = {"keep", "f16", "bf16", "f32", NULL};
static const mmd_dtype_t g_dtypes[] = {MMD_DTYPE_UNDEFINED, MMD_F16, MMD_BF16, MMD_F32};
static const char *const g_upgrades[] = {"none", "0.x", "1.x", NULL};

#define AT(field) offsetof(transform_options_t, field)
#define COMMON_OPTIONS                                                                      \
  {.name = "in",                                                                            \
   .type = MMD_OPTION_STRING,                                                               \
   .offset = AT(in),                                                                        \
   .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,                                    \
   .help =                                                                                  \
       "Checkpoint to read (.pth, safetensors, .npz), or an ONNX file for its "             \
       "initialisers."},                                                                    \
      {.name = "out",                                                                       \
       .type = MMD_OPTION_STRING,                                                           \
       .offset = AT(out),                                                                   \
       .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,                                \
       .help =                                                                              \
           "Checkpoint to write. Its extension tells the container: .pth, .safetensors or " \
           ".npz."},                                                                        \
      {.name = "dtype",                                                                     \
       .type = MMD_OPTION_CHOICE,                                                           \
       .offset = AT(dtype),                                                                 \
       .choices = g_dtype_names,                                                            \
       .default_text = "keep",                                                              \
       .help = "Write tensors of floats in this type."},                                    \
      MMD_CHECKPOINT_SOURCE_OPTIONS(transform_options_t)

static const mmd_option_t g_convert_options[] = {
    COMMON_OPTIONS,
    {.name = "upgrade",
     .type = MMD_OPTION_CHOICE,
     .offset = AT(upgrade),
     .choices = g_upgrades,
     .default_text = "none",
     .help = "Give keys of earlier OpenMMLab releases the names that this line of releases has."},
};
static const mmd_option_table_t g_convert_table =
    MMD_OPTION_TABLE("checkpoint convert", transform_options_t, g_convert_options);

static const mmd_option_t g_strip_options[] = {
    COMMON_OPTIONS,
    {.name = "keep",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(keep),
     .metavar = "PATTERN",
     .help = "Keep the tensors with such names, though they are averages of others ('ema_*')."},
};
static const mmd_option_table_t g_strip_table =
    MMD_OPTION_TABLE("checkpoint strip", transform_options_t, g_strip_options);

typedef struct transform_t {
  const transform_options_t *options;
  bool strips;
  mmd_checkpoint_t *checkpoint;
  mmd_checkpoint_entry_t *entries;
  size_t count, dropped;
  mmd_upgrade_report_t upgrade;
} transform_t;

static void deinit(transform_t *transform) {
  mmd_free(transform->entries);
  mmd_checkpoint_destroy(transform->checkpoint);
}

//===--- what is kept ------------------------------------------------------===//

static bool is_wanted(const transform_t *transform, const char *key) {
  const mmd_value_t *keep = transform->options->keep;
  for (size_t i = 0; i < mmd_array_size(keep); ++i) {
    if (fnmatch(mmd_value_get_string(mmd_array_at(keep, i), ""), key, 0) == 0) return true;
  }
  return false;
}

// Whether it is the average of another tensor, as EMAHook keeps them beside the weights.
static mmd_status_t find_averages(const transform_t *transform, bool *is_average) {
  mmd_map_t *averages = NULL;
  MMD_TRY(mmd_map_create(&averages));
  const mmd_checkpoint_t *c = transform->checkpoint;
  mmd_status_t status = NULL;
  for (size_t i = 0; !status && i < mmd_checkpoint_size(c); ++i) {
    char *name = mmd_weights_average_key(mmd_checkpoint_key_at(c, i));
    status = name ? mmd_map_set(averages, name, averages, NULL) : mmd_status_no_memory();
    mmd_free(name);
  }
  for (size_t i = 0; !status && i < mmd_checkpoint_size(c); ++i) {
    is_average[i] = mmd_map_has(averages, mmd_checkpoint_key_at(c, i));
  }
  mmd_map_destroy(averages);
  return status;
}

static void add_entry(transform_t *transform, size_t index) {
  const mmd_tensor_t *tensor = mmd_checkpoint_tensor_at(transform->checkpoint, index);
  mmd_checkpoint_entry_t *entry = &transform->entries[transform->count++];
  entry->key = mmd_checkpoint_key_at(transform->checkpoint, index);
  entry->tensor = *tensor;
  if (mmd_dtype_is_float(tensor->dtype)) entry->dtype = g_dtypes[transform->options->dtype];
}

static mmd_status_t choose_entries(transform_t *transform) {
  const size_t count = mmd_checkpoint_size(transform->checkpoint);
  transform->entries = mmd_alloc_array(count + 1, sizeof *transform->entries);
  MMD_TRY_ALLOC(transform->entries);
  bool *is_average = mmd_alloc_array(count + 1, sizeof *is_average);
  MMD_TRY_ALLOC(is_average);
  mmd_status_t status = transform->strips ? find_averages(transform, is_average) : NULL;
  for (size_t i = 0; !status && i < count; ++i) {
    const bool is_dropped =
        is_average[i] && !is_wanted(transform, mmd_checkpoint_key_at(transform->checkpoint, i));
    if (is_dropped) {
      ++transform->dropped;
    } else {
      add_entry(transform, i);
    }
  }
  mmd_free(is_average);
  return status;
}

//===--- report ------------------------------------------------------------===//

typedef struct left_out_t {
  mmd_value_t *list;
  mmd_str_t text;
} left_out_t;

// What stood beside the tensors and is not written: "optimizer", "ema_state_dict", ….
static mmd_status_t add_left_out(void *user, const char *name, const mmd_value_t *value) {
  left_out_t *out = user;
  (void)value;
  MMD_TRY(mmd_array_take(out->list, mmd_value_string(name)));
  return mmd_str_printf(&out->text, "%s%s", out->text.size ? ", " : "", name);
}

static mmd_status_t report_sizes(const transform_t *transform, uint64_t size,
                                 mmd_command_context_t *context) {
  mmd_str_t text = {0};
  mmd_status_t status = mmd_str_printf(&text, "%s: %zu tensor%s, ", transform->options->out,
                                       transform->count, transform->count == 1 ? "" : "s");
  if (!status) status = mmd_inspect_size(&text, size);
  if (!status) status = mmd_str_append(&text, " of ");
  if (!status) {
    status = mmd_inspect_size(&text, mmd_checkpoint_info(transform->checkpoint).file_size);
  }
  if (!status) mmd_command_printf(context, "%s\n", mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t report_left_out(const transform_t *transform, mmd_command_context_t *context) {
  mmd_value_t *left_out = mmd_value_array();
  MMD_TRY(mmd_object_take(context->result, "left_out", left_out));
  left_out_t out = {left_out, {0}};
  mmd_status_t status = mmd_checkpoint_source_visit_rest(transform->checkpoint, add_left_out, &out);
  if (!status && out.text.size) {
    mmd_command_printf(context, "left out: %s\n", mmd_str_text(&out.text));
  }
  mmd_str_deinit(&out.text);
  if (!status && transform->dropped) {
    mmd_command_printf(context, "dropped: %zu averages of other tensors\n", transform->dropped);
  }
  if (!status && transform->options->upgrade) {
    mmd_command_printf(context, "upgraded: %zu keys renamed, %zu dropped\n",
                       transform->upgrade.renamed, transform->upgrade.dropped);
  }
  return status;
}

static mmd_status_t put_count(mmd_value_t *result, const char *name, uint64_t count) {
  return mmd_object_take(result, name, mmd_value_int((int64_t)count));
}

static mmd_status_t report(const transform_t *transform, mmd_command_context_t *context) {
  const transform_options_t *options = transform->options;
  const mmd_checkpoint_info_t info = mmd_checkpoint_info(transform->checkpoint);
  mmd_value_t *result = context->result;
  uint64_t size = 0;
  MMD_TRY(mmd_path_size(options->out, &size));
  MMD_TRY(mmd_object_take(result, "input", mmd_value_string(options->in)));
  MMD_TRY(mmd_object_take(result, "output", mmd_value_string(options->out)));
  MMD_TRY(mmd_object_take(result, "container", mmd_value_string(info.container)));
  MMD_TRY(put_count(result, "input_size", info.file_size));
  MMD_TRY(put_count(result, "output_size", size));
  MMD_TRY(put_count(result, "tensors", transform->count));
  MMD_TRY(put_count(result, "dropped", transform->dropped));
  MMD_TRY(put_count(result, "upgraded", transform->upgrade.renamed + transform->upgrade.dropped));
  MMD_TRY(report_sizes(transform, size, context));
  return report_left_out(transform, context);
}

//===--- commands ----------------------------------------------------------===//

static mmd_status_t upgrade(transform_t *transform) {
  if (!transform->options->upgrade) return NULL;
  const mmd_upgrade_release_t release =
      transform->options->upgrade == 1 ? MMD_UPGRADE_0X : MMD_UPGRADE_1X;
  return mmd_status_annotate(
      mmd_checkpoint_upgrade(transform->checkpoint, release, &transform->upgrade), "%s",
      transform->options->in);
}

static mmd_status_t transform_checkpoint(transform_t *transform, mmd_command_context_t *context) {
  const transform_options_t *options = transform->options;
  const mmd_checkpoint_options_t source = {.wrapper = options->wrapper, .prefix = options->prefix};
  MMD_TRY(mmd_checkpoint_check_path(options->out));
  MMD_TRY(mmd_progress_update(&context->progress, "read checkpoint", 0, 0));
  MMD_TRY(mmd_checkpoint_source_open(options->in, &source, &transform->checkpoint));
  MMD_TRY(upgrade(transform));
  MMD_TRY(choose_entries(transform));
  MMD_TRY(mmd_progress_update(&context->progress, "write checkpoint", 0, 0));
  MMD_TRY(mmd_checkpoint_save(options->out, mmd_checkpoint_source_meta(transform->checkpoint),
                              transform->entries, transform->count));
  return report(transform, context);
}

static mmd_status_t run(const void *options, bool strips, mmd_command_context_t *context) {
  transform_t transform = {.options = options, .strips = strips};
  mmd_status_t status = transform_checkpoint(&transform, context);
  deinit(&transform);
  return status;
}

static mmd_status_t run_convert(const void *options, mmd_command_context_t *context) {
  return run(options, false, context);
}

static mmd_status_t run_strip(const void *options, mmd_command_context_t *context) {
  return run(options, true, context);
}

const mmd_command_t mmd_checkpoint_convert_command = {
    .name = "checkpoint convert",
    .summary = "Write a checkpoint's tensors and meta into another container or type.",
    .options = &g_convert_table,
    .run = run_convert,
};

const mmd_command_t mmd_checkpoint_strip_command = {
    .name = "checkpoint strip",
    .summary = "Keep a checkpoint's meta and weights; drop optimizer and averages.",
    .options = &g_strip_table,
    .run = run_strip,
};
