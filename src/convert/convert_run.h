// SPDX-License-Identifier: Apache-2.0
//
// What the commands convert, convert --head and export share: their options and their steps.
#ifndef MMD_CONVERT_CONVERT_RUN_H_
#define MMD_CONVERT_CONVERT_RUN_H_

#include "convert/command.h"
#include "convert/driver.h"
#include "convert/limits.h"
#include "convert/plugin.h"

typedef struct mmd_convert_options_t {
  const char *deploy_cfg, *model_cfg, *checkpoint, *img;
  const mmd_value_t *test_img;
  const char *work_dir, *device;
  int log_level;
  bool dump_info;
  const mmd_value_t *cfg_options;
  const char *classes;
  int verify;
  double tolerance;
  const char *reference;
  int64_t threads;
  mmd_limits_t limits;
  const char *dump_after;
  const mmd_value_t *plugin, *pass;
  bool show, quant;
  const char *calib_dataset_cfg, *quant_image_dir, *uri;
  const char *python;
  const char *head_name;  // points users of convert to convert --head
  // Of convert --head.
  int head_type;  // of mmd_onnx_head_registry
  mmd_driver_head_t head;
} mmd_convert_options_t;

extern const char *const mmd_convert_log_levels[];    // choices of |log_level|
extern const char *const mmd_convert_verify_modes[];  // of |verify|

// Rows of option tables.
#define MMD_CONVERT_AT(field) offsetof(mmd_convert_options_t, field)
#define MMD_CONVERT_PLACE_OPTIONS(work_dir_default)                                      \
  {.name = "work_dir",                                                                   \
   .type = MMD_OPTION_STRING,                                                            \
   .offset = MMD_CONVERT_AT(work_dir),                                                   \
   .default_text = work_dir_default,                                                     \
   .metavar = "DIR",                                                                     \
   .help = "Folder for the results, made when missing."},                                \
      {.name = "device",                                                                 \
       .type = MMD_OPTION_STRING,                                                        \
       .offset = MMD_CONVERT_AT(device),                                                 \
       .default_text = "cpu",                                                            \
       .help = "Device to verify on: cpu."},                                             \
  {                                                                                      \
    .name = "log_level", .type = MMD_OPTION_CHOICE, .offset = MMD_CONVERT_AT(log_level), \
    .default_text = "INFO", .choices = mmd_convert_log_levels, .metavar = "LEVEL",       \
    .help = "Log to show: CRITICAL, FATAL, ERROR, WARN, WARNING, INFO, DEBUG or NOTSET." \
  }
#define MMD_CONVERT_PASS_OPTIONS                       \
  {.name = "dump_after",                               \
   .type = MMD_OPTION_STRING,                          \
   .offset = MMD_CONVERT_AT(dump_after),               \
   .metavar = "PASS",                                  \
   .help = "Print the graph's text after this pass."}, \
      MMD_PLUGIN_OPTIONS(mmd_convert_options_t)
#define MMD_CONVERT_VERIFY_OPTIONS                                                                \
  {.name = "verify",                                                                              \
   .type = MMD_OPTION_CHOICE,                                                                     \
   .offset = MMD_CONVERT_AT(verify),                                                              \
   .default_text = "\"outputs\"",                                                                 \
   .choices = mmd_convert_verify_modes,                                                           \
   .help = "Compare the engine with our evaluator: not at all, outputs, or every layer."},        \
      {.name = "tolerance",                                                                       \
       .type = MMD_OPTION_FLOAT,                                                                  \
       .offset = MMD_CONVERT_AT(tolerance),                                                       \
       .default_text = "1e-4",                                                                    \
       .min = 0,                                                                                  \
       .max = 1e6,                                                                                \
       .help =                                                                                    \
           "Largest difference, relative to the largest number of an output; beyond it the exit " \
           "status is 3. Engines of half precision (rknn) are allowed 2e-2 at least."},           \
      {.name = "reference",                                                                       \
       .type = MMD_OPTION_STRING,                                                                 \
       .offset = MMD_CONVERT_AT(reference),                                                       \
       .metavar = "FILE.npz",                                                                     \
       .help =                                                                                    \
           "Arrays recorded from the original framework, named as the network's inputs and "      \
           "outputs."},                                                                           \
      {.name = "threads",                                                                         \
       .type = MMD_OPTION_INT,                                                                    \
       .offset = MMD_CONVERT_AT(threads),                                                         \
       .default_text = "0",                                                                       \
       .min = 0,                                                                                  \
       .max = 1024,                                                                               \
       .help = "Threads of the verification; 0: all processors."},                                \
      MMD_RUN_LIMIT_OPTIONS(mmd_convert_options_t, limits)

// Configs (or the ONNX file) to a package.
mmd_status_t mmd_convert_run(const mmd_convert_options_t *options,
                             mmd_command_context_t *context) MMD_MUST_USE;
// Configs to the network file.
mmd_status_t mmd_convert_export(const mmd_convert_options_t *options,
                                mmd_command_context_t *context) MMD_MUST_USE;

#endif  // MMD_CONVERT_CONVERT_RUN_H_
