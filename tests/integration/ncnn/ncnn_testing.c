// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/ncnn/ncnn_testing.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/target.h"
#include "ops/infer.h"

mmd_backend_t *ncnn_test_engine(void) {
  mmd_backend_t *backend = NULL;
  mmd_status_t status = mmd_backend_get("ncnn", &backend);
  if (!status) status = mmd_backend_open(backend);
  if (!status) return backend;
  print_error("%s\n", mmd_status_message(status));
  mmd_status_free(status);
  // Building the engine takes minutes, so it is not asked for; only a library that is named must be
  // good.
  if (!getenv("MMDEPLOY_NCNN_LIBRARY")) skip();
  mmd_test_skip("ncnn is not there");
}

void ncnn_test_net_init(ncnn_test_net_t *net) {
  net->folder = mmd_test_make_directory();
  net->param = mmd_path_join(net->folder, "net.param");
  net->bin = mmd_path_join(net->folder, "net.bin");
}

void ncnn_test_net_deinit(ncnn_test_net_t *net) {
  mmd_test_remove_tree(net->folder);
  mmd_free(net->folder);
  mmd_free(net->param);
  mmd_free(net->bin);
}

mmd_status_t ncnn_test_net_write(const ncnn_test_net_t *net, const mmd_graph_t *graph,
                                 const char *precision) {
  const mmdeploy_target_t *target = NULL;
  mmd_graph_t *legal = NULL;
  mmdeploy_target_result_t files;
  const mmdeploy_target_request_t request = {
      .struct_size = sizeof request,
      .directory = net->folder,
      .save_file = "net.onnx",
      .backend_config_json = "{}",
      .ir_config_json = "{}",
      .precision = precision,
  };
  MMD_TRY(mmd_target_get("ncnn", &target));
  MMD_TRY(mmd_graph_clone(graph, &legal));
  mmd_status_t status = mmd_graph_infer(legal);
  if (!status) status = mmd_target_legalize(target, legal, &request);
  if (!status) status = mmd_target_write(target, legal, &request, &files);
  mmd_graph_destroy(legal);
  return status;
}

mmd_status_t ncnn_test_net_open(const ncnn_test_net_t *net, const char *device, const char *options,
                                mmd_session_t **out_session) {
  mmd_storage_t *param = NULL, *bin = NULL;
  mmd_status_t status = mmd_storage_map_file(net->param, &param);
  if (!status && mmd_path_exists(net->bin)) status = mmd_storage_map_file(net->bin, &bin);
  const mmd_session_options_t session = {.name = "net",
                                         .net = param,
                                         .net_path = net->param,
                                         .weights = bin,
                                         .weights_path = bin ? net->bin : NULL,
                                         .device_name = device,
                                         .threads = 1,
                                         .options_json = options};
  if (!status) status = mmd_session_create(ncnn_test_engine(), &session, out_session);
  mmd_storage_release(param);
  mmd_storage_release(bin);
  return status;
}

mmd_status_t ncnn_test_run(const mmd_graph_t *graph, const mmd_tensor_t *inputs, size_t input_count,
                           mmd_tensor_t *outputs, size_t output_count) {
  ncnn_test_net_t net;
  mmd_session_t *session = NULL;
  ncnn_test_net_init(&net);
  mmd_status_t status = ncnn_test_net_write(&net, graph, "FP32");
  if (!status) status = ncnn_test_net_open(&net, NULL, NULL, &session);
  if (!status) status = mmd_session_run(session, inputs, input_count, outputs, output_count);
  mmd_session_destroy(session);
  ncnn_test_net_deinit(&net);
  return status;
}
