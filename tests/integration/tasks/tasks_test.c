// SPDX-License-Identifier: Apache-2.0
//
// Every package of tests/tasks from the photo file to the answer, through the public C API, against
// the answers of the original runtime ("sdk"), of the code base's own post-processing on the
// exported network ("exported") and of PyTorch ("pytorch").
#include <math.h>

#include "sdk/sdk_testing.h"
#include "tests/integration/tasks/task_files.h"
#include "tests/support/mmd_test_engine.h"

// What an answer may differ by.
typedef struct limits_t {
  double place;   // pixels of boxes, polygons, key points; radians
  double score;   // also of maps of scores
  double iou;     // of masks, at least
  double labels;  // part of a label map that is equal, at least
  double gray;    // of pictures
} limits_t;

// The network's own rounding differs between the engine of a package and PyTorch.
static const limits_t same_network = {0.01, 2e-4, 0.999, 1, 0};
static const limits_t same_weights = {0.05, 1e-3, 0.99, 0.999, 1};

//===--- where an original departs -----------------------------------------===//

typedef enum scope_t {
  NOT_COMPARED,
  FIRST_ROWS,  // as many as |count|; further ones are not compared
  LOOSER,      // with |limits|, and |count| rows may be others
} scope_t;

typedef struct departure_t {
  const char *package, *reference;
  scope_t scope;
  size_t count;
  limits_t limits;
  const char *reason;
} departure_t;

#define POSE_CROP "the runtime crops people by whole pixels; equal for the first two boxes only"
#define UDP "the runtime does not read use_udp when it cuts people out, and refines beyond the map"
#define STEEP "the refinement divides by a curvature near 0, which enlarges the network's rounding"
#define EVEN "the runtime's quarter shift takes both axes together; mmpose 1.x each alone"
#define CENTRES "the exported network does not keep centres within the picture"
#define SUPPRESSED "the exported network suppresses a box that mmcv keeps"
#define TWO_SCALES "the runtime leaves the angle where the scales of the axes differ"
#define SOFTMAX "scores come after the softmax in the code base"
#define NARROW "the runtime drops polygons by their longer side and rounds corners"
#define DICTIONARY "the runtime reads the dictionary of 0.x shifted by one"
#define PASTED "the runtime warps masks with weights of 1/32"
#define MASK_INPUT "masks of the whole input are binary in the package, logits in the code base"
#define ARGMAX "the package holds the labels of the network's size; the code base resizes scores"

static const departure_t departures[] = {
    {"detection_yolox", "pytorch", NOT_COMPARED, .reason = "mmdet keeps one class for each prior"},
    {"instance-seg_mask-rcnn*", "sdk", LOOSER, 0, {0.01, 2e-4, 0.97, 1, 0}, PASTED},
    {"instance-seg_rtmdet-ins_1x", "exported", LOOSER, 0, {0.01, 2e-4, 0.97, 1, 0}, MASK_INPUT},
    {"instance-seg_rtmdet-ins_1x", "pytorch", LOOSER, 0, {0.05, 1e-3, 0.98, 1, 0}, MASK_INPUT},
    {"pose_hrnet_udp_combined", "sdk", FIRST_ROWS, 2, {0.01, 1e-4, 0, 0, 0}, POSE_CROP},
    {"pose_hrnet_udp", "pytorch", LOOSER, 0, {2.1, 1e-3, 0, 0, 0}, STEEP},
    {"pose_hrnet_udp*", "sdk", NOT_COMPARED, .reason = UDP},
    {"pose_res18_1x", "sdk", FIRST_ROWS, 2, {1.01, 1e-4, 0, 0, 0}, EVEN},
    {"pose_*", "sdk", FIRST_ROWS, 2, {0.01, 1e-4, 0, 0, 0}, POSE_CROP},
    {"pose-tracker_rtmpose_1x", "sdk", NOT_COMPARED, .reason = POSE_CROP},
    {"rotated-detection_retinanet", "pytorch", LOOSER, 2, {0.01, 1e-3, 0, 0, 0}, CENTRES},
    {"rotated-detection_retinanet_1x", "pytorch", LOOSER, 1, {0.01, 1e-3, 0, 0, 0}, SUPPRESSED},
    {"rotated-detection_retinanet_1x", "sdk", NOT_COMPARED, .reason = TWO_SCALES},
    {"segmentation_fcn*", "pytorch", LOOSER, 0, {0, 1e-3, 0, 0.95, 0}, ARGMAX},
    {"segmentation_pspnet_scores", "pytorch", NOT_COMPARED, .reason = SOFTMAX},
    {"text-detection_dbnet_1x", "sdk", NOT_COMPARED, .reason = NARROW},
    {"text-recognition_crnn", "sdk", NOT_COMPARED, .reason = DICTIONARY},
    {"video_*", "exported", FIRST_ROWS, 1, {0, 1e-4, 0, 0, 0}, "the package says topk 1"},
    {"video_*", "pytorch", FIRST_ROWS, 1, {0, 1e-3, 0, 0, 0}, "the package says topk 1"},
};

static bool is_like(const char *name, const char *pattern) {
  const size_t length = strlen(pattern);
  if (pattern[length - 1] == '*') return strncmp(name, pattern, length - 1) == 0;
  return strcmp(name, pattern) == 0;
}

static const departure_t *find_departure(const char *name, const char *reference) {
  for (size_t i = 0; i < sizeof departures / sizeof *departures; ++i) {
    const departure_t *d = &departures[i];
    if (is_like(name, d->package) && strcmp(reference, d->reference) == 0) return d;
  }
  return NULL;
}

//===--- rows --------------------------------------------------------------===//

typedef struct comparison_t {
  const char *name, *reference;
  limits_t limits;
  double width, height;  // of the picture
  size_t others;         // rows that may have no match
  double place, score;   // the largest differences
  char problem[400];
} comparison_t;

#define PROBLEM(c, ...) snprintf((c)->problem, sizeof(c)->problem, __VA_ARGS__)

static double number(const mmd_value_t *value) {
  return mmd_value_get_float(value, NAN);
}

static double far_apart(const mmd_value_t *wanted, const mmd_value_t *found) {
  double most = 0;
  if (mmd_array_size(wanted) != mmd_array_size(found)) return INFINITY;
  for (size_t i = 0; i < mmd_array_size(wanted); ++i) {
    const double d = fabs(number(mmd_array_at(wanted, i)) - number(mmd_array_at(found, i)));
    if (!(d <= most)) most = isnan(d) ? INFINITY : d;
  }
  return most;
}

// Sides of boxes. The runtime cuts at the last pixel's centre, we cut at the picture's edge; what
// the code base leaves outside is cut before.
static double boxes_apart(const comparison_t *c, const mmd_value_t *wanted,
                          const mmd_value_t *found) {
  double most = 0;
  const bool is_sdk = strcmp(c->reference, "sdk") == 0;
  for (size_t i = 0; i < 4; ++i) {
    const double size = i % 2 ? c->height : c->width, cut = is_sdk ? size - 1 : size;
    const double a = fmin(fmax(number(mmd_array_at(wanted, i)), 0), cut);
    const double d = fabs(a - fmin(number(mmd_array_at(found, i)), cut));
    if (d > most) most = d;
  }
  return most;
}

static bool is_outside(const comparison_t *c, const mmd_value_t *row) {
  const mmd_value_t *box = mmd_object_get(row, "bbox");
  return box && (number(mmd_array_at(box, 0)) >= c->width || number(mmd_array_at(box, 2)) <= 0 ||
                 number(mmd_array_at(box, 1)) >= c->height || number(mmd_array_at(box, 3)) <= 0);
}

static void points_apart(const mmd_value_t *wanted, const mmd_value_t *found, double *place,
                         double *score) {
  if (mmd_array_size(wanted) != mmd_array_size(found)) *place = INFINITY;
  for (size_t i = 0; i < mmd_array_size(wanted); ++i) {
    const mmd_value_t *a = mmd_array_at(wanted, i), *b = mmd_array_at(found, i);
    for (size_t k = 0; k < 2; ++k)
      *place = fmax(*place, fabs(number(mmd_array_at(a, k)) - number(mmd_array_at(b, k))));
    *score = fmax(*score, fabs(number(mmd_array_at(a, 2)) - number(mmd_array_at(b, 2))));
  }
}

// PyTorch's text has one score for the whole.
static void texts_apart(const mmd_value_t *wanted, const mmd_value_t *found, double *place,
                        double *score) {
  const mmd_value_t *a = mmd_object_get(wanted, "scores"), *b = mmd_object_get(found, "scores");
  if (!mmd_value_equal(mmd_object_get(wanted, "text"), mmd_object_get(found, "text")))
    *place = INFINITY;
  if (mmd_array_size(a) > 1) *score = far_apart(a, b);
}

static void rows_apart(const comparison_t *c, const mmd_value_t *wanted, const mmd_value_t *found,
                       double *place, double *score) {
  *place = *score = 0;
  const mmd_value_t *points = mmd_object_get(wanted, "keypoints");
  if (points) {
    points_apart(points, mmd_object_get(found, "keypoints"), place, score);
    return;
  }
  if (mmd_object_get(wanted, "text")) texts_apart(wanted, found, place, score);
  *score = fmax(*score, fabs(number(mmd_object_get(wanted, "score")) -
                             number(mmd_object_get(found, "score"))));
  if (mmd_value_get_int(mmd_object_get(wanted, "label_id"), -1) !=
      mmd_value_get_int(mmd_object_get(found, "label_id"), -1))
    *place = INFINITY;
  static const char *const places[] = {"rbox", "polygon"};
  for (size_t i = 0; i < 2; ++i) {
    const mmd_value_t *a = mmd_object_get(wanted, places[i]);
    if (a) *place = fmax(*place, far_apart(a, mmd_object_get(found, places[i])));
  }
  const mmd_value_t *box = mmd_object_get(wanted, "bbox");
  if (box) *place = fmax(*place, boxes_apart(c, box, mmd_object_get(found, "bbox")));
}

enum { MAX_ROWS = 512 };

// The row of ours that is |wanted|, or -1. Rows of almost equal scores may change places.
static int match(comparison_t *c, const mmd_value_t *wanted, const mmd_value_t *ours, bool *used) {
  for (size_t i = 0; i < mmd_array_size(ours); ++i) {
    double place, score;
    if (used[i]) continue;
    rows_apart(c, wanted, mmd_array_at(ours, i), &place, &score);
    if (!(place <= c->limits.place && score <= c->limits.score)) continue;
    c->place = fmax(c->place, place);
    c->score = fmax(c->score, score);
    used[i] = true;
    return (int)i;
  }
  return -1;
}

// |places|: which of our rows is each of the wanted ones, for the masks.
static void compare_rows(comparison_t *c, const mmd_value_t *wanted, const mmd_value_t *ours,
                         size_t limit, int *places) {
  bool used[MAX_ROWS] = {0};
  size_t matched = 0, unmatched = 0;
  assert_in_range(mmd_array_size(ours), 0, MAX_ROWS);
  for (size_t i = 0; i < mmd_array_size(wanted) && i < limit; ++i) {
    const mmd_value_t *row = mmd_array_at(wanted, i);
    places[i] = -1;
    if (is_outside(c, row)) continue;
    places[i] = match(c, row, ours, used);
    if (places[i] < 0 && unmatched++ >= c->others) PROBLEM(c, "row %zu has no match", i);
    ++matched;
  }
  if (limit == SIZE_MAX && matched != mmd_array_size(ours))
    PROBLEM(c, "%zu rows, %zu wanted", mmd_array_size(ours), matched);
}

//===--- arrays ------------------------------------------------------------===//

static double mask_iou(const uint8_t *a, const uint8_t *b, size_t count) {
  size_t both = 0, any = 0;
  for (size_t i = 0; i < count; ++i) {
    both += a[i] && b[i];
    any += a[i] || b[i];
  }
  return any ? (double)both / (double)any : 1;
}

static void compare_masks(comparison_t *c, const mmd_tensor_t *wanted, const mmd_tensor_t *ours,
                          const int *places) {
  const size_t plane = (size_t)(wanted->shape.dims[1] * wanted->shape.dims[2]);
  for (int64_t i = 0; i < wanted->shape.dims[0]; ++i) {
    if (places[i] < 0) continue;
    const double iou =
        mask_iou((const uint8_t *)mmd_tensor_data(wanted) + (size_t)i * plane,
                 (const uint8_t *)mmd_tensor_data(ours) + (size_t)places[i] * plane, plane);
    if (!(iou >= c->limits.iou)) PROBLEM(c, "mask %d: IoU %.4f", (int)i, iou);
  }
}

static void compare_numbers(comparison_t *c, const char *key, const mmd_tensor_t *wanted,
                            const mmd_tensor_t *ours) {
  const size_t count = mmd_tensor_count(wanted);
  size_t equal = 0;
  double most = 0;
  for (size_t i = 0; i < count; ++i) {
    const double d = fabs(mmd_tensor_get_f64(wanted, i) - mmd_tensor_get_f64(ours, i));
    equal += d == 0;
    most = fmax(most, d);
  }
  const bool is_map = strcmp(key, "mask") == 0, is_image = strcmp(key, "image") == 0;
  if (is_map && (double)equal < c->limits.labels * (double)count)
    PROBLEM(c, "%zu of %zu labels are equal", equal, count);
  if (!is_map && !(most <= (is_image ? c->limits.gray : c->limits.score)))
    PROBLEM(c, "%s differs by %g", key, most);
}

static void compare_arrays(comparison_t *c, const mmd_value_t *wanted, const mmd_value_t *ours,
                           const int *places) {
  for (size_t i = 0; i < mmd_object_size(wanted); ++i) {
    const char *key = mmd_object_key_at(wanted, i);
    const bool is_masks = strcmp(key, "masks") == 0;
    const mmd_tensor_t *a = mmd_value_get_tensor(mmd_object_value_at(wanted, i));
    const mmd_tensor_t *b = mmd_value_get_tensor(mmd_object_get(ours, key));
    const int first = is_masks ? 1 : 0;
    bool fits = b && a->shape.rank == b->shape.rank;
    for (int k = first; fits && k < a->shape.rank; ++k) fits = a->shape.dims[k] == b->shape.dims[k];
    if (!fits) {
      PROBLEM(c, "%s has another shape", key);
    } else if (is_masks) {
      compare_masks(c, a, b, places);
    } else {
      compare_numbers(c, key, a, b);
    }
  }
}

//===--- packages ----------------------------------------------------------===//

static int g_failures, g_comparisons;

static limits_t find_limits(const departure_t *d, const char *reference, bool is_other_engine) {
  limits_t limits = d ? d->limits : strcmp(reference, "pytorch") ? same_network : same_weights;
  if (!is_other_engine) return limits;
  limits.place = fmax(limits.place, same_weights.place);
  limits.score = fmax(limits.score, same_weights.score);
  limits.iou = fmin(limits.iou, same_weights.iou);
  limits.labels = fmin(limits.labels, same_weights.labels);
  limits.gray = fmax(limits.gray, same_weights.gray);
  return limits;
}

static void compare(const task_case_t *item, const char *reference, const char *backend,
                    const task_answer_t *ours) {
  const departure_t *d = find_departure(item->name, reference);
  comparison_t c = {.name = item->name,
                    .reference = reference,
                    .limits = find_limits(d, reference, backend != NULL),
                    .others = d && d->scope == LOOSER ? d->count : 0,
                    .width = item->mats[0].width,
                    .height = item->mats[0].height};
  int places[MAX_ROWS];
  task_answer_t wanted;
  if (d && d->scope == NOT_COMPARED) return;
  if (!task_golden_read(item->name, reference, &wanted)) return;
  compare_rows(&c, wanted.rows, ours->rows, d && d->scope == FIRST_ROWS ? d->count : SIZE_MAX,
               places);
  compare_arrays(&c, wanted.arrays, ours->arrays, places);
  task_answer_deinit(&wanted);
  ++g_comparisons;
  if (!*c.problem) return;
  print_error("%s against %s: %s (matched within %.3g and %.3g)\n", item->name, reference,
              c.problem, c.place, c.score);
  ++g_failures;
}

static void check_package(const char *name, const char *backend) {
  static const char *const references[] = {"sdk", "exported", "pytorch"};
  task_case_t item;
  task_answer_t answers[TASK_MAX_PICTURES];
  task_case_open(name, &item);
  task_runner_t *runner = task_open(&item, backend, 1);
  assert_success(task_runner_run(runner, item.mats, item.photo_count, answers));
  for (size_t i = 0; i < 3; ++i) compare(&item, references[i], backend, &answers[0]);
  for (size_t i = 0; i < task_answer_count(runner, item.photo_count); ++i)
    task_answer_deinit(&answers[i]);
  task_runner_close(runner);
  task_case_close(&item);
}

static void check_all(const char *backend) {
  static char names[TASK_MAX_PACKAGES][64];
  int count = 0;
  task_list(names);
  g_failures = g_comparisons = 0;
  for (; *names[count]; ++count) check_package(names[count], backend);
  print_message("%d packages, %d comparisons\n", count, g_comparisons);
  assert_in_range(count, 41, TASK_MAX_PACKAGES);
  assert_in_range(g_comparisons, 75, 1000);
  assert_int_equal(g_failures, 0);
}

static void onnxruntime_backend(void **state) {
  (void)state;
  mmd_test_need_engine("onnxruntime");
  check_all(NULL);
}

// The same networks, custom operators among them, on our evaluator.
static void reference_backend(void **state) {
  (void)state;
  check_all("reference");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(onnxruntime_backend),
                                     cmocka_unit_test(reference_backend)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
