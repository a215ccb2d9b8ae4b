// SPDX-License-Identifier: Apache-2.0
//
// Verification: pictures and recorded arrays as cases of the parity check.
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "convert/checkpoint_stats.h"
#include "convert/driver.h"
#include "convert/media.h"
#include "formats/npy/npy.h"
#include "ops/evaluator.h"
#include "pipeline/preprocess.h"

enum { MAX_LISTED = 20 };  // keys that are named

// The cases and what they own.
struct mmd_driver_cases {
  size_t count;
  mmd_parity_case_t *items;
  mmd_tensor_t *inputs;     // one a picture
  mmd_tensor_t *reference;  // inputs, then outputs, of the recorded arrays
  size_t reference_count;
  mmd_value_t *arrays;  // recorded ones, by name, of a network that is cut
};
typedef struct mmd_driver_cases case_list_t;

void mmd_driver_cases_destroy(mmd_driver_cases_t *cases) {
  if (!cases) return;
  for (size_t i = 0; cases->inputs && i < cases->count; ++i) mmd_tensor_deinit(&cases->inputs[i]);
  for (size_t i = 0; cases->reference && i < cases->reference_count; ++i)
    mmd_tensor_deinit(&cases->reference[i]);
  mmd_value_release(cases->arrays);
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
  MMD_TRY(mmd_driver_network_steps(driver, &transforms));
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

static bool has_arrays(const mmd_value_t *arrays, const mmd_region_t *root) {
  bool has_all = true;
  for (size_t i = 0; i < root->input_count; ++i)
    has_all = has_all && mmd_object_get(arrays, root->inputs[i]->name);
  for (size_t i = 0; i < root->output_count; ++i)
    has_all = has_all && mmd_object_get(arrays, root->outputs[i]->name);
  return has_all;
}

// Arrays of a network that is cut belong to those parts of which the file has all of them.
static mmd_status_t keep_arrays(const mmd_driver_t *driver, const char *path, case_list_t *cases) {
  MMD_TRY(mmd_npz_read_file(path, &cases->arrays));
  for (size_t i = 0; i < driver->partition.count; ++i)
    if (has_arrays(cases->arrays, driver->parts[i].graph->root)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: of no part of the network are all inputs and outputs in it, by name", path);
}

static mmd_status_t add_reference(const mmd_driver_t *driver, const char *path,
                                  case_list_t *cases) {
  const mmd_region_t *root = driver->graph->root;
  mmd_value_t *arrays = NULL;
  if (driver->partition.count) return keep_arrays(driver, path, cases);
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

static mmd_parity_request_t request_of(const mmd_driver_t *driver,
                                       const mmd_driver_verify_t *verify,
                                       const case_list_t *cases) {
  return (mmd_parity_request_t){
      .mode = verify->mode,
      .graph = driver->graph,
      .target = driver->target,
      .target_request = &driver->request,
      .files = &driver->files,
      .backend = driver->deploy.backend,
      .device_name = "cpu",
      .threads = verify->threads,
      .limits = verify->limits,
      .tolerance = verify->tolerance,
      .cases = cases->items,
      .case_count = cases->count,
      .rankings = driver->task ? driver->task->rankings : NULL,
      .classes = driver->classes,
      .progress = driver->stages.progress,
  };
}

//===--- parts -------------------------------------------------------------===//

// The cases of one part: what the network in front of it gives for the pictures, and recorded
// arrays.
typedef struct part_cases_t {
  size_t count;
  mmd_parity_case_t *items;
  size_t tensor_count;
  mmd_tensor_t *tensors;
} part_cases_t;

static void drop_part_cases(part_cases_t *part) {
  for (size_t i = 0; part->tensors && i < part->tensor_count; ++i)
    mmd_tensor_deinit(&part->tensors[i]);
  mmd_free(part->tensors);
  mmd_free(part->items);
}

static mmd_status_t feed_part(const mmd_graph_t *feeder, const mmd_driver_verify_t *verify,
                              const case_list_t *cases, part_cases_t *part) {
  const size_t width = feeder->root->output_count;
  mmd_pool_t *pool = NULL;
  mmd_evaluator_t *evaluator = NULL;
  MMD_TRY(mmd_pool_create(verify->threads > 0 ? (unsigned)verify->threads : 0, &pool));
  const mmd_limits_t limits = MMD_LIMITS_DEFAULT;
  mmd_evaluator_options_t options = {.mode = MMD_EVAL_FAST, .pool = pool};
  mmd_limits_evaluator(verify->limits ? verify->limits : &limits, &options);
  mmd_status_t status = mmd_evaluator_create(feeder, &options, &evaluator);
  for (size_t i = 0; i < cases->count && !status; ++i) {
    mmd_tensor_t *inputs = part->tensors + i * width;
    status = mmd_evaluator_run_tensors(evaluator, cases->items[i].inputs, feeder->root->input_count,
                                       inputs, width);
    part->items[part->count++] =
        (mmd_parity_case_t){.name = cases->items[i].name, .inputs = inputs};
  }
  mmd_evaluator_destroy(evaluator);
  mmd_pool_destroy(pool);
  return status;
}

static mmd_status_t add_part_reference(const mmd_region_t *root, const char *path,
                                       const case_list_t *cases, part_cases_t *part) {
  mmd_tensor_t *tensors = part->tensors + cases->count * root->input_count;
  for (size_t i = 0; i < root->input_count; ++i)
    MMD_TRY(take_array(cases->arrays, path, root->inputs[i]->name, &tensors[i]));
  for (size_t i = 0; i < root->output_count; ++i) {
    MMD_TRY(
        take_array(cases->arrays, path, root->outputs[i]->name, &tensors[root->input_count + i]));
  }
  part->items[part->count++] =
      (mmd_parity_case_t){.name = path, .inputs = tensors, .expected = tensors + root->input_count};
  return NULL;
}

static mmd_status_t fill_part_cases(const mmd_driver_t *driver, size_t index,
                                    const mmd_driver_verify_t *verify, const case_list_t *cases,
                                    part_cases_t *part) {
  const mmd_region_t *root = driver->parts[index].graph->root;
  mmd_graph_t *feeder = NULL;
  part->tensor_count = (cases->count + 1) * root->input_count + root->output_count;
  part->tensors = mmd_alloc_array(part->tensor_count, sizeof *part->tensors);
  MMD_TRY_ALLOC(part->tensors);
  part->items = mmd_alloc_array(cases->count + 1, sizeof *part->items);
  MMD_TRY_ALLOC(part->items);
  MMD_TRY(mmd_partition_feeder(driver->graph, &driver->partition.parts[index],
                               driver->parts[index].graph, &feeder));
  mmd_status_t status = feed_part(feeder, verify, cases, part);
  mmd_graph_destroy(feeder);
  MMD_TRY(status);
  if (!cases->arrays || !has_arrays(cases->arrays, root)) return NULL;
  return add_part_reference(root, verify->reference_path, cases, part);
}

static mmd_status_t run_part(const mmd_driver_t *driver, size_t index,
                             const mmd_driver_verify_t *verify, const case_list_t *cases,
                             mmd_value_t **out_report) {
  part_cases_t part = {0};
  mmd_parity_request_t request = request_of(driver, verify, cases);
  mmd_status_t status = fill_part_cases(driver, index, verify, cases, &part);
  if (!status) {
    request.graph = driver->parts[index].graph;
    request.target_request = &driver->parts[index].request;
    request.files = &driver->parts[index].files;
    request.cases = part.items;
    request.case_count = part.count;
    status = mmd_parity_run(&request, out_report);
  }
  drop_part_cases(&part);
  return mmd_status_annotate(status, "%s", driver->partition.parts[index].save_file);
}

// The rows of |list| in |from| go behind those in |to|.
static mmd_status_t append_rows(const mmd_value_t *from, const char *list, mmd_value_t *to) {
  const mmd_value_t *rows = mmd_object_get(from, list);
  mmd_value_t *all = mmd_object_get(to, list);
  if (rows && !all) return mmd_object_take(to, list, mmd_value_retain(mmd_object_get(from, list)));
  for (size_t i = 0; i < mmd_array_size(rows); ++i)
    MMD_TRY(mmd_array_take(all, mmd_value_retain(mmd_array_at(rows, i))));
  return NULL;
}

// One report on all parts; its cases say which part they are of.
static mmd_status_t add_part_report(const char *file, mmd_value_t *part, mmd_value_t **report) {
  const mmd_value_t *cases = mmd_object_get(part, "cases");
  for (size_t i = 0; i < mmd_array_size(cases); ++i)
    MMD_TRY(mmd_object_take(mmd_array_at(cases, i), "net", mmd_value_string(file)));
  if (!*report) {
    *report = mmd_value_retain(part);
    return NULL;
  }
  MMD_TRY(append_rows(part, "cases", *report));
  MMD_TRY(append_rows(part, "layers", *report));
  const bool passed = mmd_parity_passed(part) && mmd_parity_passed(*report);
  return mmd_object_take(*report, "passed", mmd_value_bool(passed));
}

static mmd_status_t run_parts(const mmd_driver_t *driver, const mmd_driver_verify_t *verify,
                              const case_list_t *cases, mmd_value_t **out_report) {
  mmd_value_t *report = NULL;
  mmd_status_t status = NULL;
  for (size_t i = 0; i < driver->partition.count && !status; ++i) {
    mmd_value_t *part = NULL;
    status = run_part(driver, i, verify, cases, &part);
    if (!status) status = add_part_report(driver->partition.parts[i].save_file, part, &report);
    mmd_value_release(part);
  }
  if (status) {
    mmd_value_release(report);
    return status;
  }
  *out_report = report;
  return NULL;
}

//===--- reading -----------------------------------------------------------===//

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

// The network may hide them: a score that is NaN takes no part in suppression.
static void warn_of_weights(const mmd_driver_t *driver) {
  const mmd_checkpoint_t *checkpoint = driver->checkpoint;
  size_t listed = 0;
  for (size_t i = 0; checkpoint && i < mmd_checkpoint_size(checkpoint); ++i) {
    const char *key = mmd_checkpoint_key_at(checkpoint, i);
    mmd_stats_t stats = {0};
    mmd_stats_add_tensor(&stats, mmd_checkpoint_tensor_at(checkpoint, i));
    const uint64_t bad = stats.nans + stats.infinities;
    if (!bad || ++listed > MAX_LISTED) continue;
    MMD_LOGW("%s: '%s' (model.%.*s): %llu of %llu numbers are NaN or infinite",
             driver->checkpoint_path, key, (int)strcspn(key, "."), key, (unsigned long long)bad,
             (unsigned long long)(bad + stats.count));
  }
  if (listed > MAX_LISTED) {
    MMD_LOGW("%s: %zu more keys have numbers that are NaN or infinite", driver->checkpoint_path,
             listed - MAX_LISTED);
  }
}

mmd_status_t mmd_driver_verify(mmd_driver_t *driver, const mmd_driver_verify_t *verify,
                               const mmd_driver_cases_t *cases, mmd_value_t **out_report) {
  *out_report = NULL;
  MMD_TRY(mmd_stages_next(&driver->stages, "verify"));
  warn_of_weights(driver);
  if (driver->partition.count) return run_parts(driver, verify, cases, out_report);
  const mmd_parity_request_t request = request_of(driver, verify, cases);
  return mmd_parity_run(&request, out_report);
}
