// SPDX-License-Identifier: Apache-2.0
//
// Numbers of the softmax: torch.softmax(torch.tensor([0.5, -1, 2, 2, 0.25]), 0).
#include "codebases/mmcls/postprocess/linear_cls_head.h"

#include <math.h>
#include <string.h>

#include "pipeline/registry.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

typedef struct options_t {
  int64_t topk;
  bool softmax;
} options_t;

static mmd_value_t *infer_output(int rank, const int64_t *dims, const float *data) {
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_shape_make(rank, dims, &shape));
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &shape, data, &tensor));
  mmd_value_t *object = mmd_value_object();
  mmd_assert_ok(mmd_object_take(object, "output", mmd_value_tensor(&tensor)));
  mmd_tensor_deinit(&tensor);
  return object;
}

static void expect(const mmd_component_t *component, const char *params, const float *scores,
                   int64_t count, const char *json) {
  const int64_t dims[] = {1, count, 1, 1};
  mmd_value_t *input = infer_output(4, dims, scores), *object = NULL, *result = NULL;
  unsigned char options[64];
  mmd_str_t text = {0};
  assert_true(component->options->struct_size <= sizeof options);
  mmd_assert_ok(mmd_json_parse(params, strlen(params), "params", &object));
  mmd_assert_ok(mmd_options_read(component->options, object, "params", true, options));
  mmd_assert_ok(component->apply(options, NULL, &input, 1, &result));
  mmd_assert_ok(mmd_json_write(result, 0, &text));
  assert_string_equal(mmd_str_text(&text), json);
  mmd_str_deinit(&text);
  mmd_value_release(result);
  mmd_value_release(object);
  mmd_value_release(input);
}

static void test_topk(void **state) {
  static const float scores[] = {0.5F, -1, 2, 2, 0.25F};
  (void)state;
  expect(&mmd_linear_cls_head, "{}", scores, 5, "[{\"label_id\": 2, \"score\": 2.0}]");
  expect(&mmd_cls_head, "{\"topk\": 3, \"loss\": {}}", scores, 5,
         "[{\"label_id\": 2, \"score\": 2.0}, {\"label_id\": 3, \"score\": 2.0}, "
         "{\"label_id\": 0, \"score\": 0.5}]");
  expect(&mmd_vision_transformer_cls_head, "{\"topk\": 9, \"hidden_dim\": 4}", scores, 2,
         "[{\"label_id\": 0, \"score\": 0.5}, {\"label_id\": 1, \"score\": -1.0}]");
  expect(&mmd_multi_label_linear_cls_head, "{}", scores, 2,
         "[{\"label_id\": 0, \"score\": 0.5}, {\"label_id\": 1, \"score\": -1.0}]");
}

static void test_nan_is_worst(void **state) {
  static const float scores[] = {NAN, -1, NAN, 2};
  (void)state;
  expect(&mmd_linear_cls_head, "{\"topk\": 2}", scores, 4,
         "[{\"label_id\": 3, \"score\": 2.0}, {\"label_id\": 1, \"score\": -1.0}]");
}

static void test_softmax(void **state) {
  static const float scores[] = {0.5F, -1, 2, 2, 0.25F};
  static const double expected[] = {0.40871525, 0.40871525, 0.09119670, 0.07102406, 0.02034873};
  static const int64_t dims[] = {1, 5};
  (void)state;
  mmd_value_t *input = infer_output(2, dims, scores), *result = NULL;
  const options_t options = {.topk = 5, .softmax = true};
  mmd_value_t *const inputs[] = {NULL, input};
  mmd_assert_ok(mmd_linear_cls_head.apply(&options, NULL, inputs, 2, &result));
  for (size_t i = 0; i < 5; ++i) {
    const mmd_value_t *score = mmd_object_get(mmd_array_at(result, i), "score");
    assert_true(fabs(mmd_value_get_float(score, 0) - expected[i]) < 1e-6);
  }
  mmd_value_release(result);
  mmd_value_release(input);
}

static void test_wrong_inputs(void **state) {
  static const float scores[] = {1, 2, 3, 4};
  static const int64_t two_samples[] = {2, 2}, a_map[] = {1, 2, 2}, flat[] = {4};
  static const int64_t *const shapes[] = {two_samples, a_map, flat};
  static const int ranks[] = {2, 3, 1};
  const options_t options = {.topk = 1};
  mmd_value_t *result = NULL;
  (void)state;
  for (int i = 0; i < 3; ++i) {
    mmd_value_t *input = infer_output(ranks[i], shapes[i], scores);
    mmd_assert_fails(mmd_linear_cls_head.apply(&options, NULL, &input, 1, &result),
                     MMD_INVALID_ARGUMENT, "expected scores f32[1xclasses]");
    mmd_value_release(input);
  }
  mmd_value_t *nothing = mmd_value_object();
  mmd_assert_fails(mmd_linear_cls_head.apply(&options, NULL, &nothing, 1, &result),
                   MMD_INVALID_ARGUMENT, "there is no tensor 'output'");
  mmd_value_release(nothing);
}

static void test_registry(void **state) {
  (void)state;
  for (size_t i = 0; mmd_postprocess_registry[i]; ++i) {
    assert_non_null(mmd_postprocess_registry[i]->apply);
    for (size_t j = 0; j < i; ++j) {
      assert_string_not_equal(mmd_postprocess_registry[i]->name, mmd_postprocess_registry[j]->name);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_topk),     cmocka_unit_test(test_nan_is_worst),
      cmocka_unit_test(test_softmax),  cmocka_unit_test(test_wrong_inputs),
      cmocka_unit_test(test_registry),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
