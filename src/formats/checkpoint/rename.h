// SPDX-License-Identifier: Apache-2.0
//
// Rules that turn one naming of parameters into another: "PATTERN -> REPLACEMENT" a line, as
// docs/rename-rules.md tells. Patterns are POSIX extended regular expressions over the whole name.
// "fill PATTERN -> REPLACEMENT = NUMBER" adds a parameter for each new name that PATTERN matches.
#ifndef MMD_FORMATS_CHECKPOINT_RENAME_H_
#define MMD_FORMATS_CHECKPOINT_RENAME_H_

#include <stddef.h>

#include "base/status.h"

typedef struct mmd_rename_rules mmd_rename_rules_t;

// |name| stands in messages for the source, with the line behind it.
mmd_status_t mmd_rename_rules_parse(const char *text, size_t size, const char *name,
                                    mmd_rename_rules_t **out_rules) MMD_MUST_USE;
mmd_status_t mmd_rename_rules_read_file(const char *path,
                                        mmd_rename_rules_t **out_rules) MMD_MUST_USE;
void mmd_rename_rules_destroy(mmd_rename_rules_t *rules);  // NULL is fine

size_t mmd_rename_rules_size(const mmd_rename_rules_t *rules);
const char *mmd_rename_rules_pattern(const mmd_rename_rules_t *rules, size_t index);
int mmd_rename_rules_line(const mmd_rename_rules_t *rules, size_t index);
const char *mmd_rename_rules_name(const mmd_rename_rules_t *rules);

// A parameter that a fill rule adds: as large as that of key |like|, all |number|.
typedef struct mmd_rename_fill_t {
  char *name;
  size_t like;
  double number;
} mmd_rename_fill_t;

// New names of |count| keys in their order; NULL stands for a dropped key. |hits| counts for each
// rule the keys that it took: a rule with none is often a slip.
typedef struct mmd_rename_result_t {
  char **names;
  size_t count;
  size_t *hits;
  mmd_rename_fill_t *fills;
  size_t fill_count, fill_capacity;
} mmd_rename_result_t;

// Keys that no rule matches are an error that lists them (unless the rules keep them); so are two
// keys that get one name. A key is |keys[i]|.
mmd_status_t mmd_rename_rules_apply(const mmd_rename_rules_t *rules, const char *const *keys,
                                    size_t count, mmd_rename_result_t *out_result) MMD_MUST_USE;
void mmd_rename_result_deinit(mmd_rename_result_t *result);

#endif  // MMD_FORMATS_CHECKPOINT_RENAME_H_
