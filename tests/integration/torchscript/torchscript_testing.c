// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/torchscript/torchscript_testing.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/target.h"
#include "ops/infer.h"

mmd_backend_t *torchscript_engine(void) {
  mmd_backend_t *backend = NULL;
  mmd_status_t status = mmd_backend_get("torchscript", &backend);
  if (!status) status = mmd_backend_open(backend);
  if (!status) return backend;
  print_error("%s\n", mmd_status_message(status));
  mmd_status_free(status);
  mmd_test_skip("libtorch is not there");
}

void torchscript_net_init(torchscript_net_t *net) {
  net->folder = mmd_test_make_directory();
  net->path = mmd_path_join(net->folder, "net.pt");
}

void torchscript_net_deinit(torchscript_net_t *net) {
  mmd_test_remove_tree(net->folder);
  mmd_free(net->folder);
  mmd_free(net->path);
}

mmd_status_t torchscript_net_write(const torchscript_net_t *net, const mmd_graph_t *graph) {
  const mmdeploy_target_t *target = NULL;
  mmd_graph_t *legal = NULL;
  mmdeploy_target_result_t files;
  const mmdeploy_target_request_t request = {
      .struct_size = sizeof request,
      .directory = net->folder,
      .save_file = "net.pt",
      .backend_config_json = "{}",
      .ir_config_json = "{}",
      .precision = "FP32",
  };
  MMD_TRY(mmd_target_get("torchscript", &target));
  MMD_TRY(mmd_graph_clone(graph, &legal));
  mmd_status_t status = mmd_graph_infer(legal);
  if (!status) status = mmd_target_legalize(target, legal, &request);
  if (!status) status = mmd_target_write(target, legal, &request, &files);
  mmd_graph_destroy(legal);
  return status;
}

mmd_status_t torchscript_net_open(const torchscript_net_t *net, const char *device,
                                  const char *options, mmd_session_t **out_session) {
  mmd_storage_t *bytes = NULL;
  MMD_TRY(mmd_storage_map_file(net->path, &bytes));
  const mmd_session_options_t session = {.name = "net",
                                         .net = bytes,
                                         .net_path = net->path,
                                         .device_name = device,
                                         .threads = 1,
                                         .options_json = options};
  mmd_status_t status = mmd_session_create(torchscript_engine(), &session, out_session);
  mmd_storage_release(bytes);
  return status;
}

mmd_status_t torchscript_run(const mmd_graph_t *graph, const mmd_tensor_t *inputs,
                             size_t input_count, mmd_tensor_t *outputs, size_t output_count) {
  torchscript_net_t net;
  mmd_session_t *session = NULL;
  torchscript_net_init(&net);
  mmd_status_t status = torchscript_net_write(&net, graph);
  if (!status) status = torchscript_net_open(&net, NULL, NULL, &session);
  if (!status) status = mmd_session_run(session, inputs, input_count, outputs, output_count);
  mmd_session_destroy(session);
  torchscript_net_deinit(&net);
  return status;
}
