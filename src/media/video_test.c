// SPDX-License-Identifier: Apache-2.0
//
// Videos: frames equal those of cv2.VideoCapture (testdata/make_videos.py); damage; writing.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/last_error.h"
#include "mmdeploy/media.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_skip.h"

#define VIDEOS MMD_TEST_FILE("src/media/testdata/videos/")
#define VIDEO_COUNT 4

// FFmpeg's libraries are optional where this runs, but then nothing can be tested.
static void need_ffmpeg(void) {
  mmdeploy_video_t video = NULL;
  const int code = mmdeploy_video_open(VIDEOS "mpeg4.mp4", &video);
  mmdeploy_video_close(video);
  if (code == MMDEPLOY_E_NOT_SUPPORTED || strstr(mmd_last_error_message(), "need FFmpeg"))
    mmd_test_skip("FFmpeg's libraries are missing");
}

static char *g_folder;

static int make_folder(void **state) {
  (void)state;
  g_folder = mmd_test_make_directory();
  return g_folder == NULL;
}

static int remove_folder(void **state) {
  (void)state;
  mmd_test_remove_tree(g_folder);
  mmd_free(g_folder);
  return 0;
}

static void make_path(const char *name, char *path, size_t size) {
  snprintf(path, size, "%s/%s", g_folder, name);
}

static uint32_t crc32_of(const uint8_t *data, size_t size) {
  uint32_t crc = 0xffffffff;
  for (size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  return ~crc;
}

static mmdeploy_video_t open_video(const char *name) {
  char path[4096];
  mmdeploy_video_t video = NULL;
  snprintf(path, sizeof path, VIDEOS "%s", name);
  if (mmdeploy_video_open(path, &video) != 0) fail_msg("%s", mmd_last_error_message());
  return video;
}

static void expect_frames(const char *name, int width, int height, int count, FILE *list) {
  mmdeploy_video_t video = open_video(name);
  mmdeploy_video_info_t info;
  char wanted[16], got[16];
  assert_int_equal(mmdeploy_video_get_info(video, &info), 0);
  assert_int_equal(info.width, width);
  assert_int_equal(info.height, height);
  assert_true(info.frame_rate == 10);
  for (int i = 0; i < count; ++i) {
    mmdeploy_image_t frame = NULL;
    assert_int_equal(mmdeploy_video_read(video, &frame), 0);
    assert_non_null(frame);
    const mmdeploy_mat_t *mat = mmdeploy_image_mat(frame);
    assert_int_equal(mat->width, width);
    assert_int_equal(mat->height, height);
    snprintf(got, sizeof got, "%08" PRIx32, crc32_of(mat->data, (size_t)width * height * 3));
    assert_int_equal(fscanf(list, "%15s", wanted), 1);
    if (strcmp(got, wanted) != 0) fail_msg("%s, frame %d: %s, OpenCV has %s", name, i, got, wanted);
    mmdeploy_image_destroy(frame);
  }
  for (int i = 0; i < 2; ++i) {  // the end stays the end
    mmdeploy_image_t frame = (mmdeploy_image_t)&info;
    assert_int_equal(mmdeploy_video_read(video, &frame), 0);
    assert_null(frame);
  }
  mmdeploy_video_close(video);
}

static void test_frames_equal_opencv(void **state) {
  (void)state;
  need_ffmpeg();
  FILE *list = fopen(MMD_TEST_FILE("src/media/testdata/videos.txt"), "r");
  char name[100];
  int width, height, count, videos = 0;
  assert_non_null(list);
  while (fscanf(list, "%99s %d %d %d", name, &width, &height, &count) == 4) {
    assert_int_equal(count, 8);
    expect_frames(name, width, height, count, list);
    ++videos;
  }
  fclose(list);
  assert_int_equal(videos, VIDEO_COUNT);
}

static void test_bad_files(void **state) {
  (void)state;
  need_ffmpeg();
  mmdeploy_video_t video = NULL;
  char path[4096];
  assert_int_equal(mmdeploy_video_open(NULL, &video), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_video_open("x.mp4", NULL), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_video_open("/nonesuch/x.mp4", &video), MMDEPLOY_E_FILE_NOT_EXIST);
  assert_null(video);
  assert_non_null(strstr(mmd_last_error_message(), "/nonesuch/x.mp4"));
  assert_int_equal(mmdeploy_video_open(MMD_TEST_FILE("src/media/README.md"), &video),
                   MMDEPLOY_E_FAIL);
  assert_null(video);
  make_path("empty.mp4", path, sizeof path);
  mmd_assert_ok(mmd_file_write(path, "", 0));
  assert_int_not_equal(mmdeploy_video_open(path, &video), 0);
  assert_null(video);
}

// A file that is cut off gives the frames before the cut, then the end; never a crash.
static void test_truncation(void **state) {
  (void)state;
  need_ffmpeg();
  char *data = NULL, path[4096];
  size_t size = 0;
  mmd_assert_ok(mmd_file_read(VIDEOS "mjpeg.avi", 1 << 20, &data, &size));
  make_path("cut.avi", path, sizeof path);
  for (size_t cut = 0; cut < size; cut += 97) {
    mmdeploy_video_t video = NULL;
    int frames = 0;
    mmd_assert_ok(mmd_file_write(path, data, cut));
    if (mmdeploy_video_open(path, &video) != 0) continue;
    for (mmdeploy_image_t frame = NULL; frames < 100; ++frames) {
      if (mmdeploy_video_read(video, &frame) != 0 || !frame) break;
      mmdeploy_image_destroy(frame);
    }
    assert_true(frames <= 8);
    if (cut + 97 >= size) assert_true(frames >= 6);
    mmdeploy_video_close(video);
  }
  mmd_free(data);
}

static mmdeploy_image_t make_frame(int width, int height, int shift) {
  mmdeploy_image_t image = NULL;
  mmdeploy_mat_t mat = {
      malloc((size_t)width * height * 3), height, width, 3, MMDEPLOY_PIXEL_FORMAT_BGR,
      MMDEPLOY_DATA_TYPE_UINT8,           NULL};
  for (int i = 0; i < width * height; ++i) {
    mat.data[i * 3] = (uint8_t)(i % width * 2 + shift * 8);
    mat.data[i * 3 + 1] = (uint8_t)(i / width * 3);
    mat.data[i * 3 + 2] = 128;
  }
  assert_int_equal(mmdeploy_image_create(&mat, &image), 0);
  free(mat.data);
  return image;
}

static double difference(mmdeploy_image_t a, mmdeploy_image_t b) {
  const mmdeploy_mat_t *x = mmdeploy_image_mat(a), *y = mmdeploy_image_mat(b);
  double sum = 0;
  for (int row = 0; row < x->height; ++row) {
    for (int i = 0; i < x->width * 3; ++i)
      sum += abs(x->data[row * x->width * 3 + i] - y->data[row * y->width * 3 + i]);
  }
  return sum / (x->width * x->height * 3);
}

static void write_video(const char *path, int width, int height, int count) {
  mmdeploy_video_writer_t writer = NULL;
  if (mmdeploy_video_writer_create(path, 12.5, &writer) != 0)
    fail_msg("%s", mmd_last_error_message());
  for (int i = 0; i < count; ++i) {
    mmdeploy_image_t frame = make_frame(width, height, i);
    if (mmdeploy_video_writer_write(writer, frame) != 0) fail_msg("%s", mmd_last_error_message());
    mmdeploy_image_destroy(frame);
  }
  assert_int_not_equal(access(path, F_OK), 0);  // not before it is complete
  if (mmdeploy_video_writer_finish(writer) != 0) fail_msg("%s", mmd_last_error_message());
  mmdeploy_video_writer_destroy(writer);
}

static void test_writing(void **state) {
  (void)state;
  need_ffmpeg();
  static const char *const names[] = {"out.mp4", "out.mkv", "out.avi", "out.mov"};
  for (size_t k = 0; k < 4; ++k) {
    char path[4096];
    mmdeploy_video_t video = NULL;
    mmdeploy_video_info_t info;
    make_path(names[k], path, sizeof path);
    write_video(path, 65, 47, 11);
    if (mmdeploy_video_open(path, &video) != 0) fail_msg("%s", mmd_last_error_message());
    assert_int_equal(mmdeploy_video_get_info(video, &info), 0);
    assert_int_equal(info.width, 66);  // even
    assert_int_equal(info.height, 48);
    assert_true(info.frame_rate > 12.49 && info.frame_rate < 12.51);
    int count = 0;
    for (mmdeploy_image_t got = NULL; mmdeploy_video_read(video, &got) == 0 && got; ++count) {
      mmdeploy_image_t wanted = make_frame(65, 47, count);
      const double error = difference(wanted, got);
      if (error > 6) fail_msg("%s: frame %d differs by %.2f", names[k], count, error);
      mmdeploy_image_destroy(wanted);
      mmdeploy_image_destroy(got);
    }
    assert_int_equal(count, 11);
    mmdeploy_video_close(video);
  }
}

static void test_bad_writing(void **state) {
  (void)state;
  need_ffmpeg();
  char path[4096];
  mmdeploy_video_writer_t writer = NULL;
  mmdeploy_image_t frame = make_frame(32, 32, 0);
  assert_int_equal(mmdeploy_video_writer_create("x.txt", 10, &writer), MMDEPLOY_E_NOT_SUPPORTED);
  assert_null(writer);
  assert_int_equal(mmdeploy_video_writer_create(NULL, 10, &writer), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_video_writer_create("/nonesuch/x.mp4", 10, &writer), 0);
  assert_int_not_equal(mmdeploy_video_writer_write(writer, frame), 0);
  assert_int_not_equal(mmdeploy_video_writer_write(writer, frame), 0);  // stays failed
  assert_int_not_equal(mmdeploy_video_writer_finish(writer), 0);
  mmdeploy_video_writer_destroy(writer);
  // Given up: nothing remains.
  make_path("given-up.mp4", path, sizeof path);
  assert_int_equal(mmdeploy_video_writer_create(path, 10, &writer), 0);
  assert_int_equal(mmdeploy_video_writer_finish(writer), MMDEPLOY_E_INVALID_ARG);  // no frame
  assert_int_equal(mmdeploy_video_writer_write(writer, frame), 0);
  mmdeploy_video_writer_destroy(writer);
  assert_int_not_equal(access(path, F_OK), 0);
  mmdeploy_image_destroy(frame);
  mmdeploy_video_writer_destroy(NULL);
  mmdeploy_video_close(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_frames_equal_opencv), cmocka_unit_test(test_bad_files),
      cmocka_unit_test(test_truncation),          cmocka_unit_test(test_writing),
      cmocka_unit_test(test_bad_writing),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
