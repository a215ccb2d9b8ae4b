// SPDX-License-Identifier: Apache-2.0
//
// If, Loop and Scan: layers with bodies, whose ports are mapped to Parameters and Results by
// number.
#include <stdint.h>

#include "backends/openvino/target/lower_region.h"
#include "backends/openvino/target/lower_table.h"

enum { MAX_PORTS = 128 };

// Inputs of the layer being made.
typedef struct ports_t {
  size_t count;
  ov_value_t inputs[MAX_PORTS];
} ports_t;

static size_t add_port(ov_lower_t *l, ports_t *ports, ov_value_t value) {
  if (ports->count == MAX_PORTS) ov_refuse(l, "more than %d inputs", (int)MAX_PORTS);
  if (!ov_ok(l)) return 0;
  ports->inputs[ports->count] = value;
  return ports->count++;
}

static void map_input(ov_lower_t *l, mmd_str_t *xml, size_t port, const ov_layer_t *parameter) {
  if (!ov_ok(l)) return;
  ov_fail(l, mmd_str_printf(xml, "<input external_port_id=\"%zu\" internal_layer_id=\"%d\"/>", port,
                            parameter->id));
}

static void map_captures(ov_lower_t *l, mmd_str_t *xml, ports_t *ports, const ov_body_t *body) {
  for (const ov_capture_t *item = body->scope.first; item && ov_ok(l); item = item->next) {
    const ov_value_t outside = ov_region_value(l, item->edge);
    map_input(l, xml, add_port(l, ports, outside), item->parameter);
  }
}

// A condition is a tensor of one element.
static ov_value_t scalar(ov_lower_t *l, ov_value_t x) {
  return ov_reshape(l, x, ov_constant_i64s(l, 0, NULL), false);
}

static void append(ov_lower_t *l, mmd_str_t *to, const char *begin, const mmd_str_t *middle,
                   const char *end) {
  mmd_status_t status = mmd_str_append(to, begin);
  if (!status) status = mmd_str_append(to, mmd_str_text(middle));
  if (!status) status = mmd_str_append(to, end);
  if (status) ov_fail(l, status);
}

//===--- If ----------------------------------------------------------------===//

static void finish_if(ov_lower_t *l, const ports_t *ports, const ov_body_t bodies[2],
                      mmd_str_t maps[2]) {
  static const char *const begins[] = {"<then_port_map>", "<else_port_map>"};
  static const char *const ends[] = {"</then_port_map>", "</else_port_map>"};
  const size_t count = l->node->output_count;
  const ov_value_t out = ov_emit_many(l, "If", "opset8", ports->count, ports->inputs, count);
  for (int k = 0; k < 2 && ov_ok(l); ++k) {
    for (size_t i = 0; i < count && ov_ok(l); ++i) {
      ov_fail(
          l, mmd_str_printf(&maps[k], "<output external_port_id=\"%zu\" internal_layer_id=\"%d\"/>",
                            ports->count + i, bodies[k].results[i]->id));
    }
    if (!ov_ok(l)) return;
    append(l, &out.layer->port_maps, begins[k], &maps[k], ends[k]);
    out.layer->bodies[k] = bodies[k].net;
  }
  for (size_t i = 0; i < count; ++i) ov_output(l, i, ov_result(out, i));
}

void ov_lower_if(ov_lower_t *l) {
  static const char *const names[] = {"then_branch", "else_branch"};
  ports_t ports = {0};
  ov_body_t bodies[2] = {0};
  mmd_str_t maps[2] = {0};
  add_port(l, &ports, scalar(l, ov_input(l, 0)));
  for (int k = 0; k < 2 && ov_ok(l); ++k) {
    const mmd_region_t *region = mmd_node_attr_region(l->node, names[k]);
    if (!region) ov_refuse(l, "no %s", names[k]);
    if (!ov_ok(l)) break;
    ov_body_lower(l, region, &OV_NO_SLICES, &bodies[k]);
    map_captures(l, &maps[k], &ports, &bodies[k]);
  }
  if (ov_ok(l)) finish_if(l, &ports, bodies, maps);
  for (int k = 0; k < 2; ++k) {
    ov_body_deinit(&bodies[k]);
    mmd_str_deinit(&maps[k]);
  }
}

//===--- Loop --------------------------------------------------------------===//

// Ports 0 and 1 of the layer are the trip count and the first condition; the body begins with the
// iteration's number, the condition and what is carried on.
static void map_loop(ov_lower_t *l, const mmd_region_t *region, const ov_body_t *body,
                     ports_t *ports, mmd_str_t *maps, mmd_str_t *back) {
  mmd_status_t status = mmd_str_printf(
      maps,
      "<input external_port_id=\"-1\" internal_layer_id=\"%d\" purpose=\"current_iteration\"/>"
      "<output external_port_id=\"-1\" internal_layer_id=\"%d\" purpose=\"execution_condition\"/>",
      body->parameters[0]->id, body->results[0]->id);
  if (status) ov_fail(l, status);
  for (size_t i = 1; i < region->input_count && ov_ok(l); ++i) {
    const size_t port = i == 1 ? 1 : add_port(l, ports, ov_input(l, i));
    map_input(l, maps, port, body->parameters[i]);
    if (ov_ok(l)) {
      ov_fail(l, mmd_str_printf(back, "<edge from-layer=\"%d\" to-layer=\"%d\"/>",
                                body->results[i - 1]->id, body->parameters[i]->id));
    }
  }
  map_captures(l, maps, ports, body);
}

static void finish_loop(ov_lower_t *l, size_t carried, const ports_t *ports, const ov_body_t *body,
                        mmd_str_t *maps, const mmd_str_t *back) {
  const size_t count = l->node->output_count;
  const ov_value_t out = ov_emit_many(l, "Loop", "opset5", ports->count, ports->inputs, count);
  for (size_t i = 0; i < count && ov_ok(l); ++i) {
    const char *slices =
        i < carried ? "" : " axis=\"0\" start=\"0\" end=\"-1\" stride=\"1\" part_size=\"1\"";
    ov_fail(l, mmd_str_printf(maps, "<output%s external_port_id=\"%zu\" internal_layer_id=\"%d\"/>",
                              slices, ports->count + i, body->results[i + 1]->id));
  }
  if (!ov_ok(l)) return;
  append(l, &out.layer->port_maps, "<port_map>", maps, "</port_map>");
  append(l, &out.layer->port_maps, "<back_edges>", back, "</back_edges>");
  out.layer->bodies[0] = body->net;
  for (size_t i = 0; i < count; ++i) ov_output(l, i, ov_result(out, i));
}

void ov_lower_loop(ov_lower_t *l) {
  const mmd_region_t *region = mmd_node_attr_region(l->node, "body");
  ports_t ports = {0};
  ov_body_t body = {0};
  mmd_str_t maps = {0}, back = {0};
  if (!region || region->input_count < 2 || region->output_count < region->input_count - 1)
    ov_refuse(l, "its body lacks inputs or outputs");
  if (!ov_ok(l)) return;
  const size_t carried = region->input_count - 2;
  add_port(l, &ports,
           mmd_node_input(l->node, 0) ? scalar(l, ov_input(l, 0)) : ov_constant_i64(l, -1));
  add_port(
      l, &ports,
      mmd_node_input(l->node, 1) ? scalar(l, ov_input(l, 1)) : ov_constant_number(l, MMD_BOOL, 1));
  const ov_slices_t slices = {.input_from = SIZE_MAX, .output_from = carried + 1};
  ov_body_lower(l, region, &slices, &body);
  if (ov_ok(l)) map_loop(l, region, &body, &ports, &maps, &back);
  if (ov_ok(l)) finish_loop(l, carried, &ports, &body, &maps, &back);
  ov_body_deinit(&body);
  mmd_str_deinit(&maps);
  mmd_str_deinit(&back);
}

//===--- Scan --------------------------------------------------------------===//

// The whole tensors' axes and directions; the engine counts backward steps with a negative stride.
typedef struct scan_t {
  const mmd_region_t *body;
  size_t states, scanned_in, scanned_out;
  int64_t input_axes[MAX_PORTS], output_axes[MAX_PORTS];
} scan_t;

static int64_t list_item(const ov_lower_t *l, const char *name, size_t i) {
  size_t count = 0;
  const int64_t *list = mmd_node_attr_ints(l->node, name, &count);
  return i < count ? list[i] : 0;
}

// |rank| of the element.
static int64_t scan_axis(ov_lower_t *l, const char *name, size_t i, const mmd_edge_t *element) {
  const int rank = element->type.has_rank ? element->type.rank : -1;
  int64_t axis = list_item(l, name, i);
  if (rank >= 0 && axis < 0) axis += rank + 1;
  if (rank < 0 || axis < 0 || axis > rank) ov_refuse(l, "%s %lld", name, (long long)axis);
  return axis;
}

static void read_scan(ov_lower_t *l, scan_t *scan) {
  const int64_t scanned = ov_attr_int(l, "num_scan_inputs", 0);
  const size_t count = l->node->input_count, outputs = l->node->output_count;
  scan->body = mmd_node_attr_region(l->node, "body");
  const bool fits = scan->body && scanned > 0 && (uint64_t)scanned <= count &&
                    scan->body->input_count == count && scan->body->output_count == outputs &&
                    count < MAX_PORTS && outputs < MAX_PORTS && outputs >= count - (size_t)scanned;
  if (!fits) ov_refuse(l, "its body does not fit");
  if (!ov_ok(l)) return;
  scan->scanned_in = (size_t)scanned;
  scan->states = count - scan->scanned_in;
  scan->scanned_out = outputs - scan->states;
  for (size_t i = 0; i < scan->scanned_in; ++i)
    scan->input_axes[i] = scan_axis(l, "scan_input_axes", i, scan->body->inputs[scan->states + i]);
  for (size_t i = 0; i < scan->scanned_out; ++i)
    scan->output_axes[i] =
        scan_axis(l, "scan_output_axes", i, scan->body->outputs[scan->states + i]);
}

// A port of which each step has one element.
static void map_element(ov_lower_t *l, mmd_str_t *xml, const char *tag, int64_t axis,
                        bool is_backward, size_t port, const ov_layer_t *inside) {
  if (!ov_ok(l)) return;
  ov_fail(l, mmd_str_printf(xml,
                            "<%s axis=\"%lld\" start=\"%s\" end=\"%s\" stride=\"%s\" "
                            "part_size=\"1\" external_port_id=\"%zu\" internal_layer_id=\"%d\"/>",
                            tag, (long long)axis, is_backward ? "-1" : "0",
                            is_backward ? "0" : "-1", is_backward ? "-1" : "1", port, inside->id));
}

static void map_scan(ov_lower_t *l, const scan_t *scan, const ov_body_t *body, ports_t *ports,
                     mmd_str_t *maps, mmd_str_t *back) {
  for (size_t i = 0; i < scan->states + scan->scanned_in && ov_ok(l); ++i) {
    const size_t port = add_port(l, ports, ov_input(l, i));
    const size_t k = i - scan->states;
    if (i >= scan->states) {
      map_element(l, maps, "input", scan->input_axes[k],
                  list_item(l, "scan_input_directions", k) != 0, port, body->parameters[i]);
      continue;
    }
    map_input(l, maps, port, body->parameters[i]);
    if (ov_ok(l)) {
      ov_fail(l, mmd_str_printf(back, "<edge from-layer=\"%d\" to-layer=\"%d\"/>",
                                body->results[i]->id, body->parameters[i]->id));
    }
  }
  map_captures(l, maps, ports, body);
}

static void finish_scan(ov_lower_t *l, const scan_t *scan, const ov_body_t *body,
                        const ports_t *ports, mmd_str_t *maps, const mmd_str_t *back) {
  const size_t count = l->node->output_count;
  const ov_value_t out =
      ov_emit_many(l, "TensorIterator", "opset1", ports->count, ports->inputs, count);
  for (size_t i = 0; i < count && ov_ok(l); ++i) {
    const size_t port = ports->count + i, k = i - scan->states;
    if (i >= scan->states) {
      map_element(l, maps, "output", scan->output_axes[k],
                  list_item(l, "scan_output_directions", k) != 0, port, body->results[i]);
    } else {
      ov_fail(l, mmd_str_printf(maps, "<output external_port_id=\"%zu\" internal_layer_id=\"%d\"/>",
                                port, body->results[i]->id));
    }
  }
  if (!ov_ok(l)) return;
  append(l, &out.layer->port_maps, "<port_map>", maps, "</port_map>");
  append(l, &out.layer->port_maps, "<back_edges>", back, "</back_edges>");
  out.layer->bodies[0] = body->net;
  for (size_t i = 0; i < count; ++i) ov_output(l, i, ov_result(out, i));
}

void ov_lower_scan(ov_lower_t *l) {
  scan_t scan = {0};
  ports_t ports = {0};
  ov_body_t body = {0};
  mmd_str_t maps = {0}, back = {0};
  read_scan(l, &scan);
  if (!ov_ok(l)) return;
  const ov_slices_t slices = {.input_from = scan.states,
                              .output_from = scan.states,
                              .input_axes = scan.input_axes,
                              .output_axes = scan.output_axes};
  ov_body_lower(l, scan.body, &slices, &body);
  if (ov_ok(l)) map_scan(l, &scan, &body, &ports, &maps, &back);
  if (ov_ok(l)) finish_scan(l, &scan, &body, &ports, &maps, &back);
  ov_body_deinit(&body);
  mmd_str_deinit(&maps);
  mmd_str_deinit(&back);
}
