// SPDX-License-Identifier: Apache-2.0
//
// Crafted files that the tests beside the readers do not have: nesting of 100,000 levels, numbers
// of memo slots and sizes near 2^62, weights that lie anywhere but in the model's folder.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/checkpoint/checkpoint.h"
#include "formats/npy/npy.h"
#include "formats/onnx/model.h"
#include "frontends/onnx/import.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

enum { LEVELS = 100000 };

static void repeat(mmd_str_t *text, const char *piece, size_t size, size_t count) {
  for (size_t i = 0; i < count; ++i) mmd_assert_ok(mmd_str_append_n(text, piece, size));
}

//===--- pickles -----------------------------------------------------------===//

static mmd_status_t read_pickle(const mmd_str_t *text) {
  mmd_pickle_t *pickle = NULL;
  mmd_value_t *value = NULL;
  MMD_TRY(mmd_pickle_parse(mmd_str_text(text), text->size, "p", NULL, &pickle));
  mmd_status_t status = mmd_pickle_value(pickle, &value);
  mmd_value_release(value);
  mmd_pickle_destroy(pickle);
  return status;
}

static void deep_pickles_are_refused(void **state) {
  (void)state;
  mmd_str_t lists = {0}, tuples = {0}, marks = {0};
  repeat(&lists, "\x80\x02", 2, 1);  // [[[[…]]]]
  repeat(&lists, "]", 1, LEVELS);
  repeat(&lists, "a", 1, LEVELS - 1);
  repeat(&lists, ".", 1, 1);
  mmd_assert_fails(read_pickle(&lists), MMD_OUT_OF_RANGE, "levels deep");
  repeat(&tuples, "\x80\x02)", 3, 1);  // ((((),),),)
  repeat(&tuples, "\x85", 1, LEVELS);
  repeat(&tuples, ".", 1, 1);
  mmd_assert_fails(read_pickle(&tuples), MMD_OUT_OF_RANGE, "levels deep");
  repeat(&marks, "\x80\x02", 2, 1);  // marks inside of marks
  repeat(&marks, "(", 1, LEVELS);
  repeat(&marks, "l", 1, LEVELS);
  repeat(&marks, ".", 1, 1);
  mmd_assert_fails(read_pickle(&marks), MMD_OUT_OF_RANGE, "levels deep");
  mmd_str_deinit(&lists);
  mmd_str_deinit(&tuples);
  mmd_str_deinit(&marks);
}

static void memo_slots_are_not_memory(void **state) {
  (void)state;
  mmd_str_t text = {0};
  repeat(&text, "\x80\x02Nr\xff\xff\xff\xff.", 9, 1);  // one slot of number 2^32 - 1
  mmd_status_t status = read_pickle(&text);
  mmd_status_free(status);
  assert_non_null(status);
  mmd_str_clear(&text);
  repeat(&text, "\x80\x02]", 3, 1);  // the same list stored and fetched a million times
  repeat(&text,
         "q\x00h\x00"
         "a",
         5, 10);
  repeat(&text, ".", 1, 1);
  status = read_pickle(&text);  // it holds itself
  mmd_status_free(status);
  assert_non_null(status);
  mmd_str_deinit(&text);
}

static void claimed_sizes_are_not_believed(void **state) {
  (void)state;
  static const char *const texts[] = {
      "\x80\x02X\xff\xff\xff\x7f", "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x3f",
      "\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", "\x80\x02\x8b\xff\xff\xff\x7f",
      "\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xffN."};
  static const size_t sizes[] = {7, 11, 11, 7, 13};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    mmd_str_t text = {0};
    repeat(&text, texts[i], sizes[i], 1);
    mmd_status_t status = read_pickle(&text);
    if (i < 4) assert_non_null(status);  // a frame's size is a hint
    mmd_status_free(status);
    mmd_str_deinit(&text);
  }
}

//===--- JSON, safetensors, npy --------------------------------------------===//

static void deep_json_is_refused(void **state) {
  (void)state;
  mmd_value_t *value = NULL;
  mmd_str_t text = {0};
  repeat(&text, "[", 1, LEVELS);
  mmd_assert_fails(mmd_json_parse(text.data, text.size, "x", &value), MMD_INVALID_ARGUMENT,
                   "too deeply");
  mmd_str_clear(&text);
  repeat(&text, "{\"a\":", 5, LEVELS);
  mmd_assert_fails(mmd_json_parse(text.data, text.size, "x", &value), MMD_INVALID_ARGUMENT,
                   "too deeply");
  mmd_str_deinit(&text);
}

static mmd_status_t read_safetensors(const char *header) {
  const size_t size = strlen(header);
  uint8_t bytes[512] = {(uint8_t)size, (uint8_t)(size >> 8)};
  mmd_storage_t *storage = NULL;
  mmd_checkpoint_t *checkpoint = NULL;
  assert_true(8 + size + 16 <= sizeof bytes);
  memcpy(bytes + 8, header, size);
  mmd_assert_ok(mmd_storage_borrow(bytes, 8 + size + 16, NULL, NULL, &storage));
  mmd_status_t status = mmd_checkpoint_open_storage(storage, "s", NULL, &checkpoint);
  mmd_checkpoint_destroy(checkpoint);
  mmd_storage_release(storage);
  return status;
}

static void safetensors_sizes_are_checked(void **state) {
  (void)state;
  static const char *const bad[] = {
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,16]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[-4],\"data_offsets\":[0,16]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[16,32]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[16,0]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[-16,0]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,18446744073709551616]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":{},\"data_offsets\":[0,4]}}",
      "{\"a\":[1]}",
  };
  mmd_assert_ok(
      read_safetensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}"));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    mmd_status_t status = read_safetensors(bad[i]);
    if (!status) print_error("read: %s\n", bad[i]);
    assert_non_null(status);
    mmd_status_free(status);
  }
}

static void npy_sizes_are_checked(void **state) {
  (void)state;
  static const char *const shapes[] = {"(4611686018427387904, 4)", "(-1,)",
                                       "(4294967296,4294967296)", "(99999999999999999999,)",
                                       "(100,)"};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
    char bytes[192] = "\x93NUMPY\x01";
    mmd_storage_t *storage = NULL;
    mmd_tensor_t tensor = {0};
    snprintf(bytes + 10, sizeof bytes - 10,
             "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }%40s\n", shapes[i], "");
    bytes[8] = 118;
    mmd_assert_ok(mmd_storage_borrow(bytes, sizeof bytes, NULL, NULL, &storage));
    mmd_status_t status = mmd_npy_parse(storage, 0, sizeof bytes, "n", &tensor);
    assert_non_null(status);
    mmd_status_free(status);
    mmd_storage_release(storage);
  }
}

//===--- ONNX --------------------------------------------------------------===//

static void groups_are_refused(void **state) {
  (void)state;
  mmd_arena_t arena;
  mmd_onnx_model_t *model = NULL;
  mmd_str_t text = {0};
  repeat(&text, "\x0b", 1, LEVELS);  // a group of field 1 begins
  repeat(&text, "\x0c", 1, LEVELS);
  mmd_arena_init(&arena);
  mmd_assert_fails(mmd_onnx_model_parse((const uint8_t *)text.data, text.size, &arena, &model),
                   MMD_CORRUPT, "impossible field type");
  mmd_arena_deinit(&arena);
  mmd_str_deinit(&text);
}

typedef struct {
  mmd_onnx_model_t model;
  mmd_onnx_graph_t graph;
  mmd_onnx_opset_t opset;
  mmd_onnx_tensor_t weight;
  mmd_onnx_entry_t entries[3];
  int64_t dims[2];
} model_t;

static void init_model(model_t *m, int64_t first, int64_t second) {
  memset(m, 0, sizeof *m);
  m->opset.version = 13;
  m->opset.header.has = MMD_ONNX_BIT(MMD_ONNX_OPSET_VERSION);
  m->model.ir_version = 7;
  m->model.header.has = MMD_ONNX_BIT(MMD_ONNX_MODEL_IR_VERSION);
  m->model.opset_import.items = &m->opset;
  m->model.opset_import.count = 1;
  m->model.graph = &m->graph;
  m->graph.initializer.items = &m->weight;
  m->graph.initializer.count = 1;
  m->weight.name = mmd_proto_text("w");
  m->weight.data_type = MMD_F32;
  m->weight.header.has = MMD_ONNX_BIT(MMD_ONNX_TENSOR_DATA_TYPE);
  m->dims[0] = first;
  m->dims[1] = second;
  m->weight.dims.items = m->dims;
  m->weight.dims.count = 2;
}

static mmd_status_t import_model(model_t *m, const char *directory) {
  mmd_storage_t *storage = NULL;
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_onnx_model_write_memory(&m->model, &storage));
  mmd_status_t status = mmd_onnx_import_storage(storage, "m.onnx", directory, NULL, &graph);
  mmd_graph_destroy(graph);
  mmd_storage_release(storage);
  return status;
}

static void odd_sizes_of_weights_are_refused(void **state) {
  (void)state;
  static const int64_t sizes[][2] = {
      {-1, 1},
      {(int64_t)1 << 62, 1},
      {(int64_t)1 << 62, 4},
      {(int64_t)1 << 32, (int64_t)1 << 32},
      {INT64_MIN, 1},
      {INT64_MAX, INT64_MAX},
      {3, 1},
  };
  static const uint8_t bytes[8] = {0};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    model_t m;
    init_model(&m, sizes[i][0], sizes[i][1]);
    m.weight.raw_data = (mmd_proto_bytes_t){bytes, sizeof bytes};
    mmd_status_t status = import_model(&m, NULL);
    assert_non_null(status);
    assert_non_null(strstr(mmd_status_message(status), "initializer 'w'"));
    mmd_status_free(status);
  }
}

static mmd_status_t import_external(const char *directory, const char *location, const char *offset,
                                    const char *length) {
  static const char *const keys[] = {"location", "offset", "length"};
  const char *values[] = {location, offset, length};
  model_t m;
  init_model(&m, 2, 1);
  for (size_t i = 0; i < 3; ++i) {
    m.entries[i].key = mmd_proto_text(keys[i]);
    m.entries[i].value = mmd_proto_text(values[i]);
  }
  m.weight.external_data.items = m.entries;
  m.weight.external_data.count = 3;
  m.weight.data_location = 1;
  m.weight.header.has |= MMD_ONNX_BIT(MMD_ONNX_TENSOR_DATA_LOCATION);
  return import_model(&m, directory);
}

// A folder with "inside/" beside the file "secret"; links in it lead out.
static void external_weights_stay_inside(void **state) {
  (void)state;
  static const char *const bad[][3] = {
      {"../secret", "0", "8"},
      {"a/../../secret", "0", "8"},
      {"/etc/passwd", "0", "8"},
      {"./../secret", "0", "8"},
      {"", "0", "8"},
      {".", "0", "8"},
      {"link", "0", "8"},
      {"folder/secret", "0", "8"},
      {"data", "9", "8"},
      {"data", "0", "4611686018427387904"},
      {"data", "18446744073709551615", "8"},
      {"data", "-8", "8"},
      {"data", "x", "8"},
      {"data", "0", "4"},
  };
  char *directory = mmd_test_make_directory();
  char *inside = mmd_path_join(directory, "inside"), *secret = mmd_path_join(directory, "secret");
  char *data = mmd_path_join(inside, "data"), *link = mmd_path_join(inside, "link");
  char *folder = mmd_path_join(inside, "folder");
  mmd_assert_ok(mmd_path_make_directories(inside));
  mmd_assert_ok(mmd_file_write(secret, "12345678", 8));
  mmd_assert_ok(mmd_file_write(data, "12345678", 8));
  assert_int_equal(symlink("../secret", link), 0);
  assert_int_equal(symlink("..", folder), 0);
  mmd_assert_ok(import_external(inside, "data", "0", "8"));
  mmd_assert_ok(import_external(inside, "./data", "0", "8"));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    mmd_status_t status = import_external(inside, bad[i][0], bad[i][1], bad[i][2]);
    if (!status) print_error("read: '%s' %s %s\n", bad[i][0], bad[i][1], bad[i][2]);
    assert_non_null(status);
    mmd_status_free(status);
  }
  mmd_test_remove_tree(directory);
  mmd_free(folder);
  mmd_free(link);
  mmd_free(data);
  mmd_free(secret);
  mmd_free(inside);
  mmd_free(directory);
}

static void importers_have_limits(void **state) {
  (void)state;
  static const uint8_t bytes[8] = {0};
  model_t m;
  mmd_storage_t *storage = NULL;
  mmd_graph_t *graph = NULL;
  init_model(&m, 2, 1);
  m.weight.raw_data = (mmd_proto_bytes_t){bytes, sizeof bytes};
  mmd_assert_ok(mmd_onnx_model_write_memory(&m.model, &storage));
  mmd_onnx_import_options_t options = {.file_limit = 10};
  mmd_assert_fails(mmd_onnx_import_storage(storage, "m", NULL, &options, &graph), MMD_OUT_OF_RANGE,
                   "the limit is 10");
  options = (mmd_onnx_import_options_t){.memory_limit = 64};
  mmd_assert_fails(mmd_onnx_import_storage(storage, "m", NULL, &options, &graph), MMD_OUT_OF_MEMORY,
                   "more than 64 bytes, the limit");
  options = (mmd_onnx_import_options_t){.count_limit = 1, .nesting_limit = 1};
  mmd_assert_ok(mmd_onnx_import_storage(storage, "m", NULL, &options, &graph));
  mmd_graph_destroy(graph);
  mmd_storage_release(storage);
  options = (mmd_onnx_import_options_t){.count_limit = 2};
  mmd_assert_fails(mmd_onnx_import(MMD_TEST_FILE("tests/corpus/onnx/basic.onnx"), &options, &graph),
                   MMD_OUT_OF_RANGE, "more than 2 weights and nodes");
  options = (mmd_onnx_import_options_t){.nesting_limit = 1};
  mmd_assert_fails(
      mmd_onnx_import(MMD_TEST_FILE("tests/corpus/onnx/nested.onnx"), &options, &graph),
      MMD_OUT_OF_RANGE, "graphs are nested more than 1 deep");
}

// The parsed file refers to its text; the graph has a copy.
static void graphs_count_as_memory(void **state) {
  (void)state;
  static const uint8_t bytes[8] = {0};
  enum { SIZE = 1 << 20 };
  model_t m;
  mmd_storage_t *storage = NULL;
  mmd_graph_t *graph = NULL;
  char *doc = mmd_alloc(SIZE);
  memset(doc, 'a', SIZE);
  init_model(&m, 2, 1);
  m.weight.raw_data = (mmd_proto_bytes_t){bytes, sizeof bytes};
  m.model.doc_string = (mmd_proto_bytes_t){(const uint8_t *)doc, SIZE};
  mmd_assert_ok(mmd_onnx_model_write_memory(&m.model, &storage));
  mmd_onnx_import_options_t options = {.memory_limit = SIZE};
  mmd_assert_fails(mmd_onnx_import_storage(storage, "m", NULL, &options, &graph), MMD_OUT_OF_MEMORY,
                   "more than 1048576 bytes, the limit");
  options.memory_limit = 4 * SIZE;
  mmd_assert_ok(mmd_onnx_import_storage(storage, "m", NULL, &options, &graph));
  mmd_graph_destroy(graph);
  mmd_storage_release(storage);
  mmd_free(doc);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(deep_pickles_are_refused),
      cmocka_unit_test(memo_slots_are_not_memory),
      cmocka_unit_test(claimed_sizes_are_not_believed),
      cmocka_unit_test(deep_json_is_refused),
      cmocka_unit_test(safetensors_sizes_are_checked),
      cmocka_unit_test(npy_sizes_are_checked),
      cmocka_unit_test(groups_are_refused),
      cmocka_unit_test(odd_sizes_of_weights_are_refused),
      cmocka_unit_test(external_weights_stay_inside),
      cmocka_unit_test(importers_have_limits),
      cmocka_unit_test(graphs_count_as_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
