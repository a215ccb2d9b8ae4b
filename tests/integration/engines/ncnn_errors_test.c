// SPDX-License-Identifier: Apache-2.0
//
// Bad files and bad calls: a code and a sentence each, and a good session works afterwards.
#include <stdio.h>
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

static void write_net(void) {
  engine_net_write_text(&g_net, ENGINE_SUMS, NULL);
}

// 4 + 5 + 6, of each item.
static void check_alive(void) {
  mmd_session_t *session = NULL;
  double last = 0;
  write_net();
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  for (int64_t batch = 1; batch < 4; ++batch) {
    mmd_assert_ok(engine_run_ones(session, batch, 2, 5, &last));
    assert_true(last == 15);
  }
  mmd_assert_ok(engine_run_ones(session, 0, 2, 5, &last));
  mmd_assert_fails(engine_run_ones(session, 1, 0, 5, &last), MMD_INVALID_ARGUMENT,
                   "axis 2 has size 0");
  mmd_session_destroy(session);
}

static void refuse_files(mmd_code_t code, const char *part) {
  mmd_session_t *session = NULL;
  mmd_assert_fails(engine_net_open(&g_net, NULL, NULL, &session), code, part);
  assert_null(session);
  check_alive();
}

//===--- files -------------------------------------------------------------===//

static void edit(const char *from, const char *to) {
  write_net();
  engine_file_edit(g_net.net, from, to);
}

static void cut(const char *path, size_t size) {
  write_net();
  engine_file_cut(path, size);
}

static void wrong_counts(void **state) {
  (void)state;
  engine_open(g_net.engine);
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
  engine_open(g_net.engine);
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
  engine_open(g_net.engine);
  edit("Convolution ", "Involution  ");
  refuse_files(MMD_NOT_SUPPORTED, "line 4: ncnn 1.0");
  edit("Convolution ", "Involution  ");
  refuse_files(MMD_NOT_SUPPORTED, "has no layer 'Involution'");
  edit("0=2", "77=2");
  refuse_files(MMD_INVALID_ARGUMENT, "refuses the net");
}

static void short_files(void **state) {
  (void)state;
  engine_open(g_net.engine);
  cut(g_net.weights, 10);
  refuse_files(MMD_CORRUPT, "ends after 10 bytes");
  cut(g_net.weights, 0);
  refuse_files(MMD_CORRUPT, "ends after 0 bytes");
  cut(g_net.net, 20);
  refuse_files(MMD_CORRUPT, "net");
  cut(g_net.net, 0);
  refuse_files(MMD_CORRUPT, "net");
  mmd_assert_ok(mmd_file_write(g_net.net, "no network", 10));
  refuse_files(MMD_CORRUPT, "'7767517' is expected");
  write_net();
  remove(g_net.weights);
  refuse_files(MMD_CORRUPT, "ends after 0 bytes");
}

static void write_text(const char *text) {
  mmd_assert_ok(mmd_file_write(g_net.net, text, strlen(text)));
  mmd_assert_ok(mmd_file_write(g_net.weights, "", 0));
}

// Parameters of our own layers that make no sense.
static void layers_of_ours(void **state) {
  (void)state;
  static const char *const layers[] = {
      "NonZero l 1 1 x y",
      "NonZero l 1 1 x y -23300=9,0,0,0,0,0,0,0,0,0",
      "OneHot l 1 1 x y 0=0",
      "Sizes l 1 1 x y -23300=1,0",
      "Sizes l 1 1 x y -23300=2,1,0",
      "Sizes l 1 1 x y -23300=4,1,0,2,0",
      "Sizes l 1 1 x y -23300=4,99,0,8,0",
      "Pad l 1 1 x y 0=7",
      "MMCVMultiLevelRoiAlign l 1 1 x y",
      "MMCVMultiLevelRoiAlign l 1 1 x y 0=0 -23311=1,1.0",
      "MMCVMultiLevelRoiAlign l 1 1 x y -23311=1,-1.0",
      "MMCVModulatedDeformConv2d l 1 1 x y 0=1 1=0",
      "TensorSlice l 1 1 x y -23300=1,0 -23301=1,1 -23303=1,0",
  };
  engine_open(g_net.engine);
  for (size_t i = 0; i < sizeof layers / sizeof *layers; ++i) {
    char text[256];
    snprintf(text, sizeof text, "7767517\n2 2\nInput x 0 1 x 0=4 1=4 2=3\n%s\n", layers[i]);
    write_text(text);
    refuse_files(MMD_INVALID_ARGUMENT, "refuses the net");
  }
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
  engine_open(g_net.engine);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_session_t *session = NULL;
    write_net();
    mmd_assert_fails(engine_net_open(&g_net, cases[i].device, cases[i].options, &session),
                     cases[i].code, cases[i].part);
    check_alive();
  }
}

static mmd_status_t run_inputs(mmd_session_t *session, size_t count, const int64_t *sizes) {
  mmd_tensor_t inputs[2] = {{0}}, out = {0};
  for (size_t i = 0; i < count; ++i) {
    const mmd_shape_t shape = {.rank = count == 1 ? 4 : 1,
                               .dims = {sizes[i], sizes[1], sizes[2], sizes[3]}};
    mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &inputs[i]));
  }
  mmd_status_t status = mmd_session_run(session, inputs, count, &out, 1);
  for (size_t i = 0; i < count; ++i) mmd_tensor_deinit(&inputs[i]);
  mmd_tensor_deinit(&out);
  return status;
}

static void sizes_that_were_not_declared(void **state) {
  (void)state;
  const int64_t channels[] = {1, 4, 2, 2};
  mmd_session_t *session = NULL;
  engine_open(g_net.engine);
  write_net();
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_fails(run_inputs(session, 1, channels), MMD_INVALID_ARGUMENT, "'x'");
  mmd_session_destroy(session);
  check_alive();
}

// A result of more elements than the engine can count, of small inputs.
static void no_memory_for_a_result(void **state) {
  (void)state;
  const int64_t small[] = {3, 4, 0, 0}, large[] = {60000, 50000, 0, 0};
  mmd_session_t *session = NULL;
  engine_open(g_net.engine);
  engine_net_write_text(&g_net,
                        "graph \"g\" { opset \"\" 20 input %x : f32[m] input %z : f32[n] "
                        "%s = Shape(%x) %t = Shape(%z) %d = Concat(%s, %t) {axis = 0} "
                        "%y = Expand(%z, %d) output %y }",
                        NULL);
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_ok(run_inputs(session, 2, small));
  mmd_assert_fails(run_inputs(session, 2, large), MMD_OUT_OF_MEMORY, "memory is short");
  mmd_assert_ok(run_inputs(session, 2, small));
  mmd_session_destroy(session);
}

// Numbers that a layer cannot work with.
static void layers_that_refuse_their_inputs(void **state) {
  (void)state;
  const int64_t sizes[] = {2, 5, 0, 0};
  mmd_session_t *session = NULL;
  engine_open(g_net.engine);
  engine_net_write_text(&g_net,
                        "graph \"g\" { opset \"\" 20 input %x : f32[m] input %z : f32[n] "
                        "%a = Concat(%x, %z) {axis = 0} %n = NonZero(%a) %y = Cast(%n) {to = 1} "
                        "output %y }",
                        NULL);
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_fails(run_inputs(session, 2, sizes), MMD_INVALID_ARGUMENT, "a layer refuses");
  mmd_session_destroy(session);
}

static void every_option(void **state) {
  (void)state;
  static const char *const options[] = {
      "{\"precision\": \"f16\"}", "{\"precision\": \"bf16\"}",
      "{\"packing\": false, \"winograd\": false, \"sgemm\": false}"};
  engine_open(g_net.engine);
  for (size_t i = 0; i < sizeof options / sizeof *options; ++i) {
    mmd_session_t *session = NULL;
    double last = 0;
    write_net();
    mmd_assert_ok(engine_net_open(&g_net, NULL, options[i], &session));
    mmd_assert_ok(engine_run_ones(session, 2, 3, 4, &last));
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
      cmocka_unit_test_setup_teardown(layers_of_ours, set_up, tear_down),
      cmocka_unit_test_setup_teardown(sizes_that_were_not_declared, set_up, tear_down),
      cmocka_unit_test_setup_teardown(no_memory_for_a_result, set_up, tear_down),
      cmocka_unit_test_setup_teardown(layers_that_refuse_their_inputs, set_up, tear_down),
      cmocka_unit_test_setup_teardown(devices_and_options, set_up, tear_down),
      cmocka_unit_test_setup_teardown(every_option, set_up, tear_down),
  };
  return mmd_test_exit_status(cmocka_run_group_tests(tests, NULL, NULL));
}
