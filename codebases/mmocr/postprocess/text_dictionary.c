// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmocr/postprocess/text_dictionary.h"

#include <string.h>

#include "base/alloc.h"

#define DIGITS_AND_SMALL "0123456789abcdefghijklmnopqrstuvwxyz"
#define CAPITALS_AND_SIGNS "ABCDEFGHIJKLMNOPQRSTUVWXYZ!\"#$%&'()*+,-./:;<=>?@[\\]_`~"

mmd_status_t mmd_text_dictionary_add(mmd_text_dictionary_t *dictionary, const char *text,
                                     size_t size, int64_t *out_index) {
  MMD_TRY(MMD_GROW(dictionary->entries, dictionary->capacity, dictionary->count + 1));
  char *entry = mmd_strndup(text, size);
  MMD_TRY_ALLOC(entry);
  if (out_index) *out_index = (int64_t)dictionary->count;
  dictionary->entries[dictionary->count++] = entry;
  return NULL;
}

static mmd_status_t add_lines(mmd_text_dictionary_t *dictionary, const char *text, size_t size) {
  for (const char *end = text + size; text < end;) {
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    const char *next = newline ? newline + 1 : end;
    const char *stop = newline ? newline : end;
    while (text < stop && *text == '\r') ++text;
    while (text < stop && stop[-1] == '\r') --stop;
    if (text < stop) {
      MMD_TRY(mmd_text_dictionary_add(dictionary, text, (size_t)(stop - text), NULL));
    }
    text = next;
  }
  return NULL;
}

mmd_status_t mmd_text_dictionary_add_file(mmd_text_dictionary_t *dictionary,
                                          const mmd_component_env_t *env, const char *name) {
  mmd_storage_t *storage = NULL;
  if (!env->read_file) {
    return MMD_ERROR(MMD_NOT_FOUND, "'%s': there is no package to read it from", name);
  }
  MMD_TRY(env->read_file(env->files, name, &storage));
  mmd_status_t status =
      add_lines(dictionary, (const char *)mmd_storage_data(storage), mmd_storage_size(storage));
  mmd_storage_release(storage);
  return status;
}

mmd_status_t mmd_text_dictionary_add_list(mmd_text_dictionary_t *dictionary,
                                          const mmd_value_t *list) {
  if (mmd_value_kind(list) != MMD_VALUE_ARRAY) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "a list of texts is expected, %s found",
                     mmd_value_kind_name(mmd_value_kind(list)));
  }
  for (size_t i = 0; i < mmd_array_size(list); ++i) {
    size_t size = 0;
    const char *text = mmd_value_get_string_n(mmd_array_at(list, i), &size);
    if (!text) return MMD_ERROR(MMD_INVALID_ARGUMENT, "item %zu is no text", i);
    MMD_TRY(mmd_text_dictionary_add(dictionary, text, size, NULL));
  }
  return NULL;
}

mmd_status_t mmd_text_dictionary_add_named(mmd_text_dictionary_t *dictionary, const char *name) {
  static const char *const names[] = {"DICT36", "DICT37", "DICT90", "DICT91"};
  static const char *const texts[] = {DIGITS_AND_SMALL, DIGITS_AND_SMALL " ",
                                      DIGITS_AND_SMALL CAPITALS_AND_SIGNS,
                                      DIGITS_AND_SMALL CAPITALS_AND_SIGNS " "};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    if (strcmp(name, names[i]) != 0) continue;
    for (const char *c = texts[i]; *c; ++c) {
      MMD_TRY(mmd_text_dictionary_add(dictionary, c, 1, NULL));
    }
    return NULL;
  }
  return MMD_ERROR(MMD_NOT_FOUND, "'%s' is no dictionary; DICT36, DICT37, DICT90, DICT91 are",
                   name);
}

int64_t mmd_text_dictionary_find(const mmd_text_dictionary_t *dictionary, const char *text) {
  // The last of equal ones, as a Python dict has it.
  for (size_t i = dictionary->count; i-- > 0;) {
    if (strcmp(dictionary->entries[i], text) == 0) return (int64_t)i;
  }
  return -1;
}

void mmd_text_dictionary_deinit(mmd_text_dictionary_t *dictionary) {
  for (size_t i = 0; i < dictionary->count; ++i) mmd_free(dictionary->entries[i]);
  mmd_free(dictionary->entries);
  memset(dictionary, 0, sizeof *dictionary);
}
