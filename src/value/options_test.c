// SPDX-License-Identifier: Apache-2.0
#include "value/options.h"

#include <math.h>
#include <string.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

typedef struct {
  bool keep_ratio;
  int64_t pad;
  double scale;
  const char *backend;
  int interpolation;
  mmd_ints_t size;
  mmd_floats_t mean;
  const mmd_value_t *names, *extra;
} resize_t;

static const char *const interpolations[] = {"nearest", "bilinear", "area", NULL};

static const mmd_option_t resize_options[] = {
    {"keep_ratio", MMD_OPTION_BOOL, offsetof(resize_t, keep_ratio), "true",
     .help = "keep the ratio"},
    {"pad", MMD_OPTION_INT, offsetof(resize_t, pad), "7", 1, 100, .flags = MMD_OPTION_NULLABLE},
    {"scale", MMD_OPTION_FLOAT, offsetof(resize_t, scale), "0.5", 0, INFINITY, .help = "text"},
    {"backend", MMD_OPTION_STRING, offsetof(resize_t, backend), "cv2", .help = "text"},
    {"interpolation", MMD_OPTION_CHOICE, offsetof(resize_t, interpolation), "\"bilinear\"",
     .choices = interpolations},
    {"size", MMD_OPTION_INTS, offsetof(resize_t, size), NULL, -1, 65535,
     .flags = MMD_OPTION_REQUIRED},
    {"mean", MMD_OPTION_FLOATS, offsetof(resize_t, mean), "[0, 0, 0]", .help = "text"},
    {"names", MMD_OPTION_STRINGS, offsetof(resize_t, names), .help = "text"},
    {"extra", MMD_OPTION_VALUE, offsetof(resize_t, extra), .help = "text"},
    {"img_scale", MMD_OPTION_VALUE, 0, .flags = MMD_OPTION_IGNORED},
};
static const mmd_option_table_t resize = MMD_OPTION_TABLE("Resize", resize_t, resize_options);

static mmd_value_t *parse(const char *text) {
  mmd_value_t *value;
  mmd_assert_ok(mmd_json_parse(text, strlen(text), "x", &value));
  return value;
}

static void test_read(void **state) {
  (void)state;
  resize_t r;
  mmd_value_t *v = parse("{\"type\": \"Resize\", \"size\": 256, \"pad\": null, \"img_scale\": 3}");
  mmd_assert_ok(mmd_options_read(&resize, v, "t[0]", true, &r));
  assert_true(r.keep_ratio && r.pad == 7 && r.scale == 0.5 && r.interpolation == 1);
  assert_string_equal(r.backend, "cv2");
  assert_true(r.size.count == 1 && r.size.items[0] == 256);
  assert_true(r.mean.count == 3 && r.mean.items[2] == 0);
  assert_true(r.names == NULL && r.extra == NULL);
  mmd_value_release(v);
  v = parse(
      "{\"size\": [256, -1], \"keep_ratio\": 0, \"pad\": 8.0, \"scale\": \"inf\", \"backend\": "
      "\"pil\","
      "\"interpolation\": \"area\", \"mean\": [1.5], \"names\": [\"a\"], \"extra\": {\"k\": 1}}");
  mmd_assert_ok(mmd_options_read(&resize, v, "", true, &r));
  assert_true(!r.keep_ratio && r.pad == 8 && isinf(r.scale) && r.interpolation == 2);
  assert_true(r.size.count == 2 && r.size.items[1] == -1 && r.mean.items[0] == 1.5);
  assert_string_equal(r.backend, "pil");
  assert_ptr_equal(r.names, mmd_object_get(v, "names"));
  assert_ptr_equal(r.extra, mmd_object_get(v, "extra"));
  mmd_value_release(v);
}

static void expect_refusal(const char *json, const char *message) {
  resize_t r;
  mmd_value_t *v = parse(json);
  mmd_assert_fails(mmd_options_read(&resize, v, "t[0]", true, &r), MMD_INVALID_ARGUMENT, message);
  mmd_value_release(v);
}

static void test_refusals(void **state) {
  (void)state;
  expect_refusal("{}", "t[0]: 'size' of Resize is missing");
  expect_refusal("{\"size\": 1, \"keep_ration\": 1}",
                 "t[0].keep_ration: Resize has no such option (did you mean 'keep_ratio'?)");
  expect_refusal("{\"size\": 1, \"q\": 1}", "it has: keep_ratio, pad");
  expect_refusal("{\"size\": 1, \"pad\": 101}",
                 "t[0].pad: expected an integer of 1..100, found 101");
  expect_refusal("{\"size\": 1, \"pad\": 1.5}", "found 1.5");
  expect_refusal("{\"size\": 1, \"pad\": true}", "found true");
  expect_refusal("{\"size\": 1, \"scale\": -1}", "expected a number of at least 0, found -1");
  expect_refusal("{\"size\": 1, \"scale\": null}", "found null");
  expect_refusal("{\"size\": 1, \"scale\": \"2\"}", "found '2'");
  expect_refusal("{\"size\": 1, \"keep_ratio\": 2}", "expected true or false, found 2");
  expect_refusal("{\"size\": 1, \"interpolation\": \"cubic\"}",
                 "expected one of 'nearest', 'bilinear', 'area', found 'cubic'");
  expect_refusal(
      "{\"size\": [1, \"x\"]}",
      "expected an integer of -1..65535 or a list of at most 16 of them, found [1, \"x\"]");
  expect_refusal("{\"size\": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}", "list of at most 16");
  expect_refusal("{\"size\": 1, \"names\": \"a\"}", "expected a list of strings, found 'a'");
  expect_refusal("{\"size\": 1, \"backend\": 3}", "expected a string, found 3");
  expect_refusal("[]", "t[0]: expected an object with the options of Resize, found array");
  resize_t r;
  mmd_value_t *v = parse("{\"size\": 1, \"q\": 1}");
  mmd_assert_ok(mmd_options_read(&resize, v, "", false, &r));
  mmd_value_release(v);
}

static void test_bad_tables(void **state) {
  (void)state;
  static const mmd_option_t options[] = {{"a", MMD_OPTION_STRING, 0, "\"quoted\"", .help = "text"}};
  static const mmd_option_table_t table = {"T", options, 1, sizeof(char *)};
  const char *text;
  mmd_assert_fails(mmd_options_read(&table, NULL, "", true, &text), MMD_INTERNAL, "bad default");
}

static const mmd_option_t command_options[] = {
    {"deploy_cfg", MMD_OPTION_STRING, 0, .flags = MMD_OPTION_POSITIONAL | MMD_OPTION_REQUIRED,
     .help = "deploy config path"},
    {"images", MMD_OPTION_STRINGS, 0,
     .flags = MMD_OPTION_POSITIONAL | MMD_OPTION_REQUIRED | MMD_OPTION_REPEATED, .metavar = "IMG",
     .help = "images"},
    {"work_dir", MMD_OPTION_STRING, 0, ".", .metavar = "DIR", .short_name = 'w',
     .help =
         "directory for the results, which is made when it is missing; others stay as they are"},
    {"topk", MMD_OPTION_INT, 0, "5", 1, 1000, .help = "how many labels"},
    {"device", MMD_OPTION_STRING, 0, "cpu", .help = "device"},
    {"device_id", MMD_OPTION_INT, 0, .help = "text"},
    {"dump_info", MMD_OPTION_BOOL, 0, .help = "write the package"},
    {"shape", MMD_OPTION_INTS, 0, NULL, 1, 9999, .help = "text"},
    {"mean", MMD_OPTION_FLOATS, 0, .flags = MMD_OPTION_REPEATED},
    {"set", MMD_OPTION_STRINGS, 0, .metavar = "KEY=VALUE"},
    {"cfg_options", MMD_OPTION_STRINGS, 0, .flags = MMD_OPTION_REPEATED, .metavar = "KEY=VALUE"},
    {"interpolation", MMD_OPTION_CHOICE, 0, .choices = interpolations},
    {"extra", MMD_OPTION_VALUE, 0, .help = "text"},
};
static const mmd_option_table_t command = MMD_OPTION_TABLE("convert", resize_t, command_options);

// Words are parted by spaces.
static mmd_status_t parse_line(const char *line, bool *out_help, mmd_value_t **out_object) {
  static char copy[500];
  char *words[50];
  int count = 0;
  strncpy(copy, line, sizeof copy - 1);
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) words[count++] = word;
  return mmd_options_parse_args(&command, count, words, out_help, out_object);
}

static void expect_parsed(const char *line, const char *json) {
  bool help;
  mmd_value_t *object, *expected = parse(json);
  mmd_assert_ok(parse_line(line, &help, &object));
  assert_false(help);
  if (!mmd_value_equal(object, expected)) {
    mmd_str_t text = {0};
    mmd_assert_ok(mmd_json_write(object, 0, &text));
    print_error("%s\n", mmd_str_text(&text));
  }
  assert_true(mmd_value_equal(object, expected));
  mmd_value_release(object);
  mmd_value_release(expected);
}

static void test_args(void **state) {
  (void)state;
  expect_parsed("a.py x.jpg", "{\"deploy_cfg\": \"a.py\", \"images\": [\"x.jpg\"]}");
  expect_parsed("a.py x.jpg y.jpg z.jpg --topk 3 --dump-info",
                "{\"deploy_cfg\": \"a.py\", \"images\": [\"x.jpg\", \"y.jpg\", \"z.jpg\"], "
                "\"topk\": 3, \"dump_info\": true}");
  expect_parsed("--topk=3 a --work_dir d x --device cuda:0 --dump-info=false",
                "{\"topk\": 3, \"deploy_cfg\": \"a\", \"images\": [\"x\"], \"work_dir\": \"d\", "
                "\"device\": \"cuda:0\", \"dump_info\": false}");
  expect_parsed("a x -w d --topk 1 --topk 2",
                "{\"deploy_cfg\": \"a\", \"images\": [\"x\"], \"work_dir\": \"d\", \"topk\": 2}");
  expect_parsed("a x -wd --work e",
                "{\"deploy_cfg\": \"a\", \"images\": [\"x\"], \"work_dir\": \"e\"}");
  expect_parsed("a x --shape 3,224,224 --mean -1 2.5 -.5",
                "{\"deploy_cfg\": \"a\", \"images\": [\"x\"], \"shape\": [3, 224, 224], \"mean\": "
                "[-1, 2.5, -0.5]}");
  expect_parsed("a x --set k=1 --set l=2",
                "{\"deploy_cfg\": \"a\", \"images\": [\"x\"], \"set\": [\"k=1\", \"l=2\"]}");
  expect_parsed("a x --cfg-options k=1 l=2 --topk 1",
                "{\"deploy_cfg\": \"a\", \"images\": [\"x\"], \"cfg_options\": [\"k=1\", \"l=2\"], "
                "\"topk\": 1}");
  expect_parsed("--dump-info -- a --topk -h",
                "{\"dump_info\": true, \"deploy_cfg\": \"a\", \"images\": [\"--topk\", \"-h\"]}");
  expect_parsed("a - --extra {\"k\":1} --interpolation area",
                "{\"deploy_cfg\": \"a\", \"images\": [\"-\"], \"extra\": {\"k\": 1}, "
                "\"interpolation\": \"area\"}");
  expect_parsed("a x --extra plain",
                "{\"deploy_cfg\": \"a\", \"images\": [\"x\"], \"extra\": \"plain\"}");
}

static void test_args_refused(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"", "the following arguments are required: DEPLOY_CFG, IMG"},
      {"a", "the following arguments are required: IMG"},
      {"a x --topk", "argument --topk: expected one argument"},
      {"a x --topk x", "argument --topk: expected an integer of 1..1000, found 'x'"},
      {"a x --topk 0", "argument --topk: expected an integer of 1..1000, found 0"},
      {"a x --tobk 1", "unrecognized argument '--tobk' (did you mean '--topk'?)"},
      {"a x --work-dirs 1", "(did you mean '--work-dir'?)"},
      {"a x --zzz", "unrecognized argument '--zzz'"},
      {"a x -z", "unrecognized argument '-z'"},
      {"a x --d 1", "ambiguous option '--d'"},
      {"a x --interpolation cubic", "argument --interpolation: expected one of 'nearest'"},
      {"a x --dump-info=maybe", "argument --dump-info: expected true or false, found 'maybe'"},
      {"a x --cfg-options --topk 1", "argument --cfg-options: expected at least one argument"},
      {"a x --mean 1 b", "argument --mean: expected a number"},
      {"a x --shape 3,x",
       "argument --shape: expected an integer of 1..9999 or a list of at most 16 of them, found "
       "'3,x'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    bool help;
    mmd_value_t *object;
    mmd_assert_fails(parse_line(cases[i][0], &help, &object), MMD_INVALID_ARGUMENT, cases[i][1]);
    assert_null(object);
  }
}

static void test_help(void **state) {
  (void)state;
  bool help;
  mmd_value_t *object;
  mmd_assert_ok(parse_line("--zzz --help", &help, &object));
  assert_true(help);
  mmd_value_release(object);
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_options_help(&command, "mmdeploy convert", "Converts a model.", &text));
  static const char expected[] =
      "usage: mmdeploy convert DEPLOY_CFG IMG [IMG ...] [--work-dir DIR] [--topk N]\n"
      "                        [--device DEVICE] [--device-id N] [--dump-info]\n";
  assert_memory_equal(mmd_str_text(&text), expected, sizeof expected - 1);
  static const char *const parts[] = {
      "\n\nConverts a model.\n\npositional arguments:\n  DEPLOY_CFG            deploy config "
      "path\n  IMG [IMG ...]         images\n",
      "\noptions:\n  -h, --help            show this help message and exit\n",
      "  -w, --work-dir DIR    directory for the results, which is made when it is\n"
      "                        missing; others stay as they are (default: .)\n",
      "  --topk N              how many labels (values of 1..1000) (default: 5)\n",
      "  --cfg-options KEY=VALUE [KEY=VALUE ...]\n",
      "  --interpolation {nearest,bilinear,area}\n"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i) {
    if (!strstr(mmd_str_text(&text), parts[i])) print_error("%s", mmd_str_text(&text));
    assert_non_null(strstr(mmd_str_text(&text), parts[i]));
  }
  for (const char *line = text.data; *line; line += strcspn(line, "\n") + 1) {
    assert_true(strcspn(line, "\n") <= 80);
  }
  mmd_str_deinit(&text);
}

static mmd_status_t work(void *context) {
  (void)context;
  bool help;
  mmd_value_t *object = NULL;
  mmd_str_t text = {0};
  resize_t r;
  mmd_status_t status =
      parse_line("a x --topk 3 --shape 3,4 --mean 1 2 --set k=1 --extra q", &help, &object);
  mmd_value_release(object);
  object = NULL;
  static const char json[] = "{\"size\": [1, 2], \"mean\": 3, \"backend\": \"x\"}";
  if (!status) status = mmd_json_parse(json, sizeof json - 1, "x", &object);
  if (!status) status = mmd_options_read(&resize, object, "where", true, &r);
  if (!status) status = mmd_options_help(&command, "p", "s", &text);
  mmd_value_release(object);
  mmd_str_deinit(&text);
  return status;
}

static void test_no_memory(void **state) {
  (void)state;
  mmd_test_sweep(work, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read),         cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_bad_tables),   cmocka_unit_test(test_args),
      cmocka_unit_test(test_args_refused), cmocka_unit_test(test_help),
      cmocka_unit_test(test_no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
