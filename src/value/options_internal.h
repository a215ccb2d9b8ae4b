// SPDX-License-Identifier: Apache-2.0
//
// What reading options, parsing command lines and writing help share.
#ifndef MMD_VALUE_OPTIONS_INTERNAL_H_
#define MMD_VALUE_OPTIONS_INTERNAL_H_

#include "value/options.h"

typedef union mmd_option_field_t {
  bool flag;
  int64_t integer;
  double number;
  const char *text;
  int choice;
  mmd_ints_t ints;
  mmd_floats_t floats;
  const mmd_value_t *value;
} mmd_option_field_t;

// Checks |value| and converts it; |label| stands in messages ("argument --topk").
mmd_status_t mmd_option_convert(const mmd_option_t *option, const mmd_value_t *value,
                                const char *label, mmd_option_field_t *out_field) MMD_MUST_USE;

// Appends " of 1..100", " of at least 1" or nothing.
mmd_status_t mmd_option_format_range(const mmd_option_t *option, mmd_str_t *out_text) MMD_MUST_USE;

// Appends "--keep-ratio", or "IMG" for a positional one.
mmd_status_t mmd_option_format_name(const mmd_option_t *option, mmd_str_t *out_text) MMD_MUST_USE;

#endif  // MMD_VALUE_OPTIONS_INTERNAL_H_
