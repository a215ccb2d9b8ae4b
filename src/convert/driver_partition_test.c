// SPDX-License-Identifier: Apache-2.0
//
// A network with Marks through the driver's steps. The task is one of this test, since what is
// tested is what the driver does with marks that a builder has made.
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/driver.h"
#include "formats/npy/npy.h"
#include "frontends/onnx/import.h"
#include "graph/text.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

#define PHOTO MMD_SOURCE_DIR "/codebases/mmcls/models/testdata/photos/chelsea.jpg"

static const char model[] =
    "graph \"g\" { opset \"\" 17 opset \"mmdeploy\" 1\n"
    "input %input : f32[batch,3,h,w]\n"
    "constant %half : f32[] = [0.5]\n"
    "%m0 = mmdeploy::Mark(%input) {dtype = 1, shape = [1, 3, 8, 8], func = \"net\", func_id = 0, "
    "type = \"input\", name = \"input\", id = 0}\n"
    "%a = Relu(%m0) name \"relu\"\n"
    "%m1 = mmdeploy::Mark(%a) {dtype = 1, shape = [1, 3, 8, 8], func = \"feat\", func_id = 0, "
    "type = \"output\", name = \"feat\", id = 0}\n"
    "%b = GlobalAveragePool(%m1) name \"pool\"\n"
    "%c = Flatten(%b) name \"flat\"\n"
    "%d = Mul(%c, %half) name \"scale\"\n"
    "%m2 = mmdeploy::Mark(%d) {dtype = 1, shape = [1, 3], func = \"net\", func_id = 0, "
    "type = \"output\", name = \"dets\", id = 0}\n"
    "output %m2 }";

static const char deploy_config[] =
    "{\"onnx_config\": {\"save_file\": \"end2end.onnx\", \"opset_version\": 11,"
    " \"input_names\": [\"input\"], \"output_names\": [\"dets\"],"
    " \"dynamic_axes\": {\"input\": {\"0\": \"batch\", \"2\": \"h\", \"3\": \"w\"}}},"
    " \"codebase_config\": {\"type\": \"test\", \"task\": \"Test\"},"
    " \"backend_config\": {\"type\": \"reference\"},"
    " \"partition_config\": {\"type\": \"own\", \"apply_marks\": true, \"partition_cfg\": ["
    "  {\"save_file\": \"front.onnx\", \"start\": \"net:input\", \"end\": [\"feat[0]:output\"],"
    "   \"end_name_map\": {\"feat\": \"map\"},"
    "   \"dynamic_axes\": {\"input\": {\"0\": \"n\", \"2\": \"height\", \"3\": \"width\"},"
    "                    \"map\": {\"0\": \"n\", \"2\": \"rows\"}}},"
    "  {\"save_file\": \"back.onnx\", \"start\": \"feat:output\", \"end\": \"net:output\","
    "   \"start_name_map\": {\"feat:output:feat\": \"map\"}}]}}";

static const char transforms[] =
    "[{\"type\": \"LoadImageFromFile\"}, {\"type\": \"Resize\", \"size\": [8, 8]},"
    " {\"type\": \"Normalize\", \"mean\": [100, 110, 120], \"std\": [50, 60, 70], \"to_rgb\": "
    "true},"
    " {\"type\": \"ImageToTensor\", \"keys\": [\"img\"]}, {\"type\": \"Collect\", \"keys\": "
    "[\"img\"]}]";

static mmd_status_t give_transforms(const mmd_task_context_t *context, mmd_value_t **out) {
  (void)context;
  return mmd_json_parse(transforms, strlen(transforms), "transforms", out);
}

static mmd_status_t give_name(const mmd_task_context_t *context, char **out_name) {
  (void)context;
  *out_name = mmd_strdup("net");
  return *out_name ? NULL : mmd_status_no_memory();
}

static mmd_status_t give_postprocess(const mmd_task_context_t *context, char **out_component,
                                     mmd_value_t **out_params) {
  *out_params = mmd_value_object();
  return give_name(context, out_component);
}

static const mmd_task_t test_task = {.codebase = "test",
                                     .task = "Test",
                                     .sdk_task = "Test",
                                     .sdk_module = "test",
                                     .release = {"0", "1"},
                                     .model_name = give_name,
                                     .preprocess = give_transforms,
                                     .postprocess = give_postprocess};

// As mmd_driver_read and mmd_driver_build leave it.
static void driver_init(mmd_driver_t *driver, const char *config, const char *directory) {
  *driver = (mmd_driver_t){.deploy_cfg_path = "deploy.py",
                           .model_cfg_path = "model.py",
                           .checkpoint_path = "model.pth",
                           .work_dir = directory,
                           .task = &test_task};
  mmd_assert_ok(mmd_json_parse(config, strlen(config), "config", &driver->deploy_cfg));
  mmd_assert_ok(mmd_deploy_view_read(driver->deploy_cfg, &driver->deploy));
  mmd_assert_ok(mmd_partition_read(driver->deploy_cfg, &driver->partition));
  mmd_assert_ok(mmd_target_get("reference", &driver->target));
  mmd_assert_ok(mmd_json_format(driver->deploy.ir, 0, &driver->ir_json));
  driver->context = (mmd_task_context_t){
      .deploy_cfg = driver->deploy_cfg, .model_cfg_path = "model.py", .backend = "reference"};
  driver->request = (mmdeploy_target_request_t){.struct_size = sizeof driver->request,
                                                .directory = directory,
                                                .save_file = driver->deploy.save_file,
                                                .backend_config_json = "{}",
                                                .ir_config_json = driver->ir_json,
                                                .precision = "FP32"};
  mmd_assert_ok(mmd_graph_parse(model, strlen(model), "model", &driver->graph));
}

static mmd_graph_t *read_net(const char *directory, const char *name) {
  char *path = mmd_path_join(directory, name);
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_onnx_import(path, NULL, &graph));
  mmd_free(path);
  return graph;
}

static void assert_edge(const mmd_edge_t *edge, const char *name, const char *expected) {
  mmd_str_t text = {0};
  assert_string_equal(edge->name, name);
  mmd_assert_ok(mmd_type_format(&edge->type, &text));
  assert_string_equal(mmd_str_text(&text), expected);
  mmd_str_deinit(&text);
}

static void assert_nets(const char *directory) {
  mmd_graph_t *front = read_net(directory, "front.onnx");
  assert_edge(front->root->inputs[0], "input", "f32[n,3,height,width]");
  assert_edge(front->root->outputs[0], "map", "f32[n,3,rows,width]");
  assert_int_equal(front->root->node_count, 1);
  assert_int_equal((int)mmd_graph_opset(front, ""), 11);
  mmd_graph_destroy(front);
  mmd_graph_t *back = read_net(directory, "back.onnx");
  assert_edge(back->root->inputs[0], "map", "f32[batch,3,h,w]");
  assert_edge(back->root->outputs[0], "dets", "f32[batch,3]");
  assert_int_equal(back->root->node_count, 3);
  mmd_graph_destroy(back);
  // The whole network keeps its Marks.
  mmd_graph_t *whole = read_net(directory, "end2end.onnx");
  assert_int_equal(whole->root->node_count, 7);
  assert_int_equal((int)mmd_graph_opset(whole, "mmdeploy"), 1);
  mmd_graph_destroy(whole);
}

// deploy.json has one model, the first part, as the original writes it.
static void assert_package(mmd_driver_t *driver) {
  mmd_value_t *deploy = NULL;
  mmd_assert_ok(mmd_driver_write_info(driver, "passed"));
  char *path = mmd_path_join(driver->work_dir, "deploy.json");
  mmd_assert_ok(mmd_json_read_file(path, &deploy));
  assert_int_equal(mmd_array_size(mmd_object_get(deploy, "models")), 1);
  assert_string_equal(mmd_value_get_string(mmd_object_get_path(deploy, "models.0.net"), ""),
                      "front.onnx");
  assert_int_equal(mmd_array_size(mmd_object_get(deploy, "customs")), 0);
  mmd_value_release(deploy);
  mmd_free(path);
}

static void make_reference(const char *path, float scale) {
  mmd_value_t *arrays = mmd_value_object();
  mmd_tensor_t tensor = {0};
  mmd_shape_t shape = {0};
  float map[24], dets[6];
  for (int i = 0; i < 24; ++i) map[i] = (float)(i + 1);
  // Means of four numbers, halved.
  for (int i = 0; i < 6; ++i) dets[i] = ((float)(4 * i) + 2.5F) * 0.5F * scale;
  mmd_assert_ok(mmd_shape_make(4, (const int64_t[]){2, 3, 2, 2}, &shape));
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &shape, map, &tensor));
  mmd_assert_ok(mmd_object_take(arrays, "map", mmd_value_tensor(&tensor)));
  mmd_tensor_deinit(&tensor);
  mmd_assert_ok(mmd_shape_make(2, (const int64_t[]){2, 3}, &shape));
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &shape, dets, &tensor));
  mmd_assert_ok(mmd_object_take(arrays, "dets", mmd_value_tensor(&tensor)));
  mmd_tensor_deinit(&tensor);
  mmd_assert_ok(mmd_npz_write_file(path, arrays));
  mmd_value_release(arrays);
}

static bool verify(mmd_driver_t *driver, const char *reference, mmd_value_t **out_report) {
  const char *const images[] = {PHOTO};
  const mmd_driver_verify_t request = {.mode = MMD_VERIFY_LAYERS,
                                       .tolerance = 1e-5,
                                       .images = images,
                                       .image_count = 1,
                                       .reference_path = reference};
  mmd_driver_cases_t *cases = NULL;
  mmd_assert_ok(mmd_driver_cases_create(driver, &request, &cases));
  mmd_assert_ok(mmd_driver_write(driver));
  mmd_assert_ok(mmd_driver_verify(driver, &request, cases, out_report));
  mmd_driver_cases_destroy(cases);
  return mmd_parity_passed(*out_report);
}

static void network_is_cut(void **state) {
  (void)state;
  char *directory = mmd_test_make_directory();
  char *reference = mmd_path_join(directory, "reference.npz");
  for (int is_wrong = 0; is_wrong < 2; ++is_wrong) {
    mmd_driver_t driver;
    mmd_value_t *report = NULL;
    mmd_str_t table = {0};
    driver_init(&driver, deploy_config, directory);
    make_reference(reference, is_wrong ? 1.5F : 1);
    mmd_assert_ok(mmd_driver_optimize(&driver));
    assert_int_equal(verify(&driver, reference, &report), !is_wrong);
    // The picture for both parts, the arrays for the second one, all that nodes make.
    assert_int_equal(mmd_array_size(mmd_object_get(report, "cases")), 3);
    assert_string_equal(mmd_value_get_string(mmd_object_get_path(report, "cases.1.net"), ""),
                        "back.onnx");
    assert_true(mmd_array_size(mmd_object_get(report, "layers")) >= 2);
    mmd_assert_ok(mmd_parity_print(report, &table));
    assert_non_null(strstr(mmd_str_text(&table), "front.onnx: " PHOTO));
    assert_nets(directory);
    assert_package(&driver);
    mmd_driver_discard(&driver);
    char *left = mmd_path_join(directory, "back.onnx"),
         *whole = mmd_path_join(directory, "end2end.onnx");
    assert_false(mmd_path_exists(left));
    assert_false(mmd_path_exists(whole));
    mmd_free(left);
    mmd_free(whole);
    mmd_str_deinit(&table);
    mmd_value_release(report);
    mmd_driver_deinit(&driver);
  }
  mmd_test_remove_tree(directory);
  mmd_free(reference);
  mmd_free(directory);
}

static void wrong_marks_are_reported(void **state) {
  (void)state;
  mmd_driver_t driver;
  driver_init(&driver, deploy_config, "/nonexistent");
  driver.partition.parts[1].end[0] = "head:output";
  mmd_assert_fails(mmd_driver_optimize(&driver), MMD_NOT_FOUND, "back.onnx: there is no mark");
  mmd_driver_deinit(&driver);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(network_is_cut),
      cmocka_unit_test(wrong_marks_are_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
