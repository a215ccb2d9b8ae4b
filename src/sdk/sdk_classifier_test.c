// SPDX-License-Identifier: Apache-2.0
//
// classifier.h on the tiny package: arguments, results, batches, lifetimes.
#include <limits.h>
#include <math.h>

#include "sdk/sdk_testing.h"

static void null_arguments(void **state) {
  (void)state;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  mmdeploy_context_t context = NULL;
  assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
  mmdeploy_classifier_t c = (mmdeploy_classifier_t)&state;
  assert_fails(mmdeploy_classifier_create(NULL, "cpu", 0, &c), MMDEPLOY_E_INVALID_ARG, "model");
  assert_null(c);
  assert_fails(mmdeploy_classifier_create(model, NULL, 0, &c), MMDEPLOY_E_INVALID_ARG, "device");
  assert_fails(mmdeploy_classifier_create(model, "cpu", 0, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_classifier_create_by_path(NULL, "cpu", 0, &c), MMDEPLOY_E_INVALID_ARG,
               "path");
  assert_fails(mmdeploy_classifier_create_by_path(SDK_TINY, NULL, 0, &c), MMDEPLOY_E_INVALID_ARG,
               "device");
  assert_fails(mmdeploy_classifier_create_by_path(SDK_TINY, "cpu", 0, NULL), MMDEPLOY_E_INVALID_ARG,
               "NULL");
  assert_fails(mmdeploy_classifier_create_v2(NULL, context, &c), MMDEPLOY_E_INVALID_ARG, "model");
  assert_fails(mmdeploy_classifier_create_v2(model, NULL, &c), MMDEPLOY_E_INVALID_ARG, "context");
  assert_fails(mmdeploy_classifier_create_v2(model, context, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");

  mmdeploy_mat_t mat = sdk_make_bgr(70, 80, 1);
  mmdeploy_classification_t *results = (mmdeploy_classification_t *)&mat;
  int *counts = &mat.height;
  mmdeploy_value_t output = (mmdeploy_value_t)&mat;
  assert_fails(mmdeploy_classifier_apply(NULL, &mat, 1, &results, &counts), MMDEPLOY_E_INVALID_ARG,
               "classifier");
  assert_null(results);
  assert_null(counts);
  assert_fails(mmdeploy_classifier_apply_v2(NULL, NULL, &output), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_null(output);
  results = (mmdeploy_classification_t *)&mat;
  counts = &mat.height;
  assert_fails(mmdeploy_classifier_get_result(NULL, &results, &counts), MMDEPLOY_E_INVALID_ARG,
               "output");
  assert_null(results);
  assert_null(counts);

  c = sdk_open_classifier(SDK_TINY);
  assert_fails(mmdeploy_classifier_apply(c, NULL, 1, &results, &counts), MMDEPLOY_E_INVALID_ARG,
               "mats");
  assert_fails(mmdeploy_classifier_apply(c, &mat, 1, NULL, &counts), MMDEPLOY_E_INVALID_ARG,
               "results");
  assert_fails(mmdeploy_classifier_apply(c, &mat, 1, &results, NULL), MMDEPLOY_E_INVALID_ARG,
               "result_count");
  assert_fails(mmdeploy_classifier_apply(c, &mat, -1, &results, &counts), MMDEPLOY_E_INVALID_ARG,
               "-1");
  assert_fails(mmdeploy_classifier_apply(c, &mat, INT_MIN, &results, &counts),
               MMDEPLOY_E_INVALID_ARG, "count");
  assert_fails(mmdeploy_classifier_apply_v2(c, NULL, &output), MMDEPLOY_E_INVALID_ARG, "input");
  mmdeploy_value_t input = NULL;
  assert_success(mmdeploy_classifier_create_input(&mat, 1, &input));
  assert_fails(mmdeploy_classifier_apply_v2(c, input, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_success(mmdeploy_classifier_apply_v2(c, input, &output));
  assert_fails(mmdeploy_classifier_get_result(output, NULL, &counts), MMDEPLOY_E_INVALID_ARG,
               "results");
  assert_fails(mmdeploy_classifier_get_result(output, &results, NULL), MMDEPLOY_E_INVALID_ARG,
               "result_count");
  // Handles of another kind.
  assert_fails(mmdeploy_classifier_apply((mmdeploy_classifier_t)model, &mat, 1, &results, &counts),
               MMDEPLOY_E_INVALID_ARG, "another kind");
  mmdeploy_classifier_t other = NULL;
  assert_fails(mmdeploy_classifier_create((mmdeploy_model_t)c, "cpu", 0, &other),
               MMDEPLOY_E_INVALID_ARG, "another kind");
  assert_fails(mmdeploy_classifier_create_v2(model, (mmdeploy_context_t)c, &other),
               MMDEPLOY_E_INVALID_ARG, "another kind");
  mmdeploy_value_destroy(output);
  mmdeploy_value_destroy(input);
  mmdeploy_classifier_destroy(c);
  mmdeploy_context_destroy(context);
  mmdeploy_model_destroy(model);
  free(mat.data);
}

static void wrong_devices(void **state) {
  (void)state;
  mmdeploy_classifier_t classifier = (mmdeploy_classifier_t)&state;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  mmdeploy_context_t context = NULL;
  assert_fails(mmdeploy_classifier_create(model, "cuda", 0, &classifier), MMDEPLOY_E_INVALID_ARG,
               "unknown device 'cuda'");
  assert_null(classifier);
  assert_fails(mmdeploy_classifier_create_by_path(SDK_TINY, "Cpu", 0, &classifier),
               MMDEPLOY_E_INVALID_ARG, "unknown device 'Cpu'");
  assert_success(mmdeploy_context_create(&context));
  classifier = (mmdeploy_classifier_t)&state;
  mmdeploy_clear_last_error();
  assert_int_not_equal(mmdeploy_classifier_create_v2(model, context, &classifier),
                       MMDEPLOY_SUCCESS);
  assert_non_null(strstr(mmdeploy_last_error_message(), "no device"));
  assert_null(classifier);
  assert_success(mmdeploy_classifier_create(model, "cpu:0", 0, &classifier));
  mmdeploy_classifier_destroy(classifier);
  mmdeploy_context_destroy(context);
  mmdeploy_model_destroy(model);
}

//===--- results -----------------------------------------------------------===//

static void results_are_sorted_scores(void **state) {
  (void)state;
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  mmdeploy_mat_t mat = sdk_make_bgr(120, 100, 4);
  const sdk_answers_t answers = sdk_classify(classifier, &mat);
  double sum = 0;
  assert_int_equal(answers.count, SDK_TOPK);
  for (int i = 0; i < answers.count; ++i) {
    assert_in_range(answers.items[i].label_id, 0, SDK_CLASSES - 1);
    assert_true(isfinite(answers.items[i].score));
    if (i) assert_true(answers.items[i].score <= answers.items[i - 1].score);
    sum += answers.items[i].score;
  }
  assert_true(answers.items[0].score > 1.0 / SDK_CLASSES && sum <= 1.0001);
  free(mat.data);
  mmdeploy_classifier_destroy(classifier);
}

static void no_pictures_give_empty_arrays(void **state) {
  (void)state;
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  mmdeploy_mat_t mat = {0};
  for (int i = 0; i < 2; ++i) {
    mmdeploy_classification_t *results = NULL;
    int *counts = NULL;
    assert_success(mmdeploy_classifier_apply(classifier, i ? &mat : NULL, 0, &results, &counts));
    assert_non_null(results);
    assert_non_null(counts);
    mmdeploy_classifier_release_result(results, counts, 0);
  }
  mmdeploy_classifier_destroy(classifier);
}

static void releases_do_not_need_the_count(void **state) {
  (void)state;
  static const int counts_given[] = {2, 0, -1, 1, 7, INT_MAX, INT_MIN};
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  mmdeploy_mat_t mats[] = {sdk_make_bgr(70, 90, 1), sdk_make_bgr(90, 70, 2)};
  for (size_t i = 0; i < sizeof counts_given / sizeof *counts_given; ++i) {
    mmdeploy_classification_t *results = NULL;
    int *counts = NULL;
    assert_success(mmdeploy_classifier_apply(classifier, mats, 2, &results, &counts));
    counts[0] = -3;  // the caller may have written to it
    counts[1] = INT_MAX;
    mmdeploy_classifier_release_result(results, NULL, counts_given[i]);
    mmdeploy_classifier_release_result(NULL, counts, counts_given[i]);
  }
  free(mats[0].data);
  free(mats[1].data);
  mmdeploy_classifier_destroy(classifier);
}

static void a_failed_call_leaves_nothing(void **state) {
  (void)state;
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  mmdeploy_mat_t mats[2] = {sdk_make_bgr(64, 64, 1), {0}};
  mmdeploy_classification_t *results = (mmdeploy_classification_t *)&state;
  int *counts = (int *)&state;
  assert_fails(mmdeploy_classifier_apply(classifier, mats, 2, &results, &counts),
               MMDEPLOY_E_INVALID_ARG, "picture 1");
  assert_null(results);
  assert_null(counts);
  mmdeploy_classifier_release_result(results, counts, 2);
  free(mats[0].data);
  mmdeploy_classifier_destroy(classifier);
}

//===--- pictures ----------------------------------------------------------===//

enum { BATCH = 8 };

static void make_batch(mmdeploy_mat_t mats[BATCH]) {
  static const int sizes[BATCH][2] = {{64, 64},  {480, 640}, {1, 1},    {31, 300},
                                      {300, 31}, {72, 72},   {65, 173}, {2, 500}};
  static const mmdeploy_pixel_format_t formats[BATCH] = {0, 1, 2, 5, 0, 3, 0, 4};
  for (int i = 0; i < BATCH; ++i) {
    const int is_yuv = formats[i] == 3 || formats[i] == 4;
    mats[i] =
        sdk_make_mat(sizes[i][0], sizes[i][1] & (is_yuv ? ~1 : ~0), formats[i], 10u + (unsigned)i);
  }
}

static void drop_batch(mmdeploy_mat_t mats[BATCH]) {
  for (int i = 0; i < BATCH; ++i) free(mats[i].data);
}

static void a_batch_equals_its_pictures(void **state) {
  (void)state;
  static const int sizes[] = {1, 3, BATCH};
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  mmdeploy_mat_t mats[BATCH];
  sdk_answers_t singles[BATCH];
  make_batch(mats);
  for (int i = 0; i < BATCH; ++i) singles[i] = sdk_classify(classifier, &mats[i]);
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; ++s) {
    mmdeploy_classification_t *results = NULL, *next;
    int *counts = NULL;
    assert_success(mmdeploy_classifier_apply(classifier, mats, sizes[s], &results, &counts));
    next = results;
    for (int i = 0; i < sizes[s]; ++i) {
      sdk_assert_answers(&singles[i], next, counts[i], 1e-5);
      next += counts[i];
    }
    mmdeploy_classifier_release_result(results, counts, sizes[s]);
  }
  drop_batch(mats);
  mmdeploy_classifier_destroy(classifier);
}

// The same pixels in another order of channels are the same picture, whatever |channel| says.
static void formats_of_one_picture_agree(void **state) {
  (void)state;
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  mmdeploy_mat_t bgr = sdk_make_bgr(90, 110, 5), rgb = sdk_make_bgr(90, 110, 6);
  mmdeploy_mat_t bgra = sdk_make_mat(90, 110, MMDEPLOY_PIXEL_FORMAT_BGRA, 7);
  rgb.format = MMDEPLOY_PIXEL_FORMAT_RGB;
  for (size_t i = 0; i < 90 * 110; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      rgb.data[3 * i + 2 - c] = bgr.data[3 * i + c];
      bgra.data[4 * i + c] = bgr.data[3 * i + c];
    }
  }
  bgr.channel = -9;
  const sdk_answers_t wanted = sdk_classify(classifier, &bgr);
  const sdk_answers_t from_rgb = sdk_classify(classifier, &rgb);
  const sdk_answers_t from_bgra = sdk_classify(classifier, &bgra);
  sdk_assert_answers(&wanted, from_rgb.items, from_rgb.count, 0);
  sdk_assert_answers(&wanted, from_bgra.items, from_bgra.count, 0);
  free(bgr.data);
  free(rgb.data);
  free(bgra.data);
  mmdeploy_classifier_destroy(classifier);
}

// Every combination answers or is refused with a message; 32-bit floats of byte values answer as
// the bytes.
static void types_of_pixels(void **state) {
  (void)state;
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  for (int format = 0; format < MMDEPLOY_PIXEL_FORMAT_COUNT; ++format) {
    for (int type = 0; type < MMDEPLOY_DATA_TYPE_COUNT; ++type) {
      mmdeploy_mat_t mat = sdk_make_mat(76, 84, (mmdeploy_pixel_format_t)format, 3);
      uint8_t *wide = calloc(84 * 76 * 4, 4);
      mmdeploy_classification_t *results = NULL;
      int *counts = NULL;
      assert_non_null(wide);
      mmdeploy_mat_t given = mat;
      given.type = (mmdeploy_data_type_t)type;
      if (type != MMDEPLOY_DATA_TYPE_UINT8) given.data = wide;
      mmdeploy_clear_last_error();
      const int code = mmdeploy_classifier_apply(classifier, &given, 1, &results, &counts);
      if (type == MMDEPLOY_DATA_TYPE_UINT8) assert_success(code);
      if (code == MMDEPLOY_SUCCESS)
        assert_int_equal(counts[0], SDK_TOPK);
      else
        assert_true(!results && !counts && *mmdeploy_last_error_message());
      mmdeploy_classifier_release_result(results, counts, 1);
      free(wide);
      free(mat.data);
    }
  }
  mmdeploy_classifier_destroy(classifier);
}

static void float_pixels(void **state) {
  (void)state;
  enum { HEIGHT = 72, WIDTH = 72 };  // no resize, so that rounding plays no part
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  mmdeploy_mat_t bytes = sdk_make_bgr(HEIGHT, WIDTH, 8), floats = bytes;
  float *pixels = malloc(HEIGHT * WIDTH * 3 * sizeof *pixels);
  assert_non_null(pixels);
  for (size_t i = 0; i < HEIGHT * WIDTH * 3; ++i) pixels[i] = bytes.data[i];
  floats.data = (uint8_t *)pixels;
  floats.type = MMDEPLOY_DATA_TYPE_FLOAT;
  const sdk_answers_t wanted = sdk_classify(classifier, &bytes);
  const sdk_answers_t found = sdk_classify(classifier, &floats);
  sdk_assert_answers(&wanted, found.items, found.count, 1e-5);
  free(pixels);
  free(bytes.data);
  mmdeploy_classifier_destroy(classifier);
}

//===--- values ------------------------------------------------------------===//

static void the_steps_equal_the_whole(void **state) {
  (void)state;
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  mmdeploy_mat_t *mats = calloc(BATCH, sizeof *mats);
  mmdeploy_value_t input = NULL, output = NULL, copy = NULL;
  mmdeploy_classification_t *whole = NULL, *steps = NULL;
  int *whole_counts = NULL, *steps_counts = NULL;
  assert_non_null(mats);
  make_batch(mats);
  assert_success(mmdeploy_classifier_apply(classifier, mats, BATCH, &whole, &whole_counts));
  assert_success(mmdeploy_classifier_create_input(mats, BATCH, &input));
  mmdeploy_mat_t kept[BATCH];
  memcpy(kept, mats, sizeof kept);
  free(mats);                                // the array may go, the pixels not yet
  for (int round = 0; round < 2; ++round) {  // the input stays usable
    assert_success(mmdeploy_classifier_apply_v2(classifier, input, &output));
    copy = mmdeploy_value_copy(output);
    mmdeploy_value_destroy(output);
    assert_success(mmdeploy_classifier_get_result(copy, &steps, &steps_counts));
    mmdeploy_value_destroy(copy);
    assert_memory_equal(whole_counts, steps_counts, BATCH * sizeof *whole_counts);
    assert_memory_equal(whole, steps, BATCH * SDK_TOPK * sizeof *whole);
    mmdeploy_classifier_release_result(steps, steps_counts, BATCH);
  }
  mmdeploy_value_destroy(input);
  drop_batch(kept);
  mmdeploy_classifier_release_result(whole, whole_counts, BATCH);
  mmdeploy_classifier_destroy(classifier);
}

static void inputs_of_another_form(void **state) {
  (void)state;
  static const char *const texts[] = {"null",
                                      "5",
                                      "{}",
                                      "[]",
                                      "[5]",
                                      "[[],[]]",
                                      "[[5]]",
                                      "[[null]]",
                                      "[[[]]]",
                                      "[[{}]]",
                                      "[[{\"ori_img\":7}]]",
                                      "[[{\"ori_img\":null}]]",
                                      "[{\"ori_img\":[]}]"};
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    mmdeploy_value_t input = NULL, output = (mmdeploy_value_t)&input;
    assert_success(mmdeploy_value_from_json(texts[i], &input));
    mmdeploy_clear_last_error();
    if (mmdeploy_classifier_apply_v2(classifier, input, &output) == MMDEPLOY_SUCCESS)
      fail_msg("%s", texts[i]);
    assert_null(output);
    assert_true(*mmdeploy_last_error_message());
    mmdeploy_value_destroy(input);
  }
  mmdeploy_classifier_destroy(classifier);
}

static void outputs_of_another_form(void **state) {
  (void)state;
  static const char *const texts[] = {"null",
                                      "5",
                                      "{}",
                                      "[]",
                                      "[5]",
                                      "[{}]",
                                      "[[5]]",
                                      "[[{}]]",
                                      "[[[5]]]",
                                      "[[[{}]]]",
                                      "[[[{\"label_id\":1}]]]",
                                      "[[[{\"score\":1}]]]",
                                      "[[[{\"label_id\":\"1\",\"score\":1}]]]",
                                      "[[[],[{\"label_id\":2,\"score\":null}]]]"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    mmdeploy_classification_t *results = (mmdeploy_classification_t *)&state;
    int *counts = (int *)&state;
    mmdeploy_value_t output = NULL;
    assert_success(mmdeploy_value_from_json(texts[i], &output));
    assert_fails(mmdeploy_classifier_get_result(output, &results, &counts), MMDEPLOY_E_FAIL,
                 "classifier");
    assert_null(results);
    assert_null(counts);
    mmdeploy_value_destroy(output);
  }
}

// Images without answers are among the others; the numbers come through as they are.
static void outputs_made_by_hand(void **state) {
  (void)state;
  mmdeploy_value_t output = NULL;
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  assert_success(
      mmdeploy_value_from_json("[[[{\"label_id\": 3, \"score\": 0.5}], [], [{\"label_id\": 1, "
                               "\"score\": 2}, {\"label_id\": 0, \"score\": -1.5}]]]",
                               &output));
  assert_success(mmdeploy_classifier_get_result(output, &results, &counts));
  mmdeploy_value_destroy(output);
  assert_int_equal(counts[0], 1);
  assert_int_equal(counts[1], 0);
  assert_int_equal(counts[2], 2);
  assert_int_equal(results[0].label_id, 3);
  assert_float_equal(results[0].score, 0.5, 0);
  assert_float_equal(results[1].score, 2, 0);
  assert_float_equal(results[2].score, -1.5, 0);
  mmdeploy_classifier_release_result(results, counts, 3);
}

//===--- lifetimes ---------------------------------------------------------===//

static void results_outlive_everything(void **state) {
  (void)state;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY_ZIP);
  mmdeploy_context_t context = NULL;
  mmdeploy_device_t device = NULL;
  mmdeploy_classifier_t classifier = NULL;
  mmdeploy_value_t input = NULL, output = NULL;
  assert_success(mmdeploy_context_create(&context));
  assert_success(mmdeploy_device_create("cpu", 0, &device));
  assert_success(mmdeploy_context_add(context, MMDEPLOY_TYPE_DEVICE, NULL, device));
  mmdeploy_device_destroy(device);
  assert_success(mmdeploy_classifier_create_v2(model, context, &classifier));
  mmdeploy_context_destroy(context);
  mmdeploy_model_destroy(model);
  mmdeploy_mat_t mat = sdk_make_bgr(100, 120, 9);
  const sdk_answers_t wanted = sdk_classify(classifier, &mat);
  assert_success(mmdeploy_classifier_create_input(&mat, 1, &input));
  assert_success(mmdeploy_classifier_apply_v2(classifier, input, &output));
  free(mat.data);  // the call is over
  mmdeploy_value_destroy(input);
  mmdeploy_classifier_destroy(classifier);
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  assert_success(mmdeploy_classifier_get_result(output, &results, &counts));
  mmdeploy_value_destroy(output);
  sdk_assert_answers(&wanted, results, counts[0], 0);
  mmdeploy_classifier_release_result(results, counts, 1);
}

static void handles_of_one_model_are_independent(void **state) {
  (void)state;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  mmdeploy_classifier_t first = NULL, second = NULL;
  assert_success(mmdeploy_classifier_create(model, "cpu", 0, &first));
  assert_success(mmdeploy_classifier_create(model, "cpu", 0, &second));
  mmdeploy_mat_t mat = sdk_make_bgr(66, 77, 2);
  const sdk_answers_t wanted = sdk_classify(first, &mat);
  mmdeploy_classifier_destroy(first);
  mmdeploy_model_destroy(model);
  const sdk_answers_t found = sdk_classify(second, &mat);
  sdk_assert_answers(&wanted, found.items, found.count, 0);
  mmdeploy_classifier_destroy(second);
  free(mat.data);
}

static void numbers_of_threads(void **state) {
  (void)state;
  static const int threads[] = {0, 1, 2, 5};
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  mmdeploy_mat_t mat = sdk_make_bgr(99, 88, 2);
  sdk_answers_t first = {0};
  for (size_t i = 0; i < sizeof threads / sizeof *threads; ++i) {
    mmdeploy_context_t context = NULL;
    mmdeploy_classifier_t classifier = NULL;
    assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
    assert_success(mmdeploy_context_set_threads(context, threads[i]));
    assert_success(mmdeploy_classifier_create_v2(model, context, &classifier));
    mmdeploy_context_destroy(context);
    const sdk_answers_t answers = sdk_classify(classifier, &mat);
    if (!i) first = answers;
    sdk_assert_answers(&first, answers.items, answers.count, 1e-5);
    mmdeploy_classifier_destroy(classifier);
  }
  free(mat.data);
  mmdeploy_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(null_arguments),
      cmocka_unit_test(wrong_devices),
      cmocka_unit_test(results_are_sorted_scores),
      cmocka_unit_test(no_pictures_give_empty_arrays),
      cmocka_unit_test(releases_do_not_need_the_count),
      cmocka_unit_test(a_failed_call_leaves_nothing),
      cmocka_unit_test(a_batch_equals_its_pictures),
      cmocka_unit_test(formats_of_one_picture_agree),
      cmocka_unit_test(types_of_pixels),
      cmocka_unit_test(float_pixels),
      cmocka_unit_test(the_steps_equal_the_whole),
      cmocka_unit_test(inputs_of_another_form),
      cmocka_unit_test(outputs_of_another_form),
      cmocka_unit_test(outputs_made_by_hand),
      cmocka_unit_test(results_outlive_everything),
      cmocka_unit_test(handles_of_one_model_are_independent),
      cmocka_unit_test(numbers_of_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
