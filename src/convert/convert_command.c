// SPDX-License-Identifier: Apache-2.0
//
// `convert`: config + checkpoint to a package, MMDeploy's tools/deploy.py. `export`: to the network
// file only, its tools/torch2onnx.py.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "convert/command.h"
#include "convert/commands.h"
#include "convert/driver.h"
#include "convert/media.h"
#include "convert/plugin.h"
#include "value/json.h"

typedef struct convert_options_t {
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
} convert_options_t;

static const char *const g_log_levels[] = {"CRITICAL", "FATAL", "ERROR",  "WARN", "WARNING",
                                           "INFO",     "DEBUG", "NOTSET", NULL};
static const char *const g_verify_modes[] = {"none", "outputs", "layers", NULL};
#define AT(field) offsetof(convert_options_t, field)

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

#define COMMON_OPTIONS(work_dir_default)                                                      \
  {.name = "work_dir",                                                                        \
   .type = MMD_OPTION_STRING,                                                                 \
   .offset = AT(work_dir),                                                                    \
   .default_text = work_dir_default,                                                          \
   .metavar = "DIR",                                                                          \
   .help = "Folder for the results, made when missing."},                                     \
      {.name = "device",                                                                      \
       .type = MMD_OPTION_STRING,                                                             \
       .offset = AT(device),                                                                  \
       .default_text = "cpu",                                                                 \
       .help = "Device to verify on: cpu."},                                                  \
      {.name = "log_level",                                                                   \
       .type = MMD_OPTION_CHOICE,                                                             \
       .offset = AT(log_level),                                                               \
       .default_text = "INFO",                                                                \
       .choices = g_log_levels,                                                               \
       .metavar = "LEVEL",                                                                    \
       .help = "Log to show: CRITICAL, FATAL, ERROR, WARN, WARNING, INFO, DEBUG or NOTSET."}, \
      {.name = "cfg_options",                                                                 \
       .type = MMD_OPTION_STRINGS,                                                            \
       .offset = AT(cfg_options),                                                             \
       .flags = MMD_OPTION_REPEATED,                                                          \
       .metavar = "KEY=VALUE",                                                                \
       .help = "Values that replace those of the model config."},                             \
      {.name = "dump_after",                                                                  \
       .type = MMD_OPTION_STRING,                                                             \
       .offset = AT(dump_after),                                                              \
       .metavar = "PASS",                                                                     \
       .help = "Print the graph's text after this pass."},                                    \
      MMD_PLUGIN_OPTIONS(convert_options_t)

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
    {.name = "verify",
     .type = MMD_OPTION_CHOICE,
     .offset = AT(verify),
     .default_text = "\"outputs\"",
     .choices = g_verify_modes,
     .help = "Compare the engine with our evaluator: not at all, outputs, or every layer."},
    {.name = "tolerance",
     .type = MMD_OPTION_FLOAT,
     .offset = AT(tolerance),
     .default_text = "1e-4",
     .min = 0,
     .max = 1e6,
     .help = "Largest difference, relative to the largest number of an output; beyond it the exit "
             "status is 3."},
    {.name = "reference",
     .type = MMD_OPTION_STRING,
     .offset = AT(reference),
     .metavar = "FILE.npz",
     .help =
         "Arrays recorded from the original framework, named as the network's inputs and outputs."},
    {.name = "threads",
     .type = MMD_OPTION_INT,
     .offset = AT(threads),
     .default_text = "0",
     .min = 0,
     .max = 1024,
     .help = "Threads of the verification; 0: all processors."},
    MMD_RUN_LIMIT_OPTIONS(convert_options_t, limits),
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
    MMD_OPTION_TABLE("convert", convert_options_t, g_convert_options);

static const mmd_option_t g_export_options[] = {MODEL_ARGUMENTS, COMMON_OPTIONS("./work-dir")};
static const mmd_option_table_t g_export_table =
    MMD_OPTION_TABLE("export", convert_options_t, g_export_options);

//===--- steps -------------------------------------------------------------===//

static void dump_text(void *user, const char *text) {
  mmd_command_text(user, text);
}

static mmd_status_t prepare(const convert_options_t *options, mmd_command_context_t *context,
                            mmd_driver_t *driver) {
  mmd_log_level_t level = MMD_LOG_INFO;
  if (mmd_log_level_parse(g_log_levels[options->log_level], &level)) mmd_log_set_level(level);
  if (options->quant) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "--quant: post-training quantisation is not supported yet");
  }
  MMD_TRY(mmd_plugin_load_all(options->plugin));
  driver->deploy_cfg_path = options->deploy_cfg;
  driver->model_cfg_path = options->model_cfg;
  driver->checkpoint_path = options->checkpoint;
  driver->work_dir = options->work_dir;
  driver->device = options->device;
  driver->dump_after = options->dump_after;
  driver->cfg_options = options->cfg_options;
  driver->classes_path = options->classes;
  driver->stages.progress = &context->progress;
  driver->dump = dump_text;
  driver->user = context;
  return NULL;
}

static mmd_status_t make_graph(mmd_driver_t *driver, const mmd_value_t *passes) {
  MMD_TRY(mmd_driver_read(driver));
  MMD_TRY(mmd_driver_build(driver));
  MMD_TRY(mmd_plugin_run_passes(driver->graph, passes));
  return mmd_driver_optimize(driver);
}

static mmd_status_t write_report(const mmd_driver_t *driver, const mmd_value_t *report) {
  char *path = mmd_path_join(driver->work_dir, "parity.json");
  MMD_TRY_ALLOC(path);
  mmd_status_t status = mmd_json_write_file(report, 4, path);
  mmd_free(path);
  return status;
}

// output_<backend>.jpg: the answers for the first picture, drawn on it.
static mmd_status_t write_picture(const mmd_driver_t *driver, const char *image_path,
                                  const mmd_value_t *report) {
  const mmd_value_t *top = mmd_object_get(mmd_array_at(mmd_object_get(report, "cases"), 0), "top5");
  if (!top) return NULL;
  mmd_str_t name = {0};
  mmd_image_t image = {0};
  char *path = NULL;
  mmd_status_t status = mmd_media_read(image_path, MMDEPLOY_IMAGE_COLOR, &image);
  if (!status) status = mmd_str_printf(&name, "output_%s.jpg", driver->deploy.backend);
  if (!status) {
    path = mmd_path_join(driver->work_dir, mmd_str_text(&name));
    status = path ? mmd_media_draw_classification(&image, top, path) : mmd_status_no_memory();
  }
  mmd_free(path);
  mmd_str_deinit(&name);
  mmd_image_deinit(&image);
  return status;
}

static mmd_status_t collect_images(const convert_options_t *options, const char ***out_images,
                                   size_t *out_count) {
  const size_t given = mmd_array_size(options->test_img);
  const char **images = mmd_alloc_array(given + 1, sizeof *images);
  MMD_TRY_ALLOC(images);
  images[0] = options->img;
  for (size_t i = 0; i < given; ++i)
    images[i] = mmd_value_get_string(mmd_array_at(options->test_img, i), "");
  *out_images = images;
  *out_count = given ? given : 1;
  return NULL;
}

static mmd_status_t report_parity(const mmd_driver_t *driver, const char *image,
                                  mmd_value_t *report, mmd_command_context_t *context) {
  mmd_str_t table = {0};
  mmd_status_t status = mmd_parity_print(report, &table);
  if (!status) mmd_command_text(context, mmd_str_text(&table));
  mmd_str_deinit(&table);
  if (!status) status = write_report(driver, report);
  if (!status) status = write_picture(driver, image, report);
  if (!status) status = mmd_object_take(context->result, "parity", mmd_value_retain(report));
  if (!mmd_parity_passed(report)) context->exit_status = 3;
  return status;
}

// What the verification needs, read before anything is written.
typedef struct verification_t {
  const char **images;
  mmd_driver_verify_t request;
  mmd_driver_cases_t *cases;
} verification_t;

static void deinit_verification(verification_t *verification) {
  mmd_driver_cases_destroy(verification->cases);
  mmd_free(verification->images);
}

static mmd_status_t read_inputs(mmd_driver_t *driver, const convert_options_t *options,
                                verification_t *verification) {
  if (options->verify == MMD_VERIFY_NONE) return NULL;
  verification->request = (mmd_driver_verify_t){
      .mode = (mmd_verify_mode_t)options->verify,
      .tolerance = options->tolerance,
      .threads = (int)options->threads,
      .limits = &options->limits,
      .reference_path = options->reference,
  };
  MMD_TRY(collect_images(options, &verification->images, &verification->request.image_count));
  verification->request.images = verification->images;
  return mmd_driver_cases_create(driver, &verification->request, &verification->cases);
}

// "not verified", "passed" or "failed".
static mmd_status_t verify(mmd_driver_t *driver, const verification_t *verification,
                           mmd_command_context_t *context, const char **out_verdict) {
  *out_verdict = "not verified";
  if (!verification->cases) return NULL;
  mmd_value_t *report = NULL;
  mmd_status_t status =
      mmd_driver_verify(driver, &verification->request, verification->cases, &report);
  if (!status) status = report_parity(driver, verification->images[0], report, context);
  if (!status) *out_verdict = mmd_parity_passed(report) ? "passed" : "failed";
  mmd_value_release(report);
  return status;
}

static mmd_status_t finish(mmd_driver_t *driver, mmd_command_context_t *context, const char *done) {
  MMD_TRY(mmd_stages_next(&driver->stages, NULL));
  mmd_str_t table = {0};
  mmd_status_t status = mmd_stages_print(&driver->stages, &table);
  if (!status) mmd_command_text(context, mmd_str_text(&table));
  mmd_str_deinit(&table);
  MMD_TRY(status);
  MMD_TRY(mmd_object_take(context->result, "work_dir", mmd_value_string(driver->work_dir)));
  MMD_TRY(mmd_object_take(context->result, "net", mmd_value_string(driver->files.files[0])));
  mmd_command_printf(context, "%s\n", done);
  return NULL;
}

//===--- commands ----------------------------------------------------------===//

// The net and its descriptions, or nothing.
static mmd_status_t write_package(mmd_driver_t *driver, bool dump_info) {
  mmd_status_t status = mmd_driver_write(driver);
  if (!status && dump_info) status = mmd_driver_write_info(driver, "not verified");
  if (status) mmd_driver_discard(driver);
  return status;
}

// What an earlier conversion into the same folder reported is not about the new network.
static mmd_status_t forget_report(const mmd_driver_t *driver) {
  char *path = mmd_path_join(driver->work_dir, "parity.json");
  MMD_TRY_ALLOC(path);
  unlink(path);  // a missing file is fine
  mmd_free(path);
  return NULL;
}

static mmd_status_t convert(mmd_driver_t *driver, const convert_options_t *options,
                            verification_t *verification, mmd_command_context_t *context) {
  const char *verdict = NULL;
  MMD_TRY(prepare(options, context, driver));
  MMD_TRY(make_graph(driver, options->pass));
  MMD_TRY(read_inputs(driver, options, verification));
  MMD_TRY(write_package(driver, options->dump_info));
  MMD_TRY(forget_report(driver));
  MMD_TRY(verify(driver, verification, context, &verdict));
  if (options->dump_info && options->verify != MMD_VERIFY_NONE)
    MMD_TRY(mmd_driver_write_info(driver, verdict));
  return finish(driver, context,
                context->exit_status ? "Finished; the results differ by more than the tolerance."
                                     : "All process success.");
}

static mmd_status_t run_convert(const void *options, mmd_command_context_t *context) {
  mmd_driver_t driver = {0};
  verification_t verification = {0};
  mmd_status_t status = convert(&driver, options, &verification, context);
  deinit_verification(&verification);
  mmd_driver_deinit(&driver);
  return status;
}

static mmd_status_t export_network(mmd_driver_t *driver, const convert_options_t *options,
                                   mmd_command_context_t *context) {
  MMD_TRY(prepare(options, context, driver));
  MMD_TRY(make_graph(driver, options->pass));
  MMD_TRY(mmd_driver_write(driver));
  MMD_TRY(finish(driver, context, ""));
  mmd_command_printf(context, "torch2onnx finished. Results saved to %s\n", driver->work_dir);
  return NULL;
}

static mmd_status_t run_export(const void *options, mmd_command_context_t *context) {
  mmd_driver_t driver = {0};
  mmd_status_t status = export_network(&driver, options, context);
  mmd_driver_deinit(&driver);
  return status;
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
