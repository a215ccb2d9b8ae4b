// SPDX-License-Identifier: Apache-2.0
#include "formats/pyconfig/pyconfig.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

#define DATA MMD_TEST_FILE("src/formats/pyconfig/testdata/configs/")

static mmd_value_t *parse(const char *text) {
  mmd_value_t *config = NULL;
  mmd_assert_ok(mmd_pyconfig_parse(text, strlen(text), "t.py", NULL, &config));
  return config;
}

static void assert_json(const mmd_value_t *value, const char *expected) {
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_json_write(value, 0, &text));
  assert_string_equal(mmd_str_text(&text), expected);
  mmd_str_deinit(&text);
}

static void assert_gives(const char *text, const char *json) {
  mmd_value_t *config = parse(text);
  assert_json(config, json);
  mmd_value_release(config);
}

static void assert_error(const char *text, const char *message) {
  mmd_value_t *config = NULL;
  mmd_status_t status = mmd_pyconfig_parse(text, strlen(text), "t.py", NULL, &config);
  assert_null(config);
  assert_string_equal(mmd_status_message(status), message);
  mmd_status_free(status);
}

// --- files against what mmcv and mmengine make of them
// --------------------------------------------

static void assert_text_equal_as_json(const mmd_value_t *config, const mmd_value_t *expected) {
  mmd_str_t a = {0}, b = {0};
  mmd_assert_ok(mmd_json_write(config, 1, &a));
  mmd_assert_ok(mmd_json_write(expected, 1, &b));
  assert_string_equal(mmd_str_text(&a), mmd_str_text(&b));
  mmd_str_deinit(&a);
  mmd_str_deinit(&b);
}

static void assert_golden(const char *path, mmd_pyconfig_dialect_t dialect) {
  mmd_value_t *config = NULL, *golden = NULL, *again = NULL;
  mmd_str_t name = {0}, text = {0};
  const mmd_pyconfig_options_t options = {.dialect = dialect};
  mmd_assert_ok(mmd_pyconfig_read(path, &options, &config));
  mmd_assert_ok(mmd_str_printf(&name, "%s.golden", path));
  mmd_assert_ok(mmd_json_read_file(mmd_str_text(&name), &golden));
  assert_text_equal_as_json(config, golden);
  mmd_assert_ok(mmd_pyconfig_print(config, &text));
  mmd_assert_ok(mmd_pyconfig_parse(mmd_str_text(&text), text.size, "printed.py", NULL, &again));
  assert_text_equal_as_json(config, again);
  mmd_str_deinit(&name);
  mmd_str_deinit(&text);
  mmd_value_release(config);
  mmd_value_release(golden);
  mmd_value_release(again);
}

static void reads_what_mmcv_reads(void **state) {
  (void)state;
  static const char *const files[] = {
      DATA "child.py",  DATA "expressions.py",  DATA "texts.py",       DATA "language.py",
      DATA "data.json", DATA "not_finite.json", DATA "yaml/child.yaml"};
  for (size_t i = 0; i < sizeof files / sizeof *files; ++i) {
    assert_golden(files[i], MMD_PYCONFIG_AUTO);
    assert_golden(files[i], MMD_PYCONFIG_V0);
    assert_golden(files[i], MMD_PYCONFIG_V1);
  }
}

// mmengine looks for _base_ among the outermost statements alone.
static void reads_a_base_chosen_by_if(void **state) {
  (void)state;
  assert_golden(DATA "chosen.py", MMD_PYCONFIG_AUTO);
  assert_golden(DATA "chosen.py", MMD_PYCONFIG_V0);
}

static void reads_what_mmengine_reads(void **state) {
  (void)state;
  unsetenv("MMD_TEST_UNSET_VARIABLE");
  assert_golden(DATA "v1_base.py", MMD_PYCONFIG_AUTO);
  assert_golden(DATA "lazy/child.py", MMD_PYCONFIG_AUTO);
  assert_golden(DATA "lazy/merge.py", MMD_PYCONFIG_AUTO);
  assert_golden(DATA "lazy/functions.py", MMD_PYCONFIG_AUTO);
}

// --- messages ------------------------------------------------------------------------------------

static void refuses_with_place_and_reason(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"import os\nos.system('rm')\n",
       "t.py:2:1: 'os.system' cannot be called: a config is read, never executed; functions of "
       "collections, copy, functools, itertools, math and os.path may be called"},
      {"a = dict(b=1\nc = 2\n", "t.py:2:1: syntax error: expected ',' or ')' before 'c'"},
      {"a = 'abc\n", "t.py:1:5: string is not closed"},
      {"b = 1  # \xff\na = ['\xff']\n", "t.py:2:6: byte 0xff is not UTF-8"},
      {"a = 'ÄÖ'.lower()\n", "t.py:1:5: lower() of characters outside ASCII: 'ÄÖ'"},
      {"a = f'{1234:08,}'\n", "t.py:1:5: format '08,': zeros before grouped digits"},
      {"def f(*, a):\n    return a\nx = f(1)\n", "t.py:3:5: argument 'a' is missing"},
      {"modle = dict(a=1)\nb = model\n", "t.py:2:5: unknown name 'model'; did you mean 'modle'?"},
      {"x = dcit(a=1)\n", "t.py:1:5: unknown name 'dcit'; did you mean 'dict'?"},
      {"x = open('f')\n", "t.py:1:5: unknown name 'open'"},
      {"x = ().__class__\n", "t.py:1:5: 'tuple' has no attribute '__class__'"},
      {"class A:\n  pass\n",
       "t.py:1:1: 'class' is not supported: configs hold assignments, expressions, if, for, while, "
       "def, imports and 'try' with 'except ImportError'"},
      {"try:\n    x = 1\nexcept ValueError:\n    x = 2\n",
       "t.py:3:1: only 'except ImportError' and 'except ModuleNotFoundError' are supported"},
      {"try:\n    x = 1\nexcept:\n    x = 2\n",
       "t.py:3:1: only 'except ImportError' and 'except ModuleNotFoundError' are supported"},
      {"try:\n    x = 1\nfinally:\n    x = 2\n",
       "t.py:3:1: syntax error: expected 'except ImportError' ('finally' is not supported) before "
       "'finally'"},
      {"x = int('12', 2)\n", "t.py:1:5: int() cannot read '12'"},
      {"x = int('1__0')\n", "t.py:1:5: int() cannot read '1__0'"},
      {"x = int('10', 1)\n", "t.py:1:5: the base of int() is 0 or from 2 to 36"},
      {"x = int(10, 8)\n", "t.py:1:5: int() takes a string and an int for its base"},
      {"x = int('9223372036854775808')\n", "t.py:1:5: integer outside 64 bits"},
      {"x = round(9223372036854775807, -1)\n", "t.py:1:5: integer outside 64 bits"},
      {"import functools\np = len\nfor i in range(100000):\n    p = functools.partial(p)\n"
       "x = p([])\n",
       "t.py:5:5: evaluation nested more than 900 deep"},
      {"x = next([1])\n", "t.py:1:5: next() needs an iterator, not 'list'"},
      {"x = iter([1])\ny = list(zip(x, x))\n", "t.py:2:10: zip() of one iterator with itself"},
      {"x = next(iter([]))\n", "t.py:1:5: next() behind the last item"},
      {"from collections import defaultdict\nx = defaultdict(3)\n",
       "t.py:2:5: defaultdict() needs a function, not 'int'"},
      {"def f(/, a):\n    pass\n", "t.py:1:7: syntax error: expected a name before '/'"},
      {"x = {'alpha': 1}\ny = x['alpho']\n",
       "t.py:2:5: the dict has no key 'alpho'; did you mean 'alpha'?"},
      {"x = {'alpha': 1}\ny = x.alpha\n",
       "t.py:2:5: a plain dict has no attributes: write ['alpha']"},
      {"x = [1]\ny = x[3]\n", "t.py:2:5: index 3 is outside a sequence of 1"},
      {"x = 1 + 'a'\n", "t.py:1:7: operator '+' does not fit 'int' and 'str'"},
      {"if 1:\nx = 2\n", "t.py:2:1: syntax error: expected an indented block before 'x'"},
      {"if 1:\n    x = 2\n  y = 3\n", "t.py:3:3: indentation does not match any outer level"},
      {"def f(n):\n    return f(n + 1)\nx = f(0)\n",
       "t.py:2:14: evaluation nested more than 900 deep"},
      {"x = 'a' * 10**12\n", "t.py:1:9: the repeated value is too large"},
      {"x = []\nx.append(x)\n", "t.py: values nested more than 190 deep"},
      {"x = 2 ** 100\n", "t.py:1:7: integer outside 64 bits"},
      {"x = 1 / 0\n", "t.py:1:7: division by zero"},
      {"a = 1\nb = {{ _base_.c }}\n", "t.py:2:5: {{_base_.c}}: the bases have no 'c'"},
      {"a = dict(b=1, b=2)\n", "t.py:1:15: keyword 'b' is given twice"},
      {"a = 1\nfilename = 1\n", "t.py:2:1: the key 'filename' is reserved"},
      {"x = f'{a'\n", "t.py:1:5: f-string: expected '}'"},
      {"x = 1 2\n", "t.py:1:7: syntax error: expected the end of the statement before '2'"},
      {"a = $\n", "t.py:1:5: unexpected character '$'"},
      {"a, b = 1, 2, 3\n", "t.py:1:1: 3 values cannot be unpacked to 2 names"},
      {"x = len()\n", "t.py:1:5: len() needs at least 1 argument"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    assert_error(cases[i].text, cases[i].message);
  }
}

static void limits_steps_and_memory(void **state) {
  (void)state;
  mmd_value_t *config = NULL;
  const mmd_pyconfig_options_t options = {.max_steps = 1000, .max_bytes = 1 << 20};
  const char *loop = "while True:\n    pass\n", *large = "x = [[0] * 50 for i in range(400)]\n";
  const char *text = "x = 'a' * 900000 + 'b' * 900000\n";
  mmd_assert_fails(mmd_pyconfig_parse(loop, strlen(loop), "t.py", &options, &config),
                   MMD_OUT_OF_RANGE, "t.py:2:5: the config takes more than 1000 evaluation steps");
  mmd_assert_fails(mmd_pyconfig_parse(large, strlen(large), "t.py", &options, &config),
                   MMD_OUT_OF_RANGE, "1000 evaluation steps");
  const mmd_pyconfig_options_t memory = {.max_bytes = 1 << 20};
  mmd_assert_fails(mmd_pyconfig_parse(text, strlen(text), "t.py", &memory, &config),
                   MMD_OUT_OF_MEMORY, NULL);
}

static void survives_deep_nesting(void **state) {
  (void)state;
  static const char *const pieces[] = {"[",   "(",       "{1:", "-",  "not ",   "f(",
                                       "a.b", "lambda:", "1+",  "x[", "if 1: ", "1 if 1 else ",
                                       "*",   "1**",     "f'{"};
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; ++i) {
    mmd_str_t text = {0};
    mmd_value_t *config = NULL;
    mmd_assert_ok(mmd_str_append(&text, "x = "));
    for (int k = 0; k < 100000; ++k) mmd_assert_ok(mmd_str_append(&text, pieces[i]));
    assert_true(mmd_status_ignore(
        mmd_pyconfig_parse(mmd_str_text(&text), text.size, "t.py", NULL, &config)));
    mmd_str_deinit(&text);
  }
}

static void assert_read_error(const char *path, const char *end) {
  mmd_value_t *config = NULL;
  mmd_status_t status = mmd_pyconfig_read(path, NULL, &config);
  assert_non_null(status);
  if (!strstr(mmd_status_message(status), end)) {
    fail_msg("'%s' lacks '%s'", mmd_status_message(status), end);
  }
  mmd_status_free(status);
}

static void names_the_base_in_errors(void **state) {
  (void)state;
  assert_read_error(DATA "bad/cycle_a.py", "cycle_b.py:2:1: the bases form a cycle: ");
  assert_read_error(DATA "bad/cycle_a.py", "cycle_a.py -> ");
  assert_read_error(DATA "bad/duplicate.py", "duplicate.py:1:1: key 'norm_cfg' of ");
  assert_read_error(DATA "bad/kinds.py",
                    "kinds.py:3:1: 'model.head.topk' is a dict here but 'tuple' in the base");
  assert_read_error(DATA "bad/no_base.py", "no_base.py:1:1: ");
  assert_read_error(DATA "bad/none.py", "none.py");
  assert_read_error(DATA "child.py.golden", "only .py, .json, .yml and .yaml configs can be read");
}

static void assert_yaml_error(const char *text, const char *message) {
  mmd_value_t *config = NULL;
  mmd_status_t status = mmd_pyconfig_parse(text, strlen(text), "t.yaml", NULL, &config);
  assert_null(config);
  assert_string_equal(mmd_status_message(status), message);
  mmd_status_free(status);
}

static void refuses_yaml_with_place_and_reason(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"a: [1, 2\nb: 3\n", "t.yaml:2:2: did not find expected ',' or ']'"},
      {"a: b: c\n", "t.yaml:1:5: mapping values are not allowed in this context"},
      {"a: *b\n", "t.yaml:1:4: the alias has no anchor before it"},
      {"a: &b [*b]\n", "t.yaml:1:8: the alias stands inside its own anchor"},
      {"a: !!python/object/apply:os.system ['x']\n",
       "t.yaml:1:4: the tag 'python/object/apply:os.system' cannot be read here: a config holds "
       "data only"},
      {"a: !!int x\n", "t.yaml:1:4: the value does not fit its tag"},
      {"a: {<<: 3}\n", "t.yaml:1:9: '<<' needs a mapping or a list of mappings"},
      {"? [1]\n: 2\n", "t.yaml:1:3: 'list' cannot be a key or a set member"},
      {"a: 1\n---\nb: 2\n", "t.yaml:2:1: a config is one document; another begins here"},
      {"- 1\n", "t.yaml: a config must be a dict, not 'list'"},
      {"", "t.yaml: a config must be a dict, not 'NoneType'"},
      {"filename: 1\n", "t.yaml: the key 'filename' is reserved"},
      {"a: \x01\n", "t.yaml: control characters are not allowed at byte 3"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    assert_yaml_error(cases[i].text, cases[i].message);
  }
}

static void limits_yaml(void **state) {
  (void)state;
  mmd_str_t laughs = {0}, deep = {0};
  mmd_value_t *config = NULL;
  mmd_assert_ok(mmd_str_append(&laughs, "a0: &a0 [x, x, x, x, x, x, x, x]\n"));
  for (int i = 1; i < 20; ++i) {
    mmd_assert_ok(mmd_str_printf(&laughs, "a%d: &a%d [", i, i));
    for (int k = 0; k < 8; ++k) mmd_assert_ok(mmd_str_printf(&laughs, "*a%d, ", i - 1));
    mmd_assert_ok(mmd_str_append(&laughs, "]\n"));
  }
  const mmd_pyconfig_options_t options = {.max_bytes = (size_t)4 << 20};
  mmd_assert_fails(
      mmd_pyconfig_parse(mmd_str_text(&laughs), laughs.size, "t.yml", &options, &config),
      MMD_OUT_OF_RANGE, "the values of the config take more than 4 MiB");
  mmd_assert_ok(mmd_str_append(&deep, "a: "));
  for (int i = 0; i < 100000; ++i) mmd_assert_ok(mmd_str_append(&deep, "["));
  mmd_assert_fails(mmd_pyconfig_parse(mmd_str_text(&deep), deep.size, "t.yml", NULL, &config),
                   MMD_OUT_OF_RANGE, "values nested more than 190 deep");
  mmd_str_deinit(&laughs);
  mmd_str_deinit(&deep);
}

static void reads_yaml_keys_as_strings(void **state) {
  (void)state;
  static const char text[] = "1: a\n~: b\nno: c\n2.5: {3: d}\n__x: hidden\n";
  mmd_value_t *config = NULL;
  mmd_assert_ok(mmd_pyconfig_parse(text, strlen(text), "t.yaml", NULL, &config));
  assert_json(config, "{\"1\": \"a\", \"None\": \"b\", \"False\": \"c\", \"2.5\": {\"3\": \"d\"}}");
  mmd_value_release(config);
}

// --- rules ---------------------------------------------------------------------------------------

static void keeps_flavours_and_order(void **state) {
  (void)state;
  mmd_value_t *config = parse("b = (1, )\na = {2, 1}\nc = dict(z=1, y=2)\nc['x'] = 0\nb2 = [()]\n");
  assert_json(config,
              "{\"b\": [1], \"a\": [1, 2], \"c\": {\"z\": 1, \"y\": 2, \"x\": 0}, \"b2\": [[]]}");
  assert_int_equal(mmd_array_flavour(mmd_object_get(config, "b")), MMD_ARRAY_TUPLE);
  assert_int_equal(mmd_array_flavour(mmd_object_get(config, "a")), MMD_ARRAY_SET);
  mmd_value_release(config);
}

static void drops_what_is_no_data(void **state) {
  (void)state;
  assert_gives(
      "import copy\nfrom mmcls import Thing\n__x = 1\n_y = 2\ndef f(): pass\n"
      "t = dict(type=Thing, k=int)\n",
      "{\"_y\": 2, \"t\": {\"type\": \"mmcls.Thing\", \"k\": \"int\"}}");
}

static mmd_status_t load_from_memory(void *self, const char *path, char **out_text,
                                     size_t *out_size) {
  const char *const *files = self;
  for (; files[0]; files += 2) {
    if (!mmd_str_ends_with(path, files[0])) continue;
    *out_text = mmd_strdup(files[1]);
    MMD_TRY_ALLOC(*out_text);
    *out_size = strlen(files[1]);
    return NULL;
  }
  return MMD_ERROR(MMD_NOT_FOUND, "%s: no such file", path);
}

static void finds_packages_and_sets_scopes(void **state) {
  (void)state;
  const char *const files[] = {
      "/site/mmdet/.mim/configs/a/b.py",
      "model = dict(type='X', inner=dict(type='Y'))\nlist = [dict(a=dict(type='Z'))]\n", NULL,
      NULL};
  const char *const dirs[] = {"/nowhere", "/site"};
  const mmd_pyconfig_options_t options = {.load = load_from_memory,
                                          .load_self = (void *)files,
                                          .package_dirs = dirs,
                                          .package_dir_count = 2};
  const char *text = "_base_ = 'mmdet::a/b.py'\n";
  mmd_value_t *config = NULL;
  mmd_assert_ok(mmd_pyconfig_parse(text, strlen(text), "t.py", &options, &config));
  assert_json(
      config,
      "{\"model\": {\"type\": \"X\", \"inner\": {\"type\": \"Y\"}, \"_scope_\": \"mmdet\"}, "
      "\"list\": [{\"a\": {\"type\": \"Z\", \"_scope_\": \"mmdet\"}}]}");
  mmd_value_release(config);
}

static void dialects_differ_in_base(void **state) {
  (void)state;
  const char *const files[] = {"/b.py", "x = dict(a=1)\n", NULL, NULL};
  mmd_pyconfig_options_t options = {.load = load_from_memory, .load_self = (void *)files};
  const char *computed = "name = 'b.py'\n_base_ = ['./' + name]\n";
  const char *used = "_base_ = 'b.py'\ny = _base_.x.a\n";
  mmd_value_t *config = NULL;
  mmd_assert_ok(mmd_pyconfig_parse(computed, strlen(computed), "/t.py", &options, &config));
  assert_json(config, "{\"x\": {\"a\": 1}, \"name\": \"b.py\"}");
  mmd_value_release(config);
  options.dialect = MMD_PYCONFIG_V1;
  mmd_assert_fails(mmd_pyconfig_parse(computed, strlen(computed), "/t.py", &options, &config),
                   MMD_NOT_FOUND, "/t.py:2:18: unknown name 'name'");
  options.dialect = MMD_PYCONFIG_V0;
  mmd_assert_fails(mmd_pyconfig_parse(used, strlen(used), "/t.py", &options, &config),
                   MMD_NOT_FOUND, "/t.py:2:5: 'str' has no attribute 'x'");
}

static void reads_environment_variables(void **state) {
  (void)state;
  setenv("MMD_TEST_VARIABLE", "7", 1);
  assert_gives("a = {{'$MMD_TEST_VARIABLE:3'}}\nb = '{{$MMD_TEST_VARIABLE:x}}/y'\n",
               "{\"a\": 7, \"b\": \"7/y\"}");
  unsetenv("MMD_TEST_VARIABLE");
  assert_error("a = {{$MMD_TEST_VARIABLE:}}\n",
               "t.py: environment variable 'MMD_TEST_VARIABLE' is not set and has no default");
}

static void applies_overrides(void **state) {
  (void)state;
  mmd_value_t *config = parse("model = dict(depth=50, list=[dict(a=1), dict(b=2)], t=(1, 2))\n");
  static const char *const good[] = {"model.depth=18",      "model.list.1.b=[1,(2.5,None),x]",
                                     "new.deep.key='text'", "model.flag=TRUE",
                                     "model.size=1, 2",     "model.list.0=5"};
  for (size_t i = 0; i < 6; ++i) mmd_assert_ok(mmd_pyconfig_apply_override(config, good[i]));
  assert_json(config,
              "{\"model\": {\"depth\": 18, \"list\": [5, {\"b\": [1, [2.5, null], \"x\"]}], "
              "\"t\": [1, 2], \"flag\": true, \"size\": [1, 2]}, \"new\": {\"deep\": {\"key\": "
              "\"text\"}}}");
  mmd_assert_fails(mmd_pyconfig_apply_override(config, "model.list.x=1"), MMD_INVALID_ARGUMENT,
                   "override 'model.list.x=1': 'x' is no index of a list of 2");
  mmd_assert_fails(mmd_pyconfig_apply_override(config, "model.list.2=1"), MMD_OUT_OF_RANGE,
                   "override 'model.list.2=1': index 2 is outside a list of 2");
  mmd_assert_fails(mmd_pyconfig_apply_override(config, "model.depth.x=1"), MMD_INVALID_ARGUMENT,
                   "'x' cannot be set inside a value of kind int");
  mmd_assert_fails(mmd_pyconfig_apply_override(config, "model"), MMD_INVALID_ARGUMENT,
                   "expected KEY=VALUE");
  mmd_assert_fails(mmd_pyconfig_apply_override(config, "a=[1,(2]"), MMD_INVALID_ARGUMENT,
                   "brackets do not match");
  mmd_value_release(config);
}

// As mmcv's merge_from_dict, which collects the overrides before it applies them.
static void overrides_empty_a_dict_first(void **state) {
  (void)state;
  static const char text[] = "model = dict(head=dict(a=1, b=2), neck=dict(c=3), n=0)\n";
  static const char *const overrides[] = {"model.head.x=1_000", "model.head._delete_=True",
                                          "model.neck._delete_=False", "model.n=_1"};
  const mmd_pyconfig_options_t options = {.overrides = overrides, .override_count = 4};
  mmd_value_t *config = NULL;
  mmd_assert_ok(mmd_pyconfig_parse(text, sizeof text - 1, "t.py", &options, &config));
  assert_json(config,
              "{\"model\": {\"head\": {\"x\": 1000}, \"neck\": {\"c\": 3}, \"n\": \"_1\"}}");
  mmd_value_release(config);
}

static void prints_config_text(void **state) {
  (void)state;
  mmd_value_t *config = parse(
      "a = dict(type='X', t=(1, ), s=set(), e={}, n=None, f=float('inf'), q='it\\'s')\n"
      "p = [dict(type='A', value='aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), dict(type='B', "
      "k={'x-y': b'\\x00'})]\n");
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_pyconfig_print(config, &text));
  assert_string_equal(
      mmd_str_text(&text),
      "a = dict(type='X', t=(1,), s=set(), e=dict(), n=None, f=float('inf'), q=\"it's\")\n"
      "p = [\n"
      "    dict(type='A', value='aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'),\n"
      "    dict(type='B', k={'x-y': b'\\x00'})\n"
      "]\n");
  mmd_str_deinit(&text);
  mmd_value_release(config);
}

// --- short memory --------------------------------------------------------------------------------

static mmd_status_t read_print_override(void *context) {
  mmd_value_t *config = NULL;
  mmd_str_t text = {0};
  static const char *const overrides[] = {"model.backbone.depth=(1,[2,x])"};
  const mmd_pyconfig_options_t options = {.overrides = overrides, .override_count = 1};
  MMD_TRY(mmd_pyconfig_read(context, &options, &config));
  mmd_status_t status = mmd_pyconfig_print(config, &text);
  mmd_str_deinit(&text);
  mmd_value_release(config);
  return status;
}

static void frees_all_when_memory_is_short(void **state) {
  (void)state;
  mmd_test_sweep(read_print_override, (void *)DATA "child.py");
  mmd_test_sweep(read_print_override, (void *)DATA "texts.py");
  mmd_test_sweep(read_print_override, (void *)DATA "language.py");
  mmd_test_sweep(read_print_override, (void *)DATA "lazy/child.py");
  mmd_test_sweep(read_print_override, (void *)DATA "lazy/merge.py");
  mmd_test_sweep(read_print_override, (void *)DATA "data.json");
  mmd_test_sweep(read_print_override, (void *)DATA "yaml/child.yaml");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_what_mmcv_reads),
      cmocka_unit_test(reads_a_base_chosen_by_if),
      cmocka_unit_test(reads_what_mmengine_reads),
      cmocka_unit_test(refuses_with_place_and_reason),
      cmocka_unit_test(limits_steps_and_memory),
      cmocka_unit_test(survives_deep_nesting),
      cmocka_unit_test(names_the_base_in_errors),
      cmocka_unit_test(refuses_yaml_with_place_and_reason),
      cmocka_unit_test(limits_yaml),
      cmocka_unit_test(reads_yaml_keys_as_strings),
      cmocka_unit_test(keeps_flavours_and_order),
      cmocka_unit_test(drops_what_is_no_data),
      cmocka_unit_test(finds_packages_and_sets_scopes),
      cmocka_unit_test(dialects_differ_in_base),
      cmocka_unit_test(reads_environment_variables),
      cmocka_unit_test(applies_overrides),
      cmocka_unit_test(overrides_empty_a_dict_first),
      cmocka_unit_test(prints_config_text),
      cmocka_unit_test(frees_all_when_memory_is_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
