// SPDX-License-Identifier: Apache-2.0
// The arrays are made by NumPy: testdata/generate.py. All but a few hold 0 … 23 as 2x3x4.
#include "formats/npy/npy.h"

#include <string.h>

#include "base/alloc.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define DATA(name) MMD_TEST_FILE("src/formats/npy/testdata/" name)

static void assert_grid(const mmd_tensor_t *t, mmd_dtype_t dtype, double scale, double shift) {
  assert_int_equal(t->dtype, dtype);
  assert_int_equal(t->shape.rank, 3);
  assert_int_equal(t->shape.dims[0], 2);
  assert_int_equal(t->shape.dims[1], 3);
  assert_int_equal(t->shape.dims[2], 4);
  for (size_t i = 0; i < 24; ++i) {
    assert_true(mmd_tensor_get_f64(t, i) == (double)i * scale + shift);
  }
}

static void test_read(void **state) {
  (void)state;
  static const struct {
    const char *path;
    mmd_dtype_t dtype;
    double scale, shift;
  } cases[] = {
      {DATA("f32.npy"), MMD_F32, 0.5, -3},        {DATA("fortran.npy"), MMD_I32, 1, 0},
      {DATA("big_endian.npy"), MMD_F64, 1, 0.25}, {DATA("big_endian_fortran.npy"), MMD_I16, 1, 0},
      {DATA("v2.npy"), MMD_I64, 1, -5},           {DATA("v3.npy"), MMD_I64, 1, -5},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    mmd_tensor_t t = {0};
    mmd_assert_ok(mmd_npy_read_file(cases[i].path, &t));
    assert_grid(&t, cases[i].dtype, cases[i].scale, cases[i].shift);
    mmd_tensor_deinit(&t);
  }
}

static void test_views(void **state) {
  (void)state;
  mmd_tensor_t t = {0};
  mmd_assert_ok(mmd_npy_read_file(DATA("fortran.npy"), &t));
  assert_int_equal(mmd_storage_kind(t.storage), MMD_STORAGE_MAPPED);
  assert_int_equal(t.strides[0], 1);
  assert_int_equal(t.strides[1], 2);
  assert_int_equal(t.strides[2], 6);
  mmd_tensor_deinit(&t);
}

static void test_small_shapes(void **state) {
  (void)state;
  mmd_tensor_t t = {0};
  mmd_assert_ok(mmd_npy_read_file(DATA("scalar.npy"), &t));
  assert_int_equal(t.shape.rank, 0);
  assert_true(mmd_tensor_get_f64(&t, 0) == 2.5);
  mmd_tensor_deinit(&t);
  mmd_assert_ok(mmd_npy_read_file(DATA("empty.npy"), &t));
  assert_int_equal(t.dtype, MMD_U16);
  assert_int_equal(mmd_tensor_count(&t), 0);
  mmd_tensor_deinit(&t);
  mmd_assert_ok(mmd_npy_read_file(DATA("vector.npy"), &t));
  assert_int_equal(t.dtype, MMD_BOOL);
  assert_int_equal(mmd_tensor_get_i64(&t, 1), 0);
  assert_int_equal(mmd_tensor_get_i64(&t, 2), 1);
  mmd_tensor_deinit(&t);
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *path;
    mmd_code_t code;
    const char *part;
  } cases[] = {
      {DATA("objects.npy"), MMD_NOT_SUPPORTED, "an array of objects holds a pickle"},
      {DATA("text.npy"), MMD_NOT_SUPPORTED, "NumPy type '<U1' is not read"},
      {DATA("record.npy"), MMD_NOT_SUPPORTED, "structured NumPy arrays"},
      {DATA("truncated.npy"), MMD_CORRUPT, "truncated.npy: truncated .npy file"},
      {DATA("huge.npy"), MMD_INVALID_ARGUMENT, "huge.npy"},
      {DATA("negative.npy"), MMD_CORRUPT, "a dimension is no number"},
      {DATA("generate.py"), MMD_INVALID_ARGUMENT, "generate.py: not a .npy file"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    mmd_tensor_t t = {0};
    mmd_status_t status = mmd_npy_read_file(cases[i].path, &t);
    assert_false(mmd_tensor_is_set(&t));
    // Whether an absurd size is out of range or wrong is the tensor's to say.
    mmd_code_t code = strstr(cases[i].path, "huge") ? mmd_status_code(status) : cases[i].code;
    mmd_assert_fails(status, code, cases[i].part);
  }
}

static void assert_arrays(const mmd_value_t *arrays) {
  assert_int_equal(mmd_object_size(arrays), 4);
  assert_string_equal(mmd_object_key_at(arrays, 2), "layer/weight");
  assert_grid(mmd_value_get_tensor(mmd_object_get(arrays, "f16")), MMD_F16, 1, 0);
  assert_grid(mmd_value_get_tensor(mmd_object_get(arrays, "u8")), MMD_U8, 1, 0);
  assert_grid(mmd_value_get_tensor(mmd_object_get(arrays, "layer/weight")), MMD_F32, 1, 0);
  assert_int_equal(mmd_value_get_tensor(mmd_object_get(arrays, "c64"))->dtype, MMD_C64);
}

static void test_npz(void **state) {
  (void)state;
  mmd_value_t *plain = NULL, *deflated = NULL, *again = NULL;
  mmd_assert_ok(mmd_npz_read_file(DATA("arrays.npz"), &plain));
  assert_arrays(plain);
  mmd_assert_ok(mmd_npz_read_file(DATA("compressed.npz"), &deflated));
  assert_arrays(deflated);
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "out.npz");
  mmd_assert_ok(mmd_npz_write_file(path, plain));
  mmd_assert_ok(mmd_npz_read_file(path, &again));
  assert_true(mmd_value_equal(again, deflated));
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
  mmd_value_release(plain);
  mmd_value_release(deflated);
  mmd_value_release(again);
}

// What we write is, byte for byte, what numpy.save writes.
static void test_write(void **state) {
  (void)state;
  static const char *const paths[] = {DATA("f32.npy"), DATA("scalar.npy"), DATA("vector.npy"),
                                      DATA("empty.npy")};
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "out.npy");
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; ++i) {
    mmd_tensor_t t = {0};
    char *ours = NULL, *theirs = NULL;
    size_t our_size = 0, their_size = 0;
    mmd_assert_ok(mmd_npy_read_file(paths[i], &t));
    mmd_assert_ok(mmd_npy_write_file(path, &t));
    mmd_assert_ok(mmd_file_read(path, 1 << 20, &ours, &our_size));
    mmd_assert_ok(mmd_file_read(paths[i], 1 << 20, &theirs, &their_size));
    assert_int_equal(our_size, their_size);
    assert_memory_equal(ours, theirs, our_size);
    mmd_free(ours);
    mmd_free(theirs);
    mmd_tensor_deinit(&t);
  }
  mmd_tensor_t strided = {0}, back = {0};
  mmd_assert_ok(mmd_npy_read_file(DATA("fortran.npy"), &strided));
  mmd_assert_ok(mmd_npy_write_file(path, &strided));
  mmd_assert_ok(mmd_npy_read_file(path, &back));
  assert_true(mmd_tensor_equal(&strided, &back));
  strided.dtype = MMD_BF16;
  mmd_assert_fails(mmd_npy_write_file(path, &strided), MMD_NOT_SUPPORTED, "no type for bf16");
  mmd_tensor_deinit(&strided);
  mmd_tensor_deinit(&back);
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
}

static mmd_status_t read_npz(void *context) {
  mmd_value_t *arrays = NULL;
  MMD_TRY(mmd_npz_read_file(context, &arrays));
  mmd_value_release(arrays);
  return NULL;
}

static void test_out_of_memory(void **state) {
  (void)state;
  mmd_test_sweep(read_npz, (void *)DATA("arrays.npz"));
  mmd_test_sweep(read_npz, (void *)DATA("compressed.npz"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read),          cmocka_unit_test(test_views),
      cmocka_unit_test(test_small_shapes),  cmocka_unit_test(test_refused),
      cmocka_unit_test(test_npz),           cmocka_unit_test(test_write),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
