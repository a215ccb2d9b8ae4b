// SPDX-License-Identifier: Apache-2.0
//
// The layouts that programs built against the original rely on, checked at compile time.
#include <stddef.h>

#include "mmdeploy/classifier.h"
#include "mmdeploy/detector.h"
#include "mmdeploy/pipeline.h"
#include "mmdeploy/pose_detector.h"
#include "mmdeploy/pose_tracker.h"
#include "mmdeploy/restorer.h"
#include "mmdeploy/rotated_detector.h"
#include "mmdeploy/segmentor.h"
#include "mmdeploy/text_detector.h"
#include "mmdeploy/text_recognizer.h"
#include "mmdeploy/video_recognizer.h"

#define CHECK_SIZE(type, lp64, ilp32)                                      \
  _Static_assert(sizeof(type) == (sizeof(void *) == 8 ? (lp64) : (ilp32)), \
                 #type " has another size")
#define CHECK_OFFSET(type, field, lp64, ilp32)                                      \
  _Static_assert(offsetof(type, field) == (sizeof(void *) == 8 ? (lp64) : (ilp32)), \
                 #type "." #field " lies elsewhere")

//===--- common.h ----------------------------------------------------------===//

CHECK_SIZE(mmdeploy_pixel_format_t, 4, 4);
CHECK_SIZE(mmdeploy_data_type_t, 4, 4);
CHECK_SIZE(mmdeploy_status_t, 4, 4);
CHECK_SIZE(mmdeploy_context_type_t, 4, 4);
CHECK_SIZE(mmdeploy_mat_t, 40, 28);
CHECK_OFFSET(mmdeploy_mat_t, data, 0, 0);
CHECK_OFFSET(mmdeploy_mat_t, height, 8, 4);
CHECK_OFFSET(mmdeploy_mat_t, width, 12, 8);
CHECK_OFFSET(mmdeploy_mat_t, channel, 16, 12);
CHECK_OFFSET(mmdeploy_mat_t, format, 20, 16);
CHECK_OFFSET(mmdeploy_mat_t, type, 24, 20);
CHECK_OFFSET(mmdeploy_mat_t, device, 32, 24);
CHECK_SIZE(mmdeploy_rect_t, 16, 16);
CHECK_OFFSET(mmdeploy_rect_t, left, 0, 0);
CHECK_OFFSET(mmdeploy_rect_t, top, 4, 4);
CHECK_OFFSET(mmdeploy_rect_t, right, 8, 8);
CHECK_OFFSET(mmdeploy_rect_t, bottom, 12, 12);
CHECK_SIZE(mmdeploy_point_t, 8, 8);
CHECK_OFFSET(mmdeploy_point_t, x, 0, 0);
CHECK_OFFSET(mmdeploy_point_t, y, 4, 4);

//===--- tasks -------------------------------------------------------------===//

CHECK_SIZE(mmdeploy_classification_t, 8, 8);
CHECK_OFFSET(mmdeploy_classification_t, label_id, 0, 0);
CHECK_OFFSET(mmdeploy_classification_t, score, 4, 4);

CHECK_SIZE(mmdeploy_instance_mask_t, 16, 12);
CHECK_OFFSET(mmdeploy_instance_mask_t, data, 0, 0);
CHECK_OFFSET(mmdeploy_instance_mask_t, height, 8, 4);
CHECK_OFFSET(mmdeploy_instance_mask_t, width, 12, 8);
CHECK_SIZE(mmdeploy_detection_t, 32, 28);
CHECK_OFFSET(mmdeploy_detection_t, label_id, 0, 0);
CHECK_OFFSET(mmdeploy_detection_t, score, 4, 4);
CHECK_OFFSET(mmdeploy_detection_t, bbox, 8, 8);
CHECK_OFFSET(mmdeploy_detection_t, mask, 24, 24);

CHECK_SIZE(mmdeploy_segmentation_t, 32, 20);
CHECK_OFFSET(mmdeploy_segmentation_t, height, 0, 0);
CHECK_OFFSET(mmdeploy_segmentation_t, width, 4, 4);
CHECK_OFFSET(mmdeploy_segmentation_t, classes, 8, 8);
CHECK_OFFSET(mmdeploy_segmentation_t, mask, 16, 12);
CHECK_OFFSET(mmdeploy_segmentation_t, score, 24, 16);

CHECK_SIZE(mmdeploy_text_detection_t, 36, 36);
CHECK_OFFSET(mmdeploy_text_detection_t, bbox, 0, 0);
CHECK_OFFSET(mmdeploy_text_detection_t, score, 32, 32);

CHECK_SIZE(mmdeploy_text_recognition_t, 24, 12);
CHECK_OFFSET(mmdeploy_text_recognition_t, text, 0, 0);
CHECK_OFFSET(mmdeploy_text_recognition_t, score, 8, 4);
CHECK_OFFSET(mmdeploy_text_recognition_t, length, 16, 8);

CHECK_SIZE(mmdeploy_pose_detection_t, 24, 12);
CHECK_OFFSET(mmdeploy_pose_detection_t, point, 0, 0);
CHECK_OFFSET(mmdeploy_pose_detection_t, score, 8, 4);
CHECK_OFFSET(mmdeploy_pose_detection_t, length, 16, 8);

CHECK_SIZE(mmdeploy_rotated_detection_t, 28, 28);
CHECK_OFFSET(mmdeploy_rotated_detection_t, label_id, 0, 0);
CHECK_OFFSET(mmdeploy_rotated_detection_t, score, 4, 4);
CHECK_OFFSET(mmdeploy_rotated_detection_t, rbbox, 8, 8);

CHECK_SIZE(mmdeploy_video_recognition_t, 8, 8);
CHECK_OFFSET(mmdeploy_video_recognition_t, label_id, 0, 0);
CHECK_OFFSET(mmdeploy_video_recognition_t, score, 4, 4);
CHECK_SIZE(mmdeploy_video_sample_info_t, 8, 8);
CHECK_OFFSET(mmdeploy_video_sample_info_t, clip_len, 0, 0);
CHECK_OFFSET(mmdeploy_video_sample_info_t, num_clips, 4, 4);

//===--- pose_tracker.h ----------------------------------------------------===//

CHECK_SIZE(mmdeploy_pose_tracker_param_t, 96, 84);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, det_interval, 0, 0);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, det_label, 4, 4);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, det_thr, 8, 8);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, det_min_bbox_size, 12, 12);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, det_nms_thr, 16, 16);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, pose_max_num_bboxes, 20, 20);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, pose_kpt_thr, 24, 24);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, pose_min_keypoints, 28, 28);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, pose_bbox_scale, 32, 32);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, pose_min_bbox_size, 36, 36);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, pose_nms_thr, 40, 40);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, keypoint_sigmas, 48, 44);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, keypoint_sigmas_size, 56, 48);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, track_iou_thr, 60, 52);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, track_max_missing, 64, 56);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, track_history_size, 68, 60);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, std_weight_position, 72, 64);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, std_weight_velocity, 76, 68);
CHECK_OFFSET(mmdeploy_pose_tracker_param_t, smooth_params, 80, 72);

CHECK_SIZE(mmdeploy_pose_tracker_target_t, 48, 32);
CHECK_OFFSET(mmdeploy_pose_tracker_target_t, keypoints, 0, 0);
CHECK_OFFSET(mmdeploy_pose_tracker_target_t, keypoint_count, 8, 4);
CHECK_OFFSET(mmdeploy_pose_tracker_target_t, scores, 16, 8);
CHECK_OFFSET(mmdeploy_pose_tracker_target_t, bbox, 24, 12);
CHECK_OFFSET(mmdeploy_pose_tracker_target_t, target_id, 40, 28);

//===--- numbers -----------------------------------------------------------===//

#define CHECK_NUMBER(name, number) _Static_assert((name) == (number), #name " has another number")

CHECK_NUMBER(MMDEPLOY_PIXEL_FORMAT_BGR, 0);
CHECK_NUMBER(MMDEPLOY_PIXEL_FORMAT_RGB, 1);
CHECK_NUMBER(MMDEPLOY_PIXEL_FORMAT_GRAYSCALE, 2);
CHECK_NUMBER(MMDEPLOY_PIXEL_FORMAT_NV12, 3);
CHECK_NUMBER(MMDEPLOY_PIXEL_FORMAT_NV21, 4);
CHECK_NUMBER(MMDEPLOY_PIXEL_FORMAT_BGRA, 5);
CHECK_NUMBER(MMDEPLOY_PIXEL_FORMAT_COUNT, 6);
CHECK_NUMBER(MMDEPLOY_DATA_TYPE_FLOAT, 0);
CHECK_NUMBER(MMDEPLOY_DATA_TYPE_HALF, 1);
CHECK_NUMBER(MMDEPLOY_DATA_TYPE_UINT8, 2);
CHECK_NUMBER(MMDEPLOY_DATA_TYPE_INT32, 3);
CHECK_NUMBER(MMDEPLOY_DATA_TYPE_COUNT, 4);
CHECK_NUMBER(MMDEPLOY_SUCCESS, 0);
CHECK_NUMBER(MMDEPLOY_E_INVALID_ARG, 1);
CHECK_NUMBER(MMDEPLOY_E_NOT_SUPPORTED, 2);
CHECK_NUMBER(MMDEPLOY_E_OUT_OF_RANGE, 3);
CHECK_NUMBER(MMDEPLOY_E_OUT_OF_MEMORY, 4);
CHECK_NUMBER(MMDEPLOY_E_FILE_NOT_EXIST, 5);
CHECK_NUMBER(MMDEPLOY_E_FAIL, 6);
CHECK_NUMBER(MMDEPLOY_STATUS_COUNT, 7);
CHECK_NUMBER(MMDEPLOY_TYPE_DEVICE, 0);
CHECK_NUMBER(MMDEPLOY_TYPE_STREAM, 1);
CHECK_NUMBER(MMDEPLOY_TYPE_MODEL, 2);
CHECK_NUMBER(MMDEPLOY_TYPE_SCHEDULER, 3);
CHECK_NUMBER(MMDEPLOY_TYPE_MAT, 4);
CHECK_NUMBER(MMDEPLOY_TYPE_PROFILER, 5);
