// SPDX-License-Identifier: Apache-2.0
//
// Bounds of what a file may cost, for the commands that read and run networks.
#ifndef MMD_CONVERT_LIMITS_H_
#define MMD_CONVERT_LIMITS_H_

#include "frontends/onnx/import.h"
#include "ops/evaluator.h"

typedef struct mmd_limits_t {
  int64_t max_memory, max_work, max_steps;          // of a run; 0 = none
  int64_t max_file_size, max_tensors, max_nesting;  // of a file; 0 = none
} mmd_limits_t;

// What the options below are without the user's word.
#define MMD_LIMITS_DEFAULT                                                                \
  {                                                                                       \
    .max_memory = 8192, .max_work = 10000, .max_steps = 10000000, .max_file_size = 65536, \
    .max_tensors = 10000000, .max_nesting = 64,                                           \
  }

// Rows of an option table: |container| has the limits as |member|.
#define MMD_RUN_LIMIT_OPTIONS(container, member)                                         \
  {.name = "max_memory",                                                                 \
   .type = MMD_OPTION_INT,                                                               \
   .offset = offsetof(container, member) + offsetof(mmd_limits_t, max_memory),           \
   .default_text = "8192",                                                               \
   .min = 0,                                                                             \
   .max = 1 << 30,                                                                       \
   .metavar = "MIB",                                                                     \
   .help = "Memory that the results of our evaluator may take at a time; 0: no limit."}, \
      {.name = "max_work",                                                               \
       .type = MMD_OPTION_INT,                                                           \
       .offset = offsetof(container, member) + offsetof(mmd_limits_t, max_work),         \
       .default_text = "10000",                                                          \
       .min = 0,                                                                         \
       .max = 1 << 30,                                                                   \
       .metavar = "BILLIONS",                                                            \
       .help =                                                                           \
           "Elements and multiply-adds that our evaluator may spend on a run, in "       \
           "billions; 0: no limit."},                                                    \
  {                                                                                      \
    .name = "max_steps", .type = MMD_OPTION_INT,                                         \
    .offset = offsetof(container, member) + offsetof(mmd_limits_t, max_steps),           \
    .default_text = "10000000", .min = 0, .max = 1000000000, .metavar = "NODES",         \
    .help = "Nodes that our evaluator may run, those of loops each time; 0: no limit."   \
  }

#define MMD_FILE_LIMIT_OPTIONS(container, member)                                   \
  {.name = "max_file_size",                                                         \
   .type = MMD_OPTION_INT,                                                          \
   .offset = offsetof(container, member) + offsetof(mmd_limits_t, max_file_size),   \
   .default_text = "65536",                                                         \
   .min = 0,                                                                        \
   .max = 1 << 30,                                                                  \
   .metavar = "MIB",                                                                \
   .help = "Size of the file, without weights beside it; 0: no limit."},            \
      {.name = "max_tensors",                                                       \
       .type = MMD_OPTION_INT,                                                      \
       .offset = offsetof(container, member) + offsetof(mmd_limits_t, max_tensors), \
       .default_text = "10000000",                                                  \
       .min = 0,                                                                    \
       .max = 1000000000,                                                           \
       .help = "Weights and nodes that the file may hold; 0: no limit."},           \
  {                                                                                 \
    .name = "max_nesting", .type = MMD_OPTION_INT,                                  \
    .offset = offsetof(container, member) + offsetof(mmd_limits_t, max_nesting),    \
    .default_text = "64", .min = 0, .max = 64,                                      \
    .help = "Graphs inside of graphs, at most 64; 0: 64."                           \
  }

// Sets the limits of |options| and leaves the rest alone.
void mmd_limits_evaluator(const mmd_limits_t *limits, mmd_evaluator_options_t *options);
mmd_onnx_import_options_t mmd_limits_import(const mmd_limits_t *limits);
// The same for a session of the reference backend, as JSON; appends. Other engines have none.
mmd_status_t mmd_limits_session(const mmd_limits_t *limits, const char *backend,
                                mmd_str_t *out_json) MMD_MUST_USE;

#endif  // MMD_CONVERT_LIMITS_H_
