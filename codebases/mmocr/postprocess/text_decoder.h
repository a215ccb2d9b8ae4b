// SPDX-License-Identifier: Apache-2.0
//
// What the recognition heads share: the dictionary with its special classes, the best class of each
// step, and the result {"text", "score": [one a character]}.
#ifndef MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_DECODER_H_
#define MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_DECODER_H_

#include "codebases/mmocr/postprocess/text_dictionary.h"

typedef struct mmd_text_decoder_t {
  const char *dict_file, *dict_type;
  const char *start_end_token, *start_token, *end_token, *padding_token;
  const mmd_value_t *dict_list, *unknown_token, *with_unknown, *ignore_chars;
  bool with_start, with_end, same_start_end, start_end_same, with_padding;
  // Not of the table. Indices are -1 where there is no such class.
  int release;
  mmd_text_dictionary_t dictionary;
  int64_t blank, start, end, padding, unknown;
  bool *ignored;  // [classes of the dictionary]
} mmd_text_decoder_t;

extern const mmd_option_t mmd_text_decoder_options[];
enum { MMD_TEXT_DECODER_OPTION_COUNT = 15 };

// The dictionary of CTCConvertor (0.x: <BLK> before, <UKN> behind) or AttnConvertor (0.x: <UKN>,
// <BOS/EOS>, <PAD> behind); from 1.x on the package says what stands behind.
mmd_status_t mmd_text_decoder_prepare(mmd_text_decoder_t *decoder, bool is_ctc,
                                      const mmd_component_env_t *env,
                                      const char *where) MMD_MUST_USE;
void mmd_text_decoder_release(void *options);

// The text as it grows.
typedef struct mmd_text_writer_t {
  const mmd_text_decoder_t *decoder;
  const char *head;
  char *text;
  size_t size, capacity;
  mmd_value_t *scores;
} mmd_text_writer_t;
mmd_status_t mmd_text_writer_add(mmd_text_writer_t *writer, int64_t index,
                                 float score) MMD_MUST_USE;

// Writes the text of |output| [1, steps, classes].
typedef mmd_status_t (*mmd_text_write_fn)(const mmd_text_decoder_t *decoder,
                                          const mmd_tensor_t *output,
                                          const mmd_value_t *prep_output,
                                          mmd_text_writer_t *writer);
// `apply` of such a head: |write| over tensor "output" of inputs[1].
mmd_status_t mmd_text_decoder_apply(const mmd_text_decoder_t *decoder, const char *head,
                                    mmd_value_t *const *inputs, mmd_text_write_fn write,
                                    mmd_value_t **out_result) MMD_MUST_USE;

bool mmd_text_decoder_ignores(const mmd_text_decoder_t *decoder, int64_t index);
// The first greatest of |count| values; NaN counts as greatest, as in PyTorch.
int64_t mmd_text_best(const float *values, int64_t count);

extern const mmd_component_t mmd_ctc_convertor, mmd_attn_convertor;

#endif  // MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_DECODER_H_
