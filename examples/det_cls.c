// SPDX-License-Identifier: Apache-2.0
//
// Two models in one pipeline, several pictures under way at a time: a detector finds objects, a
// classifier names each.
//
//     det_cls DETECTOR CLASSIFIER IMAGE...
#include <stdio.h>
#include <stdlib.h>

#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "mmdeploy/pipeline.h"

// "*dets" takes the boxes of a picture apart, "+img" repeats the picture for each of them, and
// "*labels" gathers the answers again.
static const char g_config[] =
    "{\"type\": \"Pipeline\", \"input\": [\"img\"], \"output\": [\"dets\", \"labels\"], \"tasks\": "
    "["
    " {\"type\": \"Inference\", \"input\": [\"img\"], \"output\": [\"dets\"],"
    "  \"params\": {\"model\": \"detection\"}},"
    " {\"type\": \"Pipeline\", \"input\": [\"boxes=*dets\", \"imgs=+img\"],"
    "  \"output\": [\"*labels\"], \"tasks\": ["
    "   {\"type\": \"Task\", \"module\": \"CropBox\", \"input\": [\"imgs\", \"boxes\"],"
    "    \"output\": [\"patches\"]},"
    "   {\"type\": \"Inference\", \"input\": [\"patches\"], \"output\": [\"labels\"],"
    "    \"params\": {\"model\": \"classification\"}}]}]}";

typedef struct job_t {
  mmdeploy_image_t image;  // its pixels must live until the work is done
  mmdeploy_sender_t sender;
} job_t;

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

static int add_model(mmdeploy_context_t context, const char *name, const char *path) {
  mmdeploy_model_t model = NULL;
  int code = report(mmdeploy_model_create_by_path(path, &model));
  if (!code) code = report(mmdeploy_context_add(context, MMDEPLOY_TYPE_MODEL, name, model));
  mmdeploy_model_destroy(model);
  return code;
}

static int create(const char *detector, const char *classifier, mmdeploy_pipeline_t *pipeline) {
  mmdeploy_context_t context = NULL;
  mmdeploy_value_t config = NULL;
  int code = report(mmdeploy_context_create_by_device("cpu", 0, &context));
  if (!code) code = add_model(context, "detection", detector);
  if (!code) code = add_model(context, "classification", classifier);
  if (!code) code = report(mmdeploy_value_from_json(g_config, &config));
  if (!code) code = report(mmdeploy_pipeline_create_v3(config, context, pipeline));
  mmdeploy_value_destroy(config);
  mmdeploy_context_destroy(context);
  return code;
}

// From here on the picture is worked on in the pool.
static int start(mmdeploy_pipeline_t pipeline, mmdeploy_scheduler_t pool, const char *path,
                 job_t *job) {
  mmdeploy_value_t input = NULL;
  mmdeploy_sender_t sender = NULL;
  int code = report(mmdeploy_image_read(path, MMDEPLOY_IMAGE_COLOR, &job->image));
  if (!code) code = report(mmdeploy_common_create_input(mmdeploy_image_mat(job->image), 1, &input));
  if (!code) {
    code = report(mmdeploy_pipeline_apply_async(
        pipeline, mmdeploy_executor_transfer_just(pool, input), &sender));
  }
  if (!code) job->sender = mmdeploy_executor_ensure_started(sender);
  mmdeploy_value_destroy(input);
  return code;
}

static int finish(const char *path, job_t *job) {
  mmdeploy_value_t output = NULL;
  char *json = NULL;
  int code = report(mmdeploy_executor_sync_wait_v2(job->sender, &output));
  job->sender = NULL;
  if (!code) code = report(mmdeploy_value_to_json(output, &json));
  if (!code) printf("%s\n%s\n", path, json);
  mmdeploy_string_free(json);
  mmdeploy_value_destroy(output);
  return code;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: %s DETECTOR CLASSIFIER IMAGE...\n", argv[0]);
    return 2;
  }
  const int count = argc - 3;
  mmdeploy_pipeline_t pipeline = NULL;
  mmdeploy_scheduler_t pool = mmdeploy_executor_create_thread_pool(4);
  job_t *jobs = calloc((size_t)count, sizeof *jobs);
  int code = pool && jobs ? create(argv[1], argv[2], &pipeline) : MMDEPLOY_E_OUT_OF_MEMORY;
  for (int i = 0; !code && i < count; ++i) code = start(pipeline, pool, argv[3 + i], &jobs[i]);
  for (int i = 0; jobs && i < count; ++i) {
    // What was started is waited for, also after an error.
    const int ended = jobs[i].sender ? finish(argv[3 + i], &jobs[i]) : MMDEPLOY_SUCCESS;
    if (!code) code = ended;
    mmdeploy_image_destroy(jobs[i].image);
  }
  free(jobs);
  mmdeploy_pipeline_destroy(pipeline);
  mmdeploy_scheduler_destroy(pool);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
