// SPDX-License-Identifier: Apache-2.0
//
// A network that partition_config cuts: its parts take the place of the one net.
#include "base/alloc.h"
#include "base/file.h"
#include "convert/driver.h"
#include "mmdeploy/version.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "writers/onnx/export.h"
#include "writers/onnx/lower_opset.h"

mmd_status_t mmd_driver_cut(mmd_driver_t *driver) {
  for (size_t i = 0; i < driver->partition.count; ++i) {
    const mmd_partition_part_t *part = &driver->partition.parts[i];
    mmd_driver_part_t *out = &driver->parts[i];
    MMD_TRY(mmd_status_annotate(mmd_partition_cut(driver->graph, part, &out->graph), "%s",
                                driver->deploy_cfg_path));
    out->request = driver->request;
    out->request.save_file = part->save_file;
  }
  return NULL;
}

static mmd_status_t write_part(mmd_driver_t *driver, size_t index) {
  mmd_driver_part_t *part = &driver->parts[index];
  MMD_TRY(mmd_target_legalize(driver->target, part->graph, &part->request));
  MMD_TRY(mmd_graph_infer(part->graph));
  MMD_TRY(mmd_partition_label(part->graph, driver->partition.parts[index].dynamic_axes));
  return mmd_target_write(driver->target, part->graph, &part->request, &part->files);
}

// The IR with its Marks, which no engine reads.
static mmd_status_t write_whole(mmd_driver_t *driver) {
  const mmd_onnx_export_options_t options = {
      .producer_name = "mmdeploy", .producer_version = MMDEPLOY_VERSION, .no_value_info = true};
  if (!mmd_path_is_contained(driver->deploy.save_file)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "onnx_config.save_file: '%s' leaves the work directory",
                     driver->deploy.save_file);
  }
  MMD_TRY(mmd_passes_run(driver->graph, mmd_passes_split, NULL));
  MMD_TRY(mmd_partition_infer(driver->graph));
  MMD_TRY(mmd_onnx_lower(driver->graph, driver->deploy.opset_version));
  char *path = mmd_path_join(driver->work_dir, driver->deploy.save_file);
  MMD_TRY_ALLOC(path);
  mmd_status_t status = mmd_onnx_export(driver->graph, &options, path);
  mmd_free(path);
  return status;
}

static mmd_status_t write_all(mmd_driver_t *driver) {
  MMD_TRY(mmd_path_make_directories(driver->work_dir));
  for (size_t i = 0; i < driver->partition.count; ++i)
    MMD_TRY(mmd_status_annotate(write_part(driver, i), "%s", driver->partition.parts[i].save_file));
  driver->files = driver->parts[0].files;
  return write_whole(driver);
}

mmd_status_t mmd_driver_write_parts(mmd_driver_t *driver) {
  mmd_status_t status = write_all(driver);
  if (status) mmd_driver_discard(driver);  // some of the parts are there
  return status;
}
