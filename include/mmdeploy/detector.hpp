// SPDX-License-Identifier: Apache-2.0
//
// C++17 over detector.h.
#ifndef MMDEPLOY_DETECTOR_HPP
#define MMDEPLOY_DETECTOR_HPP

#include "mmdeploy/common.hpp"
#include "mmdeploy/detector.h"

namespace mmdeploy {
namespace cxx {

using Detection = mmdeploy_detection_t;

// Boxes of objects, with masks where the model makes them. May be used from several threads at
// once.
class Detector : public NonMovable {
 public:
  Detector(const Model &model, const Context &context) {
    detail::check(mmdeploy_detector_create_v2(model, context, &handle_));
  }
  ~Detector() { mmdeploy_detector_destroy(handle_); }

  using Result = Result_<Detection>;

  std::vector<Result> Apply(Span<const Mat> images) {
    if (images.empty()) return {};
    Detection *results{};
    int *counts{};
    const int n = detail::count_of(images.size());
    detail::check(
        mmdeploy_detector_apply(handle_, reinterpret(images.data()), n, &results, &counts));
    std::shared_ptr<Detection> data(results, [counts, count = n](auto *p) {
      mmdeploy_detector_release_result(p, counts, count);
    });
    return detail::share_out(data, counts, images.size());
  }
  Result Apply(const Mat &image) { return Apply(Span<const Mat>(&image, size_t{1}))[0]; }

 private:
  mmdeploy_detector_t handle_{};
};

}  // namespace cxx

using cxx::Detection;
using cxx::Detector;

}  // namespace mmdeploy

#endif  // MMDEPLOY_DETECTOR_HPP
