// SPDX-License-Identifier: Apache-2.0
#include "convert/inspect_shapes.h"

#include <string.h>

#include "base/file.h"
#include "convert/driver.h"
#include "convert/edit_graph.h"
#include "convert/graph_picture.h"
#include "convert/inspect.h"
#include "frontends/onnx/import.h"
#include "ops/infer.h"

//===--- graphs ------------------------------------------------------------===//

mmd_status_t mmd_inspect_load_onnx(const mmd_inspect_view_t *view, mmd_value_t *result,
                                   mmd_str_t *text, mmd_graph_t **out_graph) {
  return mmd_inspect_import(view->file, result, text, out_graph);
}

static bool is_onnx(const mmd_package_net_t *net) {
  return strcmp(mmd_path_extension(net->net), ".onnx") == 0;
}

static mmd_status_t find_net(const mmd_package_t *package, const mmd_inspect_view_t *view,
                             const mmd_package_net_t **out_net) {
  *out_net = view->net ? mmd_package_find_net(package, view->net) : NULL;
  if (view->net && !*out_net)
    return MMD_ERROR(MMD_NOT_FOUND, "--net %s: %s has no such network", view->net, view->file);
  for (size_t i = 0; !*out_net && i < mmd_package_net_count(package); ++i) {
    if (is_onnx(mmd_package_net(package, i))) *out_net = mmd_package_net(package, i);
  }
  if (*out_net && is_onnx(*out_net)) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: only networks that are ONNX files can be shown%s%s",
                   view->file, *out_net ? "; this is " : "", *out_net ? (*out_net)->net : "");
}

static mmd_status_t read_net(mmd_package_t *package, const mmd_inspect_view_t *view,
                             mmd_graph_t **out_graph) {
  const mmd_package_net_t *net;
  mmd_storage_t *bytes = NULL;
  MMD_TRY(find_net(package, view, &net));
  MMD_TRY(mmd_package_read(package, net->net, &bytes, NULL));
  const char *directory = mmd_path_is_directory(view->file) ? view->file : NULL;
  mmd_status_t status = mmd_onnx_import_storage(bytes, net->net, directory, NULL, out_graph);
  mmd_storage_release(bytes);
  return status;
}

mmd_status_t mmd_inspect_load_package(const mmd_inspect_view_t *view, mmd_value_t *result,
                                      mmd_str_t *text, mmd_graph_t **out_graph) {
  (void)result;
  (void)text;
  mmd_package_t *package = NULL;
  MMD_TRY(mmd_package_open(view->file, &package));
  mmd_status_t status = read_net(package, view, out_graph);
  mmd_package_release(package);
  return status;
}

mmd_status_t mmd_inspect_load_config(const mmd_inspect_view_t *view, mmd_value_t *result,
                                     mmd_str_t *text, mmd_graph_t **out_graph) {
  (void)result;
  (void)text;
  if (!view->checkpoint || !view->deploy_cfg) {
    return MMD_ERROR(
        MMD_INVALID_ARGUMENT,
        "%s: the graph of a model config needs --checkpoint FILE and --deploy-cfg FILE",
        view->file);
  }
  mmd_driver_t driver = {.deploy_cfg_path = view->deploy_cfg,
                         .model_cfg_path = view->file,
                         .checkpoint_path = view->checkpoint};
  mmd_status_t status = mmd_driver_read(&driver);
  if (!status) status = mmd_driver_build(&driver);
  if (!status) {
    *out_graph = driver.graph;  // weights are counted views
    driver.graph = NULL;
  }
  mmd_driver_deinit(&driver);
  return status;
}

//===--- input shapes ------------------------------------------------------===//

static const mmd_edge_t *find_input(const mmd_graph_t *graph, const char *name, size_t size) {
  for (size_t i = 0; i < graph->root->input_count; ++i) {
    const mmd_edge_t *edge = graph->root->inputs[i];
    if (strlen(edge->name) == size && memcmp(edge->name, name, size) == 0) return edge;
  }
  return NULL;
}

static mmd_status_t set_size(mmd_graph_t *graph, const char *name, int axis, const char *size,
                             size_t length) {
  mmd_str_t entry = {0};
  mmd_status_t status = mmd_str_printf(&entry, "%s:%d=%.*s", name, axis, (int)length, size);
  if (!status) status = mmd_edit_dim(graph, mmd_str_text(&entry));
  mmd_str_deinit(&entry);
  return status;
}

static mmd_status_t set_input(mmd_graph_t *graph, const char *text) {
  const char *equals = strrchr(text, '=');
  const char *sizes = equals ? equals + 1 : text;
  const mmd_region_t *root = graph->root;
  const mmd_edge_t *edge = equals ? find_input(graph, text, (size_t)(equals - text))
                           : root->input_count == 1 ? root->inputs[0]
                                                    : NULL;
  if (!edge) {
    return MMD_ERROR(MMD_NOT_FOUND,
                     "no such input; NAME=1,3,224,224 is expected, NAME one of "
                     "the %zu inputs (first: '%s')",
                     root->input_count, root->input_count ? root->inputs[0]->name : "");
  }
  int axis = 0;
  for (const char *size = sizes;; ++axis) {
    const size_t length = strcspn(size, ",");
    MMD_TRY(set_size(graph, edge->name, axis, size, length));
    if (!size[length]) break;
    size += length + 1;
  }
  if (axis + 1 == edge->type.rank) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%d sizes for input '%s', which has %d", axis + 1,
                   edge->name, edge->type.rank);
}

static mmd_status_t infer(mmd_graph_t *graph, const mmd_value_t *input_shapes) {
  for (size_t i = 0; i < mmd_array_size(input_shapes); ++i) {
    const char *text = mmd_value_get_string(mmd_array_at(input_shapes, i), "");
    MMD_TRY(mmd_status_annotate(set_input(graph, text), "--input-shape %s", text));
  }
  return mmd_array_size(input_shapes) ? mmd_edit_infer(graph) : mmd_graph_infer(graph);
}

//===--- views -------------------------------------------------------------===//

typedef mmd_status_t (*write_fn)(const mmd_picture_t *picture, mmd_str_t *out);

static mmd_status_t draw(const mmd_picture_t *picture, write_fn write, const char *path,
                         const char *member, mmd_value_t *result, mmd_str_t *text) {
  mmd_str_t file = {0};
  if (!path) return NULL;
  mmd_status_t status = write(picture, &file);
  if (!status) status = mmd_file_write(path, mmd_str_text(&file), file.size);
  mmd_str_deinit(&file);
  MMD_TRY(status);
  MMD_TRY(mmd_object_take(result, member, mmd_value_string(path)));
  return mmd_inspect_row(text, member, "%s, %zu boxes, depth %d", path, picture->box_count,
                         picture->depth);
}

static mmd_status_t draw_all(mmd_graph_t *graph, const mmd_inspect_view_t *view,
                             mmd_value_t *result, mmd_str_t *text) {
  if (!view->dot && !view->svg) return NULL;
  mmd_picture_t picture;
  MMD_TRY(mmd_picture_create(graph, (int)view->depth, &picture));
  mmd_status_t status = mmd_object_take(result, "picture_depth", mmd_value_int(picture.depth));
  if (!status) status = draw(&picture, mmd_picture_write_dot, view->dot, "dot", result, text);
  if (!status) status = draw(&picture, mmd_picture_write_svg, view->svg, "svg", result, text);
  mmd_picture_deinit(&picture);
  return status;
}

static mmd_status_t show(mmd_graph_t *graph, const mmd_inspect_view_t *view, mmd_value_t *result,
                         mmd_str_t *text) {
  MMD_TRY(infer(graph, view->input_shapes));
  MMD_TRY(mmd_inspect_ports(graph, 0, result, text));
  if (view->shapes) {
    MMD_TRY(mmd_str_append_char(text, '\n'));
    MMD_TRY(mmd_inspect_tree(graph, (int)view->depth, result, text));
  }
  return draw_all(graph, view, result, text);
}

mmd_status_t mmd_inspect_view(const mmd_inspect_view_t *view, mmd_inspect_load_fn load,
                              mmd_value_t *result, mmd_str_t *text) {
  mmd_graph_t *graph = NULL;
  MMD_TRY(load(view, result, text, &graph));
  mmd_status_t status = show(graph, view, result, text);
  mmd_graph_destroy(graph);
  return status;
}
