// SPDX-License-Identifier: Apache-2.0
//
// Archives that are made to hurt (testdata/make_hostile.py), cut ones, devices that are not there,
// runs that fail within libtorch: a code and a sentence each, and the process lives on.
#include <string.h>

#include "backends/torchscript/target/archive.h"
#include "base/alloc.h"
#include "base/file.h"
#include "formats/zip/zip.h"
#include "tests/integration/engines/engine_testing.h"

static engine_net_t g_net;

static int set_up(void **state) {
  (void)state;
  engine_net_init(&g_net, engine_find("torchscript"));
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  engine_net_deinit(&g_net);
  return 0;
}

static void expect(const char *what, mmd_status_t status, mmd_code_t code, const char *part) {
  if (mmd_status_code(status) != code || !strstr(mmd_status_message(status), part) ||
      strchr(mmd_status_message(status), '\n'))
    fail_msg("%s: '%s' (%s), '%s' is expected", what, mmd_status_message(status),
             mmd_code_name(mmd_status_code(status)), part);
  mmd_status_free(status);
}

// Writes the archive |name| of hostile.zip as the net.
static void take(const char *name) {
  mmd_zip_t *zip = NULL;
  char *data = NULL;
  size_t size = 0;
  mmd_assert_ok(mmd_zip_open_file(MMD_TEST_FILE("tests/integration/engines/testdata/hostile.zip"),
                                  NULL, &zip));
  const mmd_zip_entry_t *entry = mmd_zip_find(zip, name);
  assert_non_null(entry);
  mmd_assert_ok(mmd_zip_read(zip, entry, 1 << 20, &data, &size));
  mmd_assert_ok(mmd_file_write(g_net.net, data, size));
  mmd_free(data);
  mmd_zip_destroy(zip);
}

// A run over two ones.
static mmd_status_t run(mmd_session_t *session, double *out_first) {
  const float ones[] = {1, 1};
  mmd_tensor_t input, output = {0};
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){1, {2}}, ones, &input));
  mmd_status_t status = mmd_session_run(session, &input, 1, &output, 1);
  *out_first = status ? 0 : mmd_tensor_get_f64(&output, 0);
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&output);
  return status;
}

static void expect_answer(const char *name, double want) {
  mmd_session_t *session = NULL;
  double have;
  take(name);
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_ok(run(session, &have));
  assert_float_equal(have, want, 1e-6);
  mmd_session_destroy(session);
}

static void refused(const char *name, mmd_code_t code, const char *part) {
  mmd_session_t *session = NULL;
  take(name);
  expect(name, engine_net_open(&g_net, NULL, NULL, &session), code, part);
  expect_answer("good", 11);
}

static void lying_tensors(void **state) {
  (void)state;
  engine_open(g_net.engine);
  expect_answer("good_attribute", 1);
  refused("large", MMD_CORRUPT, "a tensor is larger than what is stored of it");
  refused("large_attribute", MMD_CORRUPT, "a tensor is larger than what is stored of it");
  refused("far", MMD_CORRUPT, "a tensor is larger");
  expect_answer("below", 11);  // libtorch takes the usual strides in place of negative ones
  refused("before", MMD_CORRUPT, "a tensor is larger");
  refused("wrapped", MMD_CORRUPT, "");
}

static void lying_pickles(void **state) {
  (void)state;
  engine_open(g_net.engine);
  refused("empty_pickle", MMD_CORRUPT, "");
  refused("cut_pickle", MMD_CORRUPT, "Unexpected end of pickler archive");
  refused("other_object", MMD_CORRUPT, "");
  refused("list_constants", MMD_CORRUPT, "");
  refused("no_code", MMD_CORRUPT, "");
  refused("no_forward", MMD_CORRUPT, "forward");
}

static void failing_run(const char *name, mmd_code_t code, const char *part) {
  mmd_session_t *session = NULL;
  double ignored;
  take(name);
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  expect(name, run(session, &ignored), code, part);
  expect(name, run(session, &ignored), code, part);
  mmd_session_destroy(session);
  expect_answer("good", 11);
}

static void failing_runs(void **state) {
  (void)state;
  engine_open(g_net.engine);
  failing_run("raises", MMD_INVALID_ARGUMENT, "shape '[-1, 7, 0]' is invalid");
  failing_run("memory", MMD_OUT_OF_MEMORY, "");
}

// The part of the file that a broken download leaves.
static void cut_files(void **state) {
  mmd_session_t *session = NULL;
  char *data = NULL;
  size_t size = 0;
  (void)state;
  engine_open(g_net.engine);
  take("good");
  mmd_assert_ok(mmd_file_read(g_net.net, 1 << 20, &data, &size));
  for (size_t cut = 0; cut < size; cut += 41) {
    mmd_assert_ok(mmd_file_write(g_net.net, data, cut));
    expect("cut", engine_net_open(&g_net, NULL, NULL, &session), MMD_CORRUPT, "");
  }
  mmd_free(data);
  expect_answer("good", 11);
}

static void expect_no_device(const char *name, int number, const char *part) {
  mmd_storage_t *bytes = NULL;
  mmd_session_t *session = NULL;
  mmd_assert_ok(mmd_storage_map_file(g_net.net, &bytes));
  const mmd_session_options_t options = {
      .name = "net", .net = bytes, .net_path = g_net.net, .device_name = name, .device_id = number};
  expect(name, mmd_session_create(engine_open(g_net.engine), &options, &session), MMD_NOT_SUPPORTED,
         part);
  mmd_storage_release(bytes);
}

static void absent_devices(void **state) {
  (void)state;
  engine_open(g_net.engine);
  take("good");
  expect_no_device("abacus", 0, "device 'abacus' number 0");
  expect_no_device("cpu", 3, "device 'cpu' number 3");
  expect_no_device("cuda", 99, "device 'cuda' number 99");
  expect_answer("good", 11);
}

// More entries than the short form of a zip can count.
static void many_constants(void **state) {
  enum { COUNT = 66000 };
  ts_archive_t archive = {0};
  mmd_session_t *session = NULL;
  double have;
  (void)state;
  engine_open(g_net.engine);
  mmd_assert_ok(mmd_str_append(&archive.code,
                               "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n"
                               "  def forward(self: __torch__.Net, x: Tensor) -> Tensor:\n"
                               "    return torch.add(x, CONSTANTS.c65999)\n"));
  for (int i = 0; i < COUNT; ++i) {
    mmd_tensor_t tensor;
    size_t index;
    mmd_assert_ok(mmd_tensor_scalar_f32((float)i, &tensor));
    mmd_assert_ok(ts_archive_add_constant(&archive, &tensor, &index));
    mmd_tensor_deinit(&tensor);
  }
  mmd_assert_ok(ts_archive_write(&archive, g_net.net));
  ts_archive_deinit(&archive);
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_ok(run(session, &have));
  assert_float_equal(have, COUNT, 1e-6);
  mmd_session_destroy(session);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lying_tensors),  cmocka_unit_test(lying_pickles),
      cmocka_unit_test(failing_runs),   cmocka_unit_test(cut_files),
      cmocka_unit_test(absent_devices), cmocka_unit_test(many_constants),
  };
  return mmd_test_exit_status(cmocka_run_group_tests(tests, set_up, tear_down));
}
