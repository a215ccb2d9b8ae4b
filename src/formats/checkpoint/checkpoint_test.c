// SPDX-License-Identifier: Apache-2.0
// The files are made by PyTorch: testdata/generate.py. expected.json holds what torch.load reads.
#include "formats/checkpoint/checkpoint.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/checkpoint/checkpoint_writer.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

#define DATA(name) MMD_TEST_FILE("src/formats/checkpoint/testdata/" name)

static mmd_checkpoint_t *open_checkpoint(const char *path) {
  mmd_checkpoint_t *c = NULL;
  mmd_assert_ok(mmd_checkpoint_open(path, NULL, &c));
  return c;
}

static void assert_tensor(const mmd_tensor_t *t, const mmd_value_t *expected) {
  mmd_dtype_t dtype = MMD_DTYPE_UNDEFINED;
  assert_true(mmd_dtype_parse(mmd_value_get_string(mmd_object_get(expected, "dtype"), ""), &dtype));
  assert_int_equal(t->dtype, dtype);
  const mmd_value_t *shape = mmd_object_get(expected, "shape");
  assert_int_equal(t->shape.rank, mmd_array_size(shape));
  for (int i = 0; i < t->shape.rank; ++i) {
    assert_int_equal(t->shape.dims[i], mmd_value_get_int(mmd_array_at(shape, (size_t)i), -1));
  }
  const mmd_value_t *values = mmd_object_get(expected, "values");
  assert_int_equal(mmd_tensor_count(t), mmd_array_size(values));
  for (size_t i = 0; i < mmd_tensor_count(t); ++i) {
    assert_true(mmd_tensor_get_f64(t, i) == mmd_value_get_float(mmd_array_at(values, i), -1));
  }
}

static void assert_expected(const mmd_checkpoint_t *c) {
  mmd_value_t *expected = NULL;
  mmd_assert_ok(mmd_json_read_file(DATA("expected.json"), &expected));
  const mmd_value_t *tensors = mmd_object_get(expected, "tensors");
  assert_int_equal(mmd_checkpoint_size(c), mmd_object_size(tensors));
  for (size_t i = 0; i < mmd_checkpoint_size(c); ++i) {
    const char *key = mmd_checkpoint_key_at(c, i);
    assert_string_equal(key, mmd_object_key_at(tensors, i));
    assert_ptr_equal(mmd_checkpoint_get(c, key), mmd_checkpoint_tensor_at(c, i));
    assert_tensor(mmd_checkpoint_tensor_at(c, i), mmd_object_get(tensors, key));
  }
  assert_null(mmd_checkpoint_get(c, "nowhere"));
  assert_true(mmd_value_equal(mmd_checkpoint_meta(c), mmd_object_get(expected, "meta")));
  assert_string_equal(mmd_value_get_string(mmd_array_at(mmd_checkpoint_classes(c), 2), ""),
                      "K\xc3\xa4se");
  assert_int_equal(mmd_array_size(mmd_checkpoint_palette(c)), 2);
  mmd_value_release(expected);
}

static void test_torch_containers(void **state) {
  (void)state;
  static const struct {
    const char *path, *container;
  } cases[] = {
      {DATA("zip.pth"), "torch zip"},
      {DATA("zip4.pth"), "torch zip"},
      {DATA("legacy.pth"), "torch legacy"},
      {DATA("legacy4.pth"), "torch legacy"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    mmd_checkpoint_t *c = open_checkpoint(cases[i].path);
    mmd_checkpoint_info_t info = mmd_checkpoint_info(c);
    assert_string_equal(info.container, cases[i].container);
    assert_string_equal(info.wrapper, "state_dict");
    assert_string_equal(info.prefix, "");
    assert_expected(c);
    const mmd_value_t *rest = mmd_checkpoint_rest(c);
    assert_int_equal(mmd_value_get_int(mmd_object_get_path(rest, "optimizer.step"), 0), 5);
    assert_null(mmd_object_get(rest, "state_dict"));
    assert_null(mmd_object_get(rest, "__extra__"));
    const mmd_value_t *bn = mmd_object_get(mmd_checkpoint_versions(c), "bn");
    assert_int_equal(mmd_value_get_int(mmd_object_get(bn, "version"), 0), 2);
    mmd_checkpoint_destroy(c);
  }
}

// Nothing is copied, and what shares a storage in PyTorch shares it here.
static void test_views(void **state) {
  (void)state;
  static const char *const paths[] = {DATA("zip.pth"), DATA("legacy.pth")};
  for (size_t i = 0; i < 2; ++i) {
    mmd_checkpoint_t *c = open_checkpoint(paths[i]);
    for (size_t k = 0; k < mmd_checkpoint_size(c); ++k) {
      assert_int_equal(mmd_storage_kind(mmd_checkpoint_tensor_at(c, k)->storage),
                       MMD_STORAGE_MAPPED);
    }
    const mmd_tensor_t *a = mmd_checkpoint_get(c, "shared.a");
    const mmd_tensor_t *b = mmd_checkpoint_get(c, "shared.b");
    assert_int_equal(b->offset, a->offset + 16);
    assert_int_equal(mmd_checkpoint_get(c, "transposed")->strides[0], 1);
    assert_int_equal(mmd_checkpoint_get(c, "expanded")->strides[1], 0);
    mmd_tensor_t kept = mmd_tensor_retain(a);
    mmd_checkpoint_destroy(c);
    assert_true(mmd_tensor_get_f64(&kept, 5) == 1.25);
    mmd_tensor_deinit(&kept);
  }
}

static void assert_small(const mmd_checkpoint_t *c) {
  const mmd_tensor_t *a = mmd_checkpoint_get(c, "a");
  const mmd_tensor_t *b = mmd_checkpoint_get(c, "b");
  assert_non_null(a);
  assert_non_null(b);
  for (size_t i = 0; i < 6; ++i) assert_true(mmd_tensor_get_f64(a, i) == (double)i);
  for (size_t i = 0; i < 4; ++i) assert_int_equal(mmd_tensor_get_i64(b, i), i);
}

static void test_wrappers(void **state) {
  (void)state;
  static const struct {
    const char *path, *container, *wrapper, *prefix;
  } cases[] = {
      {DATA("small.pth"), "torch zip", "", ""},
      {DATA("deflated.pth"), "torch zip", "", ""},
      {DATA("wrapped.pth"), "torch zip", "model", "module."},
      {DATA("nested.pth"), "torch zip", "model.state_dict", ""},
      {DATA("ordered_subclass.pth"), "torch zip", "state_dict", ""},
      {DATA("dict_subclass.pth"), "torch zip", "state_dict", ""},
      {DATA("two_nets.pth"), "torch zip", "model.net", ""},
      {DATA("arrays.npz"), "npz", "", ""},
      {DATA("small.safetensors"), "safetensors", "", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    mmd_checkpoint_t *c = open_checkpoint(cases[i].path);
    mmd_checkpoint_info_t info = mmd_checkpoint_info(c);
    assert_string_equal(info.container, cases[i].container);
    assert_string_equal(info.wrapper, cases[i].wrapper);
    assert_string_equal(info.prefix, cases[i].prefix);
    assert_small(c);
    mmd_checkpoint_destroy(c);
  }
  mmd_checkpoint_t *c = open_checkpoint(DATA("nested.pth"));
  assert_string_equal(
      mmd_value_get_string(mmd_object_get_path(mmd_checkpoint_rest(c), "model.note"), ""), "n");
  assert_non_null(mmd_object_get(mmd_checkpoint_rest(c), "ema_state_dict"));
  mmd_checkpoint_destroy(c);
}

static void test_options(void **state) {
  (void)state;
  mmd_checkpoint_t *c = NULL;
  mmd_checkpoint_options_t ema = {.wrapper = "ema_state_dict"};
  mmd_assert_ok(mmd_checkpoint_open(DATA("nested.pth"), &ema, &c));
  assert_small(c);
  assert_non_null(mmd_object_get_path(mmd_checkpoint_rest(c), "model.state_dict"));
  mmd_checkpoint_destroy(c);
  mmd_checkpoint_options_t missing = {.wrapper = "teacher.weights"};
  mmd_assert_fails(mmd_checkpoint_open(DATA("nested.pth"), &missing, &c), MMD_NOT_FOUND,
                   "it holds no 'teacher.weights'");
  mmd_checkpoint_options_t keep = {.keep_prefix = true};
  mmd_assert_ok(mmd_checkpoint_open(DATA("wrapped.pth"), &keep, &c));
  assert_non_null(mmd_checkpoint_get(c, "module.a"));
  mmd_checkpoint_destroy(c);
  mmd_checkpoint_options_t small = {.pickle = {.memory_limit = 2000}};
  mmd_assert_fails(mmd_checkpoint_open(DATA("zip.pth"), &small, &c), MMD_OUT_OF_MEMORY, NULL);
}

static void test_safetensors(void **state) {
  (void)state;
  mmd_checkpoint_t *c = open_checkpoint(DATA("small.safetensors"));
  assert_int_equal(mmd_checkpoint_size(c), 4);
  assert_int_equal(mmd_checkpoint_get(c, "c")->dtype, MMD_BOOL);
  assert_int_equal(mmd_checkpoint_get(c, "d")->dtype, MMD_BF16);
  assert_true(mmd_tensor_get_f64(mmd_checkpoint_get(c, "d"), 3) == 4.5);
  assert_string_equal(mmd_value_get_string(mmd_object_get(mmd_checkpoint_meta(c), "format"), ""),
                      "pt");
  mmd_checkpoint_destroy(c);
  c = open_checkpoint(DATA("ranges_swapped.safetensors"));  // keys in another order than their data
  assert_true(mmd_tensor_get_f64(mmd_checkpoint_get(c, "a"), 0) == 4);
  assert_true(mmd_tensor_get_f64(mmd_checkpoint_get(c, "b"), 0) == 0);
  assert_int_equal(mmd_tensor_count(mmd_checkpoint_get(c, "c")), 0);
  mmd_checkpoint_destroy(c);
}

static void assert_text(const mmd_value_t *object, const char *path, const char *expected) {
  assert_string_equal(mmd_value_get_string(mmd_object_get_path(object, path), "?"), expected);
}

static void assert_array(const mmd_value_t *meta, const char *key, mmd_dtype_t dtype) {
  const mmd_tensor_t *t = mmd_value_get_tensor(mmd_object_get(meta, key));
  assert_non_null(t);
  assert_int_equal(t->dtype, dtype);
  for (size_t i = 0; i < mmd_tensor_count(t); ++i) {
    assert_true(mmd_tensor_get_f64(t, i) == (double)i);
  }
}

// Objects of libraries: known ones by meaning, unknown ones with their class name.
static void test_rich_meta(void **state) {
  (void)state;
  static const char *const paths[] = {DATA("rich.pth"), DATA("rich4.pth")};
  for (size_t i = 0; i < 2; ++i) {
    mmd_checkpoint_t *c = open_checkpoint(paths[i]);
    const mmd_value_t *meta = mmd_checkpoint_meta(c);
    assert_array(meta, "array", MMD_I16);
    assert_array(meta, "fortran", MMD_F64);
    assert_array(meta, "big_endian", MMD_I32);
    assert_text(meta, "text_array.__class__", "numpy.ndarray");
    assert_text(meta, "object_array.1", "x");
    assert_text(meta, "history.__class__", "mmengine.logging.history_buffer.HistoryBuffer");
    assert_int_equal(mmd_value_get_int(mmd_object_get_path(meta, "history._max_length"), 0), 1000);
    assert_text(meta, "dict_like.__class__", "somewhere.else.Odd");
    assert_text(meta, "dict_like.note", "attribute");
    assert_int_equal(mmd_value_get_int(mmd_object_get_path(meta, "dict_like.a"), 0), 1);
    assert_text(meta, "config_dict.model.type", "ResNet");
    assert_text(meta, "args.name", "n");
    assert_text(meta, "device", "cuda:1");
    assert_text(meta, "dtype", "torch.float16");
    assert_text(meta, "path", "/a/b.py");
    assert_text(meta, "class", "some.where.Thing");
    assert_text(meta, "date.__class__", "datetime.date");
    assert_int_equal(mmd_array_flavour(mmd_object_get(meta, "size")), MMD_ARRAY_TUPLE);
    assert_int_equal(mmd_array_flavour(mmd_object_get(meta, "set")), MMD_ARRAY_SET);
    size_t size = 0;
    const void *bytes = mmd_value_get_bytes(mmd_object_get(meta, "bytes"), &size);
    assert_int_equal(size, 4);
    assert_memory_equal(bytes, "\x00\xff\x80\x61", 4);
    mmd_checkpoint_destroy(c);
  }
}

// The real classes of mmengine: HistoryBuffer pickles its methods by getattr.
static void test_mmengine(void **state) {
  (void)state;
  mmd_checkpoint_t *c = open_checkpoint(DATA("mmengine.pth"));
  const mmd_value_t *rest = mmd_checkpoint_rest(c);
  assert_int_equal(mmd_checkpoint_size(c), 1);
  assert_string_equal(mmd_checkpoint_key_at(c, 0), "backbone.a");
  assert_string_equal(mmd_value_get_string(mmd_array_at(mmd_checkpoint_classes(c), 1), ""), "dog");
  assert_int_equal(mmd_value_kind(mmd_checkpoint_palette(c)), MMD_VALUE_TENSOR);
  assert_text(rest, "meta.config.model.type", "ResNet");
  const mmd_value_t *history = mmd_object_get_path(rest, "message_hub.log_scalars");
  history = mmd_object_get(history, "train/loss");
  assert_text(history, "__class__", "mmengine.logging.history_buffer.HistoryBuffer");
  assert_text(history, "statistics_methods.min",
              "mmengine.logging.history_buffer.HistoryBuffer.min");
  const mmd_tensor_t *log = mmd_value_get_tensor(mmd_object_get(history, "_log_history"));
  assert_true(mmd_tensor_get_f64(log, 0) == 1.5);
  mmd_checkpoint_destroy(c);
  mmd_checkpoint_options_t ema = {.wrapper = "ema_state_dict"};
  mmd_assert_ok(mmd_checkpoint_open(DATA("mmengine.pth"), &ema, &c));
  assert_true(mmd_tensor_get_f64(mmd_checkpoint_get(c, "backbone.a"), 5) == 6);
  mmd_checkpoint_destroy(c);
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *path;
    mmd_code_t code;
    const char *part;
  } cases[] = {
      {DATA("text.pth"), MMD_INVALID_ARGUMENT, "text.pth: not a checkpoint"},
      {DATA("absent.pth"), MMD_NOT_FOUND, "absent.pth"},
      {DATA("evil.pkl"), MMD_INVALID_ARGUMENT, "refuses to call 'posix.system'"},
      {DATA("evil4.pkl"), MMD_INVALID_ARGUMENT, "refuses to call 'posix.system'"},
      {DATA("evil.pth"), MMD_INVALID_ARGUMENT,
       "evil.pth: archive/data.pkl: pickle, byte 58: refuses to call 'posix.system'"},
      {DATA("truncated_zip.pth"), MMD_CORRUPT, "truncated"},
      {DATA("truncated_legacy.pth"), MMD_CORRUPT, "truncated in storage"},
      {DATA("missing_storage.pth"), MMD_CORRUPT, "no entry for storage 'data/0'"},
      {DATA("short_storage.pth"), MMD_CORRUPT, "20 bytes for a storage of 6 elements"},
      {DATA("past_storage.pth"), MMD_CORRUPT, ": a: the tensor reaches past its storage '0'"},
      {DATA("big_endian.pth"), MMD_NOT_SUPPORTED, "big-endian"},
      {DATA("quantised.pth"), MMD_NOT_SUPPORTED,
       "state_dict.q.weight: 'torch._utils._rebuild_qtensor'"},
      {DATA("quantised_legacy.pth"), MMD_NOT_SUPPORTED,
       "a 'torch.QInt8Storage' (quantised or otherwise special) is not read"},
      {DATA("module.pth"), MMD_NOT_SUPPORTED, "object of class 'models.yolo.Model'"},
      {DATA("no_tensors.pth"), MMD_INVALID_ARGUMENT, "it holds no tensors"},
      {DATA("script.pt"), MMD_NOT_SUPPORTED, "a TorchScript module"},
      {DATA("old.tar.pth"), MMD_NOT_SUPPORTED, "a tar archive"},
      {DATA("bomb.pkl"), MMD_OUT_OF_RANGE, "unfold to more than"},
      {DATA("cycle.pkl"), MMD_NOT_SUPPORTED, "contains itself"},
      {DATA("deep.pkl"), MMD_OUT_OF_RANGE, "more than 200 levels deep"},
      {DATA("memo.pkl"), MMD_CORRUPT, "memo index"},
      {DATA("bad.safetensors"), MMD_CORRUPT, "entry 'a': its shape does not fit its data"},
      {DATA("ranges_hole.safetensors"), MMD_CORRUPT,
       "ranges_hole.safetensors: safetensors entry 'a': its data begin at 8, and no entry has the "
       "4 bytes from 4 on"},
      {DATA("ranges_lead.safetensors"), MMD_CORRUPT, "no entry has the 4 bytes from 0 on"},
      {DATA("ranges_overlap.safetensors"), MMD_CORRUPT,
       "entry 'b': its data begin at 4, inside of those of 'a', which end at 8"},
      {DATA("ranges_same.safetensors"), MMD_CORRUPT, "its data begin at 0, inside of those of '"},
      {DATA("ranges_tail.safetensors"), MMD_CORRUPT,
       "the data of its last safetensors entry, 'a', end at 4, those of the file at 9"},
      {DATA("ranges_nothing.safetensors"), MMD_CORRUPT,
       "the data of its last safetensors entry end at 0, those of the file at 1"},
      {DATA("twice.safetensors"), MMD_INVALID_ARGUMENT,
       "twice.safetensors:1:62: the key 'a' stands twice"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    mmd_checkpoint_t *c = NULL;
    mmd_assert_fails(mmd_checkpoint_open(cases[i].path, NULL, &c), cases[i].code, cases[i].part);
    assert_null(c);
  }
}

static mmd_status_t write_again(const mmd_checkpoint_t *c, const char *path, bool as_safetensors) {
  mmd_checkpoint_entry_t entries[32];
  size_t count = mmd_checkpoint_size(c);
  assert_true(count <= 32);
  for (size_t i = 0; i < count; ++i) {
    entries[i] = (mmd_checkpoint_entry_t){.key = mmd_checkpoint_key_at(c, i),
                                          .tensor = *mmd_checkpoint_tensor_at(c, i)};
  }
  if (as_safetensors) return mmd_safetensors_write(path, NULL, entries, count);
  return mmd_checkpoint_write(path, mmd_checkpoint_meta(c), entries, count);
}

static void test_write(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "out");
  mmd_checkpoint_t *c = open_checkpoint(DATA("legacy.pth"));
  for (int as_safetensors = 0; as_safetensors < 2; ++as_safetensors) {
    mmd_assert_ok(write_again(c, path, as_safetensors));
    mmd_checkpoint_t *again = open_checkpoint(path);
    if (!as_safetensors) assert_expected(again);
    for (size_t i = 0; i < mmd_checkpoint_size(c); ++i) {
      const mmd_tensor_t *written = mmd_checkpoint_get(again, mmd_checkpoint_key_at(c, i));
      assert_true(mmd_tensor_equal(written, mmd_checkpoint_tensor_at(c, i)));
      if (!as_safetensors) assert_true(mmd_tensor_is_aligned(written));
    }
    mmd_checkpoint_destroy(again);
  }
  mmd_checkpoint_destroy(c);
  c = open_checkpoint(DATA("rich.pth"));  // arrays, bytes, sets and numbers of all kinds in meta
  mmd_assert_ok(write_again(c, path, false));
  mmd_checkpoint_t *again = open_checkpoint(path);
  assert_true(mmd_value_equal(mmd_checkpoint_meta(c), mmd_checkpoint_meta(again)));
  mmd_checkpoint_destroy(again);
  mmd_checkpoint_destroy(c);
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
}

static void test_write_refused(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "out.pth");
  mmd_checkpoint_entry_t entries[2] = {{.key = "a"}, {.key = "a"}};
  mmd_shape_t shape = {1, {2}};
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &entries[0].tensor));
  mmd_assert_ok(mmd_tensor_create(MMD_U16, &shape, true, &entries[1].tensor));
  mmd_assert_fails(mmd_checkpoint_write(path, NULL, entries, 2), MMD_INVALID_ARGUMENT,
                   "the key 'a' stands twice");
  entries[1].key = "b";
  mmd_assert_fails(mmd_checkpoint_write(path, NULL, entries, 2), MMD_NOT_SUPPORTED,
                   "'b': PyTorch checkpoints hold no u16 tensors");
  mmd_value_t *text = mmd_value_string("x");
  mmd_assert_fails(mmd_checkpoint_write(path, text, entries, 1), MMD_INVALID_ARGUMENT, "meta");
  assert_false(mmd_path_exists(path));
  mmd_value_release(text);
  mmd_tensor_deinit(&entries[0].tensor);
  mmd_tensor_deinit(&entries[1].tensor);
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
}

static mmd_status_t open_and_close(void *context) {
  mmd_checkpoint_t *c = NULL;
  MMD_TRY(mmd_checkpoint_open(context, NULL, &c));
  mmd_checkpoint_destroy(c);
  return NULL;
}

typedef struct write_context_t {
  const mmd_checkpoint_t *checkpoint;
  const char *path;
} write_context_t;

static mmd_status_t write_swept(void *context) {
  const write_context_t *w = context;
  return write_again(w->checkpoint, w->path, false);
}

static void test_out_of_memory(void **state) {
  (void)state;
  mmd_test_sweep(open_and_close, (void *)DATA("zip.pth"));
  mmd_test_sweep(open_and_close, (void *)DATA("legacy.pth"));
  mmd_test_sweep(open_and_close, (void *)DATA("rich.pth"));
  mmd_test_sweep(open_and_close, (void *)DATA("nested.pth"));
  mmd_test_sweep(open_and_close, (void *)DATA("small.safetensors"));
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "out");
  write_context_t w = {open_checkpoint(DATA("rich.pth")), path};
  mmd_test_sweep(write_swept, &w);
  mmd_checkpoint_destroy((mmd_checkpoint_t *)w.checkpoint);
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_torch_containers),
      cmocka_unit_test(test_views),
      cmocka_unit_test(test_wrappers),
      cmocka_unit_test(test_options),
      cmocka_unit_test(test_safetensors),
      cmocka_unit_test(test_rich_meta),
      cmocka_unit_test(test_mmengine),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_write),
      cmocka_unit_test(test_write_refused),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
