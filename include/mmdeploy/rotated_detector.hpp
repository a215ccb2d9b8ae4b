// SPDX-License-Identifier: Apache-2.0
//
// C++17 over rotated_detector.h.
#ifndef MMDEPLOY_ROTATED_DETECTOR_HPP
#define MMDEPLOY_ROTATED_DETECTOR_HPP

#include "mmdeploy/common.hpp"
#include "mmdeploy/rotated_detector.h"

namespace mmdeploy {
namespace cxx {

using RotatedDetection = mmdeploy_rotated_detection_t;

// Turned boxes of objects. May be used from several threads at once.
class RotatedDetector : public NonMovable {
 public:
  RotatedDetector(const Model &model, const Context &context) {
    detail::check(mmdeploy_rotated_detector_create_v2(model, context, &handle_));
  }
  ~RotatedDetector() { mmdeploy_rotated_detector_destroy(handle_); }

  using Result = Result_<RotatedDetection>;

  std::vector<Result> Apply(Span<const Mat> images) {
    if (images.empty()) return {};
    RotatedDetection *results{};
    int *counts{};
    const int n = detail::count_of(images.size());
    detail::check(
        mmdeploy_rotated_detector_apply(handle_, reinterpret(images.data()), n, &results, &counts));
    std::shared_ptr<RotatedDetection> data(
        results, [counts](auto *p) { mmdeploy_rotated_detector_release_result(p, counts); });
    return detail::share_out(data, counts, images.size());
  }
  Result Apply(const Mat &image) { return Apply(Span<const Mat>(&image, size_t{1}))[0]; }

 private:
  mmdeploy_rotated_detector_t handle_{};
};

}  // namespace cxx

using cxx::RotatedDetection;
using cxx::RotatedDetector;

}  // namespace mmdeploy

#endif  // MMDEPLOY_ROTATED_DETECTOR_HPP
