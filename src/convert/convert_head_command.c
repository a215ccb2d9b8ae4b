// SPDX-License-Identifier: Apache-2.0
//
// `convert --head`: an ONNX file that ends with raw numbers, with decode and suppression behind it,
// to a package (docs/convert-head.md). The name has a dash in it so that the command line reads as
// an option of `convert`; its own are other ones.
#include "convert/commands.h"
#include "convert/convert_run.h"

#define AT(field) MMD_CONVERT_AT(field)

static const char *const g_orders[] = {"auto", "bgr", "rgb", NULL};  // MMD_CHANNELS_AUTO, …

static const mmd_option_t g_options[] = {
    {.name = "head",
     .type = MMD_OPTION_CHOICE,
     .offset = AT(head_type),
     .choices = mmd_onnx_head_names,
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .metavar = "TYPE",
     .help = "What the network gives. yolox: [batch, cells, 5 + classes], boxes not decoded; "
             "yolov8: [batch, 4 + classes, cells], boxes in pixels."},
    {.name = "deploy_cfg",
     .type = MMD_OPTION_STRING,
     .offset = AT(deploy_cfg),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "Deploy config file of a detector."},
    {.name = "model",
     .type = MMD_OPTION_STRING,
     .offset = AT(checkpoint),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .metavar = "MODEL.onnx",
     .help = "Network of one picture, or any number of them."},
    {.name = "img",
     .type = MMD_OPTION_STRING,
     .offset = AT(img),
     .flags = MMD_OPTION_POSITIONAL,
     .help = "Picture to verify with; without one nothing is verified."},
    {.name = "input_size",
     .type = MMD_OPTION_INTS,
     .offset = AT(head.input_size),
     .min = 1,
     .max = 16384,
     .metavar = "WIDTH,HEIGHT",
     .help = "Size of the network's input. (default: the network's, or as its metadata says)"},
    {.name = "strides",
     .type = MMD_OPTION_INTS,
     .offset = AT(head.strides),
     .min = 2,
     .max = 1024,
     .metavar = "N,...",
     .help = "Pixels a cell of each map. (default: 8,16,32)"},
    {.name = "channel_order",
     .type = MMD_OPTION_CHOICE,
     .offset = AT(head.channel_order),
     .default_text = "auto",
     .choices = g_orders,
     .help = "Order of the channels; auto: bgr for yolox, rgb for yolov8."},
    {.name = "mean",
     .type = MMD_OPTION_FLOATS,
     .offset = AT(head.mean),
     .metavar = "X[,Y,Z]",
     .help = "Is subtracted from the channels. (default: 0)"},
    {.name = "std",
     .type = MMD_OPTION_FLOATS,
     .offset = AT(head.std),
     .metavar = "X[,Y,Z]",
     .help = "Divides the channels. (default: 1 for yolox, 255 for yolov8)"},
    {.name = "pad_value",
     .type = MMD_OPTION_FLOATS,
     .offset = AT(head.pad_value),
     .min = 0,
     .max = 255,
     .metavar = "X[,Y,Z]",
     .help = "Border on the right and below, where the picture has another shape. (default: 114)"},
    {.name = "score_thr",
     .type = MMD_OPTION_FLOATS,
     .offset = AT(head.score_threshold),
     .min = 0,
     .max = 1,
     .metavar = "SCORE",
     .help = "Least score of a box. (default: 0.01 for yolox, 0.25 for yolov8)"},
    {.name = "iou_thr",
     .type = MMD_OPTION_FLOATS,
     .offset = AT(head.iou_threshold),
     .min = 0,
     .max = 1,
     .metavar = "IOU",
     .help = "Boxes of a class that overlap a better one by more are left out. (default: 0.65 for "
             "yolox, 0.7 for yolov8)"},
    {.name = "classes",
     .type = MMD_OPTION_STRING,
     .offset = AT(classes),
     .metavar = "FILE",
     .help = "Text file with one class name a line. (default: as the network's metadata says)"},
    {.name = "dataset",
     .type = MMD_OPTION_STRING,
     .offset = AT(head.dataset),
     .metavar = "NAME",
     .help = "Data set whose class names are taken, as configs call it: CocoDataset, VOCDataset."},
    {.name = "test_img",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(test_img),
     .flags = MMD_OPTION_REPEATED,
     .metavar = "IMG",
     .help = "Pictures to verify with, instead of IMG."},
    MMD_CONVERT_PLACE_OPTIONS("."),
    MMD_CONVERT_PASS_OPTIONS,
    {.name = "dump_info",
     .type = MMD_OPTION_BOOL,
     .offset = AT(dump_info),
     .help = "Write deploy.json, pipeline.json and detail.json, which make the folder a package."},
    MMD_CONVERT_VERIFY_OPTIONS,
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("convert --head", mmd_convert_options_t, g_options);

static mmd_status_t run(const void *options, mmd_command_context_t *context) {
  mmd_convert_options_t own = *(const mmd_convert_options_t *)options;
  const int sizes = own.head.input_size.count;
  own.head.head = mmd_onnx_head_registry[own.head_type];
  own.model_cfg = own.checkpoint;
  if (!own.img && !mmd_array_size(own.test_img)) own.verify = MMD_VERIFY_NONE;
  if (sizes == 0 || sizes == 2) return mmd_convert_run(&own, context);
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "--input-size: %d numbers; WIDTH,HEIGHT is expected",
                   sizes);
}

const mmd_command_t mmd_convert_head_command = {
    .name = "convert --head",
    .summary = "Convert an ONNX file with raw outputs into a package, with decode and suppression.",
    .options = &g_table,
    .run = run,
};
