// SPDX-License-Identifier: Apache-2.0
//
// Verification: pictures and recorded arrays as cases of the parity check.
#include <string.h>

#include "base/alloc.h"
#include "convert/driver.h"
#include "convert/media.h"
#include "formats/npy/npy.h"
#include "pipeline/preprocess.h"

// The cases and what they own.
struct mmd_driver_cases {
  size_t count;
  mmd_parity_case_t *items;
  mmd_tensor_t *inputs;     // one a picture
  mmd_tensor_t *reference;  // inputs, then outputs, of the recorded arrays
  size_t reference_count;
};
typedef struct mmd_driver_cases case_list_t;

void mmd_driver_cases_destroy(mmd_driver_cases_t *cases) {
  if (!cases) return;
  for (size_t i = 0; cases->inputs && i < cases->count; ++i) mmd_tensor_deinit(&cases->inputs[i]);
  for (size_t i = 0; cases->reference && i < cases->reference_count; ++i)
    mmd_tensor_deinit(&cases->reference[i]);
  mmd_free(cases->items);
  mmd_free(cases->inputs);
  mmd_free(cases->reference);
  mmd_free(cases);
}

//===--- pictures ----------------------------------------------------------===//

static mmdeploy_image_mode_t load_mode(const mmd_value_t *transforms) {
  const char *color =
      mmd_value_get_string(mmd_object_get_path(transforms, "0.color_type"), "color");
  return strcmp(color, "color_ignore_orientation") == 0 ? MMDEPLOY_IMAGE_COLOR_AS_STORED
                                                        : MMDEPLOY_IMAGE_COLOR;
}

static mmd_status_t preprocess_image(const mmd_preprocess_t *preprocess, const char *path,
                                     mmdeploy_image_mode_t mode, mmd_tensor_t *out_input) {
  mmd_image_t image;
  MMD_TRY(mmd_media_read(path, mode, &image));
  mmd_value_t *sample = mmd_value_object(), *result = NULL;
  mmd_status_t status = sample ? NULL : mmd_status_no_memory();
  if (!status) status = mmd_object_take(sample, "ori_img", mmd_value_image(&image));
  mmd_image_deinit(&image);
  const mmd_component_context_t context = {.device = "cpu"};
  if (!status) status = mmd_preprocess_run(preprocess, &context, sample, &result);
  const mmd_tensor_t *tensor = status ? NULL : mmd_value_get_tensor(mmd_object_get(result, "img"));
  if (!status && !tensor) status = MMD_ERROR(MMD_INTERNAL, "the pre-processing gives no 'img'");
  if (!status) status = mmd_tensor_contiguous(tensor, out_input);
  mmd_value_release(result);
  mmd_value_release(sample);
  return mmd_status_annotate(status, "%s", path);
}

static mmd_status_t add_images(const mmd_driver_t *driver, const mmd_driver_verify_t *verify,
                               case_list_t *cases) {
  mmd_value_t *transforms = NULL;
  mmd_preprocess_t *preprocess = NULL;
  MMD_TRY(driver->task->preprocess(&driver->context, &transforms));
  const mmdeploy_image_mode_t mode = load_mode(transforms);
  mmd_status_t status =
      mmd_preprocess_create(transforms, driver->context.dialect == MMD_DIALECT_1X ? 1 : 0,
                            "transforms", true, NULL, &preprocess);
  mmd_value_release(transforms);
  for (size_t i = 0; i < verify->image_count && !status; ++i) {
    status = preprocess_image(preprocess, verify->images[i], mode, &cases->inputs[i]);
    cases->items[i].name = verify->images[i];
    cases->items[i].inputs = &cases->inputs[i];
    cases->count = i + 1;
  }
  mmd_preprocess_destroy(preprocess);
  return status;
}

//===--- recorded arrays ---------------------------------------------------===//

static mmd_status_t take_array(const mmd_value_t *arrays, const char *path, const char *name,
                               mmd_tensor_t *out_tensor) {
  const mmd_tensor_t *tensor = mmd_value_get_tensor(mmd_object_get(arrays, name));
  if (!tensor) {
    return MMD_ERROR(
        MMD_INVALID_ARGUMENT,
        "%s: array '%s' is missing; the network's inputs and outputs are expected by name", path,
        name);
  }
  return mmd_tensor_contiguous(tensor, out_tensor);
}

static mmd_status_t add_reference(const mmd_driver_t *driver, const char *path,
                                  case_list_t *cases) {
  const mmd_region_t *root = driver->graph->root;
  mmd_value_t *arrays = NULL;
  cases->reference_count = root->input_count + root->output_count;
  cases->reference = mmd_alloc_array(cases->reference_count, sizeof *cases->reference);
  MMD_TRY_ALLOC(cases->reference);
  MMD_TRY(mmd_npz_read_file(path, &arrays));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < root->input_count && !status; ++i) {
    status = take_array(arrays, path, root->inputs[i]->name, &cases->reference[i]);
  }
  for (size_t i = 0; i < root->output_count && !status; ++i) {
    status =
        take_array(arrays, path, root->outputs[i]->name, &cases->reference[root->input_count + i]);
  }
  mmd_value_release(arrays);
  MMD_TRY(status);
  cases->items[cases->count++] = (mmd_parity_case_t){
      .name = path, .inputs = cases->reference, .expected = cases->reference + root->input_count};
  return NULL;
}

//===--- all ---------------------------------------------------------------===//

static mmd_status_t run_cases(mmd_driver_t *driver, const mmd_driver_verify_t *verify,
                              const case_list_t *cases, mmd_value_t **out_report) {
  const mmd_parity_request_t request = {
      .mode = verify->mode,
      .graph = driver->graph,
      .target = driver->target,
      .target_request = &driver->request,
      .files = &driver->files,
      .backend = driver->deploy.backend,
      .device_name = "cpu",
      .threads = verify->threads,
      .tolerance = verify->tolerance,
      .cases = cases->items,
      .case_count = cases->count,
      .classes = driver->classes,
      .progress = driver->stages.progress,
  };
  return mmd_parity_run(&request, out_report);
}

static mmd_status_t fill_cases(const mmd_driver_t *driver, const mmd_driver_verify_t *verify,
                               case_list_t *cases) {
  cases->items = mmd_alloc_array(verify->image_count + 1, sizeof *cases->items);
  MMD_TRY_ALLOC(cases->items);
  cases->inputs = mmd_alloc_array(verify->image_count + 1, sizeof *cases->inputs);
  MMD_TRY_ALLOC(cases->inputs);
  MMD_TRY(add_images(driver, verify, cases));
  return verify->reference_path ? add_reference(driver, verify->reference_path, cases) : NULL;
}

mmd_status_t mmd_driver_cases_create(mmd_driver_t *driver, const mmd_driver_verify_t *verify,
                                     mmd_driver_cases_t **out_cases) {
  *out_cases = NULL;
  MMD_TRY(mmd_stages_next(&driver->stages, "read inputs"));
  mmd_driver_cases_t *cases = mmd_alloc(sizeof *cases);
  MMD_TRY_ALLOC(cases);
  mmd_status_t status = fill_cases(driver, verify, cases);
  if (status) {
    mmd_driver_cases_destroy(cases);
    return status;
  }
  *out_cases = cases;
  return NULL;
}

mmd_status_t mmd_driver_verify(mmd_driver_t *driver, const mmd_driver_verify_t *verify,
                               const mmd_driver_cases_t *cases, mmd_value_t **out_report) {
  *out_report = NULL;
  MMD_TRY(mmd_stages_next(&driver->stages, "verify"));
  return run_cases(driver, verify, cases, out_report);
}
