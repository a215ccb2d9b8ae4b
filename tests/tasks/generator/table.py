# SPDX-License-Identifier: Apache-2.0
"""What each package is made of.

codebase, config   a stock config of the code base
set, replace       keys of it merged, or replaced as they are
deploy, deploy_set a deploy config of the original, and keys of it merged
targets            calibrate.py's targets that come before the usual ones
"""

CAT, CUP, PAGE, WORD, SMALL = (
    f'photos/{name}.png' for name in ('cat', 'cup', 'page', 'word', 'small'))
CLIP = [f'photos/clip/img_{i:05d}.png' for i in range(1, 9)]
DET, INS, SEG = ('mmdet/detection/detection_onnxruntime_dynamic.py',
                 'mmdet/instance-seg/instance-seg_onnxruntime_dynamic.py',
                 'mmseg/segmentation_onnxruntime_dynamic.py')
RESNET = {'model.backbone.depth': 18, 'model.backbone.base_channels': 4}
KEEP = {'codebase_config.post_processing.keep_top_k': 20}


def scaled(size):
    return {'data.test.pipeline.1.img_scale': size}


def few(count, top='model.test_cfg'):
    return {f'{top}.max_per_img': count}


PACKAGES = {}


def add(name, stack, task, codebase, config, photos, deploy, **more):
    PACKAGES[name] = dict(stack=stack, task=task, codebase=codebase, config=config,
                          photos=[photos] if isinstance(photos, str) else photos, deploy=deploy,
                          **more)


# ---------------------------------------------------------------- detection

add('detection_retinanet', 0, 'Detector', 'mmdet', 'retinanet/retinanet_r18_fpn_1x_coco.py', CAT,
    DET,
    set={**RESNET, **scaled((320, 192)), **few(20), 'model.neck.in_channels': [4, 8, 16, 32],
         'model.neck.out_channels': 16, 'model.bbox_head.in_channels': 16,
         'model.bbox_head.feat_channels': 16, 'model.bbox_head.stacked_convs': 1,
         'model.bbox_head.num_classes': 6}, deploy_set=KEEP)
add('detection_yolox', 0, 'Detector', 'mmdet', 'yolox/yolox_tiny_8x8_300e_coco.py', CAT, DET,
    set={**scaled((160, 160)), 'model.backbone.widen_factor': .03125,
         'model.neck.in_channels': [8, 16, 32], 'model.neck.out_channels': 8,
         'model.bbox_head.in_channels': 8, 'model.bbox_head.feat_channels': 8,
         'model.bbox_head.num_classes': 2, 'model.input_size': (160, 160),
         'model.test_cfg.score_thr': .1},
    deploy_set={**KEEP, 'codebase_config.post_processing.score_threshold': .1,
                'codebase_config.post_processing.iou_threshold': .65},
    targets=[(r'multi_level_conv_cls\.\d+$', -3, 1.5)])
add('detection_fcos', 0, 'Detector', 'mmdet', 'fcos/fcos_r50_caffe_fpn_gn-head_1x_coco.py', CUP,
    DET,
    set={**RESNET, **scaled((256, 160)), **few(20), 'model.neck.in_channels': [4, 8, 16, 32],
         'model.neck.out_channels': 32, 'model.bbox_head.in_channels': 32,
         'model.bbox_head.feat_channels': 32, 'model.bbox_head.stacked_convs': 1,
         'model.bbox_head.num_classes': 6},
    deploy_set=KEEP, targets=[(r'conv_cls$', -1, 1.5), (r'conv_reg$', 2, .5)])
RTMDET = {'model.backbone.widen_factor': .03125, 'model.neck.in_channels': [8, 16, 32],
          'model.neck.out_channels': 8, 'model.bbox_head.in_channels': 8,
          'model.bbox_head.feat_channels': 8, 'model.test_cfg.max_per_img': 20,
          'test_pipeline.1.scale': (160, 160), 'test_pipeline.2.size': (160, 160),
          'model.test_cfg.score_thr': .05}
add('detection_rtmdet_1x', 1, 'Detector', 'mmdet', 'rtmdet/rtmdet_tiny_8xb32-300e_coco.py', CAT,
    DET,
    set={**RTMDET, 'model.bbox_head.num_classes': 6}, deploy_set=KEEP)
add('detection_retinanet_1x', 1, 'Detector', 'mmdet', 'retinanet/retinanet_r18_fpn_1x_coco.py', CUP,
    DET,
    set={**RESNET, 'test_pipeline.1.scale': (320, 192), **few(20),
         'model.neck.in_channels': [4, 8, 16, 32], 'model.neck.out_channels': 16,
         'model.bbox_head.in_channels': 16, 'model.bbox_head.feat_channels': 16,
         'model.bbox_head.stacked_convs': 1, 'model.bbox_head.num_classes': 6}, deploy_set=KEEP)

# ---------------------------------------------------------------- instance segmentation

MASK_RCNN = {
    **RESNET, **few(12, 'model.test_cfg.rcnn'), **few(40, 'model.test_cfg.rpn'),
    'model.test_cfg.rpn.nms_pre': 200, 'model.neck.in_channels': [4, 8, 16, 32],
    'model.neck.out_channels': 8, 'model.rpn_head.in_channels': 8,
    'model.rpn_head.feat_channels': 8, 'model.roi_head.bbox_roi_extractor.out_channels': 8,
    'model.roi_head.mask_roi_extractor.out_channels': 8,
    'model.roi_head.bbox_head.in_channels': 8, 'model.roi_head.bbox_head.fc_out_channels': 32,
    'model.roi_head.bbox_head.num_classes': 4, 'model.roi_head.mask_head.num_convs': 1,
    'model.roi_head.mask_head.in_channels': 8, 'model.roi_head.mask_head.conv_out_channels': 8,
    'model.roi_head.mask_head.num_classes': 4}
RCNN_KEEP = {'codebase_config.post_processing.keep_top_k': 12,
             'codebase_config.post_processing.pre_top_k': 200}
add('instance-seg_mask-rcnn', 0, 'Detector', 'mmdet', 'mask_rcnn/mask_rcnn_r50_fpn_1x_coco.py', CAT,
    INS, set={**MASK_RCNN, **scaled((256, 160))}, deploy_set=RCNN_KEEP)
add('instance-seg_mask-rcnn_1x', 1, 'Detector', 'mmdet', 'mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py',
    CUP, INS, set={**MASK_RCNN, 'test_pipeline.1.scale': (256, 160)}, deploy_set=RCNN_KEEP)
add('instance-seg_rtmdet-ins_1x', 1, 'Detector', 'mmdet',
    'rtmdet/rtmdet-ins_tiny_8xb32-300e_coco.py', CAT,
    'mmdet/instance-seg/instance-seg_rtmdet-ins_onnxruntime_static-640x640.py',
    set={**RTMDET, 'test_pipeline.1.scale': (128, 128), 'test_pipeline.2.size': (128, 128),
         'model.test_cfg.max_per_img': 8, 'model.bbox_head.num_classes': 4},
    seed=1, targets=[(r'rtm_kernel\.\d+$', 0, 2)],  # masks that are neither empty nor full
    deploy_set={'codebase_config.post_processing.keep_top_k': 8})

# ---------------------------------------------------------------- semantic segmentation

FCN = {'model.backbone.base_channels': 4, 'model.backbone.stem_channels': 4,
       'model.decode_head.in_channels': 32, 'model.decode_head.channels': 8,
       'model.decode_head.num_classes': 5, 'model.auxiliary_head.in_channels': 16,
       'model.auxiliary_head.channels': 4, 'model.auxiliary_head.num_classes': 5}
PSP = {**FCN, 'model.backbone.depth': 18}
SCORES = {'codebase_config.with_argmax': False}
add('segmentation_fcn', 0, 'Segmentor', 'mmseg', 'fcn/fcn_r18-d8_512x1024_80k_cityscapes.py', CAT,
    SEG, set={**FCN, **scaled((256, 128))})
add('segmentation_pspnet_scores', 0, 'Segmentor', 'mmseg',
    'pspnet/pspnet_r18-d8_512x1024_80k_cityscapes.py', SMALL, SEG, scores=True,
    set={**PSP, **scaled((96, 64))}, deploy_set=SCORES)
add('segmentation_fcn_1x', 1, 'Segmentor', 'mmseg',
    'fcn/fcn_r18-d8_4xb2-80k_cityscapes-512x1024.py', CAT, SEG,
    set={**FCN, 'test_pipeline.1.scale': (256, 128)})
add('segmentation_fcn_scores_1x', 1, 'Segmentor', 'mmseg',
    'fcn/fcn_r18-d8_4xb2-80k_cityscapes-512x1024.py', SMALL, SEG, scores=True,
    set={**FCN, 'test_pipeline.1.scale': (96, 64)}, deploy_set=SCORES)

# ---------------------------------------------------------------- pose

BODY0 = 'body/2d_kpt_sview_rgb_img/'
BODY1 = 'body_2d_keypoint/'
# The first two give crops without any resizing, so that the runtime's and mmpose's are the same;
# the second leaves the picture.
PEOPLE = [[69.6, 32.8, 145.4, 134.2], [151.6, 68.8, 227.4, 170.2], [30, 20, 149, 149]]
POSE, SIMCC = ('mmpose/pose-detection_onnxruntime_static.py',
               'mmpose/pose-detection_simcc_onnxruntime_dynamic.py')
SIZE0 = {f'{top}data_cfg.{key}': value for top in ('', 'data.test.')
         for key, value in (('image_size', [96, 128]), ('heatmap_size', [24, 32]))}
STILL0 = {**SIZE0, 'model.test_cfg.flip_test': False}
# Few stages: through four, random weights make each key point jump at the slightest change of the
# crop.
def shallow(stages):
    return {**RESNET, 'model.backbone.stem_channels': 4, 'model.backbone.num_stages': stages,
            'model.backbone.strides': (1, 2, 2)[:stages],
            'model.backbone.dilations': (1, ) * stages,
            'model.backbone.out_indices': (stages - 1, )}


SHALLOW = shallow(2)
RES18 = {**shallow(3), 'model.keypoint_head.in_channels': 16,
         'model.keypoint_head.num_deconv_layers': 2,
         'model.keypoint_head.num_deconv_filters': (8, 8),
         'model.keypoint_head.num_deconv_kernels': (4, 4)}


def hrnet(channels):
    """One block and one module in each stage."""
    out = {}
    for i in range(4):
        stage = f'model.backbone.extra.stage{i + 1}.'
        out[stage + 'num_modules'] = 1
        out[stage + 'num_blocks'] = (1, ) * (i + 1)
        out[stage + 'num_channels'] = tuple(channels << k for k in range(i + 1))
    return out


def pose0(name, config, changes, **more):
    add(name, 0, 'PoseDetector', 'mmpose', BODY0 + config, CAT, POSE, boxes=PEOPLE,
        set={**STILL0, **changes}, **more)


HEAT = 'topdown_heatmap/coco/'
pose0('pose_res18', HEAT + 'res50_coco_256x192.py', RES18)
pose0('pose_res18_dark', HEAT + 'res50_coco_256x192_dark.py', RES18, seed=1)
pose0('pose_hrnet_udp', HEAT + 'hrnet_w32_coco_256x192_udp.py',
      {**hrnet(4), 'model.keypoint_head.in_channels': 4})
pose0('pose_hrnet_udp_combined', HEAT + 'hrnet_w32_coco_256x192_udp_regress.py',
      {**hrnet(4), 'model.keypoint_head.in_channels': 4})
pose0('pose_deeppose', 'deeppose/coco/res50_coco_256x192.py',
      {**SHALLOW, 'model.keypoint_head.in_channels': 8})


def pose1(name, config, changes, deploy=POSE, codec=(), **more):
    sizes = {'codec.input_size': (96, 128), 'model.head.decoder.input_size': (96, 128),
             'test_dataloader.dataset.pipeline.2.input_size': (96, 128),
             'model.test_cfg.flip_test': False}
    for key, value in codec:
        sizes['codec.' + key] = sizes['model.head.decoder.' + key] = value
    add(name, 1, 'PoseDetector', 'mmpose', BODY1 + config, CAT, deploy, boxes=PEOPLE,
        set={**sizes, **changes}, **more)


RES18_1X = {**SHALLOW, 'model.head.in_channels': 8}
HEATMAP = (('heatmap_size', (24, 32)), )
SIMCC_SIZE = {'model.head.input_size': (96, 128), 'model.head.in_featuremap_size': (3, 4)}
SIMCC_DEPLOY = {'onnx_config.input_shape': [96, 128]}
RTMPOSE = {**SIMCC_SIZE, 'model.backbone.widen_factor': .03125, 'model.backbone.out_indices': (3, ),
           'model.head.in_featuremap_size': (6, 8), 'model.head.in_channels': 16,
           'model.head.gau_cfg.hidden_dims': 32, 'model.head.gau_cfg.s': 16}
RTMPOSE_T = 'rtmpose/coco/rtmpose-t_8xb256-420e_coco-256x192.py'
pose1('pose_res18_1x', HEAT + 'td-hm_res50_8xb64-210e_coco-256x192.py',
      {**shallow(3), 'model.head.in_channels': 16, 'model.head.deconv_out_channels': (8, 8),
       'model.head.deconv_kernel_sizes': (4, 4)}, codec=HEATMAP)
pose1('pose_hrnet_udp_1x', HEAT + 'td-hm_hrnet-w32_udp-8xb64-210e_coco-256x192.py',
      {**hrnet(4), 'model.head.in_channels': 4}, codec=HEATMAP)
pose1('pose_simcc_1x', 'simcc/coco/simcc_res50_8xb64-210e_coco-256x192.py',
      {**RES18_1X, **SIMCC_SIZE, 'model.head.in_featuremap_size': (12, 16),
       'model.head.deconv_out_channels': None, 'model.head.deconv_kernel_sizes': None,
       'model.head.deconv_num_groups': None}, SIMCC, deploy_set=SIMCC_DEPLOY)
pose1('pose_rtmpose_1x', RTMPOSE_T, RTMPOSE, SIMCC, deploy_set=SIMCC_DEPLOY)
pose1('pose_deeppose_1x', 'topdown_regression/coco/td-reg_res50_8xb64-210e_coco-256x192.py',
      RES18_1X)

# ---------------------------------------------------------------- text detection

TEXT_DET, TEXT_REC = (f'mmocr/text-{k}/text-{k}_onnxruntime_dynamic.py'
                      for k in ('detection', 'recognition'))
TEXT_NECK = {**RESNET, 'model.neck.in_channels': [4, 8, 16, 32]}
DB = {**TEXT_NECK, 'model.neck.lateral_channels': 16, 'model.neck.out_channels': 8}
# embeddings far apart keep regions small; a text is wanted to be sure of itself
DB_TARGETS = [(r'binarize\.6$', -2, 4)]
PAN_TARGETS = [(r'head\.(out_conv|conv2)$', -1, 12, True)]


def text_det(name, stack, config, changes, **more):
    add(name, stack, 'TextDetector', 'mmocr', 'textdet/' + config, PAGE, TEXT_DET, set=changes,
        **more)


text_det('text-detection_dbnet', 0, 'dbnet/dbnet_r18_fpnc_1200e_icdar2015.py',
         {**DB, **scaled((192, 128)), 'model.bbox_head.in_channels': 32}, targets=DB_TARGETS)
text_det('text-detection_panet', 0, 'panet/panet_r18_fpem_ffm_600e_icdar2015.py',
         {**TEXT_NECK, **scaled((480, 256)), 'model.neck.conv_out': 8,
          'model.bbox_head.in_channels': [8] * 4}, targets=PAN_TARGETS)
text_det('text-detection_psenet', 0, 'psenet/psenet_r50_fpnf_600e_icdar2015.py',
         {**TEXT_NECK, **scaled((480, 256)), 'model.neck.out_channels': 8,
          'model.bbox_head.in_channels': [8]}, narrow='psenet', targets=PAN_TARGETS)
text_det('text-detection_dbnet_1x', 1, 'dbnet/dbnet_resnet18_fpnc_1200e_icdar2015.py',
         {**DB, 'test_pipeline.1.scale': (192, 128), 'model.det_head.in_channels': 32},
         targets=DB_TARGETS)
text_det('text-detection_panet_1x', 1, 'panet/panet_resnet18_fpem-ffm_600e_icdar2015.py',
         {**TEXT_NECK, 'model.backbone.stem_channels': 8, 'test_pipeline.1.short_size': 256,
          'model.neck.conv_out': 8, 'model.det_head.in_channels': [8] * 4,
          'model.det_head.hidden_dim': 8}, targets=PAN_TARGETS)
text_det('text-detection_psenet_1x', 1, 'psenet/psenet_resnet50_fpnf_600e_icdar2015.py',
         {**TEXT_NECK, 'test_pipeline.1.scale': (480, 256), 'model.neck.out_channels': 8,
          'model.det_head.in_channels': [8], 'model.det_head.hidden_dim': 8}, narrow='psenet',
         targets=PAN_TARGETS)

# ---------------------------------------------------------------- text recognition


def text_rec(name, stack, config, changes, **more):
    add(name, stack, 'TextRecognizer', 'mmocr', 'textrecog/' + config, WORD, TEXT_REC, set=changes,
        **more)


def transformer(encoder, decoder):
    """SATRN of one layer and 32 channels."""
    out = {'model.backbone.hidden_dim': 32}
    for part, keys in ((encoder, ('d_model', )), (decoder, ('d_model', 'd_embedding'))):
        out.update({f'{part}.{key}': 32 for key in keys})
        out.update({f'{part}.n_layers': 1, f'{part}.n_head': 4, f'{part}.d_k': 8, f'{part}.d_v': 8,
                    f'{part}.d_inner': 64})
    return out


SATRN = transformer('model.encoder', 'model.decoder')
SAR = {'model.backbone.channels': [8, 8, 8, 16, 16, 32, 32], 'model.backbone.layers': [1, 1, 1, 1],
       'model.encoder.d_model': 32, 'model.encoder.d_enc': 32, 'model.decoder.d_model': 32,
       'model.decoder.d_enc': 32, 'model.decoder.d_k': 16}
text_rec('text-recognition_crnn', 0, 'crnn/crnn_academic_dataset.py', {}, narrow='crnn',
         replace={'model.decoder.in_channels': 32})
text_rec('text-recognition_crnn_1x', 1, 'crnn/crnn_mini-vgg_5e_mj.py', {}, narrow='crnn',
         replace={'model.decoder.in_channels': 32})
text_rec('text-recognition_satrn_1x', 1, 'satrn/satrn_shallow-small_5e_st_mj.py',
         {**SATRN, 'model.decoder.max_seq_len': 6})
text_rec('text-recognition_sar_1x', 1,
         'sar/sar_resnet31_parallel-decoder_5e_st-sub_mj-sub_sa_real.py',
         {**SAR, 'model.decoder.max_seq_len': 8})

# ---------------------------------------------------------------- rotated detection

ROTATED = 'mmrotate/rotated-detection_onnxruntime_dynamic.py'
ROTATED_RETINA = {
    **RESNET, **few(20), 'model.test_cfg.nms_pre': 200, 'model.neck.in_channels': [4, 8, 16, 32],
    'model.neck.out_channels': 16, 'model.bbox_head.in_channels': 16,
    'model.bbox_head.feat_channels': 16, 'model.bbox_head.stacked_convs': 1,
    'model.bbox_head.num_classes': 4}
ROTATED_KEEP = {'codebase_config.post_processing.keep_top_k': 20,
                'codebase_config.post_processing.pre_top_k': 200}
add('rotated-detection_retinanet', 0, 'RotatedDetector', 'mmrotate',
    'rotated_retinanet/rotated_retinanet_obb_r50_fpn_1x_dota_le90.py', CAT, ROTATED,
    set={**ROTATED_RETINA, **scaled((256, 256))}, deploy_set=ROTATED_KEEP)
add('rotated-detection_retinanet_1x', 1, 'RotatedDetector', 'mmrotate',
    'rotated_retinanet/rotated-retinanet-rbox-le90_r50_fpn_1x_dota.py', CUP, ROTATED,
    set={**ROTATED_RETINA, 'test_pipeline.1.scale': (256, 256),
         'test_pipeline.1.keep_ratio': False},
    deploy_set={**ROTATED_KEEP, 'onnx_config.input_shape': (256, 256)})

# ---------------------------------------------------------------- restoration

RESTORE = 'super-resolution/super-resolution_onnxruntime_dynamic.py'
SRCNN = {'model.generator.channels': (3, 8, 4, 3), 'model.generator.upscale_factor': 2}
add('restoration_srcnn', 0, 'Restorer', 'mmedit', 'restorers/srcnn/srcnn_x4k915_g1_1000k_div2k.py',
    SMALL, 'mmedit/' + RESTORE, set=SRCNN)
add('restoration_esrgan', 0, 'Restorer', 'mmedit',
    'restorers/esrgan/esrgan_psnr_x4c64b23g32_g1_1000k_div2k.py', SMALL, 'mmedit/' + RESTORE,
    set={'model.generator.mid_channels': 8, 'model.generator.num_blocks': 2,
         'model.generator.growth_channels': 4})
add('restoration_srcnn_1x', 1, 'Restorer', 'mmagic', 'srcnn/srcnn_x4k915_1xb16-1000k_div2k.py',
    SMALL, 'mmagic/' + RESTORE, set=SRCNN)

# ---------------------------------------------------------------- video recognition

VIDEO = 'mmaction/video-recognition/video-recognition_onnxruntime_static.py'
MOBILE = {'type': 'MobileNetV2', 'pretrained': None, 'widen_factor': .0625}


def frames(clip_len, clips, resize, crop):
    """The pipeline's sampling, resizing and cropping."""
    return {f'test_pipeline.{i}.{key}': value for i, key, value in (
        (0, 'clip_len', clip_len), (0, 'num_clips', clips), (0, 'frame_interval', 1),
        (2, 'scale', (-1, resize)), (3, 'crop_size', crop))}


def in_data(changes):
    return {**changes, **{'data.test.pipeline' + key[13:]: value for key, value in changes.items()}}


add('video_tsn', 0, 'VideoRecognizer', 'mmaction',
    'recognition/tsn/tsn_r50_1x1x3_100e_kinetics400_rgb.py', CLIP, VIDEO, boxes=[1, 8],
    replace={'model.backbone': MOBILE},
    set={**in_data(frames(1, 8, 48, 40)), 'model.cls_head.in_channels': 1280,
         'model.cls_head.num_classes': 10})
add('video_slowfast', 0, 'VideoRecognizer', 'mmaction',
    'recognition/slowfast/slowfast_r50_4x16x1_256e_kinetics400_rgb.py', CLIP, VIDEO, boxes=[8, 1],
    set={**in_data(frames(8, 1, 48, 48)), 'model.backbone.resample_rate': 4,
         'model.backbone.speed_ratio': 4, 'model.backbone.channel_ratio': 4,
         'model.backbone.slow_pathway.depth': 18, 'model.backbone.slow_pathway.base_channels': 4,
         'model.backbone.fast_pathway.depth': 18, 'model.backbone.fast_pathway.base_channels': 1,
         'model.cls_head.in_channels': 40, 'model.cls_head.num_classes': 10})

# ---------------------------------------------------------------- pose tracker

add('pose-tracker_rtmdet_1x', 1, 'Detector', 'mmdet', 'rtmdet/rtmdet_tiny_8xb32-300e_coco.py',
    CLIP[0], DET,
    set={**RTMDET, 'model.bbox_head.num_classes': 1, 'test_pipeline.1.scale': (96, 96),
         'test_pipeline.2.size': (96, 96), 'model.test_cfg.max_per_img': 8},
    deploy_set={'codebase_config.post_processing.keep_top_k': 8},
    targets=[(r'rtm_cls\.\d+$', -2, 1.2)])
pose1('pose-tracker_rtmpose_1x', RTMPOSE_T, RTMPOSE, SIMCC, deploy_set=SIMCC_DEPLOY, seed=3,
      targets=[(r'^head\.cls_[xy]$', .3, .25)])
PACKAGES['pose-tracker_rtmpose_1x'].update(photos=[CLIP[0]], boxes=[[10, 8, 60, 66]])

# Heads alone, with edges.py's cases too.
for _name in ('detection_retinanet', 'instance-seg_mask-rcnn', 'segmentation_fcn',
              'segmentation_fcn_scores_1x', 'text-detection_dbnet_1x', 'text-detection_panet',
              'text-detection_psenet', 'text-recognition_crnn_1x', 'text-recognition_satrn_1x',
              'pose_res18', 'pose_res18_dark', 'pose_hrnet_udp', 'pose_hrnet_udp_combined',
              'pose_deeppose', 'pose_simcc_1x', 'rotated-detection_retinanet', 'restoration_srcnn'):
    PACKAGES[_name]['edges'] = True
