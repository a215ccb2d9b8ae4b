// SPDX-License-Identifier: Apache-2.0
//
// For the tests of pipelines: configs in which one value after the other is replaced or taken out.
#ifndef MMD_PIPELINE_PIPELINE_TESTING_H_
#define MMD_PIPELINE_PIPELINE_TESTING_H_

#include <string.h>

#include "tests/support/mmd_test.h"
#include "value/json.h"

// Replaces the |*left|-th value below |value|, depth first, by |item| (NULL takes it out); false
// when there are fewer.
static inline bool mmd_testing_change(mmd_value_t *value, size_t *left, mmd_value_t *item) {
  const bool is_object = mmd_value_kind(value) == MMD_VALUE_OBJECT;
  const size_t size = is_object ? mmd_object_size(value) : mmd_array_size(value);
  for (size_t i = 0; i < size; ++i) {
    const char *key = is_object ? mmd_object_key_at(value, i) : NULL;
    if ((*left)-- == 0) {
      if (is_object && item)
        mmd_assert_ok(mmd_object_take(value, key, mmd_value_retain(item)));
      else if (is_object)
        mmd_object_remove(value, key);
      else if (item)
        mmd_assert_ok(mmd_array_set(value, i, mmd_value_retain(item)));
      else
        mmd_array_remove(value, i);
      return true;
    }
    mmd_value_t *below = is_object ? mmd_object_value_at(value, i) : mmd_array_at(value, i);
    if (mmd_testing_change(below, left, item)) return true;
  }
  return false;
}

// Calls |fn| with each such config of |config|; the values are of all kinds.
static inline void mmd_testing_change_each(const mmd_value_t *config,
                                           void (*fn)(const mmd_value_t *config, void *context),
                                           void *context) {
  static const char *const items[] = {
      NULL, "null", "true", "-1",    "7.5",    "\"\"",    "\"x\"", "[]",
      "{}", "[3]",  "[[]]", "1e300", "\"*=\"", "\"img\"", "0",     "[\"img\", \"img\"]"};
  for (size_t k = 0; k < sizeof items / sizeof items[0]; ++k) {
    mmd_value_t *item = NULL;
    if (items[k]) mmd_assert_ok(mmd_json_parse(items[k], strlen(items[k]), "item", &item));
    bool is_more = true;
    for (size_t at = 0; is_more; ++at) {
      mmd_value_t *copy = NULL;
      size_t left = at;
      mmd_assert_ok(mmd_value_copy(config, &copy));
      is_more = mmd_testing_change(copy, &left, item);
      fn(copy, context);
      mmd_value_release(copy);
    }
    mmd_value_release(item);
  }
}

#endif  // MMD_PIPELINE_PIPELINE_TESTING_H_
