// SPDX-License-Identifier: Apache-2.0
#include "convert/convert_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "convert/media.h"
#include "convert/target.h"
#include "runtime/session.h"
#include "value/json.h"

const char *const mmd_convert_log_levels[] = {"CRITICAL", "FATAL", "ERROR",  "WARN", "WARNING",
                                              "INFO",     "DEBUG", "NOTSET", NULL};
const char *const mmd_convert_verify_modes[] = {"none", "outputs", "layers", NULL};

//===--- steps -------------------------------------------------------------===//

static void dump_text(void *user, const char *text) {
  mmd_command_text(user, text);
}

static mmd_status_t prepare(const mmd_convert_options_t *options, mmd_command_context_t *context,
                            mmd_driver_t *driver) {
  mmd_log_level_t level = MMD_LOG_INFO;
  if (mmd_log_level_parse(mmd_convert_log_levels[options->log_level], &level))
    mmd_log_set_level(level);
  if (options->quant) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "--quant: post-training quantisation is not supported yet");
  }
  MMD_TRY(mmd_plugin_load_all(options->plugin));
  driver->deploy_cfg_path = options->deploy_cfg;
  driver->model_cfg_path = options->model_cfg;
  driver->checkpoint_path = options->checkpoint;
  driver->work_dir = options->work_dir;
  driver->device = options->device;
  driver->python = options->python;
  driver->dump_after = options->dump_after;
  driver->cfg_options = options->cfg_options;
  driver->classes_path = options->classes;
  driver->head = options->head;
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

static mmd_status_t collect_images(const mmd_convert_options_t *options, const char ***out_images,
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

// What a vendor's compiler makes runs elsewhere, when there is no module for it here and it brings
// no simulator.
static mmd_status_t can_run_here(const mmd_driver_t *driver, bool *out_can) {
  *out_can = true;
  if (!mmd_target_has_prepare(driver->target) || mmd_target_tries(driver->target)) return NULL;
  mmd_backend_t *backend = NULL;
  mmd_status_t status = mmd_backend_get(driver->deploy.backend, &backend);
  if (mmd_status_code(status) != MMD_UNAVAILABLE) return status;
  mmd_status_free(status);
  *out_can = false;
  MMD_LOGW("backend '%s' has no module here: the package is not verified", driver->deploy.backend);
  return NULL;
}

static mmd_status_t read_inputs(mmd_driver_t *driver, const mmd_convert_options_t *options,
                                verification_t *verification) {
  bool can_run = true;
  if (options->verify == MMD_VERIFY_NONE) return NULL;
  MMD_TRY(can_run_here(driver, &can_run));
  if (!can_run) return NULL;
  verification->request = (mmd_driver_verify_t){
      .mode = (mmd_verify_mode_t)options->verify,
      .tolerance = fmax(options->tolerance, mmd_target_precision(driver->target)),
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

static mmd_status_t convert(mmd_driver_t *driver, const mmd_convert_options_t *options,
                            verification_t *verification, mmd_command_context_t *context) {
  const char *verdict = NULL;
  MMD_TRY(prepare(options, context, driver));
  MMD_TRY(make_graph(driver, options->pass));
  MMD_TRY(read_inputs(driver, options, verification));
  MMD_TRY(write_package(driver, options->dump_info));
  MMD_TRY(forget_report(driver));
  MMD_TRY(verify(driver, verification, context, &verdict));
  if (options->dump_info && verification->cases) MMD_TRY(mmd_driver_write_info(driver, verdict));
  return finish(driver, context,
                context->exit_status ? "Finished; the results differ by more than the tolerance."
                                     : "All process success.");
}

mmd_status_t mmd_convert_run(const mmd_convert_options_t *options, mmd_command_context_t *context) {
  mmd_driver_t driver = {0};
  verification_t verification = {0};
  mmd_status_t status = convert(&driver, options, &verification, context);
  deinit_verification(&verification);
  mmd_driver_deinit(&driver);
  return status;
}

static mmd_status_t export_network(mmd_driver_t *driver, const mmd_convert_options_t *options,
                                   mmd_command_context_t *context) {
  MMD_TRY(prepare(options, context, driver));
  MMD_TRY(make_graph(driver, options->pass));
  MMD_TRY(mmd_driver_write(driver));
  MMD_TRY(finish(driver, context, ""));
  mmd_command_printf(context, "torch2onnx finished. Results saved to %s\n", driver->work_dir);
  return NULL;
}

mmd_status_t mmd_convert_export(const mmd_convert_options_t *options,
                                mmd_command_context_t *context) {
  mmd_driver_t driver = {0};
  mmd_status_t status = export_network(&driver, options, context);
  mmd_driver_deinit(&driver);
  return status;
}
