// SPDX-License-Identifier: Apache-2.0
//
// `convert`: config + checkpoint to a package, MMDeploy's tools/deploy.py. `export`: to the network
// file only, its tools/torch2onnx.py.
#include "convert/commands.h"
#include "convert/convert_run.h"

#define AT(field) MMD_CONVERT_AT(field)

#define MODEL_ARGUMENTS                                                                     \
  {.name = "deploy_cfg",                                                                    \
   .type = MMD_OPTION_STRING,                                                               \
   .offset = AT(deploy_cfg),                                                                \
   .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,                                    \
   .help = "Deploy config file."},                                                          \
      {.name = "model_cfg",                                                                 \
       .type = MMD_OPTION_STRING,                                                           \
       .offset = AT(model_cfg),                                                             \
       .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,                                \
       .help = "Model config file of the codebase."},                                       \
      {.name = "checkpoint",                                                                \
       .type = MMD_OPTION_STRING,                                                           \
       .offset = AT(checkpoint),                                                            \
       .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,                                \
       .help = "Weights file (.pth, .safetensors, .npz)."},                                 \
  {                                                                                         \
    .name = "img", .type = MMD_OPTION_STRING, .offset = AT(img),                            \
    .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL, .help = "Picture to verify with." \
  }

#define COMMON_OPTIONS(work_dir_default)                          \
  MMD_CONVERT_PLACE_OPTIONS(work_dir_default),                    \
      {.name = "cfg_options",                                     \
       .type = MMD_OPTION_STRINGS,                                \
       .offset = AT(cfg_options),                                 \
       .flags = MMD_OPTION_REPEATED,                              \
       .metavar = "KEY=VALUE",                                    \
       .help = "Values that replace those of the model config."}, \
      MMD_CONVERT_PASS_OPTIONS

static const mmd_option_t g_convert_options[] = {
    MODEL_ARGUMENTS,
    {.name = "test_img",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(test_img),
     .flags = MMD_OPTION_REPEATED,
     .metavar = "IMG",
     .help = "Pictures to verify with and to draw on, instead of IMG."},
    COMMON_OPTIONS("."),
    {.name = "dump_info",
     .type = MMD_OPTION_BOOL,
     .offset = AT(dump_info),
     .help = "Write deploy.json, pipeline.json and detail.json, which make the folder a package."},
    {.name = "classes",
     .type = MMD_OPTION_STRING,
     .offset = AT(classes),
     .metavar = "FILE",
     .help =
         "Text file with one class name a line, instead of the checkpoint's or data set's names."},
    MMD_CONVERT_VERIFY_OPTIONS,
    {.name = "python",
     .type = MMD_OPTION_STRING,
     .offset = AT(python),
     .metavar = "PROGRAM",
     .help = "Interpreter with the vendor's package, for the backends tvm, rknn and coreml; the "
             "first of MMDEPLOY_PYTHON, python3 and python that has it."},
    {.name = "head",
     .type = MMD_OPTION_STRING,
     .offset = AT(head_name),
     .metavar = "TYPE",
     .help = "Convert an ONNX file with raw outputs: 'mmdeploy convert --head --help' tells how."},
    {.name = "show",
     .type = MMD_OPTION_BOOL,
     .offset = AT(show),
     .flags = MMD_OPTION_IGNORED,
     .help = "Accepted for compatibility; results are always written to files."},
    {.name = "quant",
     .type = MMD_OPTION_BOOL,
     .offset = AT(quant),
     .help = "Quantise after conversion: not supported yet."},
    {.name = "calib_dataset_cfg",
     .type = MMD_OPTION_STRING,
     .offset = AT(calib_dataset_cfg),
     .flags = MMD_OPTION_IGNORED,
     .metavar = "FILE",
     .help = "Used by int8 calibration only, which is not supported yet."},
    {.name = "quant_image_dir",
     .type = MMD_OPTION_STRING,
     .offset = AT(quant_image_dir),
     .flags = MMD_OPTION_IGNORED,
     .metavar = "DIR",
     .help = "Used by --quant only."},
    {.name = "uri",
     .type = MMD_OPTION_STRING,
     .offset = AT(uri),
     .default_text = "192.168.1.1:60000",
     .flags = MMD_OPTION_IGNORED,
     .help = "Address of a remote inference server; used by SNPE only."},
};
static const mmd_option_table_t g_convert_table =
    MMD_OPTION_TABLE("convert", mmd_convert_options_t, g_convert_options);

static const mmd_option_t g_export_options[] = {MODEL_ARGUMENTS, COMMON_OPTIONS("./work-dir")};
static const mmd_option_table_t g_export_table =
    MMD_OPTION_TABLE("export", mmd_convert_options_t, g_export_options);

static mmd_status_t run_convert(const void *options, mmd_command_context_t *context) {
  const mmd_convert_options_t *own = options;
  if (!own->head_name) return mmd_convert_run(own, context);
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "--head: 'convert --head TYPE' is a command with arguments of its own");
}

static mmd_status_t run_export(const void *options, mmd_command_context_t *context) {
  return mmd_convert_export(options, context);
}

const mmd_command_t mmd_convert_command = {
    .name = "convert",
    .summary = "Convert a model config and its checkpoint into a package for a backend.",
    .options = &g_convert_table,
    .run = run_convert,
};

const mmd_command_t mmd_export_command = {
    .name = "export",
    .summary = "Convert a model config and its checkpoint into the network file only.",
    .options = &g_export_table,
    .run = run_export,
};
