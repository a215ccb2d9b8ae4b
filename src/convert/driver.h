// SPDX-License-Identifier: Apache-2.0
//
// The conversion in steps: configs and checkpoint, graph, passes, target files, verification. The
// commands convert and export are different selections of the steps.
#ifndef MMD_CONVERT_DRIVER_H_
#define MMD_CONVERT_DRIVER_H_

#include "convert/parity.h"
#include "convert/partition.h"
#include "convert/sdk_info.h"
#include "convert/stage.h"
#include "formats/checkpoint/checkpoint.h"
#include "frontends/onnx_head/head.h"
#include "frontends/openmmlab/config.h"

// One net of a network that the deploy config cuts.
typedef struct mmd_driver_part_t {
  mmd_graph_t *graph;  // legalised after mmd_driver_write
  mmdeploy_target_request_t request;
  mmdeploy_target_result_t files;
} mmd_driver_part_t;

// A network whose graph comes from an ONNX file and gets its end here. Lists that are empty leave
// the choice to the head.
typedef struct mmd_driver_head_t {
  const mmd_onnx_head_t *head;  // NULL: the usual way, by model config and checkpoint
  const char *dataset;          // whose class names are taken, or NULL
  mmd_ints_t input_size;        // width, height
  mmd_ints_t strides;
  int channel_order;                  // one of the below
  mmd_floats_t mean, std, pad_value;  // one or three numbers
  mmd_floats_t score_threshold, iou_threshold;
} mmd_driver_head_t;
enum { MMD_CHANNELS_AUTO, MMD_CHANNELS_BGR, MMD_CHANNELS_RGB };

typedef struct mmd_driver_t {
  // Set by the caller.
  const char *deploy_cfg_path, *model_cfg_path;
  const char *checkpoint_path;  // with a head the ONNX file, which is the model config's path too
  const char *work_dir;
  const char *device;              // "cpu", "cuda:0"
  const char *python;              // for targets whose compiler is a script, or NULL
  const char *dump_after;          // pass name, or NULL
  const mmd_value_t *cfg_options;  // array of "key=value" for the model config, or NULL
  const char *classes_path;        // text file with one name a line, or NULL
  mmd_driver_head_t head;
  mmd_stages_t stages;
  // Called with the graph's text after the pass |dump_after|.
  void (*dump)(void *user, const char *text);
  void *user;

  // Filled on the way.
  mmd_value_t *deploy_cfg, *model_cfg;
  mmd_deploy_view_t deploy;
  mmd_checkpoint_t *checkpoint;
  mmd_onnx_head_plan_t head_plan;
  mmd_value_t *head_meta;  // what the ONNX file says about the classes, or NULL
  const mmd_task_t *task;
  mmd_task_context_t context;
  mmd_value_t *classes;  // array of names, or NULL
  mmd_graph_t *graph;    // legalised after mmd_driver_write
  const mmdeploy_target_t *target;
  char *ir_json, *backend_json;
  mmdeploy_target_request_t request;
  mmdeploy_target_result_t files;  // of the first part when the network is cut
  mmd_partition_t partition;       // |partition.count| parts; 0: the network stays whole
  mmd_driver_part_t parts[MMD_PARTITION_MAX_PARTS];
} mmd_driver_t;

void mmd_driver_deinit(mmd_driver_t *driver);

// Configs, task, target; the transforms are ones that the runtime has. Nothing is written.
mmd_status_t mmd_driver_read(mmd_driver_t *driver) MMD_MUST_USE;
// Checkpoint and graph; missing and mis-shaped keys are reported together.
mmd_status_t mmd_driver_build(mmd_driver_t *driver) MMD_MUST_USE;
// Passes; then the graph is cut, if the deploy config says so.
mmd_status_t mmd_driver_optimize(mmd_driver_t *driver) MMD_MUST_USE;
// Legalises and writes the engine's files into the work directory, which is made. Of a network that
// is cut the whole one with its Marks is written as ONNX, and the engine's files are those of its
// parts.
mmd_status_t mmd_driver_write(mmd_driver_t *driver) MMD_MUST_USE;

// driver_head.c: what the steps do for a network from an ONNX file.
mmd_status_t mmd_driver_head_read(mmd_driver_t *driver) MMD_MUST_USE;
mmd_status_t mmd_driver_head_build(mmd_driver_t *driver) MMD_MUST_USE;

// driver_backend.c: an engine that normalises pictures itself (RKNN) is told how, in the backend
// config, and the package's pictures come to it as they are.
mmd_status_t mmd_driver_tell_backend(mmd_driver_t *driver) MMD_MUST_USE;
// The steps that make of a picture what the network computes with, whatever the engine does itself.
mmd_status_t mmd_driver_network_steps(const mmd_driver_t *driver,
                                      mmd_value_t **out_steps) MMD_MUST_USE;

// driver_partition.c: what the steps do for a network that is cut.
mmd_status_t mmd_driver_cut(mmd_driver_t *driver) MMD_MUST_USE;
mmd_status_t mmd_driver_write_parts(mmd_driver_t *driver) MMD_MUST_USE;
// deploy.json, pipeline.json, detail.json.
mmd_status_t mmd_driver_write_info(const mmd_driver_t *driver,
                                   const char *verification) MMD_MUST_USE;

// Takes a package away that could not be finished: the engine's files and the three descriptions.
// Does nothing before mmd_driver_write has succeeded.
void mmd_driver_discard(const mmd_driver_t *driver);

typedef struct mmd_driver_verify_t {
  mmd_verify_mode_t mode;
  double tolerance;
  int threads;
  const mmd_limits_t *limits;  // of our evaluator; NULL: the defaults
  const char *const *images;   // at least one
  size_t image_count;
  const char *reference_path;  // .npz of the original framework, or NULL
} mmd_driver_verify_t;

// The pictures through the package's own pre-processing, and the recorded arrays: read before
// anything is written, so that a bad file leaves nothing behind. After mmd_driver_optimize.
typedef struct mmd_driver_cases mmd_driver_cases_t;
mmd_status_t mmd_driver_cases_create(mmd_driver_t *driver, const mmd_driver_verify_t *verify,
                                     mmd_driver_cases_t **out_cases) MMD_MUST_USE;
void mmd_driver_cases_destroy(mmd_driver_cases_t *cases);  // NULL is fine

// Runs the cases on our evaluator and on the engine.
mmd_status_t mmd_driver_verify(mmd_driver_t *driver, const mmd_driver_verify_t *verify,
                               const mmd_driver_cases_t *cases,
                               mmd_value_t **out_report) MMD_MUST_USE;

#endif  // MMD_CONVERT_DRIVER_H_
