// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "backends/external/target/compiler.h"
#include "base/alloc.h"

// The value called by the |size| bytes at |name|.
static const mmd_value_t *find_value(const mmd_value_t *values, const char *name, size_t size) {
  for (size_t i = 0; i < mmd_object_size(values); ++i) {
    const char *key = mmd_object_key_at(values, i);
    if (strlen(key) == size && memcmp(key, name, size) == 0) return mmd_object_value_at(values, i);
  }
  return NULL;
}

// "{name}" and nothing else.
static const mmd_value_t *whole_value(const char *template, const mmd_value_t *values) {
  const size_t size = strlen(template);
  if (size < 3 || template[0] != '{' || strchr(template, '}') != template + size - 1) return NULL;
  return find_value(values, template + 1, size - 2);
}

// |*out_is_whole| is false when a value is missing.
static mmd_status_t fill_one(const char *template, const mmd_value_t *values, mmd_str_t *out_text,
                             bool *out_is_whole) {
  *out_is_whole = true;
  for (const char *p = template; *p;) {
    const char *end = *p == '{' ? strchr(p, '}') : NULL;
    if (!end) {
      MMD_TRY(mmd_str_append_char(out_text, *p++));
      continue;
    }
    const mmd_value_t *value = find_value(values, p + 1, (size_t)(end - p - 1));
    const char *text = mmd_value_get_string(value, NULL);
    if (!text) *out_is_whole = false;
    MMD_TRY(mmd_str_append(out_text, text ? text : ""));
    p = end + 1;
  }
  return NULL;
}

static mmd_status_t add_list(const mmd_value_t *list, mmd_value_t *arguments) {
  for (size_t i = 0; i < mmd_array_size(list); ++i) {
    const char *text = mmd_value_get_string(mmd_array_at(list, i), NULL);
    if (!text) return MMD_ERROR(MMD_INVALID_ARGUMENT, "an argument of the compiler is no text");
    MMD_TRY(mmd_array_take(arguments, mmd_value_string(text)));
  }
  return NULL;
}

static mmd_status_t add_template(const char *template, const mmd_value_t *values,
                                 mmd_value_t *arguments) {
  const mmd_value_t *whole = whole_value(template, values);
  if (mmd_value_kind(whole) == MMD_VALUE_ARRAY) return add_list(whole, arguments);
  mmd_str_t text = {0};
  bool is_whole = false;
  mmd_status_t status = fill_one(template, values, &text, &is_whole);
  if (!status && is_whole)
    status = mmd_array_take(arguments, mmd_value_string(mmd_str_text(&text)));
  mmd_str_deinit(&text);
  return status;
}

mmd_status_t ext_arguments_make(const char *const *templates, const mmd_value_t *values,
                                mmd_value_t **out_arguments) {
  mmd_value_t *arguments = mmd_value_array();
  mmd_status_t status = arguments ? NULL : mmd_status_no_memory();
  for (; *templates && !status; ++templates) status = add_template(*templates, values, arguments);
  if (status) {
    mmd_value_release(arguments);
    arguments = NULL;
  }
  *out_arguments = arguments;
  return status;
}

//===--- shapes ------------------------------------------------------------===//

const mmd_value_t *ext_model_input(const mmd_value_t *backend_config, const char *member) {
  const mmd_value_t *inputs = mmd_object_get(backend_config, "model_inputs");
  return mmd_object_get(mmd_array_at(inputs, 0), member);
}

const mmd_value_t *ext_of_input(const mmd_value_t *list, const char *name, size_t index) {
  return mmd_value_kind(list) == MMD_VALUE_ARRAY ? mmd_array_at(list, index)
                                                 : mmd_object_get(list, name);
}

mmd_status_t ext_sizes_print(const mmd_value_t *sizes, char separator, const char *path,
                             mmd_str_t *out_text) {
  if (!mmd_array_size(sizes)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: a list of sizes is expected", path);
  }
  for (size_t i = 0; i < mmd_array_size(sizes); ++i) {
    const mmd_value_t *size = mmd_array_at(sizes, i);
    if (mmd_value_kind(size) != MMD_VALUE_INT) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %s found, a size is expected", path,
                       mmd_value_kind_name(mmd_value_kind(size)));
    }
    if (i) MMD_TRY(mmd_str_append_char(out_text, separator));
    MMD_TRY(mmd_str_printf(out_text, "%lld", (long long)mmd_value_get_int(size, 0)));
  }
  return NULL;
}
