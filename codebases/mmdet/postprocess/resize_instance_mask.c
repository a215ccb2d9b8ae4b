// SPDX-License-Identifier: Apache-2.0
//
// ResizeInstanceMask: the boxes of ResizeBBox, each with the mask of its object. Masks of RoI heads
// are stretched over the box and cover the pixels around it; masks of the whole input are resized
// and cut to the picture.
#include <stddef.h>

#include "base/alloc.h"
#include "codebases/mmdet/postprocess/boxes.h"
#include "kernels/paste_mask.h"
#include "kernels/resize.h"

#define HEAD "ResizeInstanceMask"

typedef struct instance_mask_t {
  double score_thr, min_bbox_size, mask_thr_binary;
  bool is_resize_mask, is_whole_mask;
  const mmd_value_t *conf_thr, *rcnn;
  // Not of the table.
  bool is_roi;
} instance_mask_t;

static const mmd_option_t g_options[] = {
    {.name = "score_thr",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(instance_mask_t, score_thr),
     .default_text = "0",
     .help = "Boxes must have a score above it."},
    {.name = "conf_thr",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(instance_mask_t, conf_thr),
     .help = "Used instead of score_thr where it is given."},
    {.name = "min_bbox_size",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(instance_mask_t, min_bbox_size),
     .default_text = "0",
     .help = "Least side of a box in pixels."},
    {.name = "mask_thr_binary",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(instance_mask_t, mask_thr_binary),
     .default_text = "0.5",
     .help = "Pixels of at least that value belong to the object."},
    {.name = "is_resize_mask",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(instance_mask_t, is_resize_mask),
     .default_text = "true",
     .help = "false gives the mask of an RoI as the network made it, 255 for the object."},
    {.name = "is_whole_mask",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(instance_mask_t, is_whole_mask),
     .default_text = "false",
     .help = "Masks are of the whole input, of any size: the picture's part is cut out and resized "
             "to the picture, and boxes are those around them."},
    {.name = "rcnn",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(instance_mask_t, rcnn),
     .help = "Packages of 1.x: there for masks of RoIs, absent for masks of the whole input."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(HEAD, instance_mask_t, g_options);

static mmd_status_t check(const void *options, const char *where) {
  return mmd_box_check_conf_thr(((const instance_mask_t *)options)->conf_thr, where);
}

static mmd_status_t prepare(void *options, const mmd_component_env_t *env, const char *where) {
  instance_mask_t *head = options;
  const mmd_value_t *params = mmd_object_get(env->config, "params");
  (void)where;
  head->is_roi = env->release < 1 || mmd_value_is_null(params) || mmd_object_get(params, "rcnn");
  return NULL;
}

//===--- masks ---===//

// What the loop over detections works on. Each detection has its own image and status.
typedef struct mask_job_t {
  const instance_mask_t *head;
  mmd_detections_t *detections;
  const mmd_box_map_t *map;
  const float *masks;  // [rows, height, width]
  int64_t height, width;
  // For masks of the whole input: its size, and the size of the picture in it.
  int64_t input_height, input_width, part_height, part_width;
  float threshold;
  mmd_image_t *images;
  mmd_status_t *statuses;
} mask_job_t;

static mmd_status_t copy_mask(const mask_job_t *job, const float *mask, mmd_image_t *out_image) {
  MMD_TRY(mmd_image_create((int)job->height, (int)job->width, MMD_PIXEL_GRAY, MMD_U8, out_image));
  uint8_t *out = mmd_image_mutable_data(out_image);
  const size_t count = (size_t)(job->height * job->width);
  for (size_t i = 0; i < count; ++i) out[i] = mask[i] >= job->threshold ? 255 : 0;
  return NULL;
}

static mmd_status_t paste_roi(const mask_job_t *job, const mmd_detection_t *item, const float *mask,
                              mmd_image_t *out_image) {
  const mmd_paste_mask_t paste = {
      .mask = mask,
      .mask_width = job->width,
      .mask_height = job->height,
      .box = {item->box[0], item->box[1], item->box[2], item->box[3]},
      .region = mmd_paste_region(item->box, job->map->width, job->map->height),
      .threshold = job->threshold,
  };
  // A box beside the picture has no mask.
  if (!paste.region.width || !paste.region.height) return NULL;
  MMD_TRY(mmd_image_create((int)paste.region.height, (int)paste.region.width, MMD_PIXEL_GRAY,
                           MMD_U8, out_image));
  return mmd_paste_mask(&paste, mmd_image_mutable_data(out_image), out_image->row_stride);
}

// The mask of the whole input, resized by 1 / scale_factor and cut to the picture.
static mmd_status_t resize_whole(const mask_job_t *job, const float *mask, mmd_image_t *out_image) {
  const size_t width = (size_t)job->map->width, height = (size_t)job->map->height;
  const float full_width = (float)job->width / job->map->scale[0] + 0.5F;
  const float full_height = (float)job->height / job->map->scale[1] + 0.5F;
  if (!(full_width >= 1 && full_height >= 1 && full_width <= MMD_IMAGE_MAX_SIDE &&
        full_height <= MMD_IMAGE_MAX_SIDE)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD ": masks of %lldx%lld do not go with scale_factor",
                     (long long)job->height, (long long)job->width);
  }
  mmd_resize_t resize =
      mmd_resize_make(MMD_RESIZE_CV_LINEAR, 1, (size_t)job->width, (size_t)job->height,
                      (size_t)full_width, (size_t)full_height);
  if (resize.window_width > width) resize.window_width = width;
  if (resize.window_height > height) resize.window_height = height;
  const size_t count = resize.window_width * resize.window_height;
  float *values = mmd_alloc_array(count, sizeof *values);
  MMD_TRY_ALLOC(values);
  mmd_status_t status = mmd_resize_f32(&resize, mask, (size_t)job->width * sizeof *mask, values,
                                       resize.window_width * sizeof *values);
  if (!status) {
    status = mmd_image_create((int)height, (int)width, MMD_PIXEL_GRAY, MMD_U8, out_image);
  }
  if (!status) {
    uint8_t *out = mmd_image_mutable_data(out_image);
    for (size_t i = 0; i < width * height; ++i) {
      const size_t x = i % width, y = i / width;
      const bool is_inside = x < resize.window_width && y < resize.window_height;
      out[i] = is_inside && values[y * resize.window_width + x] >= job->threshold ? 255 : 0;
    }
  }
  mmd_free(values);
  return status;
}

// |mask| at the size of the network's input; |*out_made| is to be freed.
static mmd_status_t enlarge(const mask_job_t *job, const float *mask, const float **out_mask,
                            float **out_made) {
  const size_t width = (size_t)job->input_width, height = (size_t)job->input_height;
  *out_made = NULL;
  *out_mask = mask;
  if (job->width == job->input_width && job->height == job->input_height) return NULL;
  const mmd_resize_t resize = mmd_resize_make(MMD_RESIZE_CV_LINEAR, 1, (size_t)job->width,
                                              (size_t)job->height, width, height);
  *out_mask = *out_made = mmd_alloc_array(width * height, sizeof **out_made);
  MMD_TRY_ALLOC(*out_made);
  return mmd_resize_f32(&resize, mask, (size_t)job->width * sizeof *mask, *out_made,
                        width * sizeof *mask);
}

// The box around the object, as the code base draws it; that of an empty mask stays.
static void box_around(const mmd_image_t *mask, float box[4]) {
  int bounds[4] = {mask->width, mask->height, 0, 0};
  for (int y = 0; y < mask->height; ++y) {
    const uint8_t *row = mask->data + (size_t)y * mask->row_stride;
    for (int x = 0; x < mask->width; ++x) {
      if (!row[x]) continue;
      if (x < bounds[0]) bounds[0] = x;
      if (y < bounds[1]) bounds[1] = y;
      if (x >= bounds[2]) bounds[2] = x + 1;
      bounds[3] = y + 1;
    }
  }
  for (int i = 0; i < 4 && bounds[3]; ++i) box[i] = (float)bounds[i];
}

// As the code base does it: at the input's size the picture's part is cut out and resized.
static mmd_status_t cut_whole(const mask_job_t *job, const float *mask, mmd_detection_t *item,
                              mmd_image_t *out_image) {
  const size_t width = (size_t)job->map->width, height = (size_t)job->map->height;
  float *made = NULL, *values = mmd_alloc_array(width * height, sizeof *values);
  MMD_TRY_ALLOC(values);
  mmd_status_t status = enlarge(job, mask, &mask, &made);
  if (!status) {
    const mmd_resize_t resize = mmd_resize_make(MMD_RESIZE_CV_LINEAR, 1, (size_t)job->part_width,
                                                (size_t)job->part_height, width, height);
    status = mmd_resize_f32(&resize, mask, (size_t)job->input_width * sizeof *mask, values,
                            width * sizeof *values);
  }
  if (!status) {
    status = mmd_image_create((int)height, (int)width, MMD_PIXEL_GRAY, MMD_U8, out_image);
  }
  if (!status) {
    uint8_t *out = mmd_image_mutable_data(out_image);
    for (size_t i = 0; i < width * height; ++i) out[i] = values[i] > job->threshold ? 255 : 0;
    box_around(out_image, item->box);
  }
  mmd_free(made);
  mmd_free(values);
  return status;
}

static void make_masks(void *context, size_t begin, size_t end) {
  const mask_job_t *job = context;
  for (size_t i = begin; i < end; ++i) {
    mmd_detection_t *item = &job->detections->items[i];
    const float *mask = job->masks + item->index * job->height * job->width;
    if (job->head->is_whole_mask) {
      job->statuses[i] = cut_whole(job, mask, item, &job->images[i]);
    } else if (!job->head->is_roi) {
      job->statuses[i] = resize_whole(job, mask, &job->images[i]);
    } else if (job->head->is_resize_mask) {
      job->statuses[i] = paste_roi(job, item, mask, &job->images[i]);
    } else {
      job->statuses[i] = copy_mask(job, mask, &job->images[i]);
    }
  }
}

static mmd_status_t append_all(const mask_job_t *job, mmd_value_t *array) {
  for (size_t i = 0; i < job->detections->count; ++i) {
    mmd_value_t *item = NULL;
    MMD_TRY(mmd_detection_append(&job->detections->items[i], array, &item));
    if (!job->images[i].data) continue;
    MMD_TRY(mmd_object_take(item, "mask", mmd_value_image(&job->images[i])));
  }
  return NULL;
}

static mmd_status_t run_job(mask_job_t *job, mmd_pool_t *pool, mmd_value_t *array) {
  const size_t count = job->detections->count;
  mmd_status_t status = NULL;
  job->images = mmd_alloc_array(count + 1, sizeof *job->images);
  job->statuses = mmd_alloc_array(count + 1, sizeof *job->statuses);
  if (!job->images || !job->statuses) {
    status = mmd_status_no_memory();
  } else {
    mmd_parallel_for(pool, count, 1, make_masks, job);
    for (size_t i = 0; i < count; ++i) status = mmd_status_join(status, job->statuses[i]);
    if (!status) status = append_all(job, array);
    for (size_t i = 0; i < count; ++i) mmd_image_deinit(&job->images[i]);
  }
  mmd_free(job->images);
  mmd_free(job->statuses);
  return status;
}

// Without padding the picture fills the input.
static mmd_status_t read_sizes(const mmd_value_t *prep_output, mask_job_t *job) {
  const mmd_value_t *metas = mmd_object_get(prep_output, "img_metas");
  MMD_TRY(mmd_meta_size(metas, HEAD, "img_shape", &job->part_height, &job->part_width));
  job->input_height = job->part_height;
  job->input_width = job->part_width;
  if (!mmd_value_is_null(mmd_object_get(metas, "pad_shape"))) {
    MMD_TRY(mmd_meta_size(metas, HEAD, "pad_shape", &job->input_height, &job->input_width));
  }
  if (job->part_height <= job->input_height && job->part_width <= job->input_width) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD ": img_metas.img_shape is larger than pad_shape");
}

static mmd_status_t add_masks(const instance_mask_t *head, const mmd_component_context_t *context,
                              mmd_value_t *const *inputs, const mmd_box_map_t *map,
                              mmd_detections_t *detections, mmd_value_t *array) {
  const int64_t dims[] = {1, -1, -1, -1};
  mmd_tensor_t masks = {0};
  MMD_TRY(mmd_net_output_get(inputs[1], HEAD, "masks", MMD_F32, 4, dims, &masks));
  mask_job_t job = {
      .head = head,
      .detections = detections,
      .map = map,
      .masks = mmd_tensor_data(&masks),
      .height = masks.shape.dims[2],
      .width = masks.shape.dims[3],
      .threshold =
          (float)mmd_call_float(context ? context->call : NULL, "mask_thr", head->mask_thr_binary),
  };
  mmd_status_t status = head->is_whole_mask ? read_sizes(inputs[0], &job) : NULL;
  for (size_t i = 0; i < detections->count && !status; ++i) {
    if (detections->items[i].index < masks.shape.dims[1]) continue;
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD ": %lld masks, but a box of the row %lld",
                       (long long)masks.shape.dims[1], (long long)detections->items[i].index);
  }
  const bool has_size = job.height >= 1 && job.width >= 1 && job.height <= MMD_IMAGE_MAX_SIDE &&
                        job.width <= MMD_IMAGE_MAX_SIDE;
  if (!status && detections->count && !has_size) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD ": masks of %lldx%lld", (long long)job.height,
                       (long long)job.width);
  }
  if (!status) status = run_job(&job, context ? context->pool : NULL, array);
  mmd_tensor_deinit(&masks);
  return status;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const instance_mask_t *head = options;
  const mmd_box_filter_t filter =
      mmd_box_filter_make(head->conf_thr, head->score_thr, head->min_bbox_size, context);
  mmd_detections_t detections;
  mmd_box_map_t map;
  (void)input_count;
  MMD_TRY(mmd_box_map_make(inputs[0], HEAD, false, &map));
  MMD_TRY(mmd_detections_read(inputs[1], inputs[0], HEAD, &filter, &map, &detections));
  mmd_value_t *array = mmd_value_array();
  mmd_status_t status =
      array ? add_masks(head, context, inputs, &map, &detections, array) : mmd_status_no_memory();
  mmd_detections_deinit(&detections);
  if (status)
    mmd_value_release(array);
  else
    *out_result = array;
  return status;
}

const mmd_component_t mmd_resize_instance_mask = {
    .module = "mmdet",
    .name = HEAD,
    .help = "Boxes with class, score and the mask of the object.",
    .options = &g_table,
    .check = check,
    .apply = apply,
    .input_count = 2,
    .prepare = prepare,
};
