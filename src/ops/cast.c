// SPDX-License-Identifier: Apache-2.0
//
// Cast and CastLike.
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

// What the 8-bit floats do above their range when they shall not saturate.
static const struct {
  mmd_dtype_t dtype;
  double limit;                // the first number that rounds beyond the largest
  uint8_t positive, negative;  // what it becomes: infinity or NaN
} overflows[] = {
    {MMD_F8E4M3FN, 464, 0x7f, 0xff},
    {MMD_F8E4M3FNUZ, 248, 0x80, 0x80},
    {MMD_F8E5M2, 61440, 0x7c, 0xfc},
    {MMD_F8E5M2FNUZ, 61440, 0x80, 0x80},
};

static void overflow_minifloats(const mmd_tensor_t *input, mmd_tensor_t *out) {
  uint8_t *data = mmd_tensor_mutable_data(out);
  size_t count = mmd_tensor_count(out);
  for (size_t k = 0; k < sizeof overflows / sizeof *overflows; ++k) {
    if (overflows[k].dtype != out->dtype) continue;
    double limit = overflows[k].limit;
    for (size_t i = 0; i < count; ++i) {
      double x = mmd_dtype_load_f64(input->dtype, mmd_tensor_data(input), i);
      bool beyond = fabs(x) > limit || (fabs(x) == limit && out->dtype != MMD_F8E4M3FN);
      if (beyond) data[i] = x < 0 ? overflows[k].negative : overflows[k].positive;
    }
  }
}

static mmd_status_t parse_number(const mmd_node_t *node, const char *text, size_t size,
                                 double *out_number) {
  static const struct {
    const char *name;
    double number;
  } names[] = {{"inf", (double)INFINITY},
               {"+inf", (double)INFINITY},
               {"-inf", -(double)INFINITY},
               {"nan", (double)NAN}};
  if (mmd_parse_double(text, size, out_number)) return NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    if (size != strlen(names[i].name)) continue;
    bool same = true;
    for (size_t k = 0; k < size; ++k) same = same && (text[k] | 32) == (names[i].name[k] | 32);
    if (!same) continue;
    *out_number = names[i].number;
    return NULL;
  }
  return mmd_node_error(node, MMD_INVALID_ARGUMENT, "'%.40s' is no number", text);
}

static mmd_status_t from_strings(mmd_eval_context_t *c, const mmd_tensor_t *input,
                                 mmd_dtype_t dtype) {
  void *data;
  size_t count = mmd_tensor_count(input), size;
  MMD_TRY(mmd_eval_output_create(c, 0, dtype, &input->shape, &data));
  for (size_t i = 0; i < count; ++i) {
    const char *text = mmd_tensor_get_string(input, i, &size);
    double number;
    int64_t integer;
    if (mmd_dtype_is_integer(dtype) && mmd_parse_i64(text, size, &integer)) {
      mmd_dtype_store_i64(dtype, data, i, integer);
      continue;
    }
    MMD_TRY(parse_number(c->node, text, size, &number));
    mmd_dtype_store_f64(dtype, data, i, number);
  }
  return NULL;
}

// As numpy's astype(str) writes them.
static void format_element(const mmd_tensor_t *input, size_t i, char text[40]) {
  const void *data = mmd_tensor_data(input);
  mmd_str_t unused = {0};
  (void)unused;
  if (input->dtype == MMD_F64) {
    mmd_format_double(mmd_dtype_load_f64(MMD_F64, data, i), text);
  } else if (mmd_dtype_is_float(input->dtype)) {
    mmd_format_float((float)mmd_dtype_load_f64(input->dtype, data, i), text);
  } else if (input->dtype == MMD_BOOL) {
    strcpy(text, mmd_dtype_load_i64(MMD_BOOL, data, i) ? "True" : "False");
  } else {
    int64_t number = mmd_dtype_load_i64(input->dtype, data, i);
    bool negative = number < 0 && input->dtype != MMD_U64;
    uint64_t rest = negative ? 0 - (uint64_t)number : (uint64_t)number;
    char digits[24];
    size_t n = 0;
    do digits[n++] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (negative) *text++ = '-';
    while (n > 0) *text++ = digits[--n];
    *text = '\0';
  }
}

static mmd_status_t to_strings(mmd_eval_context_t *c, const mmd_tensor_t *input) {
  size_t count = mmd_tensor_count(input);
  MMD_TRY(mmd_eval_check_number(c, input));
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_STRING, &input->shape, NULL));
  for (size_t i = 0; i < count; ++i) {
    char text[40];
    format_element(input, i, text);
    MMD_TRY(mmd_tensor_set_string(&c->outputs[0].tensor, i, text, strlen(text)));
  }
  return NULL;
}

static mmd_status_t cast(mmd_eval_context_t *c, mmd_dtype_t dtype) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  mmd_tensor_t result;
  if (dtype <= MMD_DTYPE_UNDEFINED || dtype >= MMD_DTYPE_COUNT) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "unknown element type %d", (int)dtype);
  }
  if (input->dtype == dtype) return mmd_eval_output_view(c, 0, input, &input->shape);
  if (input->dtype == MMD_STRING) return from_strings(c, input, dtype);
  if (dtype == MMD_STRING) return to_strings(c, input);
  mmd_status_t status = mmd_tensor_cast(input, dtype, &result);
  if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
  if (mmd_node_attr_int(c->node, "saturate", 1) == 0) overflow_minifloats(input, &result);
  mmd_eval_output(c, 0, &result);
  return NULL;
}

static mmd_status_t evaluate_cast(mmd_eval_context_t *c) {
  return cast(c, (mmd_dtype_t)mmd_node_attr_int(c->node, "to", 0));
}

static mmd_status_t evaluate_like(mmd_eval_context_t *c) {
  return cast(c, mmd_eval_input(c, 1)->dtype);
}

static mmd_status_t infer_to(mmd_infer_context_t *c, mmd_dtype_t dtype) {
  const mmd_dim_t *const *elements;
  size_t count;
  MMD_TRY(mmd_infer_output_like(c, 0, dtype, mmd_infer_tensor(c, 0)));
  bool wide = dtype == MMD_I64 || dtype == MMD_I32;  // sizes fit in both
  if (!wide) return NULL;
  if (!mmd_infer_elements(c, 0, &elements, &count)) return mmd_infer_truncated(c);
  return mmd_infer_output_elements(c, 0, count, elements);
}

static mmd_status_t infer_cast(mmd_infer_context_t *c) {
  int64_t to = mmd_node_attr_int(c->node, "to", 0);
  if (to <= 0 || to >= MMD_DTYPE_COUNT) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "unknown element type %lld",
                          (long long)to);
  }
  return infer_to(c, (mmd_dtype_t)to);
}

static mmd_status_t infer_like(mmd_infer_context_t *c) {
  return infer_to(c, mmd_infer_dtype(c, 1));
}

static const mmd_op_t ops[] = {
    {"", "Cast", 6, 1, 1, 1, 1, infer_cast, evaluate_cast, 0},
    {"", "CastLike", 15, 2, 2, 1, 1, infer_like, evaluate_like, 0},
};
const mmd_op_family_t mmd_ops_cast = MMD_OP_FAMILY(ops);
