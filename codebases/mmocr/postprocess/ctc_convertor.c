// SPDX-License-Identifier: Apache-2.0
//
// CTCConvertor: the best class of each step; repeats and blanks are left out. Networks of 0.x give
// logits, whose softmax is the score as in mmocr; those of 1.x give probabilities.
#include <math.h>

#include "codebases/mmocr/postprocess/text_decoder.h"

#define HEAD "CTCConvertor"

static const mmd_option_table_t g_table = {
    HEAD, mmd_text_decoder_options, MMD_TEXT_DECODER_OPTION_COUNT, sizeof(mmd_text_decoder_t)};

static mmd_status_t prepare(void *options, const mmd_component_env_t *env, const char *where) {
  return mmd_text_decoder_prepare(options, true, env, where);
}

// Steps that show the picture and not the border to its right.
static int64_t steps_of(const mmd_value_t *prep_output, int64_t count) {
  const mmd_value_t *metas = mmd_object_get(prep_output, "img_metas");
  const double ratio = mmd_value_get_float(mmd_object_get(metas, "valid_ratio"), 1);
  const double steps = ceil((double)count * ratio);
  return steps < (double)count ? (steps > 0 ? (int64_t)steps : 0) : count;
}

static float softmax_of(const float *logits, int64_t count, int64_t index) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += (double)expf(logits[i] - logits[index]);
  return (float)(1 / sum);
}

static mmd_status_t write(const mmd_text_decoder_t *decoder, const mmd_tensor_t *output,
                          const mmd_value_t *prep_output, mmd_text_writer_t *writer) {
  const int64_t classes = output->shape.dims[2];
  const int64_t steps = classes ? steps_of(prep_output, output->shape.dims[1]) : 0;
  const float *values = mmd_tensor_data(output);
  const bool is_logits = decoder->release < 1;
  int64_t before = is_logits ? decoder->blank : decoder->padding;
  for (int64_t t = 0; t < steps; ++t, values += classes) {
    const int64_t index = mmd_text_best(values, classes);
    const bool is_new = index != before && index != decoder->blank;
    before = index;
    if (!is_new || mmd_text_decoder_ignores(decoder, index)) continue;
    const float score = is_logits ? softmax_of(values, classes, index) : values[index];
    MMD_TRY(mmd_text_writer_add(writer, index, score));
  }
  return NULL;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_text_decoder_apply(options, HEAD, inputs, write, out_result);
}

const mmd_component_t mmd_ctc_convertor = {
    .module = "mmocr",
    .name = HEAD,
    .help = "Text from the classes of all steps, without repeats and blanks.",
    .options = &g_table,
    .apply = apply,
    .input_count = 2,
    .prepare = prepare,
    .release = mmd_text_decoder_release,
};
