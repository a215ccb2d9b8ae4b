// SPDX-License-Identifier: Apache-2.0
//
// `convert --head`: the graph comes from an ONNX file and ends with raw numbers; a head gives it
// decode and suppression. The rest of the conversion is the usual one: it sees the model config
// that is made here.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "convert/driver.h"
#include "convert/edit_graph.h"
#include "formats/pyconfig/pyconfig.h"
#include "frontends/onnx/import.h"

enum { BATCH, CHANNELS, HEIGHT, WIDTH, RANK };

static const char *property_of(const mmd_graph_t *graph, const char *key) {
  for (size_t i = 0; i < graph->property_count; ++i) {
    if (strcmp(graph->properties[i].key, key) == 0) return graph->properties[i].value;
  }
  return NULL;
}

// The metadata |key| of exporters that write Python: a list or a dict; NULL when it is none.
static mmd_status_t read_property(const mmd_graph_t *graph, const char *key,
                                  mmd_value_t **out_value) {
  const char *text = property_of(graph, key);
  mmd_str_t config = {0};
  mmd_value_t *object = NULL;
  *out_value = NULL;
  if (!text || (*text != '[' && *text != '{' && *text != '(')) return NULL;
  mmd_status_t status = mmd_str_printf(&config, "value = %s\n", text);
  if (!status)
    status = mmd_pyconfig_parse(mmd_str_text(&config), config.size, "metadata.py", NULL, &object);
  mmd_str_deinit(&config);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  if (mmd_status_ignore(status)) return NULL;  // another exporter's words
  *out_value = mmd_value_retain(mmd_object_get(object, "value"));
  mmd_value_release(object);
  return NULL;
}

//===--- input -------------------------------------------------------------===//

static mmd_status_t check_input(const mmd_driver_t *driver, const mmd_graph_t *graph) {
  const mmd_region_t *root = graph->root;
  const mmd_type_t *type = root->input_count ? &root->inputs[0]->type : NULL;
  const bool fits = root->input_count == 1 && type->kind == MMD_TYPE_TENSOR && type->has_rank &&
                    type->rank == RANK && type->dtype == MMD_F32;
  if (fits &&
      (mmd_dim_number(type->dims[CHANNELS]) == 3 || !mmd_dim_is_const(type->dims[CHANNELS])))
    return NULL;
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < root->input_count && !status; ++i) {
    status = mmd_str_printf(&text, "%s'%s' ", i ? ", " : "", root->inputs[i]->name);
    if (!status) status = mmd_type_format(&root->inputs[i]->type, &text);
  }
  if (!status) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED,
                       "%s: one input f32[batch,3,height,width] is expected; the network's: %s",
                       driver->checkpoint_path, mmd_str_text(&text));
  }
  mmd_str_deinit(&text);
  return status;
}

// [height, width]: from --input-size, else the network, else its metadata.
static mmd_status_t find_size(const mmd_driver_t *driver, const mmd_graph_t *graph,
                              int64_t out_size[2]) {
  const mmd_ints_t *wanted = &driver->head.input_size;
  const mmd_type_t *type = &graph->root->inputs[0]->type;
  mmd_value_t *stored = NULL;
  MMD_TRY(read_property(graph, "imgsz", &stored));
  for (int i = 0; i < 2; ++i) {
    const int64_t fixed = mmd_dim_number(type->dims[HEIGHT + i]);
    const int64_t told = wanted->count == 2 ? wanted->items[1 - i] : -1;
    const int64_t noted = mmd_value_get_int(mmd_array_at(stored, (size_t)i), -1);
    out_size[i] = told > 0 ? told : fixed > 0 ? fixed : noted;
    if (fixed <= 0 || told <= 0 || told == fixed) continue;
    mmd_value_release(stored);
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "--input-size: %s %lld, but the network's is %lld",
                     i ? "width" : "height", (long long)told, (long long)fixed);
  }
  mmd_value_release(stored);
  if (out_size[0] > 0 && out_size[1] > 0) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: the network leaves its height and width to the image: give --input-size "
                   "WIDTH,HEIGHT",
                   driver->checkpoint_path);
}

// What the file has fixed cannot vary.
static mmd_status_t check_axes(const mmd_driver_t *driver, const mmd_type_t *type) {
  static const char *const names[] = {"batch", "channels", "height", "width"};
  for (int axis = 0; axis < RANK; ++axis) {
    if (!mmd_dim_is_const(type->dims[axis]) ||
        !mmd_deploy_axis(&driver->deploy, driver->deploy.input_names[0], axis, NULL))
      continue;
    return MMD_ERROR(
        MMD_INVALID_ARGUMENT,
        "%s: dynamic_axes: the %s may vary, but the network's is %lld: a static deploy "
        "config is needed",
        driver->deploy_cfg_path, names[axis], (long long)mmd_dim_number(type->dims[axis]));
  }
  if (!mmd_dim_is_const(type->dims[BATCH]) || mmd_dim_number(type->dims[BATCH]) == 1) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "%s: the network takes %lld pictures at a time; one, or any number is accepted",
                   driver->checkpoint_path, (long long)mmd_dim_number(type->dims[BATCH]));
}

// Name and sizes of the input as the deploy config has them; then all types follow.
static mmd_status_t set_input(mmd_driver_t *driver, const int64_t size[2]) {
  const mmd_deploy_view_t *view = &driver->deploy;
  mmd_edge_t *input = driver->graph->root->inputs[0];
  const int64_t dims[] = {1, 3, size[0], size[1]};
  mmd_type_t type;
  if (view->input_count != 1 || view->output_count != 2) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: --head makes a network of one input and two outputs (dets, labels); "
                     "found %zu and %zu names",
                     driver->deploy_cfg_path, view->input_count, view->output_count);
  }
  MMD_TRY(check_axes(driver, &input->type));
  MMD_TRY(mmd_onnx_head_rename(driver->graph, input, view->input_names[0]));
  MMD_TRY(mmd_deploy_tensor_type(view, driver->graph, input->name, MMD_F32, RANK, dims, &type));
  MMD_TRY(mmd_edge_set_type(input, &type));
  return mmd_edit_infer(driver->graph);
}

static mmd_status_t make_plan(mmd_driver_t *driver) {
  mmd_edge_t *input = driver->graph->root->inputs[0];
  const mmd_ints_t *strides = &driver->head.strides;
  const int64_t height = mmd_dim_number(input->type.dims[HEIGHT]);
  const int64_t width = mmd_dim_number(input->type.dims[WIDTH]);
  driver->head_plan = (mmd_onnx_head_plan_t){
      .height = height > 0 ? height : 0,
      .width = width > 0 ? width : 0,
      .strides = strides->count ? *strides : driver->head.head->strides,
      .input = input,
  };
  return mmd_onnx_head_plan(driver->head.head, driver->graph, &driver->head_plan);
}

//===--- config ------------------------------------------------------------===//

// Numbers for the three channels: none gives |fallback|, one stands for all.
static mmd_status_t spread(const char *option, const mmd_floats_t *given, double fallback,
                           double out_numbers[3]) {
  if (given->count != 0 && given->count != 1 && given->count != 3) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %d numbers; one or three are expected", option,
                     given->count);
  }
  for (int c = 0; c < 3; ++c)
    out_numbers[c] = given->count == 0 ? fallback : given->items[given->count == 1 ? 0 : c];
  return NULL;
}

static mmd_status_t single(const char *option, const mmd_floats_t *given, double fallback,
                           double *out_number) {
  *out_number = given->count ? given->items[0] : fallback;
  if (given->count <= 1) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %d numbers; one is expected", option, given->count);
}

// Numbers of the config's text.
typedef struct look_t {
  double mean[3], std[3], pad[3], score, iou;
  bool to_rgb, is_plain;
} look_t;

static mmd_status_t read_look(const mmd_driver_head_t *settings, look_t *look) {
  const mmd_onnx_head_t *head = settings->head;
  MMD_TRY(spread("--mean", &settings->mean, 0, look->mean));
  MMD_TRY(spread("--std", &settings->std, head->std, look->std));
  MMD_TRY(spread("--pad-value", &settings->pad_value, head->pad_value, look->pad));
  MMD_TRY(single("--score-thr", &settings->score_threshold, head->score_threshold, &look->score));
  MMD_TRY(single("--iou-thr", &settings->iou_threshold, head->iou_threshold, &look->iou));
  look->to_rgb =
      settings->channel_order ? settings->channel_order == MMD_CHANNELS_RGB : head->to_rgb;
  look->is_plain = !look->to_rgb;
  for (int c = 0; c < 3; ++c) {
    if (!(fabs(look->std[c]) > 0))
      return MMD_ERROR(MMD_OUT_OF_RANGE, "--std: numbers other than 0 are expected");
    look->is_plain = look->is_plain && look->mean[c] == 0 && look->std[c] == 1;
  }
  return NULL;
}

// A picture keeps its shape, lies at the left top and has a border on the right and below.
static mmd_status_t write_config(const mmd_driver_t *driver, const look_t *look,
                                 const int64_t size[2], mmd_str_t *text) {
  const mmd_driver_head_t *settings = &driver->head;
  MMD_TRY(mmd_str_printf(text,
                         "model = dict(type='%s', bbox_head=dict(num_classes=%lld),\n"
                         "  test_cfg=dict(score_thr=%.17g, nms=dict(type='nms', "
                         "iou_threshold=%.17g)))\n"
                         "steps = [dict(type='Resize', keep_ratio=True),\n",
                         settings->head->model, (long long)driver->head_plan.classes, look->score,
                         look->iou));
  MMD_TRY(mmd_str_printf(text,
                         "  dict(type='Pad', size=(%lld, %lld), "
                         "pad_val=dict(img=(%.17g, %.17g, %.17g))),\n",
                         (long long)size[0], (long long)size[1], look->pad[0], look->pad[1],
                         look->pad[2]));
  if (!look->is_plain) {
    MMD_TRY(mmd_str_printf(
        text,
        "  dict(type='Normalize', mean=[%.17g, %.17g, %.17g], std=[%.17g, %.17g, %.17g], "
        "to_rgb=%s),\n",
        look->mean[0], look->mean[1], look->mean[2], look->std[0], look->std[1], look->std[2],
        look->to_rgb ? "True" : "False"));
  }
  return mmd_str_printf(
      text,
      "  dict(type='DefaultFormatBundle'), dict(type='Collect', keys=['img'])]\n"
      "data = dict(test=dict(pipeline=[dict(type='LoadImageFromFile'),\n"
      "  dict(type='MultiScaleFlipAug', img_scale=(%lld, %lld), flip=False, transforms=steps)]))\n",
      (long long)size[1], (long long)size[0]);
}

static mmd_status_t make_config(mmd_driver_t *driver, const int64_t size[2]) {
  look_t look;
  mmd_str_t text = {0};
  MMD_TRY(read_look(&driver->head, &look));
  mmd_status_t status = write_config(driver, &look, size, &text);
  if (!status)
    status =
        mmd_pyconfig_parse(mmd_str_text(&text), text.size, "head.py", NULL, &driver->model_cfg);
  mmd_str_deinit(&text);
  if (!status && driver->head.dataset) {
    mmd_value_t *test = mmd_object_get_path(driver->model_cfg, "data.test");
    status = mmd_object_take(test, "type", mmd_value_string(driver->head.dataset));
  }
  return status;
}

//===--- class names -------------------------------------------------------===//

// The exporter's "names": a list, or a dict of numbers.
static mmd_status_t take_names(const mmd_value_t *stored, mmd_value_t *names) {
  const bool is_dict = mmd_value_kind(stored) == MMD_VALUE_OBJECT;
  const size_t count = is_dict ? mmd_object_size(stored) : mmd_array_size(stored);
  for (size_t i = 0; i < count; ++i) {
    char key[24];
    snprintf(key, sizeof key, "%zu", i);
    const mmd_value_t *item = is_dict ? mmd_object_get(stored, key) : mmd_array_at(stored, i);
    const char *name = mmd_value_get_string(item, NULL);
    MMD_TRY(mmd_array_take(names, name ? mmd_value_string(name) : mmd_value_string(key)));
  }
  return NULL;
}

// As a checkpoint's meta, {"CLASSES": [...]}: names that the user gives go before.
static mmd_status_t make_meta(mmd_driver_t *driver) {
  mmd_value_t *stored = NULL;
  if (driver->head.dataset) return NULL;
  MMD_TRY(read_property(driver->graph, "names", &stored));
  if (!stored) return NULL;
  mmd_value_t *names = mmd_value_array();
  driver->head_meta = mmd_value_object();
  mmd_status_t status = names && driver->head_meta ? NULL : mmd_status_no_memory();
  if (!status) status = take_names(stored, names);
  if (!status) status = mmd_object_take(driver->head_meta, "CLASSES", mmd_value_retain(names));
  mmd_value_release(names);
  mmd_value_release(stored);
  return status;
}

//===--- steps -------------------------------------------------------------===//

static mmd_status_t read_network(mmd_driver_t *driver) {
  int64_t size[2];
  MMD_TRY(mmd_onnx_import(driver->checkpoint_path, NULL, &driver->graph));
  MMD_TRY(check_input(driver, driver->graph));
  MMD_TRY(find_size(driver, driver->graph, size));
  MMD_TRY(set_input(driver, size));
  MMD_TRY(mmd_status_annotate(make_plan(driver), "%s", driver->checkpoint_path));
  MMD_TRY(make_config(driver, size));
  return make_meta(driver);
}

mmd_status_t mmd_driver_head_read(mmd_driver_t *driver) {
  if (driver->partition.count) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: partition_config cannot go with --head",
                     driver->deploy_cfg_path);
  }
  if (!mmd_str_equal(driver->task->sdk_task, "Detector")) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: codebase_config: --head '%s' makes a detector; a deploy config of task "
                     "'ObjectDetection' is expected",
                     driver->deploy_cfg_path, driver->head.head->type);
  }
  return read_network(driver);
}

// A list of another length would name the wrong classes.
mmd_status_t mmd_driver_head_build(mmd_driver_t *driver) {
  const size_t names = mmd_array_size(driver->classes);
  const int64_t classes = driver->head_plan.classes;
  if (driver->head.dataset && !driver->classes_path && !names) {
    return MMD_ERROR(MMD_NOT_FOUND,
                     "--dataset %s: no names for the %lld classes of the network are known",
                     driver->head.dataset, (long long)classes);
  }
  if (driver->classes && names != (size_t)classes) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %zu class names; the network has %lld classes",
                     driver->classes_path ? driver->classes_path : driver->checkpoint_path, names,
                     (long long)classes);
  }
  return mmd_onnx_head_build(driver->head.head, driver->graph, &driver->head_plan,
                             mmd_object_get_path(driver->model_cfg, "model.test_cfg"),
                             mmd_object_get(driver->deploy.codebase_config, "post_processing"),
                             driver->deploy.output_names);
}
