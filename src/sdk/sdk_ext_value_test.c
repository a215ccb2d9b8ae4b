// SPDX-License-Identifier: Apache-2.0
//
// ext.h: values built and read, strided pictures, geometry of results, inspection.
#include <math.h>

#include "sdk/sdk_testing.h"
#include "value/value.h"

static mmdeploy_value_t parse(const char *json) {
  mmdeploy_value_t value = NULL;
  assert_success(mmdeploy_value_from_json(json, &value));
  return value;
}

//===--- reading -----------------------------------------------------------===//

static void kinds_and_sizes(void **state) {
  (void)state;
  static const struct {
    const char *json;
    int kind, size;
  } cases[] = {{"null", 0, 0},  {"true", 1, 0}, {"-3", 2, 0},          {"2.5", 4, 0},
               {"\"a\"", 5, 0}, {"[]", 7, 0},   {"[1, [2, 3]]", 7, 2}, {"{\"a\": 1}", 8, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmdeploy_value_t value = parse(cases[i].json);
    assert_int_equal(mmdeploy_value_type(value), cases[i].kind);
    assert_int_equal(mmdeploy_value_size(value), cases[i].size);
    mmdeploy_value_destroy(value);
  }
  assert_int_equal(mmdeploy_value_type(NULL), -1);
  assert_int_equal(mmdeploy_value_size(NULL), -1);
}

static void items_and_members(void **state) {
  (void)state;
  mmdeploy_value_t value = parse("{\"list\": [1, \"two\"], \"n\": 3}"), list = NULL, item = NULL;
  assert_success(mmdeploy_value_get(value, "list", &list));
  assert_string_equal(mmdeploy_value_key(value, 1), "n");
  assert_null(mmdeploy_value_key(value, 2));
  assert_null(mmdeploy_value_key(value, -1));
  assert_null(mmdeploy_value_key(list, 0));
  assert_fails(mmdeploy_value_get(value, "m", &item), MMDEPLOY_E_OUT_OF_RANGE, "'m'");
  assert_fails(mmdeploy_value_get(list, "m", &item), MMDEPLOY_E_NOT_SUPPORTED, "array");
  assert_fails(mmdeploy_value_get(value, NULL, &item), MMDEPLOY_E_INVALID_ARG, "key");
  assert_fails(mmdeploy_value_get(NULL, "n", &item), MMDEPLOY_E_INVALID_ARG, "object");
  assert_fails(mmdeploy_value_get(value, "n", NULL), MMDEPLOY_E_INVALID_ARG, "item");
  // Items live on without what they came from.
  mmdeploy_value_destroy(value);
  assert_success(mmdeploy_value_at(list, 1, &item));
  assert_fails(mmdeploy_value_at(list, 2, &value), MMDEPLOY_E_OUT_OF_RANGE, "array of 2");
  assert_null(value);
  assert_fails(mmdeploy_value_at(list, -1, &value), MMDEPLOY_E_OUT_OF_RANGE, "-1");
  assert_fails(mmdeploy_value_at(item, 0, &value), MMDEPLOY_E_NOT_SUPPORTED, "string");
  mmdeploy_value_destroy(list);
  assert_string_equal(mmdeploy_value_as_string(item), "two");
  mmdeploy_value_destroy(item);
  assert_null(mmdeploy_value_as_string(NULL));
}

static void numbers(void **state) {
  (void)state;
  static const struct {
    const char *json;
    int truth;
    int64_t integer;
    double number;
  } cases[] = {{"true", 1, 1, 1},
               {"0", 0, 0, 0},
               {"-7", 1, -7, -7},
               {"2.75", 1, 2, 2.75},
               {"9007199254740993", 1, 9007199254740993, 9007199254740992.0}};
  int truth;
  int64_t integer;
  double number;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmdeploy_value_t value = parse(cases[i].json);
    assert_success(mmdeploy_value_as_bool(value, &truth));
    assert_success(mmdeploy_value_as_int(value, &integer));
    assert_success(mmdeploy_value_as_double(value, &number));
    assert_true(truth == cases[i].truth && integer == cases[i].integer &&
                number == cases[i].number);
    assert_null(mmdeploy_value_as_string(value));
    mmdeploy_value_destroy(value);
  }
  mmdeploy_value_t value = parse("1e30");
  assert_fails(mmdeploy_value_as_int(value, &integer), MMDEPLOY_E_OUT_OF_RANGE, "1e+30");
  assert_fails(mmdeploy_value_as_int(value, NULL), MMDEPLOY_E_INVALID_ARG, "out");
  mmdeploy_value_destroy(value);
  value = parse("\"7\"");
  assert_fails(mmdeploy_value_as_int(value, &integer), MMDEPLOY_E_NOT_SUPPORTED, "string");
  assert_fails(mmdeploy_value_as_double(value, &number), MMDEPLOY_E_NOT_SUPPORTED, "string");
  assert_fails(mmdeploy_value_as_bool(value, &truth), MMDEPLOY_E_NOT_SUPPORTED, "string");
  assert_fails(mmdeploy_value_as_double(NULL, &number), MMDEPLOY_E_INVALID_ARG, "value");
  mmdeploy_value_destroy(value);
}

//===--- building ----------------------------------------------------------===//

static void values_are_built(void **state) {
  (void)state;
  mmdeploy_value_t object = NULL, list = NULL, item = NULL;
  char *json = NULL;
  assert_success(mmdeploy_value_create_object(&object));
  assert_success(mmdeploy_value_create_array(&list));
  assert_success(mmdeploy_value_from_double(0.5, &item));
  assert_success(mmdeploy_value_append(list, item));
  mmdeploy_value_destroy(item);
  assert_success(mmdeploy_value_from_string("\xc3\xa9", &item));
  assert_success(mmdeploy_value_append(list, item));
  mmdeploy_value_destroy(item);
  assert_success(mmdeploy_value_append(list, NULL));
  // Into itself: a copy, so there is no circle.
  assert_success(mmdeploy_value_append(list, list));
  assert_success(mmdeploy_value_set(object, "list", list));
  assert_success(mmdeploy_value_append(list, NULL));
  assert_success(mmdeploy_value_from_bool(7, &item));
  assert_success(mmdeploy_value_set(object, "flag", item));
  mmdeploy_value_destroy(item);
  assert_success(mmdeploy_value_set(object, "flag", NULL));
  assert_success(mmdeploy_value_to_json(object, &json));
  assert_non_null(strstr(json, "\"flag\": null"));
  mmdeploy_string_free(json);
  // A member in use elsewhere is left alone.
  assert_success(mmdeploy_value_get(object, "list", &item));
  assert_int_equal(mmdeploy_value_size(item), 4);
  assert_fails(mmdeploy_value_append(item, NULL), MMDEPLOY_E_INVALID_ARG, "in use");
  mmdeploy_value_destroy(object);
  assert_success(mmdeploy_value_append(item, NULL));
  assert_int_equal(mmdeploy_value_size(item), 5);
  assert_fails(mmdeploy_value_set(item, "a", NULL), MMDEPLOY_E_NOT_SUPPORTED, "object");
  assert_fails(mmdeploy_value_append(NULL, item), MMDEPLOY_E_INVALID_ARG, "array");
  mmdeploy_value_destroy(item);
  mmdeploy_value_destroy(list);
  assert_fails(mmdeploy_value_from_string(NULL, &item), MMDEPLOY_E_INVALID_ARG, "text");
  assert_fails(mmdeploy_value_from_int(1, NULL), MMDEPLOY_E_INVALID_ARG, "value");
  assert_fails(mmdeploy_value_create_array(NULL), MMDEPLOY_E_INVALID_ARG, "value");
  assert_fails(mmdeploy_value_from_model(NULL, &item), MMDEPLOY_E_INVALID_ARG, "model");
}

static void pictures_and_tensors(void **state) {
  (void)state;
  mmdeploy_mat_t mat = sdk_make_bgr(4, 5, 1), found;
  mmdeploy_value_t value = NULL;
  mmdeploy_tensor_t tensor;
  size_t stride = 0;
  assert_success(mmdeploy_value_from_mat(&mat, &value));
  assert_int_equal(mmdeploy_value_type(value), MMDEPLOY_VALUE_ANY);
  assert_success(mmdeploy_value_as_mat(value, &found, NULL));
  assert_true(found.data == mat.data && found.height == 4 && found.width == 5 &&
              found.channel == 3 && found.type == MMDEPLOY_DATA_TYPE_UINT8);
  assert_success(mmdeploy_value_as_mat(value, &found, &stride));
  assert_int_equal(stride, 15);
  assert_fails(mmdeploy_value_as_tensor(value, &tensor), MMDEPLOY_E_NOT_SUPPORTED, "image");
  mmdeploy_value_destroy(value);
  assert_fails(mmdeploy_value_from_mat(NULL, &value), MMDEPLOY_E_INVALID_ARG, "mat");
  mat.height = 0;
  assert_null(value);
  assert_int_not_equal(mmdeploy_value_from_mat(&mat, &value), MMDEPLOY_SUCCESS);
  free(mat.data);
  const float numbers_in[] = {1, 2, 3};
  mmd_tensor_t inner;
  assert_null(mmd_tensor_from_f32(numbers_in, 3, &inner));
  value = (mmdeploy_value_t)mmd_value_tensor(&inner);
  mmd_tensor_deinit(&inner);
  assert_success(mmdeploy_value_as_tensor(value, &tensor));
  assert_true(tensor.rank == 1 && tensor.shape[0] == 3 && tensor.byte_size == 12);
  assert_string_equal(tensor.dtype, "f32");
  assert_memory_equal(tensor.data, numbers_in, sizeof numbers_in);
  assert_fails(mmdeploy_value_as_mat(value, &found, NULL), MMDEPLOY_E_NOT_SUPPORTED, "tensor");
  assert_fails(mmdeploy_value_as_tensor(value, NULL), MMDEPLOY_E_INVALID_ARG, "tensor");
  mmdeploy_value_destroy(value);
}

//===--- strided pictures --------------------------------------------------===//

static void count_release(void *user) {
  ++*(int *)user;
}

static sdk_answers_t classify(mmdeploy_classifier_t classifier, mmdeploy_value_t input) {
  mmdeploy_value_t output = NULL;
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  sdk_answers_t answers = {0};
  assert_success(mmdeploy_classifier_apply_v2(classifier, input, &output));
  assert_success(mmdeploy_classifier_get_result(output, &results, &counts));
  answers.count = counts[0];
  memcpy(answers.items, results, (size_t)counts[0] * sizeof *results);
  mmdeploy_classifier_release_result(results, counts, 1);
  mmdeploy_value_destroy(output);
  return answers;
}

// The same picture with rows that are |extra| bytes longer.
static uint8_t *stretch_rows(const mmdeploy_mat_t *mat, size_t row, size_t extra) {
  const size_t rows = sdk_row_count(mat->height, mat->format);
  uint8_t *data = malloc(rows * (row + extra));
  assert_non_null(data);
  memset(data, 77, rows * (row + extra));
  for (size_t y = 0; y < rows; ++y) memcpy(data + y * (row + extra), mat->data + y * row, row);
  return data;
}

static void strided_pictures(void **state) {
  (void)state;
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  for (int format = 0; format < MMDEPLOY_PIXEL_FORMAT_COUNT; ++format) {
    mmdeploy_mat_t mat = sdk_make_mat(60, 70, (mmdeploy_pixel_format_t)format, 5);
    const sdk_answers_t wanted = sdk_classify(classifier, &mat);
    const size_t row = 70 * sdk_channels(mat.format);
    uint8_t *wide = stretch_rows(&mat, row, 13);
    int releases = 0;
    mmdeploy_value_t input = NULL;
    mmdeploy_mat_desc_t desc = {.struct_size = sizeof desc,
                                .mat = mat,
                                .row_stride = row + 13,
                                .release = count_release,
                                .user = &releases};
    desc.mat.data = wide;
    assert_success(mmdeploy_common_create_input_ex(&desc, 1, &input));
    const sdk_answers_t found = classify(classifier, input);
    assert_int_equal(releases, 0);
    mmdeploy_value_destroy(input);
    assert_int_equal(releases, 1);
    sdk_assert_answers(&wanted, found.items, found.count, 1e-6);
    free(wide);
    free(mat.data);
  }
  mmdeploy_classifier_destroy(classifier);
}

// Floats of the same values give the same answers.
static void pictures_of_floats(void **state) {
  (void)state;
  static const mmdeploy_pixel_format_t formats[] = {
      MMDEPLOY_PIXEL_FORMAT_BGR, MMDEPLOY_PIXEL_FORMAT_RGB, MMDEPLOY_PIXEL_FORMAT_GRAYSCALE,
      MMDEPLOY_PIXEL_FORMAT_BGRA};
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  for (size_t f = 0; f < sizeof formats / sizeof *formats; ++f) {
    mmdeploy_mat_t mat = sdk_make_mat(60, 70, formats[f], 5);
    const sdk_answers_t wanted = sdk_classify(classifier, &mat);
    const size_t count = 60 * 70 * sdk_channels(mat.format);
    float *numbers_in = malloc(count * sizeof *numbers_in);
    assert_non_null(numbers_in);
    for (size_t i = 0; i < count; ++i) numbers_in[i] = mat.data[i];
    free(mat.data);
    mat.data = (uint8_t *)numbers_in;
    mat.type = MMDEPLOY_DATA_TYPE_FLOAT;
    const sdk_answers_t found = sdk_classify(classifier, &mat);
    // Resizing rounds bytes, not floats.
    assert_int_equal(found.items[0].label_id, wanted.items[0].label_id);
    assert_float_equal(found.items[0].score, wanted.items[0].score, 0.02);
    free(mat.data);
  }
  mmdeploy_classifier_destroy(classifier);
}

static void owners_are_told_once(void **state) {
  (void)state;
  mmdeploy_mat_t mat = sdk_make_bgr(4, 5, 1);
  int releases[3] = {0};
  mmdeploy_mat_desc_t descs[3];
  mmdeploy_value_t input = (mmdeploy_value_t)&state, copy;
  for (int i = 0; i < 3; ++i)
    descs[i] = (mmdeploy_mat_desc_t){sizeof descs[i], mat, 0, count_release, &releases[i]};
  descs[1].row_stride = 14;  // less than a row
  assert_fails(mmdeploy_common_create_input_ex(descs, 3, &input), MMDEPLOY_E_INVALID_ARG,
               "picture 1");
  assert_null(input);
  assert_true(releases[0] == 1 && releases[1] == 1 && releases[2] == 1);
  descs[1].row_stride = 15;
  assert_success(mmdeploy_common_create_input_ex(descs, 3, &input));
  copy = mmdeploy_value_copy(input);
  mmdeploy_value_destroy(input);
  assert_int_equal(releases[2], 1);  // the copy shares the pictures
  mmdeploy_value_destroy(copy);
  assert_true(releases[0] == 2 && releases[1] == 2 && releases[2] == 2);
  assert_fails(mmdeploy_common_create_input_ex(descs, 3, NULL), MMDEPLOY_E_INVALID_ARG, "value");
  assert_int_equal(releases[0], 3);
  descs[0].struct_size = 8;
  assert_fails(mmdeploy_common_create_input_ex(descs, 1, &input), MMDEPLOY_E_INVALID_ARG,
               "struct_size");
  assert_fails(mmdeploy_common_create_input_ex(NULL, 1, &input), MMDEPLOY_E_INVALID_ARG, "mats");
  assert_fails(mmdeploy_common_create_input_ex(descs, -1, &input), MMDEPLOY_E_INVALID_ARG, "-1");
  assert_success(mmdeploy_common_create_input_ex(NULL, 0, &input));
  mmdeploy_value_destroy(input);
  free(mat.data);
}

//===--- geometry ----------------------------------------------------------===//

static void corners_are_sorted(void **state) {
  (void)state;
  // A box upright and turned, from every corner, both ways round.
  static const mmdeploy_point_t boxes[][4] = {{{1, 2}, {9, 2}, {9, 5}, {1, 5}},
                                              {{3, 1}, {9, 4}, {8, 6}, {2, 3}}};
  for (size_t b = 0; b < 2; ++b) {
    for (int first = 0; first < 4; ++first) {
      for (int step = 1; step < 4; step += 2) {
        mmdeploy_text_detection_t detection = {.score = 1};
        for (int i = 0; i < 4; ++i) detection.bbox[i] = boxes[b][(first + i * step) % 4];
        assert_success(mmdeploy_text_detection_sort(&detection));
        assert_memory_equal(detection.bbox, boxes[b], sizeof boxes[b]);
      }
    }
  }
  assert_fails(mmdeploy_text_detection_sort(NULL), MMDEPLOY_E_INVALID_ARG, "detection");
}

static void masks_have_an_origin(void **state) {
  (void)state;
  static const struct {
    mmdeploy_rect_t box;
    int height, width, x, y;
  } cases[] = {
      {{10.5f, 20.5f, 30.5f, 40.5f}, 23, 23, 9, 19},  // 9..32 by 19..42
      {{0, 0, 5, 5}, 6, 6, 0, 0},
      {{90, 90, 99, 99}, 11, 11, 89, 89},  // to the end of a picture of 100x100
      {{90, 90, 99, 99}, 100, 100, 0, 0},  // the whole of it
      {{0, 90, 99, 99}, 100, 100, 0, 0},
  };
  int x, y;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmdeploy_instance_mask_t mask = {NULL, cases[i].height, cases[i].width};
    const mmdeploy_detection_t detection = {0, 1, cases[i].box, &mask};
    assert_success(mmdeploy_detection_mask_origin(&detection, &x, &y));
    assert_int_equal(x, cases[i].x);
    assert_int_equal(y, cases[i].y);
  }
  const mmdeploy_detection_t none = {0};
  assert_fails(mmdeploy_detection_mask_origin(&none, &x, &y), MMDEPLOY_E_INVALID_ARG, "mask");
  assert_fails(mmdeploy_detection_mask_origin(NULL, &x, &y), MMDEPLOY_E_INVALID_ARG, "detection");
  assert_fails(mmdeploy_detection_mask_origin(&none, NULL, &y), MMDEPLOY_E_INVALID_ARG, "x");
}

//===--- names and packages ------------------------------------------------===//

static void names_that_are_near(void **state) {
  (void)state;
  static const char *const names[] = {"score_thr", "topk", "iou_thr"};
  assert_ptr_equal(mmdeploy_nearest_name("scor_thr", names, 3), names[0]);
  assert_null(mmdeploy_nearest_name("elephants", names, 3));
  assert_null(mmdeploy_nearest_name(NULL, names, 3));
  assert_null(mmdeploy_nearest_name("topk", NULL, 3));
  assert_null(mmdeploy_nearest_name("topk", names, 0));
}

static void packages_are_inspected(void **state) {
  (void)state;
  static const char *const paths[] = {SDK_TINY, SDK_TINY_ZIP};
  for (size_t i = 0; i < 2; ++i) {
    mmdeploy_model_t model = sdk_open_model(paths[i]);
    mmdeploy_value_t value = NULL, tasks = NULL, task = NULL, steps = NULL, classes = NULL;
    char *json = NULL;
    assert_success(mmdeploy_model_inspect(model, &json));
    value = parse(json);
    mmdeploy_string_free(json);
    assert_success(mmdeploy_value_get(value, "tasks", &tasks));
    assert_int_equal(mmdeploy_value_size(tasks), 3);
    assert_success(mmdeploy_value_at(tasks, 0, &task));
    assert_success(mmdeploy_value_get(task, "steps", &steps));
    assert_true(mmdeploy_value_size(steps) >= 4);
    assert_success(mmdeploy_value_get(value, "classes", &classes));
    assert_int_equal(mmdeploy_value_size(classes), SDK_CLASSES);
    mmdeploy_value_destroy(classes);
    mmdeploy_value_destroy(steps);
    mmdeploy_value_destroy(task);
    mmdeploy_value_destroy(tasks);
    mmdeploy_value_destroy(value);
    assert_fails(mmdeploy_model_inspect(model, NULL), MMDEPLOY_E_INVALID_ARG, "json");
    mmdeploy_model_destroy(model);
  }
  char *json = (char *)&state;
  assert_fails(mmdeploy_model_inspect(NULL, &json), MMDEPLOY_E_INVALID_ARG, "model");
  assert_null(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kinds_and_sizes),
      cmocka_unit_test(items_and_members),
      cmocka_unit_test(numbers),
      cmocka_unit_test(values_are_built),
      cmocka_unit_test(pictures_and_tensors),
      cmocka_unit_test(strided_pictures),
      cmocka_unit_test(pictures_of_floats),
      cmocka_unit_test(owners_are_told_once),
      cmocka_unit_test(corners_are_sorted),
      cmocka_unit_test(masks_have_an_origin),
      cmocka_unit_test(names_that_are_near),
      cmocka_unit_test(packages_are_inspected),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
