// SPDX-License-Identifier: Apache-2.0
//
// The characters that a recogniser's classes stand for, and its special ones.
#ifndef MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_DICTIONARY_H_
#define MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_DICTIONARY_H_

#include "value/component.h"

// Zeroed at first.
typedef struct mmd_text_dictionary_t {
  char **entries;  // UTF-8; entry i is the text of class i
  size_t count, capacity;
} mmd_text_dictionary_t;

// Appends an entry and gives its index; |out_index| may be NULL.
mmd_status_t mmd_text_dictionary_add(mmd_text_dictionary_t *dictionary, const char *text,
                                     size_t size, int64_t *out_index) MMD_MUST_USE;
// Appends the lines of a file of the package. Empty ones count for nothing.
mmd_status_t mmd_text_dictionary_add_file(mmd_text_dictionary_t *dictionary,
                                          const mmd_component_env_t *env,
                                          const char *name) MMD_MUST_USE;
mmd_status_t mmd_text_dictionary_add_list(mmd_text_dictionary_t *dictionary,
                                          const mmd_value_t *list) MMD_MUST_USE;
// "DICT36", "DICT37", "DICT90", "DICT91": mmocr's own.
mmd_status_t mmd_text_dictionary_add_named(mmd_text_dictionary_t *dictionary,
                                           const char *name) MMD_MUST_USE;
// The index of the entry, -1 when there is none.
int64_t mmd_text_dictionary_find(const mmd_text_dictionary_t *dictionary, const char *text);
void mmd_text_dictionary_deinit(mmd_text_dictionary_t *dictionary);

#endif  // MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_DICTIONARY_H_
