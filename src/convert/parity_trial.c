// SPDX-License-Identifier: Apache-2.0
#include "convert/parity_trial.h"

#include <fcntl.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/npy/npy.h"
#include "runtime/session.h"

mmd_status_t mmd_trial_is_needed(const mmdeploy_target_t *target, const char *backend,
                                 bool *out_is_needed) {
  mmd_backend_t *found = NULL;
  *out_is_needed = false;
  if (!mmd_target_tries(target)) return NULL;
  mmd_status_t status = mmd_backend_get(backend, &found);
  if (mmd_status_code(status) != MMD_UNAVAILABLE) return status;
  mmd_status_free(status);
  *out_is_needed = true;
  return NULL;
}

//===--- the folder --------------------------------------------------------===//

static mmd_status_t make_path(const char *folder, size_t index, const char *side, size_t place,
                              char **out_path) {
  mmd_str_t path = {0};
  mmd_status_t status = mmd_str_printf(&path, "%s/%zu", folder, index);
  if (!status && side) status = mmd_str_printf(&path, "/%s_%zu.npy", side, place);
  *out_path = status ? NULL : mmd_str_take(&path);
  mmd_str_deinit(&path);
  if (!status && !*out_path) status = mmd_status_no_memory();
  return status;
}

static mmd_status_t write_case(const mmd_trial_t *trial, const char *folder, size_t index) {
  char *path = NULL;
  MMD_TRY(make_path(folder, index, NULL, 0, &path));
  mmd_status_t status = mmd_path_make_directories(path);
  mmd_free(path);
  for (size_t i = 0; i < trial->graph->root->input_count && !status; ++i) {
    status = make_path(folder, index, "input", i, &path);
    if (!status) status = mmd_npy_write_file(path, &trial->inputs[index][i]);
    if (path) mmd_free(path);
    path = NULL;
  }
  return status;
}

//===--- answers -----------------------------------------------------------===//

// In the element type of the network's output: simulators give floating-point numbers for all.
static mmd_status_t read_output(const char *path, const mmd_edge_t *output,
                                mmd_tensor_t *out_tensor) {
  mmd_tensor_t found = {0};
  MMD_TRY(mmd_npy_read_file(path, &found));
  mmd_tensor_t packed = {0};
  mmd_status_t status = mmd_tensor_contiguous(&found, &packed);
  mmd_tensor_deinit(&found);
  if (status || packed.dtype == output->type.dtype) {
    *out_tensor = packed;
    return status;
  }
  status = mmd_tensor_cast(&packed, output->type.dtype, out_tensor);
  mmd_tensor_deinit(&packed);
  return status;
}

static mmd_status_t read_case(const mmd_trial_t *trial, const char *folder, size_t index,
                              mmd_tensor_t *outputs) {
  const mmd_region_t *root = trial->graph->root;
  for (size_t i = 0; i < root->output_count; ++i) {
    char *path = NULL;
    MMD_TRY(make_path(folder, index, "output", i, &path));
    mmd_status_t status =
        mmd_status_annotate(read_output(path, root->outputs[i], &outputs[i]),
                            "the simulator's output '%s'", root->outputs[i]->name);
    mmd_free(path);
    MMD_TRY(status);
  }
  return NULL;
}

//===--- all ---------------------------------------------------------------===//

static mmd_status_t try_all(const mmd_trial_t *trial, const char *folder, mmd_tensor_t *outputs) {
  mmdeploy_target_request_t request = *trial->request;
  mmdeploy_target_result_t files;
  for (size_t i = 0; i < trial->case_count; ++i) MMD_TRY(write_case(trial, folder, i));
  request.trial = folder;
  MMD_TRY(mmd_target_write(trial->target, trial->graph, &request, &files));
  for (size_t i = 0; i < trial->case_count; ++i)
    MMD_TRY(read_case(trial, folder, i, outputs + i * trial->graph->root->output_count));
  return NULL;
}

mmd_status_t mmd_trial_run(const mmd_trial_t *trial, mmd_tensor_t *out_outputs) {
  const size_t count = trial->case_count * trial->graph->root->output_count;
  char *work = mmd_path_absolute(trial->request->directory);
  char *folder = work ? mmd_path_join(work, ".trial") : NULL;
  mmd_free(work);
  MMD_TRY_ALLOC(folder);
  memset(out_outputs, 0, count * sizeof *out_outputs);
  mmd_path_remove_at(AT_FDCWD, folder);  // of a run that was killed
  mmd_status_t status = try_all(trial, folder, out_outputs);
  mmd_path_remove_at(AT_FDCWD, folder);
  for (size_t i = 0; status && i < count; ++i) mmd_tensor_deinit(&out_outputs[i]);
  mmd_free(folder);
  return status;
}
