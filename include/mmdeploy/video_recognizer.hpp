// SPDX-License-Identifier: Apache-2.0
//
// C++17 over video_recognizer.h.
#ifndef MMDEPLOY_VIDEO_RECOGNIZER_HPP
#define MMDEPLOY_VIDEO_RECOGNIZER_HPP

#include "mmdeploy/common.hpp"
#include "mmdeploy/video_recognizer.h"

namespace mmdeploy {
namespace cxx {

using VideoRecognition = mmdeploy_video_recognition_t;
using VideoSampleInfo = mmdeploy_video_sample_info_t;

// Classes of videos, best first. May be used from several threads at once.
class VideoRecognizer : public NonMovable {
 public:
  VideoRecognizer(const Model &model, const Context &context) {
    detail::check(mmdeploy_video_recognizer_create_v2(model, context, &handle_));
  }
  ~VideoRecognizer() { mmdeploy_video_recognizer_destroy(handle_); }

  using Result = Result_<VideoRecognition>;

  // Video i has infos[i].clip_len * infos[i].num_clips frames, clip by clip.
  std::vector<Result> Apply(Span<const std::vector<Mat>> videos,
                            Span<const VideoSampleInfo> infos) {
    if (videos.empty()) return {};
    std::vector<Mat> frames;
    if (videos.size() != infos.size())
      throw Exception(ErrorCode::eInvalidArgument, "there must be one info a video");
    for (size_t i = 0; i < videos.size(); ++i) {
      const int64_t wanted = static_cast<int64_t>(infos[i].clip_len) * infos[i].num_clips;
      if (static_cast<int64_t>(videos[i].size()) != wanted)
        throw Exception(ErrorCode::eInvalidArgument,
                        "a video has other than clip_len * num_clips frames");
      frames.insert(frames.end(), videos[i].begin(), videos[i].end());
    }
    VideoRecognition *results{};
    int *counts{};
    const int n = detail::count_of(videos.size());
    detail::check(mmdeploy_video_recognizer_apply(handle_, reinterpret(frames.data()), infos.data(),
                                                  n, &results, &counts));
    std::shared_ptr<VideoRecognition> data(results, [counts, count = n](auto *p) {
      mmdeploy_video_recognizer_release_result(p, counts, count);
    });
    return detail::share_out(data, counts, videos.size());
  }
  Result Apply(const std::vector<Mat> &video, const VideoSampleInfo info) {
    return Apply(Span<const std::vector<Mat>>(&video, size_t{1}),
                 Span<const VideoSampleInfo>(&info, size_t{1}))[0];
  }

 private:
  mmdeploy_video_recognizer_t handle_{};
};

}  // namespace cxx

using cxx::VideoRecognition;
using cxx::VideoRecognizer;
using cxx::VideoSampleInfo;

}  // namespace mmdeploy

#endif  // MMDEPLOY_VIDEO_RECOGNIZER_HPP
