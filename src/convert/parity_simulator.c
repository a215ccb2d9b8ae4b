// SPDX-License-Identifier: Apache-2.0
#include "convert/parity_simulator.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/parity_trial.h"
#include "frontends/onnx/import.h"
#include "ops/infer.h"
#include "value/json.h"

static mmd_status_t copy_json(const mmd_value_t *detail, const char *key, char **out_json) {
  const mmd_value_t *value = mmd_object_get(detail, key);
  if (mmd_value_kind(value) == MMD_VALUE_OBJECT) return mmd_json_format(value, 0, out_json);
  return MMD_ERROR(MMD_CORRUPT, "detail.json: '%s' is missing; the compiler needs it", key);
}

static mmd_status_t read_detail(const char *folder, mmd_simulator_t *simulator) {
  char *path = mmd_path_join(folder, "detail.json");
  mmd_value_t *detail = NULL;
  MMD_TRY_ALLOC(path);
  mmd_status_t status = mmd_json_read_file(path, &detail);
  mmd_free(path);
  if (!status) status = copy_json(detail, "backend_config", &simulator->backend_json);
  if (!status) status = copy_json(detail, "onnx_config", &simulator->ir_json);
  mmd_value_release(detail);
  return status;
}

static mmd_status_t read_graph(const char *folder, const char *net, const mmd_limits_t *limits,
                               mmd_simulator_t *simulator) {
  const mmd_onnx_import_options_t import = mmd_limits_import(limits);
  char *stem = mmd_path_stem(net);
  mmd_str_t name = {0};
  MMD_TRY_ALLOC(stem);
  mmd_status_t status = mmd_str_printf(&name, "%s.onnx", stem);
  mmd_free(stem);
  simulator->save_file = status ? NULL : mmd_str_take(&name);
  mmd_str_deinit(&name);
  MMD_TRY(status);
  char *path = mmd_path_join(folder, simulator->save_file);
  MMD_TRY_ALLOC(path);
  status = mmd_onnx_import(path, &import, &simulator->graph);
  mmd_free(path);
  return status ? status : mmd_graph_infer(simulator->graph);
}

mmd_status_t mmd_simulator_open(const mmdeploy_target_t *target, const char *folder,
                                const char *net, const mmd_limits_t *limits,
                                mmd_simulator_t *out_simulator) {
  *out_simulator = (mmd_simulator_t){.target = target};
  mmd_status_t status = read_detail(folder, out_simulator);
  if (!status) status = read_graph(folder, net, limits, out_simulator);
  if (status) mmd_simulator_close(out_simulator);
  return mmd_status_annotate(status, "%s", folder);
}

void mmd_simulator_close(mmd_simulator_t *simulator) {
  mmd_graph_destroy(simulator->graph);
  mmd_free(simulator->save_file);
  mmd_free(simulator->backend_json);
  mmd_free(simulator->ir_json);
  *simulator = (mmd_simulator_t){0};
}

static mmd_status_t make_folder(char **out_folder) {
  const char *place = getenv("TMPDIR");
  char *folder = mmd_path_join(place && *place ? place : "/tmp", "mmdeploy-parity-XXXXXX");
  MMD_TRY_ALLOC(folder);
  if (!mkdtemp(folder)) {
    mmd_status_t status = mmd_file_error(errno, folder, "create");
    mmd_free(folder);
    return status;
  }
  *out_folder = folder;
  return NULL;
}

mmd_status_t mmd_simulator_run(mmd_simulator_t *simulator, const mmd_tensor_t *inputs,
                               mmd_tensor_t *outputs) {
  char *folder = NULL;
  MMD_TRY(make_folder(&folder));
  const mmdeploy_target_request_t request = {
      .struct_size = sizeof request,
      .directory = folder,
      .save_file = simulator->save_file,
      .backend_config_json = simulator->backend_json,
      .ir_config_json = simulator->ir_json,
      .precision = "FP32",
  };
  const mmd_trial_t trial = {simulator->target, &request, simulator->graph, 1, &inputs};
  mmd_status_t status = mmd_target_prepare(simulator->target, &request);
  if (!status) status = mmd_target_legalize(simulator->target, simulator->graph, &request);
  if (!status) status = mmd_graph_infer(simulator->graph);
  if (!status) status = mmd_trial_run(&trial, outputs);
  mmd_path_remove_at(AT_FDCWD, folder);
  mmd_free(folder);
  return status;
}
