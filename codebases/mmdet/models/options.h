// SPDX-License-Identifier: Apache-2.0
//
// Rows of option tables that many builders have.
#ifndef MMD_CODEBASES_MMDET_MODELS_OPTIONS_H_
#define MMD_CODEBASES_MMDET_MODELS_OPTIONS_H_

#include <stddef.h>

#include "value/options.h"

#define MMD_OPT_COUNT(label, type_, field, fallback, text)                     \
  {                                                                            \
    .name = (label), .type = MMD_OPTION_INT, .offset = offsetof(type_, field), \
    .default_text = (fallback), .min = 1, .max = 65536, .help = (text)         \
  }
#define MMD_OPT_COUNT_REQUIRED(label, type_, field, text)                                \
  {                                                                                      \
    .name = (label), .type = MMD_OPTION_INT, .offset = offsetof(type_, field), .min = 1, \
    .max = 65536, .flags = MMD_OPTION_REQUIRED, .help = (text)                           \
  }
#define MMD_OPT_INT(label, type_, field, fallback, text)                       \
  {                                                                            \
    .name = (label), .type = MMD_OPTION_INT, .offset = offsetof(type_, field), \
    .default_text = (fallback), .help = (text)                                 \
  }
#define MMD_OPT_FLOAT(label, type_, field, fallback, text)                       \
  {                                                                              \
    .name = (label), .type = MMD_OPTION_FLOAT, .offset = offsetof(type_, field), \
    .default_text = (fallback), .help = (text)                                   \
  }
#define MMD_OPT_BOOL(label, type_, field, fallback, text)                       \
  {                                                                             \
    .name = (label), .type = MMD_OPTION_BOOL, .offset = offsetof(type_, field), \
    .default_text = (fallback), .help = (text)                                  \
  }
#define MMD_OPT_INTS(label, type_, field, fallback, text)                       \
  {                                                                             \
    .name = (label), .type = MMD_OPTION_INTS, .offset = offsetof(type_, field), \
    .default_text = (fallback), .min = 0, .max = 65536, .help = (text)          \
  }
// A dict, read later; None is given on as a null value.
#define MMD_OPT_DICT(label, type_, field, text) \
  { .name = (label), .type = MMD_OPTION_VALUE, .offset = offsetof(type_, field), .help = (text) }
#define MMD_OPT_DICT_REQUIRED(label, type_, field, text)                         \
  {                                                                              \
    .name = (label), .type = MMD_OPTION_VALUE, .offset = offsetof(type_, field), \
    .flags = MMD_OPTION_REQUIRED, .help = (text)                                 \
  }
#define MMD_OPT_TRAINING(label)                                             \
  {                                                                         \
    .name = (label), .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, \
    .help = "Training only."                                                \
  }

#endif  // MMD_CODEBASES_MMDET_MODELS_OPTIONS_H_
