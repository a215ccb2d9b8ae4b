// SPDX-License-Identifier: Apache-2.0
//
// Every task on packages of the original's converters: the answers of the original's runtime, or
// those of the code base where the runtime departs from it; for a single picture and in a batch,
// and through the functions with values and senders.
#include "tests/integration/sdk/sdk_tasks.h"
#include <dirent.h>

#include "mmdeploy/detector.h"
#include "mmdeploy/pose_detector.h"
#include "mmdeploy/restorer.h"
#include "mmdeploy/rotated_detector.h"
#include "mmdeploy/segmentor.h"
#include "mmdeploy/text_detector.h"
#include "mmdeploy/text_recognizer.h"
#include "mmdeploy/video_recognizer.h"

enum { BATCH = 3 };

// One picture three times: a batch must repeat the answers of the single picture.
static void make_batch(mmdeploy_image_t image, mmdeploy_mat_t mats[BATCH]) {
  for (int i = 0; i < BATCH; ++i) mats[i] = *mmdeploy_image_mat(image);
}

// The value of a sender that |start| made of the input's.
static mmdeploy_value_t wait_for(mmdeploy_sender_t sender) {
  mmdeploy_value_t output = NULL;
  assert_success(mmdeploy_executor_sync_wait_v2(sender, &output));
  assert_non_null(output);
  return output;
}

//===--- detector ----------------------------------------------------------===//

// An edge of a box. Where a box leaves the picture, the original clips it at the last pixel's
// centre, we at the picture's edge as the code bases do.
static void check_edge(const char *name, double found, double wanted, int side) {
  if (wanted == side - 1 && found > wanted && found <= side) return;
  sdk_assert_near(found, wanted, 0.01, name);
}

static void check_detections(const char *name, const mmd_value_t *wanted, const mmdeploy_mat_t *mat,
                             const mmdeploy_detection_t *found, int count) {
  if ((size_t)count != mmd_array_size(wanted))
    fail_msg("%s: %d boxes, %zu wanted", name, count, mmd_array_size(wanted));
  for (int i = 0; i < count; ++i) {
    const mmd_value_t *answer = mmd_array_at(wanted, (size_t)i);
    const float box[] = {found[i].bbox.left, found[i].bbox.top, found[i].bbox.right,
                         found[i].bbox.bottom};
    if (found[i].label_id != (int)sdk_number(answer, "label_id"))
      fail_msg("%s: label of box %d is %d", name, i, found[i].label_id);
    sdk_assert_near((double)found[i].score, sdk_number(answer, "score"), 1e-4, name);
    for (size_t k = 0; k < 4; ++k)
      check_edge(name, (double)box[k], sdk_number_at(answer, "bbox", k),
                 k % 2 ? mat->height : mat->width);
  }
}

// Pixels of the whole picture: |mask| begins one pixel outside its box, or is the whole picture's.
static int mask_pixel(const mmdeploy_detection_t *found, const mmdeploy_mat_t *mat, int y, int x) {
  const mmdeploy_instance_mask_t *mask = found->mask;
  if (mask->height != mat->height || mask->width != mat->width) {
    x -= (int)fmaxf(floorf(found->bbox.left) - 1, 0);
    y -= (int)fmaxf(floorf(found->bbox.top) - 1, 0);
  }
  if (x < 0 || y < 0 || x >= mask->width || y >= mask->height) return 0;
  return mask->data[y * mask->width + x] != 0;
}

static void check_masks(const char *name, const mmdeploy_detection_t *found, int count,
                        const mmdeploy_mat_t *mat) {
  // Masks of RoIs are pasted as the code base does it, which the original only comes near to.
  mmd_value_t *arrays = sdk_read_arrays(name, strstr(name, "rtmdet") ? "sdk.npz" : "exported.npz");
  const mmd_tensor_t *masks = sdk_array(arrays, "masks");
  const uint8_t *bits = mmd_tensor_data(masks);
  const int row = (int)masks->shape.dims[masks->shape.rank - 1];
  for (int i = 0; i < count; ++i) {
    size_t both = 0, either = 0;
    assert_non_null(found[i].mask);
    for (int y = 0; y < mat->height; ++y) {
      for (int x = 0; x < mat->width; ++x) {
        const int a = mask_pixel(&found[i], mat, y, x);
        const int b =
            bits[((size_t)i * (size_t)mat->height + (size_t)y) * (size_t)row + (size_t)x / 8] >>
                (7 - x % 8) &
            1;
        both += (size_t)(a && b);
        either += (size_t)(a || b);
      }
    }
    if (either && (double)both / (double)either < 0.999)
      fail_msg("%s: mask %d has an IoU of %zu/%zu", name, i, both, either);
  }
  mmd_value_release(arrays);
}

static mmdeploy_value_t detect_async(mmdeploy_detector_t detector, mmdeploy_value_t input) {
  mmdeploy_sender_t sender = NULL;
  assert_success(mmdeploy_detector_apply_async(detector, mmdeploy_executor_just(input), &sender));
  return wait_for(sender);
}

static void check_detector(const char *name, int has_masks) {
  mmdeploy_image_t image = sdk_read_photo(name, 0);
  mmd_value_t *wanted = sdk_read_golden(name, "sdk.json");
  mmdeploy_mat_t mats[BATCH];
  mmdeploy_detector_t detector = NULL;
  mmdeploy_detection_t *results = NULL, *next;
  mmdeploy_value_t input = NULL, output = NULL;
  int *counts = NULL;
  make_batch(image, mats);
  assert_success(mmdeploy_detector_create_by_path(sdk_package_path(name), "cpu", 0, &detector));
  assert_success(mmdeploy_detector_apply(detector, mats, BATCH, &results, &counts));
  next = results;
  for (int i = 0; i < BATCH; next += counts[i++]) {
    check_detections(name, wanted, mats, next, counts[i]);
    if (has_masks) check_masks(name, next, counts[i], mats);
  }
  mmdeploy_detector_release_result(results, counts, 1);
  assert_success(mmdeploy_detector_create_input(mats, 1, &input));
  assert_success(mmdeploy_detector_apply_v2(detector, input, &output));
  assert_success(mmdeploy_detector_get_result(output, &results, &counts));
  mmdeploy_value_destroy(output);
  output = detect_async(detector, input);
  mmdeploy_value_destroy(input);
  mmdeploy_detector_destroy(detector);
  // Results outlive all that made them.
  check_detections(name, wanted, mats, results, counts[0]);
  if (has_masks) check_masks(name, results, counts[0], mats);
  mmdeploy_detector_release_result(results, counts, 7);
  assert_success(mmdeploy_detector_get_result(output, &results, &counts));
  check_detections(name, wanted, mats, results, counts[0]);
  mmdeploy_detector_release_result(results, counts, 0);
  mmdeploy_value_destroy(output);
  mmd_value_release(wanted);
  mmdeploy_image_destroy(image);
}

static void detectors(void **state) {
  (void)state;
  NEED_ENGINE();
  check_detector("detection_fcos", 0);
  check_detector("detection_retinanet", 0);
  check_detector("detection_retinanet_1x", 0);
  check_detector("detection_rtmdet_1x", 0);
  check_detector("detection_yolox", 0);
}

static void instance_masks(void **state) {
  (void)state;
  NEED_ENGINE();
  check_detector("instance-seg_mask-rcnn", 1);
  check_detector("instance-seg_mask-rcnn_1x", 1);
  check_detector("instance-seg_rtmdet-ins_1x", 1);
}

//===--- rotated detector --------------------------------------------------===//

static void check_rotated(const char *name) {
  mmdeploy_image_t image = sdk_read_photo(name, 0);
  // The original scales boxes otherwise than mmrotate.
  mmd_value_t *wanted = sdk_read_golden(name, "exported.json");
  mmdeploy_mat_t mats[BATCH];
  mmdeploy_rotated_detector_t detector = NULL;
  mmdeploy_rotated_detection_t *results = NULL;
  int *counts = NULL;
  make_batch(image, mats);
  assert_success(
      mmdeploy_rotated_detector_create_by_path(sdk_package_path(name), "cpu", 0, &detector));
  assert_success(mmdeploy_rotated_detector_apply(detector, mats, BATCH, &results, &counts));
  const mmdeploy_rotated_detection_t *next = results;
  for (int i = 0; i < BATCH; next += counts[i++]) {
    assert_int_equal(counts[i], mmd_array_size(wanted));
    for (int k = 0; k < counts[i]; ++k) {
      const mmd_value_t *answer = mmd_array_at(wanted, (size_t)k);
      assert_int_equal(next[k].label_id, (int)sdk_number(answer, "label_id"));
      sdk_assert_near((double)next[k].score, sdk_number(answer, "score"), 1e-4, name);
      for (size_t c = 0; c < 5; ++c)
        sdk_assert_near((double)next[k].rbbox[c], sdk_number_at(answer, "rbox", c), 0.01, name);
    }
  }
  mmdeploy_rotated_detector_release_result(results, counts);
  mmdeploy_rotated_detector_destroy(detector);
  mmd_value_release(wanted);
  mmdeploy_image_destroy(image);
}

static void rotated_detectors(void **state) {
  (void)state;
  NEED_ENGINE();
  check_rotated("rotated-detection_retinanet");
  check_rotated("rotated-detection_retinanet_1x");
}

//===--- segmentor ---------------------------------------------------------===//

static void check_map(const char *name, const mmdeploy_segmentation_t *found,
                      const mmd_value_t *arrays) {
  const size_t area = (size_t)found->height * (size_t)found->width;
  if (mmd_object_get(arrays, "mask")) {
    const mmd_tensor_t *mask = sdk_array(arrays, "mask");
    size_t equal = 0;
    assert_non_null(found->mask);
    assert_null(found->score);
    assert_int_equal(mmd_tensor_count(mask), area);
    for (size_t i = 0; i < area; ++i) equal += mmd_tensor_get_i64(mask, i) == found->mask[i];
    if (equal < area) fail_msg("%s: %zu of %zu labels are equal", name, equal, area);
    return;
  }
  const mmd_tensor_t *scores = sdk_array(arrays, "scores");
  assert_non_null(found->score);
  assert_null(found->mask);
  assert_int_equal(mmd_tensor_count(scores), area * (size_t)found->classes);
  for (size_t i = 0; i < area * (size_t)found->classes; ++i)
    sdk_assert_near((double)found->score[i], mmd_tensor_get_f64(scores, i), 1e-3, name);
}

static void check_segmentor(const char *name) {
  mmdeploy_image_t image = sdk_read_photo(name, 0);
  mmd_value_t *arrays = sdk_read_arrays(name, "sdk.npz");
  mmdeploy_mat_t mats[BATCH];
  mmdeploy_segmentor_t segmentor = NULL;
  mmdeploy_segmentation_t *results = NULL;
  make_batch(image, mats);
  assert_success(mmdeploy_segmentor_create_by_path(sdk_package_path(name), "cpu", 0, &segmentor));
  assert_success(mmdeploy_segmentor_apply(segmentor, mats, BATCH, &results));
  mmdeploy_segmentor_destroy(segmentor);
  for (int i = 0; i < BATCH; ++i) {
    assert_int_equal(results[i].height, mats[i].height);
    assert_int_equal(results[i].width, mats[i].width);
    check_map(name, &results[i], arrays);
  }
  mmdeploy_segmentor_release_result(results, 1);
  mmd_value_release(arrays);
  mmdeploy_image_destroy(image);
}

static void segmentors(void **state) {
  (void)state;
  NEED_ENGINE();
  check_segmentor("segmentation_fcn");
  check_segmentor("segmentation_fcn_1x");
  check_segmentor("segmentation_fcn_scores_1x");
  check_segmentor("segmentation_pspnet_scores");
}

//===--- restorer ----------------------------------------------------------===//

static void check_restorer(const char *name) {
  mmdeploy_image_t image = sdk_read_photo(name, 0);
  mmd_value_t *arrays = sdk_read_arrays(name, "sdk.npz");
  const mmd_tensor_t *wanted = sdk_array(arrays, "image");
  mmdeploy_mat_t mats[BATCH], *results = NULL;
  mmdeploy_restorer_t restorer = NULL;
  make_batch(image, mats);
  assert_success(mmdeploy_restorer_create_by_path(sdk_package_path(name), "cpu", 0, &restorer));
  assert_success(mmdeploy_restorer_apply(restorer, mats, BATCH, &results));
  mmdeploy_restorer_destroy(restorer);
  for (int i = 0; i < BATCH; ++i) {
    const size_t size = (size_t)results[i].height * (size_t)results[i].width * 3;
    assert_int_equal(results[i].channel, 3);
    assert_int_equal(results[i].format, MMDEPLOY_PIXEL_FORMAT_RGB);
    assert_int_equal(results[i].type, MMDEPLOY_DATA_TYPE_UINT8);
    assert_null(results[i].device);
    assert_int_equal(mmd_tensor_count(wanted), size);
    for (size_t k = 0; k < size; ++k)
      sdk_assert_near(results[i].data[k], (double)mmd_tensor_get_i64(wanted, k), 1, name);
  }
  mmdeploy_restorer_release_result(results, 99);
  mmd_value_release(arrays);
  mmdeploy_image_destroy(image);
}

static void restorers(void **state) {
  (void)state;
  NEED_ENGINE();
  check_restorer("restoration_esrgan");
  check_restorer("restoration_srcnn");
  check_restorer("restoration_srcnn_1x");
}

//===--- pose detector -----------------------------------------------------===//

// The crop of the last box is larger than the net's input and is warped otherwise by mmpose and us.
static void check_poses(const char *name, const mmd_value_t *wanted,
                        const mmdeploy_pose_detection_t *found) {
  // Refinement by second derivatives enlarges what rounding differs.
  const double position = strstr(name, "udp") ? 0.1 : 0.01;
  for (size_t i = 0; i < mmd_array_size(wanted); ++i) {
    const mmd_value_t *points = mmd_object_get(mmd_array_at(wanted, i), "keypoints");
    assert_int_equal(found[i].length, mmd_array_size(points));
    if (i == 2) continue;
    for (int k = 0; k < found[i].length; ++k) {
      const mmd_value_t *point = mmd_array_at(points, (size_t)k);
      const double numbers[] = {(double)found[i].point[k].x, (double)found[i].point[k].y,
                                (double)found[i].score[k]};
      for (size_t c = 0; c < 3; ++c)
        sdk_assert_near(numbers[c], mmd_value_get_float(mmd_array_at(point, c), NAN),
                        c == 2 ? 1e-4 : position, name);
    }
  }
}

static void check_pose_detector(const char *name) {
  mmdeploy_image_t image = sdk_read_photo(name, 0);
  mmd_value_t *wanted = sdk_read_golden(name, "pytorch.json"),
              *meta = sdk_read_golden(name, "meta.json");
  const mmd_value_t *boxes = mmd_object_get(meta, "boxes");
  mmdeploy_rect_t rects[8];
  mmdeploy_pose_detector_t detector = NULL;
  mmdeploy_pose_detection_t *results = NULL;
  const int count = (int)mmd_array_size(boxes);
  assert_in_range(count, 1, 8);
  for (int i = 0; i < count; ++i) {
    float *edges = &rects[i].left;
    for (size_t k = 0; k < 4; ++k)
      edges[k] = (float)mmd_value_get_float(mmd_array_at(mmd_array_at(boxes, (size_t)i), k), NAN);
  }
  assert_success(
      mmdeploy_pose_detector_create_by_path(sdk_package_path(name), "cpu", 0, &detector));
  assert_success(mmdeploy_pose_detector_apply_bbox(detector, mmdeploy_image_mat(image), 1, rects,
                                                   &count, &results));
  check_poses(name, wanted, results);
  mmdeploy_pose_detector_release_result(results, 1);
  // Without boxes the picture is one; with none there is nothing to do.
  const int none = 0;
  assert_success(mmdeploy_pose_detector_apply(detector, mmdeploy_image_mat(image), 1, &results));
  assert_true(results[0].length > 0);
  mmdeploy_pose_detector_release_result(results, 1);
  assert_success(mmdeploy_pose_detector_apply_bbox(detector, mmdeploy_image_mat(image), 1, rects,
                                                   &none, &results));
  assert_non_null(results);
  mmdeploy_pose_detector_release_result(results, 0);
  mmdeploy_pose_detector_destroy(detector);
  mmd_value_release(meta);
  mmd_value_release(wanted);
  mmdeploy_image_destroy(image);
}

static void pose_detectors(void **state) {
  static const char *const names[] = {
      "pose_res18",        "pose_res18_1x",           "pose_res18_dark", "pose_hrnet_udp",
      "pose_hrnet_udp_1x", "pose_hrnet_udp_combined", "pose_deeppose",   "pose_deeppose_1x",
      "pose_simcc_1x",     "pose_rtmpose_1x"};
  (void)state;
  NEED_ENGINE();
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) check_pose_detector(names[i]);
}

//===--- text --------------------------------------------------------------===//

static void text_detector(void **state) {
  static const char name[] = "text-detection_dbnet_1x";
  (void)state;
  NEED_ENGINE();
  mmdeploy_image_t image = sdk_read_photo(name, 0);
  // The original drops polygons that mmocr keeps, and rounds.
  mmd_value_t *wanted = sdk_read_golden(name, "exported.json");
  mmdeploy_mat_t mats[BATCH];
  mmdeploy_text_detector_t detector = NULL;
  mmdeploy_text_detection_t *results = NULL;
  int *counts = NULL;
  make_batch(image, mats);
  assert_success(
      mmdeploy_text_detector_create_by_path(sdk_package_path(name), "cpu", 0, &detector));
  assert_success(mmdeploy_text_detector_apply(detector, mats, BATCH, &results, &counts));
  const mmdeploy_text_detection_t *next = results;
  for (int i = 0; i < BATCH; next += counts[i++]) {
    assert_int_equal(counts[i], mmd_array_size(wanted));
    for (int k = 0; k < counts[i]; ++k) {
      const mmd_value_t *answer = mmd_array_at(wanted, (size_t)k);
      sdk_assert_near((double)next[k].score, sdk_number(answer, "score"), 1e-4, name);
      for (size_t c = 0; c < 4; ++c) {
        sdk_assert_near((double)next[k].bbox[c].x, sdk_number_at(answer, "polygon", 2 * c), 0.01,
                        name);
        sdk_assert_near((double)next[k].bbox[c].y, sdk_number_at(answer, "polygon", 2 * c + 1),
                        0.01, name);
      }
    }
  }
  mmdeploy_text_detector_release_result(results, counts, 1);
  mmdeploy_text_detector_destroy(detector);
  mmd_value_release(wanted);
  mmdeploy_image_destroy(image);
}

static void check_text(const char *name, const mmd_value_t *wanted,
                       const mmdeploy_text_recognition_t *found) {
  const mmd_value_t *answer = mmd_array_at(wanted, 0);
  assert_string_equal(found->text, mmd_value_get_string(mmd_object_get(answer, "text"), ""));
  assert_int_equal(found->length, mmd_array_size(mmd_object_get(answer, "scores")));
  for (int i = 0; i < found->length; ++i)
    sdk_assert_near((double)found->score[i], sdk_number_at(answer, "scores", (size_t)i), 1e-4,
                    name);
}

static void check_text_recognizer(const char *name) {
  mmdeploy_image_t image = sdk_read_photo(name, 0);
  mmd_value_t *wanted = sdk_read_golden(name, "sdk.json");
  mmdeploy_mat_t mats[BATCH];
  mmdeploy_text_recognizer_t recognizer = NULL;
  mmdeploy_text_recognition_t *results = NULL;
  make_batch(image, mats);
  assert_success(
      mmdeploy_text_recognizer_create_by_path(sdk_package_path(name), "cpu", 0, &recognizer));
  assert_success(mmdeploy_text_recognizer_apply(recognizer, mats, BATCH, &results));
  for (int i = 0; i < BATCH; ++i) check_text(name, wanted, &results[i]);
  mmdeploy_text_recognizer_release_result(results, 1);
  // The whole picture as a box, after a picture without a box.
  const float right = (float)mats[0].width, bottom = (float)mats[0].height;
  const mmdeploy_text_detection_t box = {{{0, 0}, {right, 0}, {right, bottom}, {0, bottom}}, 1};
  const int counts[] = {0, 1};
  assert_success(mmdeploy_text_recognizer_apply_bbox(recognizer, mats, 2, &box, counts, &results));
  assert_true(results[0].text && results[0].score);
  mmdeploy_text_recognizer_release_result(results, 2);
  mmdeploy_text_recognizer_destroy(recognizer);
  mmd_value_release(wanted);
  mmdeploy_image_destroy(image);
}

static void text_recognizers(void **state) {
  (void)state;
  NEED_ENGINE();
  check_text_recognizer("text-recognition_crnn_1x");
  check_text_recognizer("text-recognition_satrn_1x");
}

//===--- video -------------------------------------------------------------===//

// Two videos in one call, which the original cannot do.
static void check_video_recognizer(const char *name) {
  mmd_value_t *wanted = sdk_read_golden(name, "sdk.json"),
              *meta = sdk_read_golden(name, "meta.json");
  const mmd_value_t *photos = mmd_object_get(meta, "photos"), *clip = mmd_object_get(meta, "clip");
  const mmdeploy_video_sample_info_t info = {(int)mmd_value_get_int(mmd_array_at(clip, 0), 0),
                                             (int)mmd_value_get_int(mmd_array_at(clip, 1), 0)};
  const mmdeploy_video_sample_info_t infos[] = {info, info};
  const size_t count = mmd_array_size(photos);
  mmdeploy_image_t images[16];
  mmdeploy_mat_t mats[32];
  mmdeploy_video_recognizer_t recognizer = NULL;
  mmdeploy_video_recognition_t *results = NULL;
  int *counts = NULL;
  assert_in_range(count, 1, 16);
  assert_int_equal(count, info.clip_len * info.num_clips);
  for (size_t i = 0; i < count; ++i) {
    images[i] = sdk_read_photo(name, i);
    mats[i] = mats[count + i] = *mmdeploy_image_mat(images[i]);
  }
  assert_success(
      mmdeploy_video_recognizer_create_by_path(sdk_package_path(name), "cpu", 0, &recognizer));
  assert_success(mmdeploy_video_recognizer_apply(recognizer, mats, infos, 2, &results, &counts));
  const mmdeploy_video_recognition_t *next = results;
  for (int i = 0; i < 2; next += counts[i++]) {
    assert_int_equal(counts[i], mmd_array_size(wanted));
    for (int k = 0; k < counts[i]; ++k) {
      assert_int_equal(next[k].label_id,
                       (int)sdk_number(mmd_array_at(wanted, (size_t)k), "label_id"));
      sdk_assert_near((double)next[k].score, sdk_number(mmd_array_at(wanted, (size_t)k), "score"),
                      1e-4, name);
    }
  }
  mmdeploy_video_recognizer_release_result(results, counts, 1);
  mmdeploy_video_recognizer_destroy(recognizer);
  for (size_t i = 0; i < count; ++i) mmdeploy_image_destroy(images[i]);
  mmd_value_release(meta);
  mmd_value_release(wanted);
}

static void video_recognizers(void **state) {
  (void)state;
  NEED_ENGINE();
  check_video_recognizer("video_tsn");
  check_video_recognizer("video_slowfast");
}

//===--- inspection --------------------------------------------------------===//

static void inspect_package(const char *name) {
  char *json = NULL;
  mmdeploy_model_t model = sdk_open_model(sdk_package_path(name));
  assert_success(mmdeploy_model_inspect(model, &json));
  mmdeploy_model_destroy(model);
  // Everything of it runs here, so every step has its numbers and no part an error.
  if (strstr(json, "\"error\"") || !strstr(json, "\"steps\"") || !strstr(json, "\"bytes\""))
    fail_msg("%s: %s", name, json);
  mmdeploy_string_free(json);
}

static void packages_are_inspected(void **state) {
  (void)state;
  int count = 0;
  DIR *folder = opendir(SDK_TASKS "packages");
  assert_non_null(folder);
  for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    inspect_package(entry->d_name);
    ++count;
  }
  closedir(folder);
  assert_true(count > 35);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(detectors),         cmocka_unit_test(instance_masks),
      cmocka_unit_test(rotated_detectors), cmocka_unit_test(segmentors),
      cmocka_unit_test(restorers),         cmocka_unit_test(pose_detectors),
      cmocka_unit_test(text_detector),     cmocka_unit_test(text_recognizers),
      cmocka_unit_test(video_recognizers), cmocka_unit_test(packages_are_inspected),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
