// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/openvino/openvino_testing.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/target.h"
#include "ops/infer.h"

mmd_backend_t *openvino_engine(void) {
  mmd_backend_t *backend = NULL;
  mmd_status_t status = mmd_backend_get("openvino", &backend);
  if (!status) status = mmd_backend_open(backend);
  if (!status) return backend;
  print_error("%s\n", mmd_status_message(status));
  mmd_status_free(status);
  mmd_test_skip("OpenVINO is not there");
}

void openvino_net_init(openvino_net_t *net) {
  net->folder = mmd_test_make_directory();
  net->xml = mmd_path_join(net->folder, "net.xml");
  net->bin = mmd_path_join(net->folder, "net.bin");
}

void openvino_net_deinit(openvino_net_t *net) {
  mmd_test_remove_tree(net->folder);
  mmd_free(net->folder);
  mmd_free(net->xml);
  mmd_free(net->bin);
}

mmd_status_t openvino_net_write(const openvino_net_t *net, const mmd_graph_t *graph,
                                const char *backend_config) {
  const mmdeploy_target_t *target = NULL;
  mmd_graph_t *legal = NULL;
  mmdeploy_target_result_t files;
  const mmdeploy_target_request_t request = {
      .struct_size = sizeof request,
      .directory = net->folder,
      .save_file = "net.onnx",
      .backend_config_json = backend_config ? backend_config : "{}",
      .ir_config_json = "{}",
      .precision = "FP32",
  };
  MMD_TRY(mmd_target_get("openvino", &target));
  MMD_TRY(mmd_graph_clone(graph, &legal));
  mmd_status_t status = mmd_graph_infer(legal);
  if (!status) status = mmd_target_legalize(target, legal, &request);
  if (!status) status = mmd_target_write(target, legal, &request, &files);
  mmd_graph_destroy(legal);
  return status;
}

mmd_status_t openvino_net_open(const openvino_net_t *net, const char *device, const char *options,
                               mmd_session_t **out_session) {
  mmd_storage_t *xml = NULL, *bin = NULL;
  mmd_status_t status = mmd_storage_map_file(net->xml, &xml);
  if (!status && mmd_path_exists(net->bin)) status = mmd_storage_map_file(net->bin, &bin);
  const mmd_session_options_t session = {.name = "net",
                                         .net = xml,
                                         .net_path = net->xml,
                                         .weights = bin,
                                         .weights_path = bin ? net->bin : NULL,
                                         .device_name = device,
                                         .threads = 1,
                                         .options_json = options};
  if (!status) status = mmd_session_create(openvino_engine(), &session, out_session);
  mmd_storage_release(xml);
  mmd_storage_release(bin);
  return status;
}

mmd_status_t openvino_run(const mmd_graph_t *graph, const mmd_tensor_t *inputs, size_t input_count,
                          mmd_tensor_t *outputs, size_t output_count) {
  openvino_net_t net;
  mmd_session_t *session = NULL;
  openvino_net_init(&net);
  mmd_status_t status = openvino_net_write(&net, graph, NULL);
  if (!status) status = openvino_net_open(&net, NULL, NULL, &session);
  if (!status) status = mmd_session_run(session, inputs, input_count, outputs, output_count);
  mmd_session_destroy(session);
  openvino_net_deinit(&net);
  return status;
}
