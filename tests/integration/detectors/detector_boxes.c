// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/detectors/detector_boxes.h"

#include <math.h>

static int g_failures;

const char *detector_path(char path[DETECTOR_MAX_PATH], const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  const int size = vsnprintf(path, DETECTOR_MAX_PATH, fmt, args);
  va_end(args);
  assert_in_range(size, 1, DETECTOR_MAX_PATH - 1);
  return path;
}

void detector_note(const char *where, const char *fmt, ...) {
  char text[1024];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  print_error("%s: %s\n", where, text);
  ++g_failures;
}

int detector_failures(void) {
  return g_failures;
}

//===--- tools -------------------------------------------------------------===//

static int find_command(const char *name) {
  for (int i = 0; i < mmdeploy_command_count(); ++i) {
    if (strcmp(mmdeploy_command_name(i), name) == 0) return i;
  }
  fail_msg("there is no command '%s'", name);
  return -1;
}

bool detector_command(const char *where, const char *name, const char *const *words) {
  enum { MAX_WORDS = 32 };
  char *copies[MAX_WORDS];
  int count = 0, wants_help = 0, exit_status = -1;
  mmdeploy_value_t options = NULL;
  const int command = find_command(name);
  for (; words[count]; ++count) {
    assert_true(count < MAX_WORDS);
    copies[count] = strdup(words[count]);
    assert_non_null(copies[count]);
  }
  int code = mmdeploy_command_parse(command, count, copies, &wants_help, &options);
  if (!code) code = mmdeploy_command_run(command, options, NULL, NULL, &exit_status);
  mmdeploy_value_destroy(options);
  while (count) free(copies[--count]);
  if (!code && !exit_status) return true;
  detector_note(where, "%s: %s", name, code ? mmdeploy_last_error_message() : "not verified");
  return false;
}

//===--- boxes -------------------------------------------------------------===//

static void take(const mmdeploy_detection_t *results, int count, detector_boxes_t *boxes) {
  assert_in_range(count, 0, DETECTOR_MAX_BOXES);
  boxes->count = count;
  for (int i = 0; i < count; ++i) {
    const mmdeploy_rect_t *box = &results[i].bbox;
    boxes->items[i] = (detector_box_t){
        .corners = {(double)box->left, (double)box->top, (double)box->right, (double)box->bottom},
        .score = (double)results[i].score,
        .label = results[i].label_id};
  }
}

static bool apply(mmdeploy_detector_t detector, const char *package, const mmdeploy_mat_t *mats,
                  int count, detector_boxes_t *out_boxes) {
  mmdeploy_detection_t *results = NULL;
  int *counts = NULL;
  const int code = mmdeploy_detector_apply(detector, mats, count, &results, &counts);
  if (code) {
    detector_note(package, "%s", mmdeploy_last_error_message());
    return false;
  }
  take(results, counts[0], out_boxes);
  const mmdeploy_detection_t *next = results + counts[0];
  for (int i = 1; i < count; next += counts[i++]) {
    bool is_same = counts[i] == counts[0];
    for (int k = 0; is_same && k < counts[0]; ++k)
      is_same = next[k].label_id == results[k].label_id &&
                fabsf(next[k].score - results[k].score) <= 1e-5F &&
                fabsf(next[k].bbox.left - results[k].bbox.left) <= 1e-2F;
    if (!is_same) detector_note(package, "picture %d of a call has other boxes", i);
  }
  mmdeploy_detector_release_result(results, counts, count);
  return true;
}

bool detector_find(const char *package, const char *path, int count, detector_boxes_t *out_boxes) {
  enum { MAX_COUNT = 4 };
  mmdeploy_mat_t mats[MAX_COUNT];
  mmdeploy_image_t image = NULL;
  mmdeploy_detector_t detector = NULL;
  assert_in_range(count, 1, MAX_COUNT);
  assert_success(mmdeploy_image_read(path, MMDEPLOY_IMAGE_COLOR, &image));
  for (int i = 0; i < count; ++i) mats[i] = *mmdeploy_image_mat(image);
  out_boxes->width = mats[0].width;
  out_boxes->height = mats[0].height;
  bool is_good = !mmdeploy_detector_create_by_path(package, "cpu", 0, &detector);
  if (!is_good) detector_note(package, "%s", mmdeploy_last_error_message());
  is_good = is_good && apply(detector, package, mats, count, out_boxes);
  mmdeploy_detector_destroy(detector);
  mmdeploy_image_destroy(image);
  return is_good;
}

void detector_clip(detector_boxes_t *boxes, int width, int height) {
  int kept = 0;
  for (int i = 0; i < boxes->count; ++i) {
    detector_box_t box = boxes->items[i];
    for (int k = 0; k < 4; ++k)
      box.corners[k] = fmax(0, fmin(box.corners[k], k % 2 ? height : width));
    if (box.corners[2] > box.corners[0] && box.corners[3] > box.corners[1])
      boxes->items[kept++] = box;
  }
  boxes->count = kept;
}

void detector_drop_small(detector_boxes_t *boxes, double least) {
  int kept = 0;
  for (int i = 0; i < boxes->count; ++i) {
    const double *corners = boxes->items[i].corners;
    if (corners[2] - corners[0] > least && corners[3] - corners[1] > least)
      boxes->items[kept++] = boxes->items[i];
  }
  boxes->count = kept;
}

//===--- comparison --------------------------------------------------------===//

static double overlap(const double *a, const double *b) {
  const double w = fmin(a[2], b[2]) - fmax(a[0], b[0]), h = fmin(a[3], b[3]) - fmax(a[1], b[1]);
  if (w <= 0 || h <= 0) return 0;
  return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h);
}

static bool is_near(const detector_box_t *a, const detector_box_t *b, double pixels, double score) {
  bool is_close = fabs(a->score - b->score) <= score;
  for (int k = 0; k < 4; ++k) is_close = is_close && fabs(a->corners[k] - b->corners[k]) <= pixels;
  return is_close && overlap(a->corners, b->corners) >= 0.9;
}

static bool is_same(const detector_box_t *a, const detector_box_t *b) {
  return a->label == b->label && is_near(a, b, 0.1, 1e-3);
}

// Where a cell answers with one class and two score alike, rounding chooses.
static bool has_twin(const detector_boxes_t *expected, const detector_box_t *box) {
  for (int i = 0; i < expected->count; ++i) {
    if (is_near(&expected->items[i], box, 0.01, 1e-4)) return true;
  }
  return false;
}

void detector_compare(const char *where, const detector_boxes_t *expected,
                      detector_boxes_t *found) {
  const int best = (expected->count * 9 + 9) / 10;
  int matched = 0;
  for (int i = 0; i < best; ++i) {
    for (int k = 0; k < found->count; ++k) {
      if (found->items[k].is_matched || !is_same(&expected->items[i], &found->items[k])) continue;
      found->items[k].is_matched = true;
      ++matched;
      break;
    }
  }
  if (!best) detector_note(where, "nothing to find");
  if (matched < 0.98 * best) detector_note(where, "%d of %d boxes are found", matched, best);
  int strangers = 0;
  double highest = 0;
  for (int k = 0; k < found->count && best; ++k) {
    const detector_box_t *box = &found->items[k];
    if (box->is_matched || box->score <= expected->items[best - 1].score + 1e-3 ||
        has_twin(expected, box))
      continue;
    highest = fmax(highest, box->score);
    ++strangers;
  }
  if (strangers)
    detector_note(where, "%d boxes are not PyTorch's, with scores up to %.4f", strangers, highest);
}
