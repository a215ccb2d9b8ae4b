// SPDX-License-Identifier: Apache-2.0
//
// Answers as JSON lines and as text.
#include <stdlib.h>
#include <string.h>

#include "tools/mmdeploy/json.h"
#include "tools/mmdeploy/run.h"
#include "tools/mmdeploy/terminal.h"

void run_frame_stem(const run_t *run, const run_frame_t *frame, char *stem, size_t size) {
  const char *path = run->inputs.paths[frame->input];
  const char *base = strcmp(path, "-") == 0 ? "stdin" : cli_base_name(path);
  size_t same = 0;  // inputs of the same name in other folders get a number
  const char *dot = strrchr(base, '.');
  const int length = dot && dot != base ? (int)(dot - base) : (int)strlen(base);
  for (size_t i = 0; i < frame->input; ++i)
    same += strcmp(cli_base_name(run->inputs.paths[i]), cli_base_name(path)) == 0;
  char number[48] = "";
  if (same) snprintf(number, sizeof number, "-%zu", same);
  snprintf(stem, size, "%.*s%s", length ? length : 5, length ? base : "input", number);
  if (frame->number < 0) return;
  const size_t used = strlen(stem);
  snprintf(stem + used, size - used, "-%06lld", (long long)frame->number);
}

//===--- JSON --------------------------------------------------------------===//

static void print_floats(FILE *stream, const char *key, const float *numbers, int count) {
  fprintf(stream, "%s[", key);
  for (int i = 0; i < count; ++i) {
    if (i) fputs(", ", stream);
    cli_json_float(stream, numbers[i]);
  }
  fputc(']', stream);
}

static void print_points(FILE *stream, const char *key, const mmdeploy_point_t *points,
                         const float *scores, int count) {
  fprintf(stream, "%s[", key);
  for (int i = 0; i < count; ++i) {
    const float numbers[] = {points[i].x, points[i].y, scores ? scores[i] : 0};
    print_floats(stream, i ? ", " : "", numbers, scores ? 3 : 2);
  }
  fputc(']', stream);
}

// What stands before the next member.
static const char *separate(bool *is_first) {
  const bool was_first = *is_first;
  *is_first = false;
  return was_first ? "" : ", ";
}

static void print_item(FILE *stream, const run_t *run, const run_item_t *item) {
  bool is_first = true;
  const char *name = item->fields & RUN_LABEL ? run_class_name(run, item->label_id) : NULL;
  fputc('{', stream);
  if (item->fields & RUN_LABEL)
    fprintf(stream, "%s\"label_id\": %d", separate(&is_first), item->label_id);
  if (name) {
    fprintf(stream, "%s\"label\": ", separate(&is_first));
    cli_json_string(stream, name);
  }
  if (item->fields & RUN_SCORE) {
    fprintf(stream, "%s\"score\": ", separate(&is_first));
    cli_json_float(stream, item->score);
  }
  if (item->fields & RUN_BBOX) {
    const float box[] = {item->bbox.left, item->bbox.top, item->bbox.right, item->bbox.bottom};
    fputs(separate(&is_first), stream);
    print_floats(stream, "\"bbox\": ", box, 4);
  }
  if (item->fields & RUN_RBOX) {
    fputs(separate(&is_first), stream);
    print_floats(stream, "\"rbox\": ", item->rbox, 5);
  }
  if (item->polygon) {
    fputs(separate(&is_first), stream);
    print_points(stream, "\"polygon\": ", item->polygon, NULL, item->polygon_size);
  }
  if (item->text) {
    fprintf(stream, "%s\"text\": ", separate(&is_first));
    cli_json_string(stream, item->text);
  }
  if (item->keypoints) {
    fputs(separate(&is_first), stream);
    print_points(stream, "\"keypoints\": ", item->keypoints, item->keypoint_scores,
                 item->keypoint_count);
  }
  if (item->fields & RUN_TRACK)
    fprintf(stream, "%s\"track_id\": %u", separate(&is_first), item->track_id);
  fputc('}', stream);
}

// How many pixels each class has; NULL when there is no label map or no memory.
static size_t *count_classes(const run_answer_t *answer, int *out_classes) {
  const size_t area = (size_t)answer->width * (size_t)answer->height;
  int most = -1;
  for (size_t i = 0; i < area; ++i) {
    if (answer->labels[i] > most) most = answer->labels[i];
  }
  *out_classes = most + 1;
  size_t *counts = most < 0 || most > 1 << 20 ? NULL : calloc((size_t)most + 1, sizeof *counts);
  for (size_t i = 0; i < area && counts; ++i)
    counts[answer->labels[i] < 0 ? 0 : answer->labels[i]] += answer->labels[i] >= 0;
  return counts;
}

static void print_classes(FILE *stream, const run_t *run, const run_answer_t *answer) {
  int classes = 0;
  bool is_first = true;
  size_t *counts = count_classes(answer, &classes);
  for (int c = 0; c < classes && counts; ++c) {
    if (!counts[c]) continue;
    const char *name = run_class_name(run, c);
    fprintf(stream, "%s{\"label_id\": %d", separate(&is_first), c);
    if (name) {
      fputs(", \"label\": ", stream);
      cli_json_string(stream, name);
    }
    fprintf(stream, ", \"pixels\": %zu}", counts[c]);
  }
  free(counts);
}

void run_print_json(FILE *stream, const run_t *run, const run_frame_t *frame) {
  const run_answer_t *answer = &frame->answer;
  fputs("{\"input\": ", stream);
  cli_json_string(stream, run->inputs.paths[frame->input]);
  if (frame->number >= 0) fprintf(stream, ", \"frame\": %lld", (long long)frame->number);
  fprintf(stream, ", \"task\": \"%s\"", run->task->name);
  if (answer->labels || answer->picture)
    fprintf(stream, ", \"width\": %d, \"height\": %d", answer->width, answer->height);
  fputs(", \"results\": [", stream);
  if (answer->labels) print_classes(stream, run, answer);
  for (size_t i = 0; i < answer->count; ++i) {
    if (i) fputs(", ", stream);
    print_item(stream, run, &answer->items[i]);
  }
  fputs("]}\n", stream);
}

//===--- text --------------------------------------------------------------===//

static void print_name(FILE *stream, const run_t *run, int label_id) {
  const char *name = run_class_name(run, label_id);
  char buffer[RUN_NAME_SIZE];
  snprintf(buffer, sizeof buffer, "class %d", label_id);
  cli_print_clean(stream, name ? name : buffer);
}

static void print_item_text(FILE *stream, const run_t *run, const run_item_t *item) {
  if (item->fields & RUN_TRACK) fprintf(stream, "  #%-4u", item->track_id);
  if (item->fields & RUN_SCORE) fprintf(stream, "  %.4f", (double)item->score);
  if (item->fields & RUN_LABEL) {
    fprintf(stream, "  %5d  ", item->label_id);
    print_name(stream, run, item->label_id);
  }
  if (item->fields & RUN_BBOX) {
    fprintf(stream, "  [%.1f %.1f %.1f %.1f]", (double)item->bbox.left, (double)item->bbox.top,
            (double)item->bbox.right, (double)item->bbox.bottom);
  }
  if (item->fields & RUN_RBOX) {
    fprintf(stream, "  [%.1f %.1f %.1f %.1f, %.1f degrees]", (double)item->rbox[0],
            (double)item->rbox[1], (double)item->rbox[2], (double)item->rbox[3],
            (double)item->rbox[4] * 57.29577951308232);
  }
  for (int i = 0; i < item->polygon_size; ++i) {
    fprintf(stream, "%s(%.1f %.1f)", i ? " " : "  ", (double)item->polygon[i].x,
            (double)item->polygon[i].y);
  }
  if (item->text) {
    fputs("  ", stream);
    cli_print_clean(stream, item->text);
  }
  if (item->keypoints) {
    int seen = 0;
    for (int i = 0; i < item->keypoint_count; ++i) seen += item->keypoint_scores[i] >= 0.3f;
    fprintf(stream, "  %d of %d key points", seen, item->keypoint_count);
  }
}

static void print_classes_text(FILE *stream, const run_t *run, const run_answer_t *answer) {
  int classes = 0;
  const double area = (double)answer->width * answer->height;
  size_t *counts = count_classes(answer, &classes);
  for (int c = 0; c < classes && counts; ++c) {
    if (!counts[c]) continue;
    fprintf(stream, "  %5.1f%%  %5d  ", 100 * (double)counts[c] / area, c);
    print_name(stream, run, c);
    fputc('\n', stream);
  }
  free(counts);
}

void run_print_text(FILE *stream, const run_t *run, const run_frame_t *frame) {
  const run_answer_t *answer = &frame->answer;
  cli_print_clean(stream, run->inputs.paths[frame->input]);
  if (frame->number >= 0) fprintf(stream, ", frame %lld", (long long)frame->number);
  fputc('\n', stream);
  if (answer->labels) print_classes_text(stream, run, answer);
  if (answer->picture)
    fprintf(stream, "  %d x %d, %d channels\n", answer->width, answer->height, answer->channels);
  for (size_t i = 0; i < answer->count; ++i) {
    fputs(i ? "" : cli_style(stream, CLI_STYLE_BOLD), stream);
    print_item_text(stream, run, &answer->items[i]);
    fprintf(stream, "%s\n", i ? "" : cli_style(stream, CLI_STYLE_RESET));
  }
}
