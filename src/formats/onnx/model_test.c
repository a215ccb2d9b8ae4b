// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/onnx/tensor_data.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

// Written by onnx 1.16.2; see make_models.py beside it.
#define MODELS MMD_TEST_FILE("src/frontends/onnx/testdata/")

static mmd_status_t rewrite(const uint8_t *data, size_t size, mmd_storage_t **out_storage) {
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  mmd_onnx_model_t *model = NULL;
  mmd_status_t status = mmd_onnx_model_parse(data, size, &arena, &model);
  if (!status) status = mmd_onnx_model_write_memory(model, out_storage);
  mmd_arena_deinit(&arena);
  return status;
}

static void rewritten_files_are_the_same_bytes(void **state) {
  (void)state;
  static const char *const names[] = {"basic",    "nested", "function",
                                      "external", "sparse", "legacy"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[512];
    snprintf(path, sizeof path, MODELS "%s.onnx", names[i]);
    mmd_storage_t *in = NULL, *out = NULL;
    mmd_assert_ok(mmd_storage_map_file(path, &in));
    mmd_assert_ok(rewrite(mmd_storage_data(in), mmd_storage_size(in), &out));
    assert_int_equal(mmd_storage_size(in), mmd_storage_size(out));
    assert_memory_equal(mmd_storage_data(in), mmd_storage_data(out), mmd_storage_size(in));
    mmd_storage_release(in);
    mmd_storage_release(out);
  }
}

static void a_file_equals_memory(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "copy.onnx");
  mmd_storage_t *in = NULL;
  mmd_assert_ok(mmd_storage_map_file(MODELS "basic.onnx", &in));
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  mmd_onnx_model_t *model = NULL;
  mmd_assert_ok(mmd_onnx_model_parse(mmd_storage_data(in), mmd_storage_size(in), &arena, &model));
  mmd_writer_t *writer = NULL;
  mmd_assert_ok(mmd_writer_create(path, &writer));
  mmd_assert_ok(mmd_onnx_model_write(model, writer));
  mmd_assert_ok(mmd_writer_commit(writer));
  mmd_writer_destroy(writer);
  char *text = NULL;
  size_t size = 0;
  mmd_assert_ok(mmd_file_read(path, 1 << 20, &text, &size));
  assert_int_equal(size, mmd_storage_size(in));
  assert_memory_equal(text, mmd_storage_data(in), size);
  mmd_free(text);
  mmd_arena_deinit(&arena);
  mmd_storage_release(in);
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
}

static void strings_and_raw_data_are_views(void **state) {
  (void)state;
  mmd_storage_t *in = NULL;
  mmd_assert_ok(mmd_storage_map_file(MODELS "basic.onnx", &in));
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  mmd_onnx_model_t *model = NULL;
  mmd_assert_ok(mmd_onnx_model_parse(mmd_storage_data(in), mmd_storage_size(in), &arena, &model));
  assert_int_equal(model->ir_version, 10);
  assert_int_equal(model->opset_import.count, 2);
  assert_true(mmd_proto_bytes_equal(model->producer_name, "make_models"));
  const mmd_onnx_tensor_t *raw = &model->graph->initializer.items[20];
  assert_true(mmd_proto_bytes_equal(raw->name, "raw"));
  assert_true(raw->raw_data.data > mmd_storage_data(in));
  assert_true(raw->raw_data.data < mmd_storage_data(in) + mmd_storage_size(in));
  // Packed floats too.
  const mmd_onnx_tensor_t *f32 = &model->graph->initializer.items[0];
  assert_true((const uint8_t *)f32->float_data.data > mmd_storage_data(in));
  // training_info and a field that nobody knows.
  assert_true(model->header.unknown.size > 6);
  mmd_arena_deinit(&arena);
  mmd_storage_release(in);
}

// No prefix may crash or read past its end; the copy makes the sanitizer see that.
static void truncated_files_fail_cleanly(void **state) {
  (void)state;
  char *text = NULL;
  size_t size = 0;
  mmd_assert_ok(mmd_file_read(MODELS "basic.onnx", 1 << 20, &text, &size));
  size_t failures = 0;
  for (size_t cut = 0; cut < size; cut++) {
    uint8_t *part = malloc(cut + 1);
    memcpy(part, text, cut);
    part = realloc(part, cut > 0 ? cut : 1);
    mmd_storage_t *out = NULL;
    mmd_status_t status = rewrite(part, cut, &out);
    failures += status != NULL;
    if (status) assert_int_equal(mmd_status_code(status), MMD_CORRUPT);
    mmd_status_free(status);
    mmd_storage_release(out);
    free(part);
  }
  assert_true(failures > size * 9 / 10);
  mmd_free(text);
}

static void flipped_bytes_do_not_crash(void **state) {
  (void)state;
  char *text = NULL;
  size_t size = 0;
  mmd_assert_ok(mmd_file_read(MODELS "nested.onnx", 1 << 20, &text, &size));
  for (size_t i = 0; i < size; i++) {
    char old = text[i];
    static const char values[] = {0, 1, 0x7f, (char)0x80, (char)0xff};
    for (size_t j = 0; j < sizeof values; j++) {
      text[i] = values[j];
      mmd_storage_t *out = NULL;
      mmd_status_ignore(rewrite((const uint8_t *)text, size, &out));
      mmd_storage_release(out);
    }
    text[i] = old;
  }
  mmd_free(text);
}

static mmd_status_t parse_text(const char *bytes, size_t size) {
  mmd_storage_t *out = NULL;
  mmd_status_t status = rewrite((const uint8_t *)bytes, size, &out);
  mmd_storage_release(out);
  return status;
}

static void messages_show_the_way(void **state) {
  (void)state;
  // Model > graph > node 'n' > attribute 'a' > ints with a float in it.
  static const char bytes[] =
      "\x3a\x11\x0a\x0f\x1a\x01n\x2a\x0a\x0a\x01"
      "a\x45\x00\x00\x00\x00\x10\x10";
  mmd_assert_fails(parse_text(bytes, sizeof bytes - 1), MMD_CORRUPT,
                   "byte 12: node 0 'n' attribute 'a' field 'ints': the field has another type");
  mmd_assert_fails(parse_text("\x3a\x7f", 2), MMD_CORRUPT, "byte 0: a field goes past the end");
  mmd_assert_fails(parse_text("\x3a\x00\x3a\x00", 4), MMD_CORRUPT, "twice");
  mmd_assert_fails(parse_text("\x0b", 1), MMD_CORRUPT, "impossible field type");
  mmd_assert_fails(parse_text("\x02", 1), MMD_CORRUPT, "impossible field number");
  mmd_assert_fails(parse_text("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12), MMD_CORRUPT,
                   "damaged number");
}

// graph > node > attribute > graph > …, |levels| times, built from the inside.
static void deep_nesting_is_refused(void **state) {
  (void)state;
  size_t levels = 100000, capacity = levels * 20 + 64, size = 0;
  uint8_t *data = malloc(capacity);
  uint8_t *at = data + capacity;
  static const uint8_t fields[] = {6, 5, 1};  // g, attribute, node
  for (size_t i = 0; i < levels * 3; i++) {
    uint8_t head[11];
    size_t used = mmd_proto_varint_put((uint64_t)fields[i % 3] << 3 | 2, head);
    used += mmd_proto_varint_put(size, head + used);
    at -= used;
    memcpy(at, head, used);
    size += used;
    if ((size_t)(at - data) < 32) break;
  }
  uint8_t head[11];
  size_t used = mmd_proto_varint_put(7 << 3 | 2, head);
  used += mmd_proto_varint_put(size, head + used);
  at -= used;
  memcpy(at, head, used);
  mmd_assert_fails(parse_text((const char *)at, size + used), MMD_CORRUPT, "nested more than");
  free(data);
}

static void numbers_may_be_packed_or_not(void **state) {
  (void)state;
  // dims: packed 1, 2 and then 3 alone; float_data: two runs.
  static const uint8_t bytes[] = {0x0a, 2, 1,    2,    0x08, 3, 0x10, 1, 0x22, 4,
                                  0,    0, 0x80, 0x3f, 0x25, 0, 0,    0, 0x40};
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  mmd_onnx_tensor_t *tensor = NULL;
  mmd_assert_ok(mmd_onnx_tensor_parse(bytes, sizeof bytes, &arena, &tensor));
  assert_int_equal(tensor->dims.count, 3);
  assert_int_equal(tensor->dims.items[2], 3);
  assert_int_equal(tensor->float_data.count, 2);
  float numbers[2];
  memcpy(numbers, tensor->float_data.data, sizeof numbers);
  assert_true(numbers[0] == 1.0f && numbers[1] == 2.0f);
  mmd_arena_deinit(&arena);
}

static mmd_status_t make_tensor(const uint8_t *bytes, size_t size, mmd_tensor_t *out_tensor) {
  mmd_storage_t *storage = NULL;
  MMD_TRY(mmd_storage_borrow(bytes, size, NULL, NULL, &storage));
  mmd_onnx_value_t value = {0};
  mmd_status_t status = mmd_onnx_value_read(storage, MMD_ONNX_VALUE_TENSOR, &value);
  mmd_storage_release(storage);
  *out_tensor = value.tensor;
  return status;
}

static void bad_tensors_are_refused(void **state) {
  (void)state;
  mmd_tensor_t tensor = {0};
  static const uint8_t negative[] = {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0x01, 0x10, 1};
  mmd_assert_fails(make_tensor(negative, sizeof negative, &tensor), MMD_OUT_OF_RANGE,
                   "dimension 0 is -1");
  static const uint8_t short_raw[] = {0x08, 2, 0x10, 1, 0x4a, 4, 0, 0, 0, 0};
  mmd_assert_fails(make_tensor(short_raw, sizeof short_raw, &tensor), MMD_CORRUPT,
                   "raw_data holds 4 bytes, the shape needs 8");
  static const uint8_t huge[] = {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                 0xff, 0xff, 0x7f, 0x08, 0x10, 0x10, 1};
  mmd_status_t status = make_tensor(huge, sizeof huge, &tensor);
  assert_non_null(status);
  mmd_status_free(status);
  static const uint8_t no_type[] = {0x08, 1};
  mmd_assert_fails(make_tensor(no_type, sizeof no_type, &tensor), MMD_NOT_SUPPORTED,
                   "element type 0");
  static const uint8_t no_data[] = {0x08, 3, 0x10, 1};
  mmd_assert_fails(make_tensor(no_data, sizeof no_data, &tensor), MMD_CORRUPT,
                   "float_data holds 0 elements, the shape needs 3");
  static const uint8_t ranks[] = {0x0a, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0x10, 1};
  mmd_assert_fails(make_tensor(ranks, sizeof ranks, &tensor), MMD_NOT_SUPPORTED, "9 dimensions");
}

static void sequences_and_optionals_are_read(void **state) {
  (void)state;
  // SequenceProto of two tensors i64 [1]: 5 and 6.
  static const uint8_t bytes[] = {0x10, 1,    0x1a, 7,    0x08, 1,    0x10, 7,    0x3a, 1,
                                  5,    0x1a, 7,    0x08, 1,    0x10, 7,    0x3a, 1,    6};
  mmd_storage_t *storage = NULL;
  mmd_assert_ok(mmd_storage_borrow(bytes, sizeof bytes, NULL, NULL, &storage));
  mmd_onnx_value_t value = {0};
  mmd_assert_ok(mmd_onnx_value_read(storage, MMD_ONNX_VALUE_SEQUENCE, &value));
  assert_int_equal(value.kind, MMD_ONNX_VALUE_SEQUENCE);
  assert_int_equal(value.count, 2);
  assert_int_equal(mmd_tensor_get_i64(&value.items[1].tensor, 0), 6);
  mmd_onnx_value_deinit(&value);
  mmd_storage_release(storage);
  mmd_assert_ok(mmd_storage_borrow("", 0, NULL, NULL, &storage));
  mmd_assert_ok(mmd_onnx_value_read(storage, MMD_ONNX_VALUE_OPTIONAL, &value));
  assert_int_equal(value.kind, MMD_ONNX_VALUE_NONE);
  mmd_storage_release(storage);
}

static mmd_status_t sweep_rewrite(void *context) {
  mmd_storage_t *in = context, *out = NULL;
  mmd_status_t status = rewrite(mmd_storage_data(in), mmd_storage_size(in), &out);
  mmd_storage_release(out);
  return status;
}

static void lack_of_memory_leaves_nothing(void **state) {
  (void)state;
  char *text = NULL;
  size_t size = 0;
  mmd_assert_ok(mmd_file_read(MODELS "basic.onnx", 1 << 20, &text, &size));
  uint8_t *copy = malloc(size);
  memcpy(copy, text, size);
  mmd_free(text);
  mmd_storage_t *storage = NULL;
  mmd_assert_ok(mmd_storage_borrow(copy, size, NULL, NULL, &storage));
  mmd_test_sweep(sweep_rewrite, storage);
  mmd_storage_release(storage);
  free(copy);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rewritten_files_are_the_same_bytes),
      cmocka_unit_test(a_file_equals_memory),
      cmocka_unit_test(strings_and_raw_data_are_views),
      cmocka_unit_test(truncated_files_fail_cleanly),
      cmocka_unit_test(flipped_bytes_do_not_crash),
      cmocka_unit_test(messages_show_the_way),
      cmocka_unit_test(deep_nesting_is_refused),
      cmocka_unit_test(numbers_may_be_packed_or_not),
      cmocka_unit_test(bad_tensors_are_refused),
      cmocka_unit_test(sequences_and_optionals_are_read),
      cmocka_unit_test(lack_of_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
