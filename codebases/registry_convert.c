// SPDX-License-Identifier: Apache-2.0
//
// What the code bases give libmmdeploy_convert.
#include "codebases/mmcls/models/modules.h"
#include "codebases/mmcls/task.h"
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/task.h"
#include "convert/registry.h"

const mmd_task_t *const mmd_task_table[] = {
    &mmd_mmcls_classification,
    &mmd_mmdet_detection,
    NULL,
};

const mmd_module_t *const mmd_module_registry[] = {
    &mmd_mmcls_image_classifier,
    &mmd_mmcls_resnet,
    &mmd_mmcls_resnet_v1c,
    &mmd_mmcls_resnet_v1d,
    &mmd_mmcls_seresnet,
    &mmd_mmcls_mobilenet_v2,
    &mmd_mmcls_vision_transformer,
    &mmd_mmcls_global_average_pooling,
    &mmd_mmcls_cls_head,
    &mmd_mmcls_linear_cls_head,
    &mmd_mmcls_vision_transformer_cls_head,

    &mmd_mmdet_single_stage[0],
    &mmd_mmdet_single_stage[1],
    &mmd_mmdet_single_stage[2],
    &mmd_mmdet_single_stage[3],
    &mmd_mmdet_single_stage[4],
    &mmd_mmdet_single_stage[5],
    &mmd_mmdet_single_stage[6],
    &mmd_mmdet_single_stage[7],
    &mmd_mmdet_single_stage[8],
    &mmd_mmdet_single_stage[9],
    &mmd_mmdet_single_stage[10],
    &mmd_mmdet_single_stage[11],
    &mmd_mmdet_single_stage[12],
    &mmd_mmdet_single_stage[13],
    &mmd_mmdet_single_stage[14],
    &mmd_mmdet_single_stage[15],
    &mmd_mmdet_resnet,
    &mmd_mmdet_resnet_v1d,
    &mmd_mmdet_resnext,
    &mmd_mmdet_csp_darknet,
    &mmd_mmdet_fpn,
    &mmd_mmdet_yolox_pafpn,
    &mmd_mmdet_retina_head,
    &mmd_mmdet_fsaf_head,
    &mmd_mmdet_fcos_head,
    &mmd_mmdet_atss_head,
    &mmd_mmdet_gfl_head,
    &mmd_mmdet_ld_head,
    &mmd_mmdet_yolox_head,
    NULL,
};

#define DETECTOR_AXES                                                                       \
  "\"dynamic_axes\": {\"input\": {\"0\": \"batch\", \"2\": \"height\", \"3\": \"width\"}, " \
  "\"scores\": {\"0\": \"batch\", \"1\": \"num_boxes\"}, "                                  \
  "\"boxes\": {\"0\": \"batch\", \"1\": \"num_boxes\"}}"

const mmd_partition_set_t mmd_partition_sets[] = {
    {"mmdet", "single_stage",
     "[{\"save_file\": \"partition0.onnx\", \"start\": \"detector_forward:input\", "
     "\"end\": \"multiclass_nms:input\", " DETECTOR_AXES "}]"},
    {"mmdet", "two_stage",
     "[{\"save_file\": \"partition0.onnx\", \"start\": \"detector_forward:input\", "
     "\"end\": [\"extract_feat:output\", \"multiclass_nms[0]:input\"], " DETECTOR_AXES "}, "
     "{\"save_file\": \"partition1.onnx\", \"start\": \"roi_extractor:output\", "
     "\"end\": \"bbox_head_forward:output\", "
     "\"dynamic_axes\": {\"bbox_feats\": {\"0\": \"batch\"}, "
     "\"cls_score\": {\"0\": \"batch\"}, \"bbox_pred\": {\"0\": \"batch\"}}}]"},
    {NULL, NULL, NULL},
};
