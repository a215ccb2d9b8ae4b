// SPDX-License-Identifier: Apache-2.0
// Pickles written out by hand, opcode by opcode (Python's pickletools tells them); whole files are
// in checkpoint_test.c. The expected values are what pickle.loads gives, as JSON.
#include "formats/checkpoint/pickle.h"

#include <string.h>

#include "tests/support/mmd_test.h"
#include "value/json.h"

static mmd_status_t load(const char *bytes, size_t size, mmd_value_t **out_value) {
  mmd_pickle_t *pickle = NULL;
  MMD_TRY(mmd_pickle_parse(bytes, size, "p", NULL, &pickle));
  mmd_status_t status = mmd_pickle_value(pickle, out_value);
  mmd_pickle_destroy(pickle);
  return status;
}

#define CASE(bytes, json) \
  { bytes, sizeof(bytes) - 1, json }

static void test_values(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
    const char *json;
  } cases[] = {
      CASE("\x80\x02N.", "null"),
      CASE("\x80\x02\x88.", "true"),
      CASE("\x80\x02\x89.", "false"),
      CASE("\x80\x02K\xff.", "255"),
      CASE("\x80\x02M\x01\x02.", "513"),
      CASE("\x80\x02J\xfe\xff\xff\xff.", "-2"),
      CASE("\x80\x02\x8a\x00.", "0"),
      CASE("\x80\x02\x8a\x02\x00\x80.", "-32768"),
      CASE("\x80\x02\x8a\x05\x00\x00\x00\x00\x01.", "4294967296"),
      CASE("\x80\x02\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.", "1.8446744073709552e+19"),
      CASE("\x80\x02G\x3f\xe0\x00\x00\x00\x00\x00\x00.", "0.5"),
      CASE("\x80\x02X\x02\x00\x00\x00hi.", "\"hi\""),
      CASE("\x80\x04\x8c\x02hi.", "\"hi\""),
      CASE("\x80\x02U\x02hi.", "\"hi\""),
      CASE("\x80\x02U\x01\xff.", "\"/w==\""),
      CASE("\x80\x03"
           "C\x01\xff.",
           "\"/w==\""),
      CASE("\x80\x02](K\x01K\x02"
           "e.",
           "[1, 2]"),
      CASE("\x80\x02]K\x01"
           "a.",
           "[1]"),
      CASE("\x80\x02(K\x01K\x02t.", "[1, 2]"),
      CASE("\x80\x02K\x01K\x02K\x03\x87.", "[1, 2, 3]"),
      CASE("\x80\x02}(K\x01K\x02U\x01kNu.", "{\"1\": 2, \"k\": null}"),
      CASE("\x80\x02(K\x01K\x02"
           "d.",
           "{\"1\": 2}"),
      CASE("\x80\x02}K\x01K\x02\x86K\x05s.", "{\"(1, 2)\": 5}"),
      CASE("\x80\x02]q\x05(h\x05h\x05"
           "00K\x07"
           "e.",
           "[7]"),
      CASE("\x80\x04\x8f(K\x01K\x02\x90.", "[1, 2]"),
      CASE("\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00]\x94.", "[]"),
      CASE("\x80\x02"
           "c__builtin__\nset\n](K\x03"
           "e\x85R.",
           "[3]"),
      CASE("\x80\x02"
           "ccollections\nOrderedDict\n)Rq\x00K\x01K\x02s.",
           "{\"1\": 2}"),
      CASE("\x80\x02"
           "ccopy_reg\n_reconstructor\n(ca.b\nC\nc__builtin__\nobject\nNtR}U\x01xK\x01sb.",
           "{\"__class__\": \"a.b.C\", \"x\": 1}"),
      CASE("\x80\x02"
           "ca.b\nC\n)\x81N}U\x01xK\x01s\x86"
           "b.",
           "{\"__class__\": \"a.b.C\", \"x\": 1}"),
      CASE("\x80\x02"
           "c__builtin__\ngetattr\nca.b\nC\nU\x03min\x86R.",
           "\"a.b.C.min\""),
      CASE("\x80\x02"
           "c_codecs\nencode\nX\x02\x00\x00\x00\xc3\xbfX\x06\x00\x00\x00latin1\x86R.",
           "\"/w==\""),
      // range(0, 3, 1) as protocol 2 writes it
      CASE("\x80\x02"
           "c__builtin__\nxrange\nK\x00K\x03K\x01\x87R.",
           "[0, 3, 1]"),
      // class Odd(OrderedDict): an instance, then its items
      CASE("\x80\x02"
           "ca.b\nOdd\n)RU\x01kK\x07s.",
           "{\"__class__\": \"a.b.Odd\", \"k\": 7}"),
      // numpy.str_ of three places, two used: UTF-32
      CASE("\x80\x03"
           "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02U3\x85R"
           "C\x0c\x61\x00\x00\x00\xe5\x65\x00\x00\x00\x00\x00\x00\x86R.",
           "\"a\xe6\x97\xa5\""),
      // the same in the other byte order
      CASE("\x80\x03"
           "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02U1\x85R(K\x03U\x01>tb"
           "C\x04\x00\x00\x00\x71\x86R.",
           "\"q\""),
      // numpy.datetime64: opaque, and no reason to refuse the file
      CASE("\x80\x03"
           "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02M8\x85R"
           "C\x08\x00\x00\x00\x00\x00\x00\x00\x00\x86R.",
           "{\"__class__\": \"numpy.core.multiarray.scalar\", \"__args__\": [\"M8\", "
           "\"AAAAAAAAAAA=\"]}"),
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    mmd_value_t *value = NULL;
    mmd_str_t text = {0};
    mmd_assert_ok(load(cases[i].bytes, cases[i].size, &value));
    mmd_assert_ok(mmd_json_write(value, 0, &text));
    assert_string_equal(mmd_str_text(&text), cases[i].json);
    mmd_str_deinit(&text);
    mmd_value_release(value);
  }
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
    mmd_code_t code;
    const char *part;
  } cases[] = {
#define BAD(bytes, code, part) {bytes, sizeof(bytes) - 1, code, part}
      BAD("", MMD_CORRUPT, "the data ends early"),
      BAD("\x80\x02", MMD_CORRUPT, "the data ends early"),
      BAD("\x80\x02.", MMD_CORRUPT, "the stack is empty"),
      BAD("\x80\x02X\xff\xff\xff\xffhi.", MMD_CORRUPT, "the data ends early"),
      BAD("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffhi.", MMD_CORRUPT, "the data ends early"),
      BAD("\x80\x02](K\x01.", MMD_CORRUPT, "a mark is left over"),
      BAD("\x80\x02K\x01(\x85.", MMD_CORRUPT, "the stack is empty"),
      BAD("\x80\x02"
          "e.",
          MMD_CORRUPT, "a mark is missing"),
      BAD("\x80\x02)K\x01"
          "a.",
          MMD_CORRUPT, "no list"),
      BAD("\x80\x02]K\x01K\x02s.", MMD_CORRUPT, "no dict"),
      BAD("\x80\x02}(K\x01u.", MMD_CORRUPT, "a key has no value"),
      BAD("\x80\x02h\x07.", MMD_CORRUPT, "an unknown memo"),
      BAD("\x80\x09N.", MMD_NOT_SUPPORTED, "protocol 9"),
      BAD("\x80\x02\x82\x01.", MMD_NOT_SUPPORTED, "opcode 0x82"),
      BAD("\x80\x02i.", MMD_NOT_SUPPORTED, "opcode 'i'"),
      BAD("\x80\x02"
          "cos",
          MMD_CORRUPT, "a name does not end"),
      BAD("\x80\x02"
          "cos\nsystem\nU\x02ls\x85R.",
          MMD_INVALID_ARGUMENT, "p: pickle, byte 19: refuses to call 'os.system'"),
      BAD("\x80\x02"
          "cbuiltins\neval\nU\x01"
          "1\x85R.",
          MMD_INVALID_ARGUMENT, "'builtins.eval'"),
      BAD("\x80\x02"
          "cbuiltins\ngetattr\nN\x85R.",
          MMD_CORRUPT, "wrong arguments for 'builtins.getattr'"),
      BAD("\x80\x02"
          "cbuiltins\ngetattr\ncsubprocess\nPopen\nU\x04wait\x86R)R.",
          MMD_INVALID_ARGUMENT, "'subprocess.Popen.wait'"),
      BAD("\x80\x02"
          "cbuiltins\ngetattr\nccollections\nOrderedDict\nU\x01x\x86R)R.",
          MMD_INVALID_ARGUMENT, "'collections.OrderedDict.x'"),
      BAD("\x80\x02"
          "ctorch.storage\n_load_from_bytes\nU\x01x\x85R.",
          MMD_INVALID_ARGUMENT, "'torch.storage._load_from_bytes'"),
      BAD("\x80\x02"
          "ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\n"
          "U\x01"
          "0U\x03"
          "cpuK\x02tQK\x00K\x02\x85K\x01\x85\x89}}U\x03neg\x88stR.",
          MMD_NOT_SUPPORTED, "p: pickled value: 'torch._utils._rebuild_tensor_v2' (quantised"),
      BAD("\x80\x03"
          "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02U1\x85R"
          "C\x04\x00\xd8\x00\x00\x86R.",
          MMD_CORRUPT, "wrong arguments for 'numpy.core.multiarray.scalar'"),
      BAD("\x80\x02N)R.", MMD_CORRUPT, "no function"),
      BAD("\x80\x02N)\x81.", MMD_CORRUPT, "without a class"),
      BAD("\x80\x02N}b.", MMD_CORRUPT, "wrong state"),
      BAD("\x80\x02NQ.", MMD_CORRUPT, "unknown persistent id"),
      BAD("\x80\x02"
          "ctorch._utils\n_rebuild_tensor_v2\n)R.",
          MMD_CORRUPT, "wrong arguments"),
      BAD("\x80\x02"
          "ca\nB\n)\x81q\x00}U\x01xh\x00sb.",
          MMD_NOT_SUPPORTED, "p: x: an object that contains itself"),
      BAD("\x80\x02}U\x02"
          "a\x00K\x01s.",
          MMD_CORRUPT, "NUL byte"),
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    mmd_value_t *value = NULL;
    mmd_assert_fails(load(cases[i].bytes, cases[i].size, &value), cases[i].code, cases[i].part);
    assert_null(value);
  }
}

static void test_storages(void **state) {
  (void)state;
  static const char bytes[] =
      "\x80\x02"
      "ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\n"
      "U\x01"
      "7U\x03"
      "cpuK\x06tQK\x02K\x02K\x02\x86K\x02K\x01\x86\x89NtR.rest";
  mmd_pickle_t *pickle = NULL;
  mmd_assert_ok(mmd_pickle_parse(bytes, sizeof bytes - 1, "p", NULL, &pickle));
  assert_int_equal(mmd_pickle_consumed(pickle), sizeof bytes - 5);
  assert_int_equal(mmd_pickle_storage_count(pickle), 1);
  mmd_pickle_storage_t *record = mmd_pickle_storage_at(pickle, 0);
  assert_ptr_equal(mmd_pickle_storage_find(pickle, "7"), record);
  assert_int_equal(record->dtype, MMD_F32);
  assert_int_equal(record->count, 6);
  mmd_value_t *value = NULL;
  mmd_assert_fails(mmd_pickle_value(pickle, &value), MMD_CORRUPT, "storage '7' is missing");
  static const float numbers[] = {0, 1, 2, 3, 4, 5};
  mmd_assert_ok(mmd_storage_borrow(numbers, sizeof numbers, NULL, NULL, &record->storage));
  mmd_storage_t *storage = record->storage;
  record->size = sizeof numbers;
  mmd_assert_ok(mmd_pickle_value(pickle, &value));
  const mmd_tensor_t *t = mmd_value_get_tensor(value);
  assert_int_equal(t->shape.rank, 2);
  assert_true(mmd_tensor_get_f64(t, 3) == 5);
  mmd_value_release(value);
  mmd_pickle_destroy(pickle);
  mmd_storage_release(storage);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_storages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
