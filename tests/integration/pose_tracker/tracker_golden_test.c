// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "codebases/mmpose/postprocess/tracker.h"
#include "mmdeploy/media.h"
#include "pipeline/pipeline.h"
#include "pipeline/registry.h"
#include "runtime/backend.h"
#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

#define TASKS MMD_SOURCE_DIR "/tests/tasks/"
#define DETECTOR "pose-tracker_rtmdet_1x"
#define POSE "pose-tracker_rtmpose_1x"

//===--- packages ----------------------------------------------------------===//

// The package |name| for another backend, and with the runtime's crops.
static void copy_package(const char *name, const char *folder) {
  char from[600], to[600];
  mmd_value_t *deploy = NULL, *pipeline = NULL;
  snprintf(from, sizeof from, TASKS "packages/%s/end2end.onnx", name);
  snprintf(to, sizeof to, "%s/end2end.onnx", folder);
  assert_int_equal(symlink(from, to), 0);
  snprintf(from, sizeof from, TASKS "packages/%s/deploy.json", name);
  mmd_assert_ok(mmd_json_read_file(from, &deploy));
  mmd_value_t *model = mmd_array_at(mmd_object_get(deploy, "models"), 0);
  mmd_assert_ok(mmd_object_take(model, "backend", mmd_value_string("reference")));
  snprintf(to, sizeof to, "%s/deploy.json", folder);
  mmd_assert_ok(mmd_json_write_file(deploy, 1, to));
  snprintf(from, sizeof from, TASKS "packages/%s/pipeline.json", name);
  mmd_assert_ok(mmd_json_read_file(from, &pipeline));
  const mmd_value_t *steps = mmd_object_get_path(pipeline, "pipeline.tasks.0.transforms");
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    mmd_value_t *step = mmd_array_at(steps, i);
    const char *type = mmd_value_get_string(mmd_object_get(step, "type"), "");
    if (strcmp(type, "TopDownAffine") != 0) continue;
    mmd_assert_ok(mmd_object_take(step, "method", mmd_value_string("crop")));
  }
  snprintf(to, sizeof to, "%s/pipeline.json", folder);
  mmd_assert_ok(mmd_json_write_file(pipeline, 1, to));
  mmd_value_release(pipeline);
  mmd_value_release(deploy);
}

// |folder| is a template of mkdtemp.
static mmd_package_t *open_package(const char *name, char *folder) {
  mmd_package_t *package = NULL;
  assert_non_null(mkdtemp(folder));
  copy_package(name, folder);
  mmd_assert_ok(mmd_package_open(folder, &package));
  return package;
}

//===--- one video ---------------------------------------------------------===//

static const char g_config[] =
    "{\"type\": \"Pipeline\", \"input\": [\"img\", \"dets\", \"use\", \"state\"],"
    " \"output\": [\"targets\"], \"tasks\": ["
    " {\"type\": \"Task\", \"module\": \"pose_tracker::Prepare\","
    "  \"input\": [\"img\", \"use\", \"state\"], \"output\": [\"unused\"]},"
    " {\"type\": \"Task\", \"module\": \"pose_tracker::ProcessBboxes\","
    "  \"input\": [\"dets\", \"img\", \"state\"], \"output\": [\"rois\", \"track_ids\"]},"
    " {\"type\": \"Inference\", \"input\": [\"*rois\"], \"output\": [\"*keypoints\"],"
    "  \"params\": {\"model\": \"pose\"}},"
    " {\"type\": \"Task\", \"module\": \"pose_tracker::TrackStep\","
    "  \"input\": [\"keypoints\", \"track_ids\", \"state\"], \"output\": [\"targets\"]}]}";

typedef struct video_t {
  mmd_pipeline_t *detector, *tracker;
  mmd_value_t *state;
} video_t;

static void open_video(const mmd_value_t *settings, video_t *out_video) {
  char folders[2][32] = {"/tmp/mmd-tracker-XXXXXX", "/tmp/mmd-tracker-XXXXXX"};
  mmd_package_t *detector = open_package(DETECTOR, folders[0]);
  mmd_package_t *pose = open_package(POSE, folders[1]);
  const mmd_named_package_t model = {"pose", pose};
  const mmd_pipeline_options_t options = {.threads = 1, .models = &model, .model_count = 1};
  const mmd_component_context_t context = {.device = "cpu"};
  const mmd_component_t *create = &mmd_tracker_create;
  mmd_value_t *config = mmd_test_json(g_config);
  mmd_assert_ok(mmd_pipeline_create(detector, &options, &out_video->detector));
  mmd_assert_ok(mmd_pipeline_create_from_config(config, &options, &out_video->tracker));
  mmd_value_release(config);
  mmd_package_release(detector);
  mmd_package_release(pose);
  for (int i = 0; i < 2; ++i) mmd_test_remove_tree(folders[i]);
  void *params = mmd_alloc(create->options->struct_size);
  mmd_assert_ok(mmd_options_read(create->options, settings, "settings", true, params));
  mmd_assert_ok(create->apply(params, &context, NULL, 0, &out_video->state));
  mmd_free(params);
}

static void close_video(video_t *video) {
  mmd_pipeline_destroy(video->detector);
  mmd_pipeline_destroy(video->tracker);
  mmd_value_release(video->state);
}

static mmd_value_t *array_of(mmd_value_t *item) {
  mmd_value_t *array = mmd_value_array();
  mmd_assert_ok(mmd_array_take(array, item));
  return array;
}

// The runtime's boxes end at the last pixel.
static void cut_boxes(mmd_value_t *dets, int width, int height) {
  for (size_t i = 0; i < mmd_array_size(dets); ++i) {
    mmd_value_t *box = mmd_object_get(mmd_array_at(dets, i), "bbox");
    for (size_t k = 0; k < 4; ++k) {
      const double last = (k % 2 ? height : width) - 1;
      const double side = fmin(mmd_value_get_float(mmd_array_at(box, k), 0), last);
      mmd_assert_ok(mmd_array_set(box, k, mmd_value_float(side)));
    }
  }
}

static mmd_value_t *detect(const video_t *video, mmd_value_t *sample, const mmdeploy_mat_t *mat) {
  mmd_value_t *input = array_of(array_of(mmd_value_retain(sample))), *output = NULL;
  mmd_assert_ok(mmd_pipeline_run(video->detector, input, &output));
  mmd_value_t *dets = mmd_value_retain(mmd_array_at(mmd_array_at(output, 0), 0));
  cut_boxes(dets, mat->width, mat->height);
  mmd_value_release(output);
  mmd_value_release(input);
  return dets;
}

// The people of the next frame.
static mmd_value_t *track(const video_t *video, const char *photo, bool is_detected) {
  char path[600];
  mmdeploy_image_t picture = NULL;
  mmd_image_t image;
  snprintf(path, sizeof path, TASKS "%s", photo);
  assert_int_equal(mmdeploy_image_read(path, MMDEPLOY_IMAGE_COLOR, &picture), 0);
  const mmdeploy_mat_t *mat = mmdeploy_image_mat(picture);
  mmd_assert_ok(
      mmd_image_borrow(mat->data, mat->height, mat->width, 0, MMD_PIXEL_BGR, MMD_U8, &image));
  mmd_value_t *sample = mmd_value_object(), *output = NULL;
  mmd_assert_ok(mmd_object_take(sample, "ori_img", mmd_value_image(&image)));
  mmd_value_t *dets = is_detected ? detect(video, sample, mat) : mmd_value_null();
  mmd_value_t *input = array_of(array_of(sample));
  mmd_assert_ok(mmd_array_take(input, array_of(dets)));
  mmd_assert_ok(mmd_array_take(input, array_of(mmd_value_int(-1))));
  mmd_assert_ok(mmd_array_take(input, array_of(mmd_value_retain(video->state))));
  mmd_assert_ok(mmd_pipeline_run(video->tracker, input, &output));
  mmd_value_t *people = mmd_value_retain(mmd_array_at(mmd_array_at(output, 0), 0));
  mmd_value_release(output);
  mmd_value_release(input);
  mmdeploy_image_destroy(picture);
  return people;
}

// |photos| are those of the golden where that has its own.
static void check_golden(const char *path, const mmd_value_t *photos) {
  mmd_value_t *golden = NULL;
  video_t video;
  mmd_assert_ok(mmd_backend_registry_use());
  mmd_assert_ok(mmd_json_read_file(path, &golden));
  if (!photos) photos = mmd_object_get(golden, "photos");
  const mmd_value_t *settings = mmd_object_get(golden, "settings");
  const mmd_value_t *frames = mmd_object_get(golden, "frames");
  const int64_t interval = mmd_value_get_int(mmd_object_get(settings, "det_interval"), 1);
  open_video(settings, &video);
  assert_true(mmd_array_size(frames) >= 8);
  for (size_t i = 0; i < mmd_array_size(frames); ++i) {
    const char *photo = mmd_value_get_string(mmd_array_at(photos, i), "");
    mmd_value_t *people = track(&video, photo, (int64_t)i % interval == 0);
    char name[32];
    snprintf(name, sizeof name, "frame %zu", i);
    mmd_test_assert_near(mmd_array_at(frames, i), people, 0.01, name);
    mmd_value_release(people);
  }
  close_video(&video);
  mmd_value_release(golden);
}

static void test_clip(void **state) {
  mmd_value_t *meta = NULL;
  (void)state;
  mmd_assert_ok(mmd_json_read_file(TASKS "goldens/pose-tracker/meta.json", &meta));
  check_golden(TASKS "goldens/pose-tracker/sdk.json", mmd_object_get(meta, "photos"));
  mmd_value_release(meta);
}

// People that are lost and found again.
static void test_recovery(void **state) {
  (void)state;
  check_golden(MMD_SOURCE_DIR "/tests/integration/pose_tracker/testdata/recovery.json", NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_clip), cmocka_unit_test(test_recovery)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
