// SPDX-License-Identifier: Apache-2.0
//
// C++17 over text_recognizer.h.
#ifndef MMDEPLOY_TEXT_RECOGNIZER_HPP
#define MMDEPLOY_TEXT_RECOGNIZER_HPP

#include "mmdeploy/text_detector.hpp"
#include "mmdeploy/text_recognizer.h"

namespace mmdeploy {
namespace cxx {

using TextRecognition = mmdeploy_text_recognition_t;

// Reads texts. May be used from several threads at once.
class TextRecognizer : public NonMovable {
 public:
  TextRecognizer(const Model &model, const Context &context) {
    detail::check(mmdeploy_text_recognizer_create_v2(model, context, &handle_));
  }
  ~TextRecognizer() { mmdeploy_text_recognizer_destroy(handle_); }

  using Result = Result_<TextRecognition>;

  // |bbox_count[i]| of |bboxes| belong to image i, whose result has an answer for each. Without a
  // |bbox_count| images are taken whole.
  std::vector<Result> Apply(Span<const Mat> images, Span<const TextDetection> bboxes,
                            Span<const int> bbox_count) {
    if (images.empty()) return {};
    check_boxes(images, bboxes, bbox_count);
    // None is not the same as no boxes at all.
    static const TextDetection none{};
    const bool is_whole = bbox_count.empty();
    const TextDetection *boxes = is_whole ? nullptr : bboxes.empty() ? &none : bboxes.data();
    const int *counts = is_whole ? nullptr : bbox_count.data();
    const int n = detail::count_of(images.size());
    TextRecognition *results{};
    detail::check(mmdeploy_text_recognizer_apply_bbox(handle_, reinterpret(images.data()), n, boxes,
                                                      counts, &results));
    const int total = is_whole ? n : detail::count_of(bboxes.size());
    std::shared_ptr<TextRecognition> data(
        results, [total](auto *p) { mmdeploy_text_recognizer_release_result(p, total); });
    return detail::share_out(data, counts, images.size());
  }
  // Without boxes the image is taken whole, as with the original; use the call above for none.
  Result Apply(const Mat &image, Span<const TextDetection> bboxes = {}) {
    const int count = detail::count_of(bboxes.size());
    const Span<const int> counts =
        bboxes.empty() ? Span<const int>() : Span<const int>(&count, size_t{1});
    return Apply(Span<const Mat>(&image, size_t{1}), bboxes, counts)[0];
  }

 private:
  static void check_boxes(Span<const Mat> images, Span<const TextDetection> bboxes,
                          Span<const int> bbox_count) {
    size_t total = 0;
    for (const int count : bbox_count) total += count > 0 ? static_cast<size_t>(count) : 0;
    if (!bbox_count.empty() && (bbox_count.size() != images.size() || total != bboxes.size()))
      throw Exception(ErrorCode::eInvalidArgument, "bbox_count does not fit images and bboxes");
  }

  mmdeploy_text_recognizer_t handle_{};
};

}  // namespace cxx

using cxx::TextRecognition;
using cxx::TextRecognizer;

}  // namespace mmdeploy

#endif  // MMDEPLOY_TEXT_RECOGNIZER_HPP
