// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/tasks/task_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/npy/npy.h"
#include "sdk/sdk_testing.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

enum { MAX_PATH = 1024 };

static void must(mmd_status_t status) {
  if (status) fail_msg("%s", mmd_status_message(status));
}

void task_list(char names[TASK_MAX_PACKAGES][64]) {
  char **found = NULL;
  size_t count = 0;
  must(mmd_path_list(TASKS_FOLDER "packages", &found, &count));
  assert_in_range(count, 1, TASK_MAX_PACKAGES - 1);
  for (size_t i = 0; i < count; ++i) {
    snprintf(names[i], 64, "%s", found[i]);
    mmd_free(found[i]);
  }
  names[count][0] = 0;
  mmd_free(found);
}

void task_case_open(const char *name, task_case_t *out_case) {
  char path[MAX_PATH];
  memset(out_case, 0, sizeof *out_case);
  snprintf(out_case->name, sizeof out_case->name, "%s", name);
  snprintf(path, sizeof path, TASKS_FOLDER "goldens/%s/meta.json", name);
  must(mmd_json_read_file(path, &out_case->meta));
  out_case->spec = task_spec_read(out_case->meta);
  const mmd_value_t *photos = mmd_object_get(out_case->meta, "photos");
  out_case->photo_count = (int)mmd_array_size(photos);
  assert_in_range(out_case->photo_count, 1, TASK_MAX_PICTURES);
  for (int i = 0; i < out_case->photo_count; ++i) {
    snprintf(path, sizeof path, TASKS_FOLDER "%s",
             mmd_value_get_string(mmd_array_at(photos, (size_t)i), ""));
    assert_success(mmdeploy_image_read(path, MMDEPLOY_IMAGE_COLOR, &out_case->images[i]));
    out_case->mats[i] = *mmdeploy_image_mat(out_case->images[i]);
  }
}

void task_case_close(task_case_t *item) {
  for (int i = 0; i < item->photo_count; ++i) mmdeploy_image_destroy(item->images[i]);
  mmd_value_release(item->meta);
}

//===--- packages ----------------------------------------------------------===//

MMD_PRINTF(2, 3) static void print_path(char path[MAX_PATH], const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  const int size = vsnprintf(path, MAX_PATH, fmt, args);
  va_end(args);
  assert_in_range(size, 1, MAX_PATH - 1);
}

static char g_copies[64];  // folder of packages for other backends, made at the first need

static void remove_copies(void) {
  mmd_test_remove_tree(g_copies);
}

static void make_copies_folder(void) {
  if (*g_copies) return;
  snprintf(g_copies, sizeof g_copies, "/tmp/mmd-tasks-XXXXXX");
  assert_non_null(mkdtemp(g_copies));
  atexit(remove_copies);
}

// |from| to |to| with the first |word| replaced.
static void copy_replaced(const char *from, const char *word, const char *by, const char *to) {
  char *text = NULL;
  size_t size = 0;
  must(mmd_file_read(from, 1 << 20, &text, &size));
  const char *at = strstr(text, word);
  FILE *file = fopen(to, "w");
  assert_true(at && file);
  fprintf(file, "%.*s%s%s", (int)(at - text), text, by, at + strlen(word));
  fclose(file);
  mmd_free(text);
}

// The rest of the package is linked.
static void copy_package(const char *name, const char *changed, const char *word, const char *by,
                         const char *folder) {
  char from[MAX_PATH], to[MAX_PATH], **files = NULL;
  size_t count = 0;
  print_path(from, TASKS_FOLDER "packages/%s", name);
  must(mmd_path_list(from, &files, &count));
  must(mmd_path_make_directories(folder));
  for (size_t i = 0; i < count; ++i) {
    print_path(from, TASKS_FOLDER "packages/%s/%s", name, files[i]);
    print_path(to, "%s/%s", folder, files[i]);
    if (strcmp(files[i], changed) == 0) {
      copy_replaced(from, word, by, to);
    } else {
      assert_int_equal(symlink(from, to), 0);
    }
    mmd_free(files[i]);
  }
  mmd_free(files);
}

mmdeploy_model_t task_model_open(const char *name, const char *backend) {
  char path[MAX_PATH], word[64];
  mmdeploy_model_t model = NULL;
  print_path(path, TASKS_FOLDER "packages/%s", name);
  if (backend) {
    make_copies_folder();
    snprintf(word, sizeof word, "\"%s\"", backend);
    print_path(path, "%s/%s-%s", g_copies, backend, name);
    if (!mmd_path_exists(path)) copy_package(name, "deploy.json", "\"onnxruntime\"", word, path);
  }
  assert_success(mmdeploy_model_create_by_path(path, &model));
  return model;
}

task_runner_t *task_open(const task_case_t *item, const char *backend, int threads) {
  mmdeploy_model_t model = task_model_open(item->name, backend);
  task_runner_t *runner = NULL;
  assert_success(task_runner_open(&item->spec, model, threads, &runner));
  mmdeploy_model_destroy(model);
  return runner;
}

//===--- goldens -----------------------------------------------------------===//

// Masks are packed eight pixels a byte, along x.
static void unpack_masks(mmd_value_t *arrays, int64_t width) {
  const mmd_tensor_t *packed = mmd_value_get_tensor(mmd_object_get(arrays, "masks"));
  if (!packed) return;
  const int64_t *dims = packed->shape.dims;
  const uint8_t *in = mmd_tensor_data(packed);
  mmd_tensor_t masks;
  must(mmd_tensor_create(MMD_U8, &(mmd_shape_t){3, {dims[0], dims[1], width}}, true, &masks));
  uint8_t *out = mmd_tensor_mutable_data(&masks);
  for (int64_t row = 0; row < dims[0] * dims[1]; ++row) {
    for (int64_t x = 0; x < width; ++x)
      out[row * width + x] = in[row * dims[2] + x / 8] >> (7 - x % 8) & 1;
  }
  must(mmd_object_take(arrays, "masks", mmd_value_tensor(&masks)));
  mmd_tensor_deinit(&masks);
}

static int64_t picture_width(const char *name) {
  task_case_t item;
  task_case_open(name, &item);
  const int64_t width = item.mats[0].width;
  task_case_close(&item);
  return width;
}

bool task_golden_read(const char *name, const char *reference, task_answer_t *out_answer) {
  char path[MAX_PATH];
  *out_answer = (task_answer_t){0};
  snprintf(path, sizeof path, TASKS_FOLDER "goldens/%s/%s.json", name, reference);
  if (!mmd_path_exists(path)) return false;
  must(mmd_json_read_file(path, &out_answer->rows));
  if (mmd_value_kind(out_answer->rows) != MMD_VALUE_ARRAY) {
    task_answer_deinit(out_answer);
    return false;
  }
  snprintf(path, sizeof path, TASKS_FOLDER "goldens/%s/%s.npz", name, reference);
  if (mmd_path_exists(path)) {
    must(mmd_npz_read_file(path, &out_answer->arrays));
    unpack_masks(out_answer->arrays, picture_width(name));
  } else {
    out_answer->arrays = mmd_value_object();
  }
  return true;
}
