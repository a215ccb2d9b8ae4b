// SPDX-License-Identifier: Apache-2.0
//
// `parity`, on a network whose numbers can be told in the head; real recordings are those of
// tests/integration and of convert_test.
#include "convert/parity_snippet.h"
#include "convert/run_onnx_testing.h"

#define CONFIGS MMD_SOURCE_DIR "/codebases/mmcls/models/testdata/"
#define DETECTORS MMD_SOURCE_DIR "/codebases/mmdet/models/testdata/"

static const char model[] =
    "graph \"g\" { opset \"\" 13\n"
    "input %x : f32[n,2]\n"
    "constant %k : f32[] = [3]\n"
    "%y = Mul(%x, %k) name \"y\"\n"
    "%i = Shape(%x) name \"i\"\n"
    "output %y output %i }";

static void add_array(mmd_value_t *arrays, const char *name, mmd_dtype_t dtype, int64_t rows,
                      double a, double b) {
  mmd_shape_t shape = {0};
  mmd_tensor_t tensor = {0};
  mmd_assert_ok(mmd_shape_make(2, (const int64_t[]){rows, 2}, &shape));
  mmd_assert_ok(mmd_tensor_create(dtype, &shape, true, &tensor));
  for (size_t i = 0; i < mmd_tensor_count(&tensor); ++i)
    mmd_dtype_store_f64(dtype, mmd_tensor_mutable_data(&tensor), i, i % 2 ? b : a);
  mmd_assert_ok(mmd_object_take(arrays, name, mmd_value_tensor(&tensor)));
  mmd_tensor_deinit(&tensor);
}

// Row of x: [1, -2]; of y: |a|, |b|.
static char *make_reference(const scene_t *s, mmd_dtype_t dtype, const char *output, double a,
                            double b) {
  char *path = mmd_path_join(s->folder, "reference.npz");
  mmd_value_t *arrays = mmd_value_object();
  add_array(arrays, "x", dtype, 2, 1, -2);
  add_array(arrays, output, MMD_F32, 2, a, b);
  mmd_assert_ok(mmd_npz_write_file(path, arrays));
  mmd_value_release(arrays);
  return path;
}

static void equal_numbers_pass(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  // What PyTorch records as float64 fits too; outputs that were not recorded are said.
  char *reference = make_reference(&s, MMD_F64, "y", 3, -6);
  mmd_assert_ok(SCENE_RUN(&s, mmd_parity_command, "@0", "--reference", reference));
  assert_int_equal(s.exit_status, 0);
  assert_string_equal(scene_string(&s, "backend"), "reference");
  assert_true(scene_number(&s, "outputs.0.max_abs") == 0);
  assert_true(scene_number(&s, "outputs.0.cosine") > 0.9999999);
  assert_string_equal(scene_string(&s, "outputs.1.note"), "not recorded");
  assert_non_null(strstr(s.text.data, "Parity: passed"));
  mmd_free(reference);
  scene_deinit(&s);
}

static void other_numbers_do_not(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  char *reference = make_reference(&s, MMD_F32, "y", 3, -5);
  mmd_assert_ok(SCENE_RUN(&s, mmd_parity_command, "@0", "--reference", reference));
  assert_int_equal(s.exit_status, 3);
  assert_true(scene_number(&s, "outputs.0.max_abs") == 1);
  assert_true(scene_number(&s, "outputs.0.mean_abs") == 0.5);
  assert_true(scene_number(&s, "outputs.0.max_rel") == 0.2);
  // (9 + 30) / (sqrt(45) sqrt(34))
  const double cosine = scene_number(&s, "outputs.0.cosine");
  assert_true(cosine > 0.99705 && cosine < 0.99706);
  assert_non_null(strstr(s.text.data, "Parity: FAILED"));
  mmd_assert_ok(
      SCENE_RUN(&s, mmd_parity_command, "@0", "--reference", reference, "--tolerance", "0.3"));
  assert_int_equal(s.exit_status, 0);
  mmd_free(reference);
  scene_deinit(&s);
}

static void shapes_must_be_equal(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  char *reference = mmd_path_join(s.folder, "reference.npz");
  mmd_value_t *arrays = mmd_value_object();
  add_array(arrays, "x", MMD_F32, 2, 1, 1);
  add_array(arrays, "y", MMD_F32, 1, 3, 3);
  mmd_assert_ok(mmd_npz_write_file(reference, arrays));
  mmd_value_release(arrays);
  mmd_assert_ok(SCENE_RUN(&s, mmd_parity_command, "@0", "--reference", reference));
  assert_int_equal(s.exit_status, 3);
  assert_string_equal(scene_string(&s, "outputs.0.note"),
                      "shapes differ: f32[2x2], reference f32[1x2]");
  mmd_free(reference);
  scene_deinit(&s);
}

static void snippets_say_their_files(void **state) {
  (void)state;
  static const struct {
    const char *config, *part;
  } cases[] = {
      {CONFIGS "mmcls/resnet18/config.py", "from mmcls.apis import init_model"},
      {CONFIGS "mmpretrain/resnet18/config.py", "from mmpretrain import get_model"},
      {DETECTORS "0.x/retinanet/config.py", "model.simple_test("},
      {DETECTORS "1.x/retinanet/config.py", "from mmdet.structures import DetDataSample"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    const mmd_snippet_request_t request = {.config = cases[i].config,
                                           .checkpoint = "it's.pth",
                                           .file = "r.npz",
                                           .height = 64,
                                           .width = 96};
    mmd_str_t text = {0};
    mmd_assert_ok(mmd_snippet_make(&request, &text));
    assert_non_null(strstr(mmd_str_text(&text), cases[i].part));
    assert_non_null(strstr(mmd_str_text(&text), "'it\\'s.pth'"));
    assert_non_null(strstr(mmd_str_text(&text), "1, 3, 64, 96"));
    assert_non_null(strstr(mmd_str_text(&text), "np.savez('r.npz', input=x.numpy(), "));
    assert_null(strchr(mmd_str_text(&text), '{'));
    mmd_str_deinit(&text);
  }
}

static void bad_input_is_refused(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  char *reference = make_reference(&s, MMD_F32, "z", 3, -6);
  mmd_assert_fails(SCENE_RUN(&s, mmd_parity_command, "@0"), MMD_INVALID_ARGUMENT,
                   "--reference FILE.npz or --snippet");
  mmd_assert_fails(SCENE_RUN(&s, mmd_parity_command, "@0", "--reference", reference),
                   MMD_INVALID_ARGUMENT, "there are: x, z");
  mmd_assert_fails(SCENE_RUN(&s, mmd_parity_command, "@0", "@1", "--reference", reference),
                   MMD_INVALID_ARGUMENT, "together with --snippet only");
  mmd_assert_fails(SCENE_RUN(&s, mmd_parity_command, "@0", "--snippet"), MMD_INVALID_ARGUMENT,
                   "needs CONFIG and CHECKPOINT");
  mmd_assert_fails(SCENE_RUN(&s, mmd_parity_command, "@1", "--reference", reference), MMD_NOT_FOUND,
                   "b.onnx");
  mmd_free(reference);
  reference = make_reference(&s, MMD_I64, "y", 3, -6);
  mmd_assert_fails(SCENE_RUN(&s, mmd_parity_command, "@0", "--reference", reference),
                   MMD_INVALID_ARGUMENT, "array 'x' is i64, the network's input is f32");
  mmd_free(reference);
  scene_deinit(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_numbers_pass),   cmocka_unit_test(other_numbers_do_not),
      cmocka_unit_test(shapes_must_be_equal), cmocka_unit_test(snippets_say_their_files),
      cmocka_unit_test(bad_input_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
