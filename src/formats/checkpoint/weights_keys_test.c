// SPDX-License-Identifier: Apache-2.0
// Keys as trainers leave them, and writing by extension: testdata/generate_keys.py.
#include "formats/checkpoint/weights_keys.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "formats/checkpoint/checkpoint.h"
#include "formats/checkpoint/checkpoint_writer.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define DATA(name) MMD_TEST_FILE("src/formats/checkpoint/testdata/" name)

enum { MAX_ENTRIES = 32 };

static mmd_checkpoint_t *open_with(const char *path, const char *wrapper, const char *prefix) {
  mmd_checkpoint_t *c = NULL;
  mmd_checkpoint_options_t options = {.wrapper = wrapper, .prefix = prefix};
  mmd_assert_ok(mmd_checkpoint_open(path, &options, &c));
  return c;
}

static void assert_keys(const mmd_checkpoint_t *c, const char *expected) {
  mmd_str_t keys = {0};
  for (size_t i = 0; i < mmd_checkpoint_size(c); ++i) {
    mmd_assert_ok(mmd_str_printf(&keys, "%s%s", i ? " " : "", mmd_checkpoint_key_at(c, i)));
  }
  assert_string_equal(mmd_str_text(&keys), expected);
  mmd_str_deinit(&keys);
}

static void test_nested(void **state) {
  (void)state;
  mmd_checkpoint_t *c = open_with(DATA("gan.pth"), NULL, NULL);
  assert_keys(c, "generator.a generator.sub.b discriminator.c");
  assert_non_null(mmd_object_get_path(mmd_checkpoint_rest(c), "optimizer.m"));
  assert_null(mmd_object_get(mmd_checkpoint_rest(c), "generator"));
  mmd_checkpoint_destroy(c);
  c = open_with(DATA("gan.pth"), "generator", NULL);
  assert_keys(c, "a sub.b");
  mmd_checkpoint_destroy(c);
  c = open_with(DATA("gan.pth"), NULL, "generator.sub");
  assert_keys(c, "b");
  assert_string_equal(mmd_checkpoint_info(c).prefix, "generator.sub");
  mmd_checkpoint_destroy(c);
}

static void test_prefix(void **state) {
  (void)state;
  static const char *const prefixes[] = {"teacher", "teacher."};
  for (size_t i = 0; i < 2; ++i) {
    mmd_checkpoint_t *c = open_with(DATA("semi.pth"), NULL, prefixes[i]);
    assert_keys(c, "backbone.w");
    assert_true(mmd_tensor_get_f64(mmd_checkpoint_tensor_at(c, 0), 0) == 1);
    mmd_checkpoint_destroy(c);
  }
  mmd_checkpoint_t *c = NULL;
  mmd_checkpoint_options_t options = {.prefix = "teecher"};
  mmd_assert_fails(mmd_checkpoint_open(DATA("semi.pth"), &options, &c), MMD_NOT_FOUND,
                   "no key begins with 'teecher'; they begin with 'teacher', 'student'");
  assert_null(c);
}

static void test_averages(void **state) {
  (void)state;
  mmd_checkpoint_t *c = open_with(DATA("training.pth"), NULL, NULL);
  mmd_checkpoint_t *ema = open_with(DATA("training.pth"), NULL, MMD_WEIGHTS_EMA);
  assert_keys(ema,
              "backbone.conv1.weight backbone.bn1.running_mean backbone.bn1.num_batches_tracked");
  const mmd_tensor_t *a = mmd_checkpoint_get(c, "backbone.conv1.weight");
  const mmd_tensor_t *b = mmd_checkpoint_get(ema, "backbone.conv1.weight");
  for (size_t i = 0; i < mmd_tensor_count(a); ++i) {
    assert_true(mmd_tensor_get_f64(a, i) * 2 == mmd_tensor_get_f64(b, i));
  }
  mmd_checkpoint_destroy(c);
  mmd_checkpoint_destroy(ema);
}

// --- dicts that are shared ---

// Each level holds the one below it under two keys: 2^40 leaves in forty dicts.
static void test_bomb(void **state) {
  (void)state;
  mmd_tensor_t tensor = {0};
  mmd_assert_ok(mmd_tensor_scalar_f32(1, &tensor));
  mmd_value_t *tree = mmd_value_tensor(&tensor);
  mmd_tensor_deinit(&tensor);
  for (int i = 0; i < 40; ++i) {
    mmd_value_t *level = mmd_value_object();
    mmd_assert_ok(mmd_object_take(level, "a", mmd_value_retain(tree)));
    mmd_assert_ok(mmd_object_take(level, "b", tree));
    tree = level;
  }
  mmd_value_t *flat = NULL;
  mmd_assert_ok(mmd_weights_flatten(tree, "bomb", &flat));
  assert_int_equal(mmd_object_size(flat), 2);  // too deep to be weights
  mmd_value_release(flat);
  mmd_value_release(tree);
}

static void test_collision(void **state) {
  (void)state;
  mmd_tensor_t tensor = {0};
  mmd_assert_ok(mmd_tensor_scalar_f32(1, &tensor));
  mmd_value_t *weights = mmd_value_object(), *inner = mmd_value_object(), *flat = NULL;
  mmd_assert_ok(mmd_object_take(weights, "a.b", mmd_value_tensor(&tensor)));
  mmd_assert_ok(mmd_object_take(inner, "b", mmd_value_tensor(&tensor)));
  mmd_assert_ok(mmd_object_take(weights, "a", inner));
  mmd_assert_fails(mmd_weights_flatten(weights, "w", &flat), MMD_INVALID_ARGUMENT,
                   "two tensors are called 'a.b'");
  mmd_value_release(weights);
  mmd_tensor_deinit(&tensor);
}

// --- writing ---

typedef struct save_context_t {
  const mmd_checkpoint_t *checkpoint;
  const char *path;
  mmd_dtype_t dtype;
} save_context_t;

static mmd_status_t save(void *user) {
  const save_context_t *s = user;
  mmd_checkpoint_entry_t entries[MAX_ENTRIES] = {0};
  const size_t count = mmd_checkpoint_size(s->checkpoint);
  assert_true(count <= MAX_ENTRIES);
  for (size_t i = 0; i < count; ++i) {
    entries[i].key = mmd_checkpoint_key_at(s->checkpoint, i);
    entries[i].tensor = *mmd_checkpoint_tensor_at(s->checkpoint, i);
    if (mmd_dtype_is_float(entries[i].tensor.dtype)) entries[i].dtype = s->dtype;
  }
  return mmd_checkpoint_save(s->path, mmd_checkpoint_meta(s->checkpoint), entries, count);
}

static void assert_classes(const mmd_checkpoint_t *c, const char *path) {
  const mmd_value_t *classes = mmd_checkpoint_classes(c);
  if (mmd_str_ends_with(path, ".npz")) return;  // it has no place for them
  assert_int_equal(mmd_array_size(classes), 2);
  assert_string_equal(mmd_value_get_string(mmd_array_at(classes, 1), ""), "b");
}

static void assert_saved(const save_context_t *s) {
  mmd_checkpoint_t *again = open_with(s->path, NULL, NULL);
  assert_int_equal(mmd_checkpoint_size(again), mmd_checkpoint_size(s->checkpoint));
  assert_classes(again, s->path);
  for (size_t i = 0; i < mmd_checkpoint_size(again); ++i) {
    const mmd_tensor_t *from = mmd_checkpoint_tensor_at(s->checkpoint, i);
    const mmd_tensor_t *to = mmd_checkpoint_get(again, mmd_checkpoint_key_at(s->checkpoint, i));
    const bool is_cast = s->dtype && mmd_dtype_is_float(from->dtype);
    mmd_tensor_t expected = {0};
    mmd_assert_ok(mmd_tensor_cast(from, is_cast ? s->dtype : from->dtype, &expected));
    assert_true(mmd_tensor_equal(to, &expected));
    mmd_tensor_deinit(&expected);
  }
  mmd_checkpoint_destroy(again);
}

static void test_save(void **state) {
  (void)state;
  static const char *const names[] = {"a.pth", "a.ckpt", "a.safetensors", "a.npz"};
  static const mmd_dtype_t dtypes[] = {MMD_DTYPE_UNDEFINED, MMD_F16, MMD_F32, MMD_BF16};
  mmd_checkpoint_t *c = open_with(DATA("training.pth"), NULL, NULL);
  char *folder = mmd_test_make_directory();
  for (size_t i = 0; i < 16; ++i) {
    save_context_t context = {c, mmd_path_join(folder, names[i / 4]), dtypes[i % 4]};
    if (i == 15) {
      mmd_assert_fails(save(&context), MMD_NOT_SUPPORTED, "bf16");
    } else {
      mmd_assert_ok(save(&context));
      assert_saved(&context);
    }
    mmd_free((void *)context.path);
  }
  save_context_t bad = {c, "weights.onnx", MMD_DTYPE_UNDEFINED};
  mmd_assert_fails(save(&bad), MMD_INVALID_ARGUMENT, "under the extension '.onnx'");
  mmd_checkpoint_destroy(c);
  mmd_test_remove_tree(folder);
  mmd_free(folder);
}

static mmd_status_t open_swept(void *options) {
  mmd_checkpoint_t *c = NULL;
  MMD_TRY(mmd_checkpoint_open(DATA("training.pth"), options, &c));
  mmd_checkpoint_destroy(c);
  return NULL;
}

static mmd_status_t open_nested(void *options) {
  mmd_checkpoint_t *c = NULL;
  MMD_TRY(mmd_checkpoint_open(DATA("gan.pth"), options, &c));
  mmd_checkpoint_destroy(c);
  return NULL;
}

static void test_out_of_memory(void **state) {
  (void)state;
  mmd_checkpoint_options_t ema = {.prefix = MMD_WEIGHTS_EMA};
  mmd_test_sweep(open_swept, &ema);
  mmd_test_sweep(open_nested, NULL);
  mmd_checkpoint_t *c = open_with(DATA("training.pth"), NULL, NULL);
  char *folder = mmd_test_make_directory();
  static const char *const names[] = {"a.pth", "a.safetensors", "a.npz"};
  for (size_t i = 0; i < 3; ++i) {
    save_context_t context = {c, mmd_path_join(folder, names[i]), MMD_F16};
    mmd_test_sweep(save, &context);
    mmd_free((void *)context.path);
  }
  mmd_checkpoint_destroy(c);
  mmd_test_remove_tree(folder);
  mmd_free(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nested),        cmocka_unit_test(test_prefix),
      cmocka_unit_test(test_averages),      cmocka_unit_test(test_bomb),
      cmocka_unit_test(test_collision),     cmocka_unit_test(test_save),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
