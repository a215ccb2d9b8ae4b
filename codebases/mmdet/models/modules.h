// SPDX-License-Identifier: Apache-2.0
//
// The module builders of mmdet, 0.x and 1.x; one file a class or family.
#ifndef MMD_CODEBASES_MMDET_MODELS_MODULES_H_
#define MMD_CODEBASES_MMDET_MODELS_MODULES_H_

#include "frontends/openmmlab/module.h"

// Detectors: kind "detector". One-stage ones differ in their heads alone.
#define MMD_MMDET_SINGLE_STAGE_COUNT 20
extern const mmd_module_t mmd_mmdet_single_stage[MMD_MMDET_SINGLE_STAGE_COUNT];
#define MMD_MMDET_INSTANCE_SEGMENTOR_COUNT 2
extern const mmd_module_t mmd_mmdet_instance_segmentor[MMD_MMDET_INSTANCE_SEGMENTOR_COUNT];
#define MMD_MMDET_TWO_STAGE_COUNT 8
extern const mmd_module_t mmd_mmdet_two_stage[MMD_MMDET_TWO_STAGE_COUNT];

// Kind "backbone".
extern const mmd_module_t mmd_mmdet_resnet;
extern const mmd_module_t mmd_mmdet_resnet_v1d;
extern const mmd_module_t mmd_mmdet_resnext;
extern const mmd_module_t mmd_mmdet_res2net;
extern const mmd_module_t mmd_mmdet_resnest;
extern const mmd_module_t mmd_mmdet_regnet;
extern const mmd_module_t mmd_mmdet_hrnet;
extern const mmd_module_t mmd_mmdet_csp_darknet;
extern const mmd_module_t mmd_mmdet_cspnext;
extern const mmd_module_t mmd_mmdet_swin_transformer;
extern const mmd_module_t mmd_mmdet_pvt;
extern const mmd_module_t mmd_mmdet_pvt_v2;
extern const mmd_module_t mmd_mmdet_mobilenet_v2;
extern const mmd_module_t mmd_mmdet_ssd_vgg;
extern const mmd_module_t mmd_mmdet_darknet;

// Kind "neck".
extern const mmd_module_t mmd_mmdet_fpn;
extern const mmd_module_t mmd_mmdet_hrfpn;
extern const mmd_module_t mmd_mmdet_pafpn;
extern const mmd_module_t mmd_mmdet_bfp;
extern const mmd_module_t mmd_mmdet_nasfpn;
extern const mmd_module_t mmd_mmdet_nasfcos_fpn;
extern const mmd_module_t mmd_mmdet_yolox_pafpn;
extern const mmd_module_t mmd_mmdet_cspnext_pafpn;
extern const mmd_module_t mmd_mmdet_channel_mapper;
extern const mmd_module_t mmd_mmdet_dyhead;
extern const mmd_module_t mmd_mmdet_ssd_neck;
extern const mmd_module_t mmd_mmdet_yolov3_neck;
extern const mmd_module_t mmd_mmdet_dilated_encoder;
extern const mmd_module_t mmd_mmdet_ct_resnet_neck;

// Kind "bbox_head".
extern const mmd_module_t mmd_mmdet_retina_head;
extern const mmd_module_t mmd_mmdet_retina_sepbn_head;
extern const mmd_module_t mmd_mmdet_sabl_retina_head;
extern const mmd_module_t mmd_mmdet_fsaf_head;
extern const mmd_module_t mmd_mmdet_fcos_head;
extern const mmd_module_t mmd_mmdet_atss_head;
extern const mmd_module_t mmd_mmdet_paa_head;
extern const mmd_module_t mmd_mmdet_free_anchor_retina_head;
extern const mmd_module_t mmd_mmdet_pisa_retina_head;
extern const mmd_module_t mmd_mmdet_fovea_head;
extern const mmd_module_t mmd_mmdet_vfnet_head;
extern const mmd_module_t mmd_mmdet_reppoints_head;
extern const mmd_module_t mmd_mmdet_tood_head;
extern const mmd_module_t mmd_mmdet_nasfcos_head;
extern const mmd_module_t mmd_mmdet_auto_assign_head;
extern const mmd_module_t mmd_mmdet_ddod_head;
extern const mmd_module_t mmd_mmdet_gfl_head;
extern const mmd_module_t mmd_mmdet_ld_head;
extern const mmd_module_t mmd_mmdet_yolox_head;
extern const mmd_module_t mmd_mmdet_ssd_head;
extern const mmd_module_t mmd_mmdet_yolov3_head;
extern const mmd_module_t mmd_mmdet_yolof_head;
extern const mmd_module_t mmd_mmdet_centernet_head;
extern const mmd_module_t mmd_mmdet_rtmdet_head;
extern const mmd_module_t mmd_mmdet_rtmdet_sep_bn_head;

// Of two-stage detectors: kinds "rpn_head", "roi_head", "roi_extractor"; "bbox_head" and
// "mask_head" over RoIs.
extern const mmd_module_t mmd_mmdet_rpn_head;
extern const mmd_module_t mmd_mmdet_standard_roi_head;
extern const mmd_module_t mmd_mmdet_dynamic_roi_head;
extern const mmd_module_t mmd_mmdet_single_roi_extractor;
extern const mmd_module_t mmd_mmdet_generic_roi_extractor;
extern const mmd_module_t mmd_mmdet_roi_bbox_head;
extern const mmd_module_t mmd_mmdet_convfc_bbox_head;
extern const mmd_module_t mmd_mmdet_shared_2fc_bbox_head;
extern const mmd_module_t mmd_mmdet_shared_4conv1fc_bbox_head;
extern const mmd_module_t mmd_mmdet_fcn_mask_head;
extern const mmd_module_t mmd_mmdet_cascade_roi_head;
extern const mmd_module_t mmd_mmdet_htc_roi_head;
extern const mmd_module_t mmd_mmdet_double_roi_head;
extern const mmd_module_t mmd_mmdet_double_bbox_head;
extern const mmd_module_t mmd_mmdet_sabl_head;
extern const mmd_module_t mmd_mmdet_htc_mask_head;
extern const mmd_module_t mmd_mmdet_fused_semantic_head;
extern const mmd_module_t mmd_mmdet_mask_scoring_roi_head;
extern const mmd_module_t mmd_mmdet_mask_iou_head;
extern const mmd_module_t mmd_mmdet_grid_roi_head;
extern const mmd_module_t mmd_mmdet_grid_head;

// Kind "mask_head", of instance segmentors.
extern const mmd_module_t mmd_mmdet_solo_head;
extern const mmd_module_t mmd_mmdet_decoupled_solo_head;
extern const mmd_module_t mmd_mmdet_decoupled_solo_light_head;
extern const mmd_module_t mmd_mmdet_solov2_head;

#endif  // MMD_CODEBASES_MMDET_MODELS_MODULES_H_
