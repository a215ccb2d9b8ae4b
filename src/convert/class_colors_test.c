// SPDX-License-Identifier: Apache-2.0
#include "convert/class_colors.h"

#include <string.h>

#include "formats/pyconfig/pyconfig.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static void expect(const char *config, const char *colors) {
  mmd_value_t *value = NULL;
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_pyconfig_parse(config, strlen(config), "model.py", NULL, &value));
  mmd_assert_ok(mmd_class_colors_find(NULL, value, &text));
  assert_string_equal(mmd_str_text(&text), colors);
  mmd_str_deinit(&text);
  mmd_value_release(value);
}

static void test_config(void **state) {
  (void)state;
  expect("data = dict(test=dict(palette=[[220, 20, 60], (0, 0, 255)]))", "#dc143c,#0000ff");
  expect("data = dict(test=dict(PALETTE=[[1, 2, 3]]))", "#010203");
  expect("test_dataloader = dict(dataset=dict(metainfo=dict(palette=[(1, 2, 3)])))", "#010203");
  expect("metainfo = dict(palette=[(1, 2, 3)])", "#010203");
  expect("data = dict(test=dict(palette='random'))\nmetainfo = dict(palette=[(1, 2, 3)])",
         "#010203");
}

static void test_none(void **state) {
  (void)state;
  expect("data = dict(test=dict())", "");
  expect("metainfo = dict(palette=[])", "");
  expect("metainfo = dict(palette=[[1, 2, 3], [1, 2]])", "");
  expect("metainfo = dict(palette=[[1, 2, 3], [1, 2, 256]])", "");
  expect("metainfo = dict(palette=[[1, 2, 3], [1, 2, -1]])", "");
  expect("metainfo = dict(palette=[[1, 2, 3], 'red'])", "");
  expect("metainfo = dict(palette=[[1, 2, 3], [1, 2, 'x']])", "");
}

// Lists and NumPy's arrays, as checkpoints of both lines keep them.
static void expect_checkpoint(mmd_value_t *palette, const char *colors) {
  static const float number = 1;
  mmd_value_t *root = mmd_value_object(), *meta = mmd_value_object(), *state = mmd_value_object();
  mmd_checkpoint_t *checkpoint = NULL;
  mmd_tensor_t weight;
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_tensor_from_f32(&number, 1, &weight));
  mmd_assert_ok(mmd_object_take(root, "meta", meta));
  mmd_assert_ok(mmd_object_take(meta, "PALETTE", palette));
  mmd_assert_ok(mmd_object_take(root, "state_dict", state));
  mmd_assert_ok(mmd_object_take(state, "w", mmd_value_tensor(&weight)));
  mmd_assert_ok(mmd_checkpoint_from_value(root, "c.pth", "test", 1, NULL, &checkpoint));
  mmd_assert_ok(mmd_class_colors_find(checkpoint, NULL, &text));
  assert_string_equal(mmd_str_text(&text), colors);
  mmd_str_deinit(&text);
  mmd_checkpoint_destroy(checkpoint);
  mmd_tensor_deinit(&weight);
  mmd_value_release(root);
}

static void test_checkpoint(void **state) {
  (void)state;
  static const uint8_t colors[] = {220, 20, 60, 0, 0, 255};
  const mmd_shape_t shape = {.rank = 2, .dims = {2, 3}}, flat = {.rank = 1, .dims = {6}};
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_tensor_from_data(MMD_U8, &shape, colors, &tensor));
  expect_checkpoint(mmd_value_tensor(&tensor), "#dc143c,#0000ff");
  mmd_tensor_deinit(&tensor);
  mmd_assert_ok(mmd_tensor_from_data(MMD_U8, &flat, colors, &tensor));
  expect_checkpoint(mmd_value_tensor(&tensor), "");
  mmd_tensor_deinit(&tensor);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_config),
      cmocka_unit_test(test_none),
      cmocka_unit_test(test_checkpoint),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
