// SPDX-License-Identifier: Apache-2.0
//
// Nets of others, without our meta line, and the layers that MMDeploy's own ncnn library had. The
// numbers follow from what the layers mean (numpy's and ONNX's rules); weights are written by hand.
#include <string.h>

#include "base/file.h"
#include "tests/integration/engines/engine_testing.h"

static engine_net_t g_net;

static int set_up(void **state) {
  (void)state;
  engine_net_init(&g_net, engine_find("ncnn"));
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  engine_net_deinit(&g_net);
  return 0;
}

static mmd_session_t *open_text(const char *text, size_t count, const float *weights) {
  mmd_session_t *session = NULL;
  engine_open(g_net.engine);
  mmd_assert_ok(mmd_file_write(g_net.net, text, strlen(text)));
  mmd_assert_ok(mmd_file_write(g_net.weights, weights, count * sizeof *weights));
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  return session;
}

static mmd_tensor_t make(int rank, const int64_t *dims, const float *numbers) {
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  engine_open(g_net.engine);  // a test that is skipped holds nothing
  mmd_assert_ok(mmd_shape_make(rank, dims, &shape));
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (size_t i = 0; i < mmd_tensor_count(&tensor); ++i) data[i] = numbers ? numbers[i] : (float)i;
  return tensor;
}

// One input, one output.
static void check(mmd_session_t *session, const mmd_tensor_t *input, int rank, const int64_t *dims,
                  const float *expected) {
  mmd_tensor_t out = {0};
  mmd_assert_ok(mmd_session_run(session, input, 1, &out, 1));
  assert_int_equal(out.shape.rank, rank);
  for (int i = 0; i < rank; ++i) assert_int_equal(out.shape.dims[i], dims[i]);
  for (size_t i = 0; i < mmd_tensor_count(&out); ++i)
    assert_float_equal(mmd_tensor_get_f64(&out, i), expected[i], 1e-5);
  mmd_tensor_deinit(&out);
}

// A 3x3 convolution of weights 0.1 over 0, 1, 2 …, at two heights; inputs and outputs are named by
// the layers. Channels of 5x6 begin at multiples of 16 bytes, 32 floats apart.
static void a_net_of_others(void **state) {
  (void)state;
  float weights[1 + 4 * 3 * 9 + 4] = {0};  // a tag in front, biases behind
  for (int i = 0; i < 4 * 3 * 9; ++i) weights[1 + i] = 0.1F;
  mmd_session_t *session = open_text(
      "7767517\n3 3\nInput x 0 1 x\n"
      "Convolution conv 1 1 x c 0=4 1=3 4=1 5=1 6=108\nReLU relu 1 1 c y\n",
      sizeof weights / sizeof *weights, weights);
  assert_string_equal(mmd_session_input(session, 0)->name, "x");
  assert_int_equal(mmd_session_input(session, 0)->rank, 4);
  assert_int_equal(mmd_session_output(session, 0)->rank, -1);
  for (int64_t height = 5; height < 8; height += 2) {
    const int64_t dims[] = {1, 3, height, 6};
    mmd_tensor_t input = make(4, dims, NULL), out = {0};
    mmd_assert_ok(mmd_session_run(session, &input, 1, &out, 1));
    assert_int_equal(out.shape.dims[1], 4);
    assert_int_equal(out.shape.dims[2], height);
    // Of height 5 the sum over the first corner is 402 / 10.
    if (height == 5) {
      assert_float_equal(mmd_tensor_get_f64(&out, 0), 40.2, 1e-4);
      assert_float_equal(mmd_tensor_get_f64(&out, 1), 61.2, 1e-4);
      assert_float_equal(mmd_tensor_get_f64(&out, 30), 40.2, 1e-4);
    }
    mmd_tensor_deinit(&input);
    mmd_tensor_deinit(&out);
  }
  mmd_session_destroy(session);
}

static void shape_and_constant(void **state) {
  (void)state;
  mmd_session_t *session = open_text("7767517\n2 2\nInput x 0 1 x\nShape shape 1 1 x y\n", 0, NULL);
  const int64_t dims[] = {1, 2, 3, 4}, out_dims[] = {1, 4};
  mmd_tensor_t input = make(4, dims, NULL);
  check(session, &input, 2, out_dims, (const float[]){1, 2, 3, 4});
  mmd_session_destroy(session);
  session = open_text(
      "7767517\n3 3\nInput x 0 1 x\nShape shape 1 1 x s\nConstantOfShape fill 1 1 s y 0=2.5\n", 0,
      NULL);
  float filled[24];
  for (int i = 0; i < 24; ++i) filled[i] = 2.5F;
  check(session, &input, 4, dims, filled);
  mmd_tensor_deinit(&input);
  mmd_session_destroy(session);
}

static void gather(void **state) {
  (void)state;
  const float weights[] = {2, 0, -1};  // -1 is the last
  mmd_session_t *session = open_text(
      "7767517\n3 3\nInput x 0 1 x\nMemoryData i 0 1 i 0=3\nGather g 2 1 x i y 0=1\n", 3, weights);
  const int64_t dims[] = {1, 1, 3, 2}, out_dims[] = {1, 1, 3, 2};
  mmd_tensor_t input = make(4, dims, NULL);
  check(session, &input, 4, out_dims, (const float[]){4, 5, 0, 1, 4, 5});
  mmd_session_destroy(session);
  // Out of range.
  mmd_tensor_t out = {0};
  session =
      open_text("7767517\n3 3\nInput x 0 1 x\nMemoryData i 0 1 i 0=1\nGather g 2 1 x i y 0=1\n", 1,
                (const float[]){3});
  mmd_assert_fails(mmd_session_run(session, &input, 1, &out, 1), MMD_INVALID_ARGUMENT, "'y'");
  mmd_tensor_deinit(&input);
  mmd_session_destroy(session);
}

// numpy: x[:, ::-1, 1:4:2].
static void tensor_slice(void **state) {
  (void)state;
  mmd_session_t *session = open_text(
      "7767517\n2 2\nInput x 0 1 x\n"
      "TensorSlice s 1 1 x y -23300=2,-1,1 -23301=2,-9,4 -23302=2,2,3 -23303=2,-1,2\n",
      0, NULL);
  const int64_t dims[] = {1, 2, 2, 5}, out_dims[] = {1, 2, 2, 2};
  mmd_tensor_t input = make(4, dims, NULL);
  check(session, &input, 4, out_dims, (const float[]){6, 8, 1, 3, 16, 18, 11, 13});
  mmd_tensor_deinit(&input);
  mmd_session_destroy(session);
}

static void expand(void **state) {
  (void)state;
  const float weights[] = {1, 2, 3, 2};  // a batch in front
  mmd_session_t *session = open_text(
      "7767517\n3 3\nInput x 0 1 x\nMemoryData s 0 1 s 0=4\nExpand e 2 1 x s y\n", 4, weights);
  const int64_t dims[] = {1, 2, 1, 2}, out_dims[] = {1, 2, 3, 2};
  mmd_tensor_t input = make(4, dims, NULL);
  check(session, &input, 4, out_dims, (const float[]){0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3});
  mmd_tensor_deinit(&input);
  mmd_session_destroy(session);
}

// Along the height; of equal ones the first is taken. One output is the indices.
static void top_k(void **state) {
  (void)state;
  const int64_t dims[] = {1, 1, 3, 2}, out_dims[] = {1, 1, 2, 2}, arg_dims[] = {1, 1, 2};
  mmd_tensor_t input = make(4, dims, (const float[]){1, 9, 7, 9, 5, 2});
  mmd_session_t *session =
      open_text("7767517\n3 3\nInput x 0 1 x\nMemoryData k 0 1 k 0=1\nTopK t 2 1 x k y 0=1\n", 1,
                (const float[]){2});
  check(session, &input, 4, out_dims, (const float[]){1, 0, 2, 1});
  mmd_session_destroy(session);
  session = open_text("7767517\n2 2\nInput x 0 1 x\nTopK t 1 1 x y 0=1 1=0 3=0\n", 0, NULL);
  check(session, &input, 3, arg_dims, (const float[]){0, 2});
  mmd_session_destroy(session);
  mmd_tensor_deinit(&input);
}

// Boxes 0 and 1 overlap by 0.9; both are of class 0, box 2 of class 1 lies apart. A row of zeros
// ends the rows.
static void suppression(void **state) {
  (void)state;
  const float weights[] = {0.9F, 0.1F, 0.8F, 0.2F, 0.05F, 0.7F};
  const int64_t dims[] = {1, 1, 3, 4}, rows[] = {1, 3, 5};
  mmd_tensor_t input = make(4, dims, (const float[]){0, 0, 10, 10, 0, 0, 10, 9, 50, 50, 60, 60});
  mmd_session_t *session = open_text(
      "7767517\n4 6\nInput x 0 1 x\nReshape r 1 1 x b 0=4 1=3\nMemoryData s 0 1 s 0=2 1=3\n"
      "MultiClassNMS n 2 3 b s dets labels rows 0=0.3 1=0.5 2=100 4=5\n",
      6, weights);
  mmd_tensor_t outputs[3] = {{0}};
  mmd_assert_ok(mmd_session_run(session, &input, 1, outputs, 3));
  for (int i = 0; i < 3; ++i) assert_int_equal(outputs[0].shape.dims[i], rows[i]);
  const double expected[] = {0, 0, 10, 10, 0.9, 50, 50, 60, 60, 0.7, 0, 0, 0, 0, 0};
  for (size_t i = 0; i < 15; ++i)
    assert_float_equal(mmd_tensor_get_f64(&outputs[0], i), expected[i], 1e-6);
  const double labels[] = {0, 1, 0}, indices[] = {0, 2, -1};
  for (size_t i = 0; i < 3; ++i) {
    assert_true(mmd_tensor_get_f64(&outputs[1], i) == labels[i]);
    assert_true(mmd_tensor_get_f64(&outputs[2], i) == indices[i]);
  }
  for (int i = 0; i < 3; ++i) mmd_tensor_deinit(&outputs[i]);
  mmd_tensor_deinit(&input);
  mmd_session_destroy(session);
}

// A static batch is run item by item.
static void static_batch(void **state) {
  (void)state;
  static const char text[] =
      "graph \"g\" { opset \"\" 20 input %x : f32[2,1,2,2] "
      "%y = GlobalMaxPool(%x) name \"pool\" output %y }";
  const int64_t dims[] = {2, 1, 2, 2}, out_dims[] = {2, 1, 1, 1};
  mmd_tensor_t input = make(4, dims, NULL);
  mmd_session_t *session = NULL;
  engine_open(g_net.engine);
  engine_net_write_text(&g_net, text, NULL);
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  check(session, &input, 4, out_dims, (const float[]){3, 7});
  mmd_session_destroy(session);
  mmd_tensor_deinit(&input);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_net_of_others, set_up, tear_down),
      cmocka_unit_test_setup_teardown(shape_and_constant, set_up, tear_down),
      cmocka_unit_test_setup_teardown(gather, set_up, tear_down),
      cmocka_unit_test_setup_teardown(tensor_slice, set_up, tear_down),
      cmocka_unit_test_setup_teardown(expand, set_up, tear_down),
      cmocka_unit_test_setup_teardown(top_k, set_up, tear_down),
      cmocka_unit_test_setup_teardown(suppression, set_up, tear_down),
      cmocka_unit_test_setup_teardown(static_batch, set_up, tear_down),
  };
  return mmd_test_exit_status(cmocka_run_group_tests(tests, NULL, NULL));
}
