// SPDX-License-Identifier: Apache-2.0
//
// What the code bases give libmmdeploy.
#include "codebases/mmaction/postprocess/base_head.h"
#include "codebases/mmcls/postprocess/crop_box.h"
#include "codebases/mmcls/postprocess/linear_cls_head.h"
#include "codebases/mmdet/postprocess/boxes.h"
#include "codebases/mmedit/postprocess/tensor_to_img.h"
#include "codebases/mmocr/postprocess/text_boxes.h"
#include "codebases/mmocr/postprocess/text_decoder.h"
#include "codebases/mmocr/postprocess/warp_bbox.h"
#include "codebases/mmpose/postprocess/heads.h"
#include "codebases/mmpose/postprocess/tracker.h"
#include "codebases/mmrotate/postprocess/resize_rbbox.h"
#include "codebases/mmseg/postprocess/resize_mask.h"
#include "pipeline/registry.h"

const mmd_component_t *const mmd_postprocess_registry[] = {
    &mmd_linear_cls_head,
    &mmd_cls_head,
    &mmd_stacked_linear_cls_head,
    &mmd_vision_transformer_cls_head,
    &mmd_conformer_head,
    &mmd_multi_label_linear_cls_head,
    &mmd_multi_label_cls_head,
    &mmd_resize_bbox,
    &mmd_resize_instance_mask,
    &mmd_base_dense_head,
    &mmd_yolov3_head,
    &mmd_yolov5_head,
    &mmd_yolov5_head_1x,
    &mmd_rtmdet_sep_bn_head,
    &mmd_resize_mask,
    &mmd_db_head,
    &mmd_pan_head,
    &mmd_pse_head,
    &mmd_ctc_convertor,
    &mmd_attn_convertor,
    &mmd_topdown_heatmap_base_head,
    &mmd_topdown_heatmap_simple_head,
    &mmd_topdown_heatmap_multi_stage_head,
    &mmd_vipnas_heatmap_simple_head,
    &mmd_topdown_heatmap_msmu_head,
    &mmd_deeppose_regression_head,
    &mmd_simcc_label_head,
    &mmd_tensor_to_img,
    &mmd_resize_rbbox,
    &mmd_action_base_head,
    &mmd_action_slow_fast_head,
    &mmd_action_tsn_head,
    NULL,
};

const mmd_component_t *const mmd_task_module_registry[] = {
    &mmd_crop_box,
    &mmd_warp_bbox,
    &mmd_tracker_create,
    &mmd_tracker_prepare,
    &mmd_tracker_process_bboxes,
    &mmd_tracker_track_step,
    NULL,
};

const char *const mmd_task_registry[] = {
    "Classifier", "Detector",     "PoseDetector",   "Restorer",        "RotatedDetector",
    "Segmentor",  "TextDetector", "TextRecognizer", "VideoRecognizer", NULL,
};
