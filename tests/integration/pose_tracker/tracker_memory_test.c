// SPDX-License-Identifier: Apache-2.0
//
// The tracker's modules when memory is short: on frames of two people, of whom one is lost and
// found again, each allocation fails once.
#include "base/alloc.h"
#include "codebases/mmpose/postprocess/tracker.h"
#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

enum { FRAMES = 6, PEOPLE = 2, MAX_BOXES = 8, POINTS = 5, SIZE = 100 };

typedef struct video_t {
  mmd_value_t *settings, *sample, *use;
  mmd_value_t *dets[FRAMES];
  mmd_value_t *poses[FRAMES][MAX_BOXES + 1];  // by their number
  size_t found;                               // people of all frames
} video_t;

//===--- frames ------------------------------------------------------------===//

static mmd_value_t *array_of(size_t count, const float *numbers) {
  mmd_value_t *array = mmd_value_array();
  for (size_t i = 0; i < count; ++i) {
    mmd_assert_ok(mmd_array_take(array, mmd_value_float((double)numbers[i])));
  }
  return array;
}

// Person 0 goes to the right, person 1 to the left.
static float left_of(int frame, int person) {
  return person ? 70 - 2 * (float)frame : 5 + 2 * (float)frame;
}

static mmd_value_t *make_det(int frame, int person) {
  const float left = left_of(frame, person), box[] = {left, 20, left + 20, 60};
  mmd_value_t *det = mmd_value_object();
  mmd_assert_ok(mmd_object_take(det, "bbox", array_of(4, box)));
  mmd_assert_ok(mmd_object_take(det, "score", mmd_value_float(0.9)));
  mmd_assert_ok(mmd_object_take(det, "label_id", mmd_value_int(0)));
  return det;
}

// Points along the diagonal of the box.
static mmd_value_t *make_pose(int frame, int person, double score) {
  mmd_value_t *pose = mmd_value_object(), *points = mmd_value_array();
  mmd_assert_ok(mmd_object_take(pose, "key_points", points));
  for (int i = 0; i < POINTS; ++i) {
    const float place[] = {left_of(frame, person) + 4 * (float)i, 22 + 8 * (float)i};
    mmd_value_t *point = mmd_value_object();
    mmd_assert_ok(mmd_array_take(points, point));
    mmd_assert_ok(mmd_object_take(point, "bbox", array_of(2, place)));
    mmd_assert_ok(mmd_object_take(point, "score", mmd_value_float(score)));
  }
  return pose;
}

static video_t make_video(void) {
  static uint8_t pixels[SIZE * SIZE * 3];
  video_t video = {
      .settings = mmd_test_json("{\"det_interval\": 2, \"pose_bbox_scale\": 1.0,"
                                " \"keypoint_sigmas\": [0.1, 0.1, 0.1, 0.1, 0.1]}"),
      .sample = mmd_value_object(),
      .use = mmd_value_int(-1),
  };
  mmd_image_t image;
  mmd_assert_ok(mmd_image_borrow(pixels, SIZE, SIZE, 0, MMD_PIXEL_BGR, MMD_U8, &image));
  mmd_assert_ok(mmd_object_take(video.sample, "ori_img", mmd_value_image(&image)));
  for (int frame = 0; frame < FRAMES; ++frame) {
    video.dets[frame] = mmd_value_array();
    for (int person = 0; person < PEOPLE && frame % 2 == 0; ++person) {
      mmd_assert_ok(mmd_array_take(video.dets[frame], make_det(frame, person)));
    }
    // In frames 2 and 3 nothing is seen of person 1.
    const double seen = frame == 2 || frame == 3 ? 0.1 : 0.9;
    for (int count = 0; count <= MAX_BOXES; ++count) {
      mmd_value_t *poses = video.poses[frame][count] = mmd_value_array();
      for (int i = 0; i < count; ++i) {
        const int person = i % PEOPLE;
        mmd_assert_ok(mmd_array_take(poses, make_pose(frame, person, person ? seen : 0.9)));
      }
    }
  }
  return video;
}

static void drop_video(video_t *video) {
  mmd_value_release(video->settings);
  mmd_value_release(video->sample);
  mmd_value_release(video->use);
  for (int frame = 0; frame < FRAMES; ++frame) {
    mmd_value_release(video->dets[frame]);
    for (int count = 0; count <= MAX_BOXES; ++count) mmd_value_release(video->poses[frame][count]);
  }
}

//===--- runs --------------------------------------------------------------===//

static mmd_status_t apply(const mmd_component_t *component, mmd_value_t *a, mmd_value_t *b,
                          mmd_value_t *c, mmd_value_t **out_result) {
  const mmd_component_context_t context = {.device = "cpu"};
  mmd_value_t *const inputs[] = {a, b, c};
  char options[8] = {0};
  return component->apply(options, &context, inputs, 3, out_result);
}

static mmd_status_t make_state(const video_t *video, mmd_value_t **out_state) {
  const mmd_component_t *create = &mmd_tracker_create;
  const mmd_component_context_t context = {.device = "cpu"};
  void *params = mmd_alloc(create->options->struct_size);
  MMD_TRY_ALLOC(params);
  mmd_status_t status =
      mmd_options_read(create->options, video->settings, "settings", true, params);
  if (!status) status = create->apply(params, &context, NULL, 0, out_state);
  mmd_free(params);
  return status;
}

static mmd_status_t step(video_t *video, int frame, mmd_value_t *state, const mmd_value_t *boxes) {
  mmd_value_t *ids = mmd_array_at(boxes, 1), *people = NULL;
  const size_t count = mmd_array_size(ids);
  assert_true(count <= MAX_BOXES);
  MMD_TRY(apply(&mmd_tracker_track_step, video->poses[frame][count], ids, state, &people));
  video->found += mmd_array_size(people);
  mmd_value_release(people);
  return NULL;
}

static mmd_status_t track(video_t *video, int frame, mmd_value_t *state) {
  mmd_value_t *is_due = NULL, *boxes = NULL;
  MMD_TRY(apply(&mmd_tracker_prepare, video->sample, video->use, state, &is_due));
  mmd_value_release(is_due);
  MMD_TRY(apply(&mmd_tracker_process_bboxes, video->dets[frame], video->sample, state, &boxes));
  mmd_status_t status = step(video, frame, state, boxes);
  mmd_value_release(boxes);
  return status;
}

static mmd_status_t run(void *context) {
  video_t *video = context;
  mmd_value_t *state = NULL;
  video->found = 0;
  MMD_TRY(make_state(video, &state));
  mmd_status_t status = NULL;
  for (int frame = 0; frame < FRAMES && !status; ++frame) status = track(video, frame, state);
  mmd_value_release(state);
  return status;
}

static void memory_may_be_short(void **state) {
  video_t video = make_video();
  (void)state;
  mmd_test_sweep(run, &video);
  // The last run of the sweep met no failure.
  print_message("%zu people in %d frames\n", video.found, FRAMES);
  assert_int_equal(video.found, FRAMES * PEOPLE - 2);
  drop_video(&video);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(memory_may_be_short)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
