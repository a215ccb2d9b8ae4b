// SPDX-License-Identifier: Apache-2.0
//
// ResizeMask: the label map (nearest neighbour) or the scores of all classes (bilinear) brought to
// the picture's size.
#include "codebases/mmseg/postprocess/resize_mask.h"

#include <stddef.h>

#include "base/alloc.h"
#include "kernels/label_map.h"
#include "kernels/resize.h"
#include "value/net_output.h"

#define HEAD "ResizeMask"

typedef struct resize_mask_t {
  int64_t num_classes;
  bool with_argmax;
} resize_mask_t;

static const mmd_option_t g_options[] = {
    {.name = "num_classes",
     .type = MMD_OPTION_INT,
     .offset = offsetof(resize_mask_t, num_classes),
     .min = 1,
     .max = INT32_MAX,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Number of classes."},
    {.name = "with_argmax",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(resize_mask_t, with_argmax),
     .default_text = "true",
     .help = "The network gives class indices; false: scores of each class."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(HEAD, resize_mask_t, g_options);

// Network output and result, for the loops over rows and classes.
typedef struct job_t {
  mmd_label_map_t labels;
  mmd_resize_t resize;
  const float *scores;
  float *out_scores;
  int32_t *out_labels;
  mmd_status_t *statuses;  // one a class
} job_t;

static void resize_rows(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  mmd_label_map_resize(&job->labels, begin, end, job->out_labels);
}

static void resize_classes(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  const mmd_resize_t *resize = &job->resize;
  for (size_t i = begin; i < end; ++i) {
    job->statuses[i] = mmd_resize_f32(
        resize, job->scores + i * resize->src_width * resize->src_height,
        resize->src_width * sizeof(float), job->out_scores + i * resize->width * resize->height,
        resize->width * sizeof(float));
  }
}

static mmd_status_t make_labels(const mmd_tensor_t *output, int64_t height, int64_t width,
                                mmd_pool_t *pool, mmd_tensor_t *out_tensor) {
  const int64_t dims[] = {1, height, width, 1};
  mmd_shape_t shape;
  MMD_TRY(mmd_shape_make(4, dims, &shape));
  MMD_TRY(mmd_tensor_create(MMD_I32, &shape, false, out_tensor));
  uint32_t *columns = mmd_alloc_array((size_t)width, sizeof *columns);
  MMD_TRY_ALLOC(columns);
  job_t job = {
      .labels = {.type = output->dtype == MMD_I32   ? MMD_LABEL_I32
                         : output->dtype == MMD_I64 ? MMD_LABEL_I64
                                                    : MMD_LABEL_F32,
                 .src = mmd_tensor_data(output),
                 .src_width = (size_t)output->shape.dims[3],
                 .src_height = (size_t)output->shape.dims[2],
                 .width = (size_t)width,
                 .height = (size_t)height,
                 .columns = columns},
      .out_labels = mmd_tensor_mutable_data(out_tensor),
  };
  mmd_label_map_columns(&job.labels, columns);
  mmd_parallel_for(pool, (size_t)height, 64, resize_rows, &job);
  mmd_free(columns);
  return NULL;
}

static mmd_status_t make_scores(const mmd_tensor_t *output, int64_t height, int64_t width,
                                mmd_pool_t *pool, mmd_tensor_t *out_tensor) {
  const size_t classes = (size_t)output->shape.dims[1];
  const int64_t dims[] = {1, output->shape.dims[1], height, width};
  mmd_shape_t shape;
  MMD_TRY(mmd_shape_make(4, dims, &shape));
  MMD_TRY(mmd_tensor_create(MMD_F32, &shape, false, out_tensor));
  job_t job = {.scores = mmd_tensor_data(output),
               .out_scores = mmd_tensor_mutable_data(out_tensor),
               .statuses = mmd_alloc_array(classes, sizeof *job.statuses)};
  MMD_TRY_ALLOC(job.statuses);
  job.resize = mmd_resize_make(MMD_RESIZE_CV_LINEAR, 1, (size_t)output->shape.dims[3],
                               (size_t)output->shape.dims[2], (size_t)width, (size_t)height);
  mmd_parallel_for(pool, classes, 1, resize_classes, &job);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < classes; ++i) {
    if (status)
      (void)mmd_status_ignore(job.statuses[i]);
    else
      status = job.statuses[i];
  }
  mmd_free(job.statuses);
  return status;
}

// The tensor "output" as packed numbers of a type that the kernels take.
static mmd_status_t get_output(const resize_mask_t *head, const mmd_value_t *infer_output,
                               mmd_tensor_t *out_tensor) {
  const mmd_tensor_t *tensor = mmd_value_get_tensor(mmd_object_get(infer_output, "output"));
  const int64_t dims[] = {1, head->with_argmax ? 1 : -1, -1, -1};
  const bool is_kept =
      head->with_argmax && tensor && (tensor->dtype == MMD_I32 || tensor->dtype == MMD_I64);
  const bool is_wide = head->with_argmax && tensor && !is_kept && tensor->dtype != MMD_F32;
  const mmd_dtype_t dtype = is_kept ? tensor->dtype : is_wide ? MMD_I64 : MMD_F32;
  MMD_TRY(mmd_net_output_get(infer_output, HEAD, "output", dtype, 4, dims, out_tensor));
  for (int i = 1; i < 4; ++i) {
    const int64_t size = out_tensor->shape.dims[i];
    if (size >= 1 && (i == 1 || size <= MMD_IMAGE_MAX_SIDE)) continue;
    mmd_tensor_deinit(out_tensor);
    return MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD ": 'output' has a side of %lld", (long long)size);
  }
  return NULL;
}

static mmd_status_t make_result(const resize_mask_t *head, const mmd_tensor_t *tensor,
                                int64_t height, int64_t width, mmd_value_t *result) {
  MMD_TRY(mmd_object_take(result, head->with_argmax ? "mask" : "score", mmd_value_tensor(tensor)));
  MMD_TRY(mmd_object_take(result, head->with_argmax ? "score" : "mask", mmd_value_null()));
  MMD_TRY(mmd_object_take(result, "height", mmd_value_int(height)));
  MMD_TRY(mmd_object_take(result, "width", mmd_value_int(width)));
  return mmd_object_take(result, "classes", mmd_value_int(head->num_classes));
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const resize_mask_t *head = options;
  const mmd_value_t *metas = mmd_object_get(inputs[0], "img_metas");
  mmd_pool_t *pool = context ? context->pool : NULL;
  mmd_tensor_t output = {0}, tensor = {0};
  int64_t height = 0, width = 0;
  (void)input_count;
  MMD_TRY(mmd_meta_size(metas, HEAD, "ori_shape", &height, &width));
  MMD_TRY(get_output(head, inputs[1], &output));
  mmd_status_t status = head->with_argmax ? make_labels(&output, height, width, pool, &tensor)
                                          : make_scores(&output, height, width, pool, &tensor);
  mmd_value_t *result = NULL;
  if (!status) {
    result = mmd_value_object();
    status = result ? make_result(head, &tensor, height, width, result) : mmd_status_no_memory();
  }
  mmd_tensor_deinit(&output);
  mmd_tensor_deinit(&tensor);
  if (status)
    mmd_value_release(result);
  else
    *out_result = result;
  return status;
}

const mmd_component_t mmd_resize_mask = {
    .module = "mmseg",
    .name = HEAD,
    .help = "Classes or scores of all pixels of the picture.",
    .options = &g_table,
    .apply = apply,
    .input_count = 2,
};
