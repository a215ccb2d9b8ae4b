// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/tasks/task_runner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mmdeploy/classifier.h"
#include "mmdeploy/detector.h"
#include "mmdeploy/ext.h"
#include "mmdeploy/pose_detector.h"
#include "mmdeploy/restorer.h"
#include "mmdeploy/rotated_detector.h"
#include "mmdeploy/segmentor.h"
#include "mmdeploy/text_detector.h"
#include "mmdeploy/text_recognizer.h"
#include "mmdeploy/video_recognizer.h"

// One of the task handles.
typedef union handle_t {
  mmdeploy_classifier_t classifier;
  mmdeploy_detector_t detector;
  mmdeploy_pose_detector_t pose_detector;
  mmdeploy_restorer_t restorer;
  mmdeploy_rotated_detector_t rotated_detector;
  mmdeploy_segmentor_t segmentor;
  mmdeploy_text_detector_t text_detector;
  mmdeploy_text_recognizer_t text_recognizer;
  mmdeploy_video_recognizer_t video_recognizer;
} handle_t;

typedef struct task_table_t {
  const char *name;
  int (*create)(mmdeploy_model_t model, mmdeploy_context_t context, handle_t *handle);
  void (*destroy)(handle_t *handle);
  int (*run)(const task_runner_t *runner, const mmdeploy_mat_t *mats, int count,
             task_answer_t *answers);
} task_table_t;

struct task_runner_t {
  task_spec_t spec;
  const task_table_t *table;
  handle_t handle;
};

//===--- values ------------------------------------------------------------===//

// Memory is not short in tests.
static void must(mmd_status_t status) {
  if (status) abort();
}

static void put(mmd_value_t *object, const char *key, mmd_value_t *value) {
  must(mmd_object_take(object, key, value));
}

static void append(mmd_value_t *array, mmd_value_t *item) {
  must(mmd_array_take(array, item));
}

static mmd_value_t *numbers(const float *data, size_t count) {
  mmd_value_t *array = mmd_value_array();
  for (size_t i = 0; i < count; ++i) append(array, mmd_value_float((double)data[i]));
  return array;
}

static void put_tensor(task_answer_t *answer, const char *key, mmd_dtype_t dtype, int rank,
                       const int64_t *dims, const void *data) {
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  must(mmd_shape_make(rank, dims, &shape));
  must(mmd_tensor_from_data(dtype, &shape, data, &tensor));
  put(answer->arrays, key, mmd_value_tensor(&tensor));
  mmd_tensor_deinit(&tensor);
}

static task_answer_t new_answer(void) {
  return (task_answer_t){mmd_value_array(), mmd_value_object()};
}

static mmd_value_t *add_row(task_answer_t *answer) {
  mmd_value_t *row = mmd_value_object();
  append(answer->rows, row);
  return row;
}

static mmd_value_t *add_label(task_answer_t *answer, int label, float score) {
  mmd_value_t *row = add_row(answer);
  put(row, "label_id", mmd_value_int(label));
  put(row, "score", mmd_value_float((double)score));
  return row;
}

//===--- tasks -------------------------------------------------------------===//

// create, destroy of a task with the usual names.
#define TASK_LIFE(task)                                                                       \
  static int create_##task(mmdeploy_model_t model, mmdeploy_context_t context, handle_t *h) { \
    return mmdeploy_##task##_create_v2(model, context, &h->task);                             \
  }                                                                                           \
  static void destroy_##task(handle_t *h) {                                                   \
    mmdeploy_##task##_destroy(h->task);                                                       \
  }

TASK_LIFE(classifier)
TASK_LIFE(detector)
TASK_LIFE(pose_detector)
TASK_LIFE(restorer)
TASK_LIFE(rotated_detector)
TASK_LIFE(segmentor)
TASK_LIFE(text_detector)
TASK_LIFE(text_recognizer)
TASK_LIFE(video_recognizer)

static int run_classifier(const task_runner_t *r, const mmdeploy_mat_t *mats, int count,
                          task_answer_t *answers) {
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  const int code = mmdeploy_classifier_apply(r->handle.classifier, mats, count, &results, &counts);
  if (code) return code;
  const mmdeploy_classification_t *next = results;
  for (int i = 0; i < count; ++i) {
    answers[i] = new_answer();
    for (int k = 0; k < counts[i]; ++k, ++next) add_label(&answers[i], next->label_id, next->score);
  }
  mmdeploy_classifier_release_result(results, counts, count);
  return 0;
}

// The mask of |object| at its place in the whole picture.
static void paste_mask(const mmdeploy_detection_t *object, const mmdeploy_mat_t *mat,
                       uint8_t *canvas) {
  const mmdeploy_instance_mask_t *mask = object->mask;
  const bool is_whole = mask->height == mat->height && mask->width == mat->width;
  const int left = is_whole ? 0 : (int)fmaxf(floorf(object->bbox.left) - 1, 0);
  const int top = is_whole ? 0 : (int)fmaxf(floorf(object->bbox.top) - 1, 0);
  for (int y = 0; y < mask->height && top + y < mat->height; ++y) {
    for (int x = 0; x < mask->width && left + x < mat->width; ++x) {
      canvas[(top + y) * mat->width + left + x] = mask->data[y * mask->width + x] != 0;
    }
  }
}

static void add_masks(task_answer_t *answer, const mmdeploy_mat_t *mat,
                      const mmdeploy_detection_t *objects, int count) {
  bool any = false;
  for (int i = 0; i < count; ++i) any |= objects[i].mask != NULL;
  if (!any) return;
  const size_t plane = (size_t)mat->height * (size_t)mat->width;
  uint8_t *canvas = calloc((size_t)count, plane);
  if (!canvas) abort();
  for (int i = 0; i < count; ++i) {
    if (objects[i].mask) paste_mask(&objects[i], mat, canvas + (size_t)i * plane);
  }
  put_tensor(answer, "masks", MMD_U8, 3, (const int64_t[]){count, mat->height, mat->width}, canvas);
  free(canvas);
}

static int run_detector(const task_runner_t *r, const mmdeploy_mat_t *mats, int count,
                        task_answer_t *answers) {
  mmdeploy_detection_t *results = NULL;
  int *counts = NULL;
  const int code = mmdeploy_detector_apply(r->handle.detector, mats, count, &results, &counts);
  if (code) return code;
  const mmdeploy_detection_t *next = results;
  for (int i = 0; i < count; next += counts[i++]) {
    answers[i] = new_answer();
    for (int k = 0; k < counts[i]; ++k) {
      const mmdeploy_rect_t *b = &next[k].bbox;
      mmd_value_t *row = add_label(&answers[i], next[k].label_id, next[k].score);
      put(row, "bbox", numbers((const float[]){b->left, b->top, b->right, b->bottom}, 4));
    }
    add_masks(&answers[i], &mats[i], next, counts[i]);
  }
  mmdeploy_detector_release_result(results, counts, count);
  return 0;
}

static int run_rotated_detector(const task_runner_t *r, const mmdeploy_mat_t *mats, int count,
                                task_answer_t *answers) {
  mmdeploy_rotated_detection_t *results = NULL;
  int *counts = NULL;
  const int code =
      mmdeploy_rotated_detector_apply(r->handle.rotated_detector, mats, count, &results, &counts);
  if (code) return code;
  const mmdeploy_rotated_detection_t *next = results;
  for (int i = 0; i < count; ++i) {
    answers[i] = new_answer();
    for (int k = 0; k < counts[i]; ++k, ++next) {
      put(add_label(&answers[i], next->label_id, next->score), "rbox", numbers(next->rbbox, 5));
    }
  }
  mmdeploy_rotated_detector_release_result(results, counts);
  return 0;
}

static void add_label_map(task_answer_t *answer, const mmdeploy_segmentation_t *s) {
  const size_t pixels = (size_t)s->height * (size_t)s->width;
  uint8_t *bytes = malloc(pixels + 1);
  if (!bytes) abort();
  for (size_t i = 0; i < pixels; ++i) bytes[i] = (uint8_t)s->mask[i];
  put_tensor(answer, "mask", MMD_U8, 2, (const int64_t[]){s->height, s->width}, bytes);
  free(bytes);
}

static int run_segmentor(const task_runner_t *r, const mmdeploy_mat_t *mats, int count,
                         task_answer_t *answers) {
  mmdeploy_segmentation_t *results = NULL;
  const int code = mmdeploy_segmentor_apply(r->handle.segmentor, mats, count, &results);
  if (code) return code;
  for (int i = 0; i < count; ++i) {
    const mmdeploy_segmentation_t *s = &results[i];
    answers[i] = new_answer();
    if (s->mask) add_label_map(&answers[i], s);
    if (s->score) {
      put_tensor(&answers[i], "scores", MMD_F32, 3,
                 (const int64_t[]){s->classes, s->height, s->width}, s->score);
    }
  }
  mmdeploy_segmentor_release_result(results, count);
  return 0;
}

// RGB, whatever the result's order.
static void add_image(task_answer_t *answer, const mmdeploy_mat_t *mat) {
  const size_t size = (size_t)mat->height * (size_t)mat->width * 3;
  const bool is_bgr = mat->format == MMDEPLOY_PIXEL_FORMAT_BGR;
  uint8_t *rgb = malloc(size + 1);
  if (!rgb) abort();
  for (size_t i = 0; i < size; ++i) rgb[i] = mat->data[is_bgr ? i / 3 * 3 + 2 - i % 3 : i];
  put_tensor(answer, "image", MMD_U8, 3, (const int64_t[]){mat->height, mat->width, 3}, rgb);
  free(rgb);
}

static int run_restorer(const task_runner_t *r, const mmdeploy_mat_t *mats, int count,
                        task_answer_t *answers) {
  mmdeploy_mat_t *results = NULL;
  const int code = mmdeploy_restorer_apply(r->handle.restorer, mats, count, &results);
  if (code) return code;
  for (int i = 0; i < count; ++i) {
    answers[i] = new_answer();
    add_image(&answers[i], &results[i]);
  }
  mmdeploy_restorer_release_result(results, count);
  return 0;
}

static int run_text_detector(const task_runner_t *r, const mmdeploy_mat_t *mats, int count,
                             task_answer_t *answers) {
  mmdeploy_text_detection_t *results = NULL;
  int *counts = NULL;
  const int code =
      mmdeploy_text_detector_apply(r->handle.text_detector, mats, count, &results, &counts);
  if (code) return code;
  const mmdeploy_text_detection_t *next = results;
  for (int i = 0; i < count; ++i) {
    answers[i] = new_answer();
    for (int k = 0; k < counts[i]; ++k, ++next) {
      mmd_value_t *row = add_row(&answers[i]);
      put(row, "polygon", numbers(&next->bbox[0].x, 8));
      put(row, "score", mmd_value_float((double)next->score));
    }
  }
  mmdeploy_text_detector_release_result(results, counts, count);
  return 0;
}

static int run_text_recognizer(const task_runner_t *r, const mmdeploy_mat_t *mats, int count,
                               task_answer_t *answers) {
  mmdeploy_text_recognition_t *results = NULL;
  const int code = mmdeploy_text_recognizer_apply(r->handle.text_recognizer, mats, count, &results);
  if (code) return code;
  for (int i = 0; i < count; ++i) {
    const mmdeploy_text_recognition_t *t = &results[i];
    double sum = 0;
    for (int k = 0; k < t->length; ++k) sum += (double)t->score[k];
    answers[i] = new_answer();
    mmd_value_t *row = add_row(&answers[i]);
    put(row, "text", mmd_value_string(t->text));
    put(row, "score", mmd_value_float(t->length ? sum / t->length : 0));
    put(row, "scores", numbers(t->score, (size_t)t->length));
  }
  mmdeploy_text_recognizer_release_result(results, count);
  return 0;
}

static int run_pose_detector(const task_runner_t *r, const mmdeploy_mat_t *mats, int count,
                             task_answer_t *answers) {
  const int people = (int)r->spec.box_count;
  mmdeploy_rect_t boxes[TASK_MAX_PICTURES * TASK_MAX_BOXES];
  int counts[TASK_MAX_PICTURES];
  mmdeploy_pose_detection_t *results = NULL;
  for (int i = 0; i < count; ++i) {
    counts[i] = people;
    memcpy(&boxes[i * people], r->spec.boxes, (size_t)people * sizeof *boxes);
  }
  const int code = mmdeploy_pose_detector_apply_bbox(r->handle.pose_detector, mats, count, boxes,
                                                     counts, &results);
  if (code) return code;
  for (int i = 0; i < count * people; ++i) {
    if (i % people == 0) answers[i / people] = new_answer();
    mmd_value_t *points = mmd_value_array();
    for (int k = 0; k < results[i].length; ++k) {
      const mmdeploy_point_t *p = &results[i].point[k];
      append(points, numbers((const float[]){p->x, p->y, results[i].score[k]}, 3));
    }
    put(add_row(&answers[i / people]), "keypoints", points);
  }
  mmdeploy_pose_detector_release_result(results, count * people);
  return 0;
}

static int frame_count(const task_runner_t *r) {
  return r->spec.clip_len * r->spec.num_clips;
}

static int run_video_recognizer(const task_runner_t *r, const mmdeploy_mat_t *mats, int count,
                                task_answer_t *answers) {
  mmdeploy_video_sample_info_t infos[TASK_MAX_PICTURES] = {{0, 0}};
  mmdeploy_video_recognition_t *results = NULL;
  int *counts = NULL;
  const int videos = count / frame_count(r);
  for (int i = 0; i < videos; ++i)
    infos[i] = (mmdeploy_video_sample_info_t){r->spec.clip_len, r->spec.num_clips};
  const int code = mmdeploy_video_recognizer_apply(r->handle.video_recognizer, mats, infos, videos,
                                                   &results, &counts);
  if (code) return code;
  const mmdeploy_video_recognition_t *next = results;
  for (int i = 0; i < videos; ++i) {
    answers[i] = new_answer();
    for (int k = 0; k < counts[i]; ++k, ++next) add_label(&answers[i], next->label_id, next->score);
  }
  mmdeploy_video_recognizer_release_result(results, counts, videos);
  return 0;
}

#define TASK(name, task) \
  { name, create_##task, destroy_##task, run_##task }

static const task_table_t tables[] = {
    TASK("Classifier", classifier),
    TASK("Detector", detector),
    TASK("PoseDetector", pose_detector),
    TASK("Restorer", restorer),
    TASK("RotatedDetector", rotated_detector),
    TASK("Segmentor", segmentor),
    TASK("TextDetector", text_detector),
    TASK("TextRecognizer", text_recognizer),
    TASK("VideoRecognizer", video_recognizer),
};

//===--- runners -----------------------------------------------------------===//

task_spec_t task_spec_read(const mmd_value_t *meta) {
  task_spec_t spec = {.task = mmd_value_get_string(mmd_object_get(meta, "task"), "")};
  const mmd_value_t *boxes = mmd_object_get(meta, "boxes"), *clip = mmd_object_get(meta, "clip");
  for (size_t i = 0; i < mmd_array_size(boxes) && i < TASK_MAX_BOXES; ++i, ++spec.box_count) {
    float side[4];
    for (size_t k = 0; k < 4; ++k) {
      side[k] = (float)mmd_value_get_float(mmd_array_at(mmd_array_at(boxes, i), k), 0);
    }
    spec.boxes[i] = (mmdeploy_rect_t){side[0], side[1], side[2], side[3]};
  }
  spec.clip_len = (int)mmd_value_get_int(mmd_array_at(clip, 0), 0);
  spec.num_clips = (int)mmd_value_get_int(mmd_array_at(clip, 1), 0);
  return spec;
}

static const task_table_t *find_table(const char *name) {
  for (size_t i = 0; i < sizeof tables / sizeof *tables; ++i) {
    if (strcmp(tables[i].name, name) == 0) return &tables[i];
  }
  return NULL;
}

static int make_context(int threads, mmdeploy_context_t *out_context) {
  mmdeploy_device_t device = NULL;
  int code = mmdeploy_device_create("cpu", 0, &device);
  if (!code) code = mmdeploy_context_create(out_context);
  if (!code) code = mmdeploy_context_add(*out_context, MMDEPLOY_TYPE_DEVICE, NULL, device);
  if (!code) code = mmdeploy_context_set_threads(*out_context, threads);
  if (device) mmdeploy_device_destroy(device);
  return code;
}

int task_runner_open(const task_spec_t *spec, mmdeploy_model_t model, int threads,
                     task_runner_t **out_runner) {
  const task_table_t *table = find_table(spec->task);
  mmdeploy_context_t context = NULL;
  *out_runner = NULL;
  if (!table) return MMDEPLOY_E_INVALID_ARG;
  task_runner_t *runner = calloc(1, sizeof *runner);
  if (!runner) abort();
  runner->spec = *spec;
  runner->table = table;
  int code = make_context(threads, &context);
  if (!code) code = table->create(model, context, &runner->handle);
  if (context) mmdeploy_context_destroy(context);
  if (code) {
    free(runner);
    return code;
  }
  *out_runner = runner;
  return 0;
}

void task_runner_close(task_runner_t *runner) {
  if (!runner) return;
  runner->table->destroy(&runner->handle);
  free(runner);
}

size_t task_answer_count(const task_runner_t *runner, int pictures) {
  const bool is_video = strcmp(runner->table->name, "VideoRecognizer") == 0;
  return (size_t)(is_video ? pictures / frame_count(runner) : pictures);
}

int task_runner_run(task_runner_t *runner, const mmdeploy_mat_t *mats, int count,
                    task_answer_t *answers) {
  memset(answers, 0, task_answer_count(runner, count) * sizeof *answers);
  return runner->table->run(runner, mats, count, answers);
}

void task_answer_deinit(task_answer_t *answer) {
  mmd_value_release(answer->rows);
  mmd_value_release(answer->arrays);
  *answer = (task_answer_t){0};
}

static bool equal_arrays(const mmd_value_t *a, const mmd_value_t *b) {
  if (mmd_object_size(a) != mmd_object_size(b)) return false;
  for (size_t i = 0; i < mmd_object_size(a); ++i) {
    const mmd_tensor_t *x = mmd_value_get_tensor(mmd_object_value_at(a, i));
    const mmd_tensor_t *y = mmd_value_get_tensor(mmd_object_get(b, mmd_object_key_at(a, i)));
    if (!y || x->dtype != y->dtype || !mmd_shape_equal(&x->shape, &y->shape)) return false;
    if (memcmp(mmd_tensor_data(x), mmd_tensor_data(y),
               mmd_tensor_count(x) * mmd_dtype_size(x->dtype)) != 0)
      return false;
  }
  return true;
}

bool task_answer_equal(const task_answer_t *a, const task_answer_t *b) {
  return mmd_value_equal(a->rows, b->rows) && equal_arrays(a->arrays, b->arrays);
}
