// SPDX-License-Identifier: Apache-2.0
//
// CTCConvertor and AttnConvertor against mmocr's on outputs of real networks and on made-up ones
// (tests/tasks).
#include "codebases/mmocr/postprocess/text_decoder.h"
#include "codebases/mmocr/postprocess/text_golden.h"

static void test_goldens(void **state) {
  (void)state;
  mmd_head_golden_check("text-recognition_crnn", &mmd_ctc_convertor, NULL, text_golden_text);
  mmd_head_golden_check("text-recognition_crnn_1x", &mmd_ctc_convertor, NULL, text_golden_text);
  mmd_head_golden_check("text-recognition_sar_1x", &mmd_attn_convertor, NULL, text_golden_text);
  mmd_head_golden_check("text-recognition_satrn_1x", &mmd_attn_convertor, NULL, text_golden_text);
}

// Each step chooses a class of |classes| with the value 2, the others have 0.
static mmd_status_t run(const mmd_component_t *component, int release, const char *params,
                        const char *metas, const int *best, int64_t steps, int64_t classes,
                        mmd_value_t **out_result) {
  float data[256] = {0};
  for (int64_t t = 0; t < steps; ++t) data[t * classes + best[t]] = 2;
  mmd_value_t *inputs[] = {mmd_test_json(metas), mmd_value_object()};
  mmd_test_put_f32(inputs[1], "output", 3, (int64_t[]){1, steps, classes}, data);
  mmd_status_t status = mmd_head_run(component, release, params, NULL, inputs, 2, out_result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
  return status;
}

static void expect(const mmd_component_t *component, int release, const char *params,
                   const char *metas, const int *best, int64_t steps, int64_t classes,
                   const char *text, size_t count) {
  mmd_value_t *result = NULL;
  mmd_assert_ok(run(component, release, params, metas, best, steps, classes, &result));
  assert_string_equal(mmd_value_get_string(mmd_object_get(result, "text"), "?"), text);
  assert_int_equal(mmd_array_size(mmd_object_get(result, "score")), count);
  mmd_value_release(result);
}

#define ABC "\"dict_list\": [\"a\", \"\xc3\xa4\", \"c\"]"

static void test_ctc(void **state) {
  static const int best[] = {1, 1, 0, 1, 2, 3, 0, 0};
  mmd_value_t *result = NULL;
  (void)state;
  expect(&mmd_ctc_convertor, 0, "{" ABC "}", "{}", best, 8, 5,
         "aa\xc3\xa4"
         "c",
         4);
  // Only as many steps as show the picture, rounded up.
  expect(&mmd_ctc_convertor, 0, "{" ABC "}", "{\"img_metas\": {\"valid_ratio\": 0.51}}", best, 8, 5,
         "aa\xc3\xa4", 3);
  expect(&mmd_ctc_convertor, 0, "{" ABC "}", "{\"img_metas\": {\"valid_ratio\": 0}}", best, 8, 5,
         "", 0);
  expect(&mmd_ctc_convertor, 0, "{" ABC "}", "{}", best + 6, 2, 5, "", 0);
  expect(&mmd_ctc_convertor, 0, "{" ABC "}", "{}", best, 0, 5, "", 0);
  // A list that begins with the blank needs no second one.
  expect(&mmd_ctc_convertor, 0, "{\"dict_list\": [\"<BLK>\", \"a\", \"b\"]}", "{}", best, 5, 5,
         "aab", 3);
  // From 1.x on the padding stands behind; class 0 is a character.
  expect(&mmd_ctc_convertor, 1, "{" ABC ", \"with_padding\": true}", "{}", best, 8, 4,
         "\xc3\xa4"
         "a\xc3\xa4"
         "ca",
         5);
  expect(&mmd_ctc_convertor, 1, "{" ABC ", \"ignore_chars\": [\"a\"]}", "{}", best, 5, 4,
         "\xc3\xa4\xc3\xa4"
         "c",
         3);
  // A class without a character.
  mmd_assert_fails(run(&mmd_ctc_convertor, 1, "{" ABC "}", "{}", best, 8, 4, &result),
                   MMD_INVALID_ARGUMENT, "class 3");
}

static void test_attn(void **state) {
  static const int best[] = {0, 0, 4, 1, 3, 2};
  (void)state;
  // a, a, <PAD>, ä, <BOS/EOS>, c
  expect(&mmd_attn_convertor, 1,
         "{" ABC
         ", \"with_start\": true, \"with_end\": true, \"same_start_end\": true, "
         "\"with_padding\": true}",
         "{}", best, 6, 5, "aa\xc3\xa4", 3);
  // 0.x: <UKN> is 3, <BOS/EOS> 4.
  expect(&mmd_attn_convertor, 0, "{" ABC "}", "{}", best, 6, 6, "aa", 2);
  expect(&mmd_attn_convertor, 0, "{" ABC ", \"with_unknown\": false}", "{}", best, 6, 5,
         "aa\xc3\xa4", 3);
  expect(&mmd_attn_convertor, 1, "{" ABC "}", "{}", best, 0, 5, "", 0);
}

static void test_errors(void **state) {
  static const int best[] = {0};
  mmd_value_t *result = NULL;
  (void)state;
  const char *const bad[] = {"{}",
                             "{\"dict_list\": 3}",
                             "{\"dict_list\": [3]}",
                             "{\"dict_type\": \"DICT1\"}",
                             "{\"dict_file\": \"dict.txt\"}",
                             "{" ABC ", \"ignore_chars\": 3}"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
    assert_true(mmd_status_ignore(run(&mmd_ctc_convertor, 1, bad[i], "{}", best, 1, 4, &result)));
    assert_null(result);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_ctc),
      cmocka_unit_test(test_attn),
      cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
