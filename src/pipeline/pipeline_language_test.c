// SPDX-License-Identifier: Apache-2.0
//
// The graph language: nodes in nodes, names, lists of lists, conditions, models in models.
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "pipeline/lab_testing.h"
#include "pipeline/package_testing.h"
#include "pipeline/pipeline_testing.h"
#include "tests/support/mmd_test_fail.h"

//===--- tasks and pipelines -----------------------------------------------===//

static void runs_tasks(void **state) {
  (void)state;
  const char *two = GRAPH("[\"a\", \"b\"]", "[\"s\", \"q\", \"r\"]",
                          TASK("Add", "[\"a\", \"b\"]", "\"s\"", "") ", " TASK(
                              "DivMod", "\"s\"", "[\"q\", \"r\"]", ", \"by\": 7"));
  lab_check(two, "[[1, 20, 300], [4, 5, 6]]", "[[5, 25, 306], [0, 3, 43], [5, 4, 5]]");
  lab_check(two, "[[], []]", "[[], [], []]");  // as many outputs as the task has, not as inputs
  lab_check(two, "[[], [1]]", "[[], [], []]");
  lab_check_fails(two, "[[1], [2, 3]]", MMD_INVALID_ARGUMENT, "inputs of 1 and 2 samples");
  lab_check_fails(two, "[[1, 2], [2, \"x\"]]", MMD_INVALID_ARGUMENT,
                  "pipeline.tasks[0]: sample 1: a number is expected, string found");
  // A single node is a pipeline too; heads read "params".
  lab_check(TASK("DivMod", "\"x\"", "[\"q\", \"r\"]", ""), "[[12, 345]]", "[[1, 34], [2, 5]]");
  lab_check(
      "{\"type\": \"Task\", \"module\": \"mmlab\", \"component\": \"AddHead\", \"params\": {}, "
      "\"input\": [\"a\", \"b\", \"c\"], \"output\": \"x\"}",
      "[[1], [2], [3]]", "[[6]]");
  // Outputs may be inputs, and may be given twice.
  lab_check(GRAPH("\"a\"", "[\"a\", \"s\", \"a\"]", TASK("Add", "[\"a\", \"a\"]", "\"s\"", "")),
            "[[4]]", "[[4], [8], [4]]");
  lab_check("{\"pipeline\": " GRAPH("\"a\"", "\"a\"", "") ", \"more\": 1}", "[[1, 2]]", "[[1, 2]]");
  lab_check("{\"pipeline\": {\"input\": \"a\", \"output\": \"a\", \"tasks\": []}}", "[[1]]",
            "[[1]]");
}

static void takes_any_order(void **state) {
  (void)state;
  lab_check(GRAPH("\"a\"", "\"d\"",
                  TASK("Add", "[\"c\", \"b\"]", "\"d\"", "") ", " TASK(
                      "Add", "[\"b\", \"a\"]", "\"c\"", "") ", " TASK("Add", "[\"a\", \"a\"]",
                                                                      "\"b\"", "")),
            "[[1, 5]]", "[[5, 25]]");
}

static void nests_pipelines(void **state) {
  (void)state;
  // Inner names are left of '=' in inputs and right of it in outputs; names are local.
  const char *inner = GRAPH("[\"x=b\", \"y=a\"]", "\"c=s\"",
                            TASK("DivMod", "\"x\"", "[\"q\", \"r\"]", "") ", " TASK(
                                "Add", "[\"q\", \"y\"]", "\"s\"", ""));
  char config[2048];
  snprintf(config, sizeof config,
           GRAPH("[\"a\", \"b\"]", "\"d\"", "%s, " TASK("Add", "[\"c\", \"a\"]", "\"d\"", "")),
           inner);
  lab_check(config, "[[1, 2], [50, 60]]", "[[7, 10]]");
  snprintf(config, sizeof config, GRAPH("[\"a\", \"b\"]", "\"c\"", "{\"pipeline\": %s}"), inner);
  lab_check(config, "[[1, 2], [50, 60]]", "[[6, 8]]");
}

static void batched_tasks_see_the_batch(void **state) {
  (void)state;
  lab_check(TASK("lab::Count", "\"x\"", "\"y\"", ""), "[[7, 8]]", "[[-1, -1]]");
  lab_check(TASK("lab::Count", "\"x\"", "\"y\"", ", \"is_batched\": true"), "[[7, 8, 9]]",
            "[[3, 3, 3]]");
  lab_check_fails(TASK("Add", "[\"x\", \"x2=x\"]", "\"y\"", ", \"is_batched\": true"), "[[1], [2]]",
                  MMD_INVALID_ARGUMENT, "a number is expected, array found");
}

//===--- lists -------------------------------------------------------------===//

#define DETECT TASK("Expand", "\"img\"", "\"boxes\"", "")

static void flattens(void **state) {
  (void)state;
  const char *nested = GRAPH("\"img\"", "[\"boxes\", \"sums\"]",
                             DETECT ", " GRAPH("[\"b=*boxes\", \"i=+img\"]", "\"*sums\"",
                                               TASK("Add", "[\"b\", \"i\"]", "\"sums\"", "")));
  lab_check(nested, "[[2, 0, 1]]", "[[[20, 21], [], [10]], [[22, 23], [], [11]]]");
  lab_check(nested, "[[0, 0]]", "[[[], []], [[], []]]");
  lab_check(nested, "[[]]", "[[], []]");
  // On a task, which is positional; an output without '*' stays flat.
  lab_check(GRAPH("\"img\"", "[\"s\", \"f\"]",
                  DETECT ", " TASK("Add", "[\"*boxes\", \"+img\"]", "\"*s\"", "") ", " TASK(
                      "Add", "[\"*boxes\", \"x=*boxes\"]", "\"f\"", "")),
            "[[1, 3]]", "[[[11], [33, 34, 35]], [20, 60, 62, 64]]");
  // Several outputs, of which one keeps its lists.
  lab_check(GRAPH("\"img\"", "[\"q\", \"r\"]",
                  DETECT ", " TASK("DivMod", "\"*boxes\"", "[\"*q\", \"r\"]", "")),
            "[[2, 0, 1]]", "[[[2, 2], [], [1]], [0, 1, 0]]");
  // Without a flattened input '+' and '*' mean nothing.
  lab_check(GRAPH("\"a\"", "\"s\"", TASK("Add", "[\"+a\", \"a\"]", "\"*s\"", "")), "[[2, 3]]",
            "[[4, 6]]");
  // Lists of lists of lists.
  lab_check(GRAPH("\"x\"", "\"z\"",
                  GRAPH("\"y=*x\"", "\"*z\"", TASK("Add", "[\"*y\", \"2=*y\"]", "\"*z\"", ""))),
            "[[[[1], []], [], [[2, 3], [4]]]]", "[[[[2], []], [], [[4, 6], [8]]]]");
}

static void refuses_other_lists(void **state) {
  (void)state;
  const char *two = TASK("Add", "[\"*a\", \"*b\"]", "\"*s\"", "");
  lab_check(two, "[[[1], [2, 3]], [[4], [5, 6]]]", "[[[5], [7, 9]]]");
  lab_check_fails(two, "[[[1], [2, 3]], [[4, 5], [6]]]", MMD_INVALID_ARGUMENT,
                  "flattened inputs do not go together: sample 0 of input 1 is a list of 2");
  lab_check_fails(two, "[[[1]], [[4], []]]", MMD_INVALID_ARGUMENT, "input 1 has 2 samples");
  lab_check_fails(two, "[[[1], 3], [[4], []]]", MMD_INVALID_ARGUMENT,
                  "input 0 is flattened, but its sample 1 is no list but int");
  lab_check_fails(TASK("Add", "[\"*a\", \"+b\"]", "\"*s\"", ""), "[[[1], []], [1]]",
                  MMD_INVALID_ARGUMENT, "input 1 has 1 samples");
  lab_check_fails(TASK("Add", "[\"*a\", \"b\"]", "\"*s\"", ""), "[[[1, 2], []], [1]]",
                  MMD_INVALID_ARGUMENT, "inputs of 2 and 1 samples");
}

//===--- conditions --------------------------------------------------------===//

#define COND(in, out, body) \
  "{\"type\": \"Cond\", \"input\": " in ", \"output\": " out ", \"body\": " body "}"
#define ADD_BODY "{\"type\": \"Task\", \"module\": \"Add\"}"

static void runs_conditions(void **state) {
  (void)state;
  const char *odd = GRAPH("\"x\"", "\"y\"",
                          TASK("IsOdd", "\"x\"", "\"p\"", "") ", " COND("[\"p\", \"a=x\", \"b=x\"]",
                                                                        "\"y\"", ADD_BODY));
  lab_check(odd, "[[1, 2, 3, 4]]", "[[2, null, 6, null]]");
  lab_check(odd, "[[1, 3]]", "[[2, 6]]");
  lab_check(odd, "[[2, 4]]", "[[null, null]]");
  lab_check(odd, "[[]]", "[[]]");
  // Numbers are predicates too; other modules may look for the nulls.
  lab_check(
      GRAPH("[\"p\", \"x\"]", "\"z\"",
            COND("[\"p\", \"x\"]", "\"y\"", ADD_BODY) ", " TASK("IsNull", "\"y\"", "\"z\"", "")),
      "[[0, 2, 0.0], [7, 8, 9]]", "[[true, false, true]]");
  lab_check_fails(COND("[\"p\", \"x\"]", "\"y\"", ADD_BODY), "[[null], [1]]", MMD_INVALID_ARGUMENT,
                  "the predicate of sample 0 must be a bool or a number, found null");
  lab_check_fails(COND("[\"p\", \"x\"]", "\"y\"", ADD_BODY), "[[1, 0], [1]]", MMD_INVALID_ARGUMENT,
                  "2 predicates, but input 1 has 1 samples");
  // The body's own names do not count, those of the node do.
  lab_check(COND("[\"p\", \"in=x\"]", "\"y=out\"",
                 GRAPH("\"ignored\"", "\"too\"", TASK("DivMod", "\"in\"", "[\"out\", \"r\"]", ""))),
            "[[true, false], [45, 46]]", "[[4, null]]");
}

//===--- models in models --------------------------------------------------===//

static void write_package(const char *version, const char *pipeline) {
  char deploy[512];
  snprintf(
      deploy, sizeof deploy,
      "{\"version\": \"%s\", \"models\": [{\"name\": \"n\", \"net\": \"n\", \"weights\": \"\", "
      "\"backend\": \"none\", \"precision\": \"FP32\", \"batch_size\": 1, \"dynamic_shape\": "
      "true}], \"customs\": [\"dict.txt\"]}",
      version);
  test_put("deploy.json", deploy);
  test_put("pipeline.json", pipeline);
  test_put("dict.txt", "abc\n");
}

#define SIZE_PIPELINE                            \
  "{\"pipeline\": " GRAPH("\"img\"", "\"post\"", \
                          TASK("FileSize", "\"img\"", "\"post\"", ", \"file\": \"dict.txt\"")) "}"
#define INFER(model, in, out)                                     \
  "{\"type\": \"Inference\", \"input\": " in ", \"output\": " out \
  ", \"params\": {\"model\": " model "}}"

static void runs_models(void **state) {
  (void)state;
  char config[2048];
  mmd_package_t *package = NULL;
  write_package("v1.3.0", SIZE_PIPELINE);
  // By path, twice in one pipeline.
  snprintf(config, sizeof config,
           GRAPH("\"x\"", "[\"a\", \"b\"]",
                 INFER("\"%s\"", "\"x\"", "\"a\"") ", " INFER(
                     "\"%s\"", "\"*l\"", "\"*b\"") ", " TASK("Expand", "\"x\"", "\"l\"", "")),
           test_folder, test_folder);
  lab_check(config, "[[0, 2]]", "[[401, 401], [[], [401, 401]]]");
  // By a name of the options.
  mmd_assert_ok(mmd_package_open(test_folder, &package));
  const mmd_named_package_t models[] = {{"other", package}, {"size", package}};
  const mmd_pipeline_options_t options = {.models = models, .model_count = 2};
  lab_check_with(&options, INFER("\"size\"", "\"x\"", "\"a\""), "[[1]]", "[[401]]");
  // By a name of the config's own context, and as a value.
  mmd_value_t *value = lab_parse(
      "{\"type\": \"Pipeline\", \"input\": \"x\", \"output\": [\"a\", \"b\"], "
      "\"context\": {\"model\": {}}, \"tasks\": [" INFER("\"mine\"", "\"x\"", "\"a\"") ", " INFER(
          "3", "\"x\"", "\"b\"") "]}");
  mmd_assert_ok(mmd_object_take(mmd_object_get_path(value, "context.model"), "mine",
                                mmd_package_value(package)));
  mmd_assert_ok(mmd_object_take(mmd_object_get_path(value, "tasks.1.params"), "model",
                                mmd_package_value(package)));
  mmd_package_release(package);
  mmd_pipeline_t *pipeline = NULL;
  const mmd_pipeline_options_t defaults = {.threads = 1};
  mmd_assert_ok(mmd_pipeline_create_from_config(value, &defaults, &pipeline));
  mmd_value_release(value);
  lab_check_call(pipeline, NULL, "[[5]]", "[[401], [401]]");
  mmd_pipeline_destroy(pipeline);
}

static void refuses_models(void **state) {
  (void)state;
  char config[2048];
  write_package("0.14.0", SIZE_PIPELINE);
  lab_check_refused(
      INFER("\"/nonexistent\"", "\"x\"", "\"y\""),
      "no model of the context has the name '/nonexistent', and as a path: /nonexistent");
  lab_check_refused(INFER("3", "\"x\"", "\"y\""), "pipeline.params.model: a model, its name");
  lab_check_refused("{\"type\": \"Inference\", \"input\": \"x\", \"output\": \"y\"}",
                    "pipeline.params");
  snprintf(config, sizeof config, INFER("\"%s\"", "[\"x\", \"y\"]", "\"z\""), test_folder);
  lab_check_refused(config, "pipeline.input: 2 names, the model's pipeline has 1");
  snprintf(config, sizeof config, INFER("\"%s\"", "\"x\"", "[\"y\", \"z\"]"), test_folder);
  lab_check_refused(config, "pipeline.output: 2 names, the model's pipeline has 1");
  // A package that runs itself.
  snprintf(config, sizeof config, INFER("\"%s\"", "\"x\"", "\"y\""), test_folder);
  write_package("0.14.0", config);
  lab_check_refused(config, "more than 32 deep");
  test_put("pipeline.json", "[]");
  lab_check_refused(config, "pipeline.input: a name or a list of names is expected");
  lab_check_refused(TASK("FileSize", "\"x\"", "\"y\"", ", \"file\": \"a\""), "no package");
}

//===--- errors ------------------------------------------------------------===//

static void refuses_bad_graphs(void **state) {
  (void)state;
  lab_check_refused("3", "pipeline: an object is expected");
  lab_check_refused("{}", "pipeline: an object is expected");
  lab_check_refused("{\"pipeline\": 3}", "pipeline: an object is expected, int found");
  lab_check_refused(
      "{\"type\": \"Foo\", \"input\": \"a\", \"output\": \"b\"}",
      "pipeline.type: there is no 'Foo'; there are Task, Pipeline, Inference and Cond");
  lab_check_refused("{\"type\": 3, \"input\": \"a\", \"output\": \"b\"}", "pipeline.type");
  lab_check_refused(GRAPH("\"a\"", "\"b\"", TASK("Add", "\"c\"", "\"b\"", "")),
                    "pipeline.tasks[0].input: nothing gives 'c'; there are 'a', 'b'");
  lab_check_refused(GRAPH("\"a\"", "\"c\"", TASK("Add", "\"a\"", "\"b\"", "")),
                    "pipeline.output: nothing gives 'c'; there are 'a', 'b'");
  lab_check_refused(GRAPH("\"a\"", "\"b\"",
                          TASK("Add", "\"a\"", "\"b\"", "") ", " TASK("Add", "\"a\"", "\"b\"", "")),
                    "pipeline.tasks[1]: the name 'b' is given twice");
  lab_check_refused(GRAPH("\"a\"", "\"a\"", TASK("Add", "\"a\"", "\"a\"", "")),
                    "'a' is given twice");
  lab_check_refused(GRAPH("[\"a\", \"a\"]", "\"a\"", ""), "'a' is given twice");
  lab_check_refused(GRAPH("\"a\"", "\"b\"", TASK("Add", "\"b\"", "\"b\"", "")),
                    "pipeline.tasks[0].input: 'b' depends on what this task gives: a cycle");
  lab_check_refused(
      GRAPH("\"a\"", "\"b\"",
            TASK("Add", "[\"a\", \"c\"]", "\"b\"", "") ", " TASK("Add", "\"b\"", "\"c\"", "")),
      "a cycle");
  lab_check_refused(GRAPH("\"a\"", "\"b\"", TASK("Add", "\"a\"", "[\"b\", \"c\"]", "")),
                    "pipeline.tasks[0].output: 2 names, the module gives one value");
  lab_check_refused(GRAPH("\"a\"", "\"b\"", TASK("DivMod", "\"a\"", "\"b\"", "")),
                    "pipeline.tasks[0].output: 1 names, the module gives 2 values");
  lab_check_refused(TASK("DivMod", "[\"a\", \"c\"]", "\"b\"", ""), "the module takes 1");
  lab_check_refused(TASK("DivMod", "\"a\"", "\"b\"", ", \"by\": 0"), "pipeline.by");
  lab_check_refused(TASK("Add", "\"a\"", "\"b\"", ", \"is_batched\": \"yes\""),
                    "pipeline.is_batched");
  lab_check_refused(TASK("Add", "\"a\"", "\"b\"", ", \"scheduler\": 3"), "pipeline.scheduler");
  lab_check_refused(TASK("Add", "\"a\"", "\"b\"", ", \"throttle\": 1"), "pipeline.throttle");
  lab_check_refused(TASK("Add", "\"a\"", "\"b\"", ", \"name\": []"), "pipeline.name");
  lab_check_refused(TASK("Add", "\"a\"", "\"b\"", ", \"context\": 1"),
                    "pipeline.context: an object");
  lab_check_refused(TASK("Sub", "\"a\"", "\"b\"", ""),
                    "there is no module 'Sub'; there are: Transform, Net, mmlab, Expand, Add");
  lab_check_refused(TASK("mmlab", "\"a\"", "\"b\"", ""), "pipeline.component: a name is expected");
  lab_check_refused(TASK("mmlab", "\"a\"", "\"b\"", ", \"component\": \"X\""),
                    "mmlab has no 'X'; it has: AddHead");
  lab_check_refused(TASK("Net", "\"a\"", "\"b\"", ", \"name\": \"n\""), "a Net needs a package");
  lab_check_refused("{\"type\": \"Task\", \"input\": \"a\", \"output\": \"b\"}", "'module'");
  lab_check_refused(TASK("Add", "\"\"", "\"b\"", ""), "pipeline.input: '' is no name");
  lab_check_refused(TASK("Add", "\"*=+\"", "\"b\"", ""), "is no name");
  lab_check_refused(TASK("Add", "[]", "\"b\"", ""), "pipeline.input: 0 names");
  lab_check_refused(COND("\"p\"", "\"y\"", ADD_BODY), "a predicate and at least one argument");
  lab_check_refused(COND("[\"p\", \"x\"]", "\"y\"", "3"), "pipeline.body: an object");
}

static void bounds_depth(void **state) {
  (void)state;
  mmd_str_t text = {0};
  for (int i = 0; i < 40; ++i) {
    mmd_assert_ok(mmd_str_append(
        &text, "{\"type\": \"Pipeline\", \"input\": \"a\", \"output\": \"b\", \"tasks\": ["));
  }
  mmd_assert_ok(mmd_str_append(&text, TASK("Add", "\"a\"", "\"b\"", "")));
  for (int i = 0; i < 40; ++i) mmd_assert_ok(mmd_str_append(&text, "]}"));
  lab_check_refused(mmd_str_text(&text), "more than 32 deep");
  mmd_str_deinit(&text);
}

//===--- every key, of every kind ------------------------------------------===//

// Builds and runs the changed config: it works, or fails with a sentence.
static void try_config(const mmd_value_t *config, void *context) {
  size_t *built = context;
  const mmd_pipeline_options_t options = {.threads = 1};
  mmd_pipeline_t *pipeline = NULL;
  mmd_value_t *input = lab_parse("[[2, 0, 1]]"), *out = NULL;
  mmd_status_t status = mmd_pipeline_create_from_config(config, &options, &pipeline);
  assert_true((status == NULL) == (pipeline != NULL));
  *built += !status;
  if (!status) status = mmd_pipeline_run(pipeline, input, &out);
  assert_true((status == NULL) == (out != NULL));
  assert_true(!status || strlen(mmd_status_message(status)) > 10);
  assert_int_not_equal(mmd_status_code(status), MMD_INTERNAL);
  mmd_status_free(status);
  mmd_value_release(out);
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
}

static void takes_no_harm_from_any_key(void **state) {
  (void)state;
  char text[4096];
  write_package("0.14.0", SIZE_PIPELINE);
  snprintf(text, sizeof text,
           "{\"context\": {\"model\": {}}, \"pipeline\": " GRAPH(
               "\"img\"", "[\"sums\", \"y\", \"m\", \"q\"]",
               DETECT ", " GRAPH("[\"b=*boxes\", \"i=+img\"]", "\"*sums\"",
                                 TASK("Add", "[\"b\", \"i\"]", "\"sums\"",
                                      ", \"is_batched\": false, \"scheduler\": \"s\"")) ", "
               TASK("IsOdd", "\"img\"", "\"p\"", ", \"name\": \"odd\", \"throttle\": 0") ", "
               COND("[\"p\", \"img\"]", "\"y\"", ADD_BODY) ", "
               INFER("\"%s\"", "\"*boxes\"", "\"*m\"") ", "
               TASK("DivMod", "\"img\"", "[\"q\", \"r\"]", ", \"by\": 3, \"sha256\": \"\"")) "}",
           test_folder);
  mmd_value_t *config = lab_parse(text);
  size_t built = 0;
  mmd_testing_change_each(config, try_config, &built);
  if (built < 50) fail_msg("only %zu of the changed configs could be built", built);
  mmd_value_release(config);
}

//===--- short of memory ---------------------------------------------------===//

static mmd_status_t build_and_run(void *context) {
  mmd_value_t *const *values = context;  // config, input
  const mmd_pipeline_options_t options = {.threads = 1};
  mmd_pipeline_t *pipeline = NULL;
  mmd_value_t *out = NULL, *raw = NULL;
  mmd_status_t status = mmd_pipeline_create_from_config(values[0], &options, &pipeline);
  if (!status) status = mmd_pipeline_run_call(pipeline, NULL, values[1], &out, &raw);
  mmd_value_release(raw);
  mmd_value_release(out);
  mmd_pipeline_destroy(pipeline);
  return status;
}

static void survives_lack_of_memory(void **state) {
  (void)state;
  char config[4096];
  write_package("0.14.0", SIZE_PIPELINE);
  snprintf(
      config, sizeof config,
      GRAPH(
          "\"img\"", "[\"sums\", \"y\", \"m\", \"q\"]",
          DETECT ", " GRAPH(
              "[\"b=*boxes\", \"i=+img\"]", "\"*sums\"",
              TASK("Add", "[\"b\", \"i\"]", "\"sums\"",
                   "")) ", " TASK("IsOdd", "\"img\"", "\"p\"",
                                  "") ", " COND("[\"p\", \"img\"]", "\"y\"",
                                                ADD_BODY) ", " INFER("\"%s\"", "\"*boxes\"",
                                                                     "\"*m\"") ", " TASK("DivMod",
                                                                                         "\"img\"",
                                                                                         "[\"q\", "
                                                                                         "\"r\"]",
                                                                                         "")),
      test_folder);
  mmd_value_t *values[2] = {lab_parse(config), lab_parse("[[2, 0, 1]]")};
  mmd_test_sweep(build_and_run, values);
  mmd_value_release(values[0]);
  mmd_value_release(values[1]);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_set_up, test_folder_tear_down)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(runs_tasks),
      cmocka_unit_test(takes_any_order),
      cmocka_unit_test(nests_pipelines),
      cmocka_unit_test(batched_tasks_see_the_batch),
      cmocka_unit_test(flattens),
      cmocka_unit_test(refuses_other_lists),
      cmocka_unit_test(runs_conditions),
      TEST(runs_models),
      TEST(refuses_models),
      cmocka_unit_test(refuses_bad_graphs),
      cmocka_unit_test(bounds_depth),
      TEST(takes_no_harm_from_any_key),
      TEST(survives_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
