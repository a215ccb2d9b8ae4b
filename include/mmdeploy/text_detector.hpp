// SPDX-License-Identifier: Apache-2.0
//
// C++17 over text_detector.h.
#ifndef MMDEPLOY_TEXT_DETECTOR_HPP
#define MMDEPLOY_TEXT_DETECTOR_HPP

#include "mmdeploy/common.hpp"
#include "mmdeploy/text_detector.h"

namespace mmdeploy {
namespace cxx {

using TextDetection = mmdeploy_text_detection_t;

// Boxes of texts. May be used from several threads at once.
class TextDetector : public NonMovable {
 public:
  TextDetector(const Model &model, const Context &context) {
    detail::check(mmdeploy_text_detector_create_v2(model, context, &handle_));
  }
  ~TextDetector() { mmdeploy_text_detector_destroy(handle_); }

  using Result = Result_<TextDetection>;

  std::vector<Result> Apply(Span<const Mat> images) {
    if (images.empty()) return {};
    TextDetection *results{};
    int *counts{};
    const int n = detail::count_of(images.size());
    detail::check(
        mmdeploy_text_detector_apply(handle_, reinterpret(images.data()), n, &results, &counts));
    std::shared_ptr<TextDetection> data(results, [counts, count = n](auto *p) {
      mmdeploy_text_detector_release_result(p, counts, count);
    });
    return detail::share_out(data, counts, images.size());
  }
  Result Apply(const Mat &image) { return Apply(Span<const Mat>(&image, size_t{1}))[0]; }

 private:
  mmdeploy_text_detector_t handle_{};
};

}  // namespace cxx

using cxx::TextDetection;
using cxx::TextDetector;

}  // namespace mmdeploy

#endif  // MMDEPLOY_TEXT_DETECTOR_HPP
