// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "convert/run_onnx_testing.h"

static const char model[] =
    "graph \"g\" { opset \"\" 13\n"
    "input %x : f32[n,3] input %k : i64[2]\n"
    "constant %w : f32[3] = [1, 2, 3]\n"
    "%y = Mul(%x, %w) : f32[n,3]\n"
    "%\"a/b\" = Add(%k, %k) : i64[2]\n"
    "output %y output %\"a/b\" }";

static void arrays_go_in_and_out(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  scene_array(&s, (const float[]){1, 2, 3, -4, 5, 6}, 2, (const int64_t[]){2, 3});
  char *out = mmd_path_join(s.folder, "out");
  mmd_assert_ok(SCENE_RUN(&s, mmd_run_onnx_command, "@0", "--input", "x=@3", "--output", out));
  assert_string_equal(scene_string(&s, "outputs.0.name"), "y");
  assert_string_equal(scene_string(&s, "outputs.0.dtype"), "f32");
  assert_int_equal((int)scene_number(&s, "outputs.0.shape.0"), 2);
  assert_true(scene_number(&s, "outputs.0.min") == -4);
  assert_true(scene_number(&s, "outputs.0.max") == 18);
  assert_true(scene_number(&s, "outputs.0.mean") == (1 + 4 + 9 - 4 + 10 + 18) / 6.0);
  assert_true(scene_number(&s, "outputs.0.first.4") == 10);
  assert_non_null(strstr(s.text.data, "y: f32[2x3]\n  min -4  max 18  mean 6.33333\n  1 4 9"));
  mmd_tensor_t y = {0};
  mmd_assert_ok(mmd_npy_read_file(scene_string(&s, "outputs.0.file"), &y));
  assert_true(mmd_tensor_get_f64(&y, 5) == 18);
  mmd_tensor_deinit(&y);
  char *file = mmd_path_join(out, "a_b_1.npy");  // stays in the folder
  assert_true(mmd_path_exists(file));
  mmd_free(file);
  mmd_free(out);
  scene_deinit(&s);
}

static void random_inputs_repeat(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  double sums[4];
  static const char *const seeds[] = {"1", "1", "2", "1"};
  static const char *const modes[] = {"fast", "plain", "plain", "plain"};
  static const char *const inputs[] = {"x=random", "x=random", "x=random", "k=random"};
  for (size_t i = 0; i < 4; ++i) {
    mmd_assert_ok(SCENE_RUN(&s, mmd_run_onnx_command, "@0", "--seed", seeds[i], "--mode", modes[i],
                            "--input", inputs[i], "--shape", "x=5x3"));
    assert_int_equal((int)scene_number(&s, "outputs.0.shape.0"), 5);
    assert_true(scene_number(&s, "outputs.0.min") >= -3 && scene_number(&s, "outputs.0.max") < 3);
    assert_true(scene_number(&s, "outputs.1.min") >= 0 && scene_number(&s, "outputs.1.max") <= 2);
    sums[i] = scene_number(&s, "outputs.0.mean");
  }
  assert_true(sums[0] == sums[1] && sums[1] == sums[3]);
  assert_true(sums[1] != sums[2]);
  // A free first size is 1.
  mmd_assert_ok(SCENE_RUN(&s, mmd_run_onnx_command, "@0"));
  assert_int_equal((int)scene_number(&s, "outputs.0.shape.0"), 1);
  scene_deinit(&s);
}

static void odd_numbers_are_counted(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0,
              "graph \"g\" { opset \"\" 13 input %x : f32[4] %y = Sqrt(%x) : f32[4]\n"
              "%e = Cast(%x) {to = 6} : i32[4] output %y output %e }");
  scene_array(&s, (const float[]){4, -1, -0.f, 9}, 1, (const int64_t[]){4});
  mmd_assert_ok(SCENE_RUN(&s, mmd_run_onnx_command, "@0", "--input", "x=@3"));
  assert_int_equal((int)scene_number(&s, "outputs.0.nan"), 1);
  assert_true(scene_number(&s, "outputs.0.max") == 3);
  assert_int_equal((int)scene_number(&s, "outputs.1.first.3"), 9);
  assert_non_null(strstr(s.text.data, "NaN 1"));
  scene_deinit(&s);
}

static void bad_input_is_refused(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  scene_model(&s, 1, "graph \"g\" { opset \"\" 13 input %x : f32[1,c] %y = Relu(%x) output %y }");
  scene_model(&s, 2, "graph \"g\" { opset \"\" 13 input %x : string[1] %y = Odd(%x) output %y }");
  scene_array(&s, (const float[]){1, 2}, 1, (const int64_t[]){2});
  static const struct {
    const char *words[4];
    mmd_code_t code;
    const char *part;
  } cases[] = {
      {{"@0", "--input", "y=random"}, MMD_INVALID_ARGUMENT, "no input 'y'"},
      {{"@0", "--input", "x"}, MMD_INVALID_ARGUMENT, "NAME=VALUE"},
      {{"@0", "--input", "=x"}, MMD_INVALID_ARGUMENT, "NAME=VALUE"},
      {{"@0", "--input", "x=@3"}, MMD_INVALID_ARGUMENT, "input 'x' is f32[n,3]"},
      {{"@0", "--input", "k=@3"}, MMD_INVALID_ARGUMENT, "input 'k' is i64[2]"},
      {{"@0", "--input", "x=/nonexistent.npy"}, MMD_NOT_FOUND, "nonexistent"},
      {{"@0", "--shape", "x=1x3x"}, MMD_INVALID_ARGUMENT, "is no shape"},
      {{"@0", "--shape", "x=1x-3"}, MMD_INVALID_ARGUMENT, "is no shape"},
      {{"@0", "--shape", "x=1x2x3x4x5x6x7x8x9"}, MMD_INVALID_ARGUMENT, "is no shape"},
      {{"@0", "--shape", "x=4611686018427387904x3"}, MMD_CODE_COUNT, NULL},
      {{"@0", "--shape", "x=100000x1000000"}, MMD_INVALID_ARGUMENT, "too large"},
      {{"@0", "--shape", "x=1x4"}, MMD_CODE_COUNT, NULL},
      {{"@0", "--backend", "nothing"}, MMD_CODE_COUNT, "'nothing'"},
      {{"@1"}, MMD_INVALID_ARGUMENT, "by --shape"},
      {{"@2"}, MMD_INVALID_ARGUMENT, "no random values"},
      {{"@3"}, MMD_CODE_COUNT, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_status_t status = scene_run(&s, &mmd_run_onnx_command, cases[i].words);
    if (!status) fail_msg("case %zu passed", i);
    const mmd_code_t code =
        cases[i].code == MMD_CODE_COUNT ? mmd_status_code(status) : cases[i].code;
    mmd_assert_fails(status, code, cases[i].part);
  }
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_run_onnx_command, "@0", "--input", "x=random", "--input", "x=random"),
      MMD_INVALID_ARGUMENT, "twice");
  mmd_assert_fails(SCENE_RUN(&s, mmd_run_onnx_command, "@0", "--input", "x=@3", "--shape", "x=2x3"),
                   MMD_INVALID_ARGUMENT, "shape of its file");
  scene_deinit(&s);
}

static void short_memory_is_reported(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  scene_array(&s, (const float[]){1, 2, 3, -4, 5, 6}, 2, (const int64_t[]){2, 3});
  char input[512];
  snprintf(input, sizeof input, "x=%s", s.paths[3]);
  SCENE_SWEEP(mmd_run_onnx_command, s.paths[0], "--input", input, "--output", s.folder, "--mode",
              "plain", "--threads", "1");
  scene_deinit(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arrays_go_in_and_out),     cmocka_unit_test(random_inputs_repeat),
      cmocka_unit_test(odd_numbers_are_counted),  cmocka_unit_test(bad_input_is_refused),
      cmocka_unit_test(short_memory_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
