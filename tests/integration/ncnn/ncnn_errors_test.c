// SPDX-License-Identifier: Apache-2.0
//
// Bad files and bad calls: a code and a sentence each, and a good session works afterwards.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "graph/text.h"
#include "tests/integration/ncnn/ncnn_testing.h"

static const char g_text[] =
    "graph \"g\" { opset \"\" 20 input %x : f32[batch,3,h,w] "
    "constant %w : f32[2,3,1,1] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] "
    "%y = Conv(%x, %w) name \"conv\" output %y }";

static ncnn_test_net_t g_net;

static int set_up(void **state) {
  (void)state;
  ncnn_test_net_init(&g_net);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  ncnn_test_net_deinit(&g_net);
  return 0;
}

static void write_net(void) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(g_text, strlen(g_text), "test", &graph));
  mmd_assert_ok(ncnn_test_net_write(&g_net, graph, "FP32"));
  mmd_graph_destroy(graph);
}

static mmd_tensor_t make_input(int64_t batch, int64_t height, int64_t width) {
  const int64_t sizes[] = {batch, 3, height, width};
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_shape_make(4, sizes, &shape));
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (size_t i = 0; i < mmd_tensor_count(&tensor); ++i) data[i] = 1;
  return tensor;
}

static mmd_status_t run_size(mmd_session_t *session, int64_t batch, int64_t height, int64_t width,
                             double *out_last) {
  mmd_tensor_t input = make_input(batch, height, width), out = {0};
  mmd_status_t status = mmd_session_run(session, &input, 1, &out, 1);
  if (!status) {
    assert_int_equal(out.shape.dims[0], batch);
    const size_t count = mmd_tensor_count(&out);
    *out_last = count ? mmd_tensor_get_f64(&out, count - 1) : 0;
  }
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&out);
  return status;
}

// 4 + 5 + 6, of each item.
static void check_alive(void) {
  mmd_session_t *session = NULL;
  double last = 0;
  write_net();
  mmd_assert_ok(ncnn_test_net_open(&g_net, NULL, NULL, &session));
  for (int64_t batch = 1; batch < 4; ++batch) {
    mmd_assert_ok(run_size(session, batch, 2, 5, &last));
    assert_true(last == 15);
  }
  mmd_assert_ok(run_size(session, 0, 2, 5, &last));
  mmd_assert_fails(run_size(session, 1, 0, 5, &last), MMD_INVALID_ARGUMENT, "axis 2 has size 0");
  mmd_session_destroy(session);
}

static void refuse_files(mmd_code_t code, const char *part) {
  mmd_session_t *session = NULL;
  mmd_assert_fails(ncnn_test_net_open(&g_net, NULL, NULL, &session), code, part);
  assert_null(session);
  check_alive();
}

//===--- files -------------------------------------------------------------===//

// The first |from| in the text becomes |to|.
static void edit(const char *from, const char *to) {
  char *text = NULL;
  size_t size = 0;
  mmd_str_t edited = {0};
  write_net();
  mmd_assert_ok(mmd_file_read(g_net.param, (size_t)1 << 20, &text, &size));
  const char *found = strstr(text, from);
  if (!found) fail_msg("'%s' is not in\n%s", from, text);
  mmd_assert_ok(
      mmd_str_printf(&edited, "%.*s%s%s", (int)(found - text), text, to, found + strlen(from)));
  mmd_assert_ok(mmd_file_write(g_net.param, mmd_str_text(&edited), edited.size));
  mmd_str_deinit(&edited);
  mmd_free(text);
}

static void wrong_counts(void **state) {
  (void)state;
  ncnn_test_engine();
  edit("2 2\n", "9 2\n");
  refuse_files(MMD_CORRUPT, "2 layers found, line 2 names 9");
  edit("2 2\n", "2 1\n");
  refuse_files(MMD_CORRUPT, "2 blobs found, line 2 names 1");
  edit("2 2\n", "2 2000000\n");
  refuse_files(MMD_CORRUPT, "line 2: count of blobs");
  edit("2 2\n", "0 0\n");
  refuse_files(MMD_CORRUPT, "no layers");
  edit("1 1 x y", "1 7 x y");
  refuse_files(MMD_CORRUPT, "blobs found, line 2 names 2");
}

static void blobs_that_are_not_there(void **state) {
  (void)state;
  ncnn_test_engine();
  edit("1 1 x y", "1 1 z y");
  refuse_files(MMD_CORRUPT, "no layer before it gives the blob 'z'");
  edit("1 1 x y", "1 1 x x");
  refuse_files(MMD_CORRUPT, "the blob 'x' is given twice");
  edit("\"blob\": \"y\"", "\"blob\": \"q\"");
  refuse_files(MMD_CORRUPT, "'y' is the blob 'q', which no layer gives");
  edit("\"axes\": [1, 2, 3]", "\"axes\": [1, 2, 9]");
  refuse_files(MMD_CORRUPT, "'x': wrong axes");
  edit("#mmdeploy {", "#mmdeploy [{");
  refuse_files(MMD_INVALID_ARGUMENT, "expected ','");
}

static void unknown_layer(void **state) {
  (void)state;
  ncnn_test_engine();
  edit("Convolution ", "Involution  ");
  refuse_files(MMD_INVALID_ARGUMENT, "refuses the net");
  edit("0=2", "77=2");
  refuse_files(MMD_INVALID_ARGUMENT, "refuses the net");
}

static void cut(const char *path, size_t size) {
  char *text = NULL;
  size_t whole = 0;
  write_net();
  mmd_assert_ok(mmd_file_read(path, (size_t)1 << 20, &text, &whole));
  assert_true(size < whole);
  mmd_assert_ok(mmd_file_write(path, text, size));
  mmd_free(text);
}

static void short_files(void **state) {
  (void)state;
  ncnn_test_engine();
  cut(g_net.bin, 10);
  refuse_files(MMD_CORRUPT, "ends after 10 bytes");
  cut(g_net.bin, 0);
  refuse_files(MMD_CORRUPT, "ends after 0 bytes");
  cut(g_net.param, 20);
  refuse_files(MMD_CORRUPT, "net");
  cut(g_net.param, 0);
  refuse_files(MMD_CORRUPT, "net");
  mmd_assert_ok(mmd_file_write(g_net.param, "no network", 10));
  refuse_files(MMD_CORRUPT, "'7767517' is expected");
  write_net();
  remove(g_net.bin);
  refuse_files(MMD_CORRUPT, "ends after 0 bytes");
}

//===--- calls -------------------------------------------------------------===//

static void devices_and_options(void **state) {
  (void)state;
  static const struct {
    const char *device, *options;
    mmd_code_t code;
    const char *part;
  } cases[] = {
      {"abacus", NULL, MMD_NOT_SUPPORTED, "'abacus' number 0 is not supported"},
      {NULL, "{\"precision\": \"f7\"}", MMD_INVALID_ARGUMENT, "precision"},
      {NULL, "{\"speed\": 1}", MMD_INVALID_ARGUMENT, "speed"},
      {NULL, "{\"packing\": 7}", MMD_INVALID_ARGUMENT, "packing"},
  };
  ncnn_test_engine();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_session_t *session = NULL;
    write_net();
    mmd_assert_fails(ncnn_test_net_open(&g_net, cases[i].device, cases[i].options, &session),
                     cases[i].code, cases[i].part);
    check_alive();
  }
}

static void every_option(void **state) {
  (void)state;
  static const char *const options[] = {
      "{\"precision\": \"f16\"}", "{\"precision\": \"bf16\"}",
      "{\"packing\": false, \"winograd\": false, \"sgemm\": false}"};
  ncnn_test_engine();
  for (size_t i = 0; i < sizeof options / sizeof *options; ++i) {
    mmd_session_t *session = NULL;
    double last = 0;
    write_net();
    mmd_assert_ok(ncnn_test_net_open(&g_net, NULL, options[i], &session));
    mmd_assert_ok(run_size(session, 2, 3, 4, &last));
    assert_float_equal(last, 15, 0.1);
    mmd_session_destroy(session);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(wrong_counts, set_up, tear_down),
      cmocka_unit_test_setup_teardown(blobs_that_are_not_there, set_up, tear_down),
      cmocka_unit_test_setup_teardown(unknown_layer, set_up, tear_down),
      cmocka_unit_test_setup_teardown(short_files, set_up, tear_down),
      cmocka_unit_test_setup_teardown(devices_and_options, set_up, tear_down),
      cmocka_unit_test_setup_teardown(every_option, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
