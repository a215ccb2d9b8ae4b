// SPDX-License-Identifier: Apache-2.0
//
// `config get`: one value of a config.
#include <string.h>

#include "base/alloc.h"
#include "convert/commands.h"
#include "convert/config_read.h"
#include "formats/pyconfig/pyconfig.h"

typedef struct get_options_t {
  const char *file, *key;
  const mmd_value_t *cfg_options;
} get_options_t;

#define AT(field) offsetof(get_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "file",
     .type = MMD_OPTION_STRING,
     .offset = AT(file),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "Config file (.py, .json, .yml, .yaml)."},
    {.name = "key",
     .type = MMD_OPTION_STRING,
     .offset = AT(key),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help =
         "Keys and list indices joined by dots: data.test.pipeline.0.type; -1 is the last item."},
    {.name = "cfg_options",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(cfg_options),
     .flags = MMD_OPTION_REPEATED,
     .metavar = "KEY=VALUE",
     .help = "Values that replace those of the config."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("config get", get_options_t, g_options);

static mmd_status_t no_such_key(const mmd_value_t *object, const char *part) {
  const size_t count = mmd_object_size(object);
  const char **names = mmd_alloc_array(count + 1, sizeof *names);
  MMD_TRY_ALLOC(names);
  for (size_t i = 0; i < count; ++i) names[i] = mmd_object_key_at(object, i);
  const char *near = mmd_nearest_name(part, names, count);
  mmd_status_t status =
      near ? MMD_ERROR(MMD_NOT_FOUND, "there is no key '%s'; did you mean '%s'?", part, near)
           : MMD_ERROR(MMD_NOT_FOUND, "there is no key '%s'", part);
  mmd_free(names);
  return status;
}

static mmd_status_t find_item(const mmd_value_t *array, const char *part, mmd_value_t **out) {
  const int64_t size = (int64_t)mmd_array_size(array);
  int64_t index;
  if (!mmd_parse_i64(part, strlen(part), &index))
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is no index, and a list of %lld stands here", part,
                     (long long)size);
  if (index < -size || index >= size)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "index %s is outside a list of %lld", part, (long long)size);
  *out = mmd_array_at(array, (size_t)(index < 0 ? index + size : index));
  return NULL;
}

static mmd_status_t find_member(const mmd_value_t *owner, const char *part, mmd_value_t **out) {
  const mmd_value_kind_t kind = mmd_value_kind(owner);
  if (kind == MMD_VALUE_ARRAY) return find_item(owner, part, out);
  if (kind != MMD_VALUE_OBJECT)
    return MMD_ERROR(MMD_NOT_FOUND, "'%s' is asked of a value of kind %s, which has no members",
                     part, mmd_value_kind_name(kind));
  *out = mmd_object_get(owner, part);
  return *out ? NULL : no_such_key(owner, part);
}

// |path| is cut at its dots; what is left of it may be one key with dots in it.
static mmd_status_t find(mmd_value_t *config, char *path, mmd_value_t **out) {
  *out = config;
  for (;;) {
    mmd_value_t *whole = mmd_object_get(*out, path);
    char *dot = whole ? NULL : strchr(path, '.');
    if (dot) *dot = '\0';
    MMD_TRY(find_member(*out, path, out));
    if (!dot) return NULL;
    path = dot + 1;
  }
}

// A lone string is shown without quotes, for shell scripts.
static mmd_status_t show(const mmd_value_t *value, const mmd_command_context_t *context) {
  mmd_str_t text = {0};
  const char *string = mmd_value_get_string(value, NULL);
  mmd_status_t status =
      string ? mmd_str_append(&text, string) : mmd_pyconfig_print_value(value, false, &text);
  if (!status) status = mmd_str_append_char(&text, '\n');
  if (!status) mmd_command_text(context, mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t run(const void *data, mmd_command_context_t *context) {
  const get_options_t *options = data;
  mmd_value_t *config = NULL, *value = NULL;
  MMD_TRY(mmd_config_read(options->file, options->cfg_options, &config));
  char *path = mmd_strdup(options->key);
  mmd_status_t status = path ? NULL : mmd_status_no_memory();
  if (!status) {
    status = mmd_status_annotate(find(config, path, &value), "%s: %s", options->file, options->key);
  }
  if (!status) {
    mmd_value_release(context->result);
    context->result = mmd_value_retain(value);
    status = show(value, context);
  }
  mmd_free(path);
  mmd_value_release(config);
  return status;
}

const mmd_command_t mmd_config_get_command = {
    .name = "config get",
    .summary = "Print one value of a config, with its bases and overrides resolved.",
    .options = &g_table,
    .run = run,
};
