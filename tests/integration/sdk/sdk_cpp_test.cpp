// SPDX-License-Identifier: Apache-2.0
//
// The C++ headers: every class, answers equal to those of the C functions, exceptions, values.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "mmdeploy/classifier.hpp"
#include "mmdeploy/detector.hpp"
#include "mmdeploy/media.h"
#include "mmdeploy/pipeline.hpp"
#include "mmdeploy/pose_detector.hpp"
#include "mmdeploy/pose_tracker.hpp"
#include "mmdeploy/restorer.hpp"
#include "mmdeploy/rotated_detector.hpp"
#include "mmdeploy/segmentor.hpp"
#include "mmdeploy/text_detector.hpp"
#include "mmdeploy/text_recognizer.hpp"
#include "mmdeploy/video_recognizer.hpp"

// The engine's locks are invisible to the sanitizer.
extern "C" const char *__tsan_default_suppressions();
extern "C" const char *__tsan_default_suppressions() {
  return "called_from_lib:libonnxruntime\nrace:libonnxruntime\n";
}

namespace {

using namespace mmdeploy;

int g_failures = 0;

void expect(bool is_true, const char *what, int line) {
  if (is_true) return;
  std::fprintf(stderr, "%s:%d: %s\n", __FILE__, line, what);
  ++g_failures;
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)

void expect_throw(ErrorCode code, const char *part, const std::function<void()> &call, int line) {
  try {
    call();
  } catch (const Exception &error) {
    if (error.code() == code && std::strstr(error.what(), part)) return;
    std::fprintf(stderr, "%s:%d: %s\n", __FILE__, line, error.what());
    ++g_failures;
    return;
  }
  expect(false, "nothing was thrown", line);
}
#define EXPECT_THROW(code, part, call) expect_throw((code), (part), [&] { call; }, __LINE__)

std::string tasks(const std::string &path) {
  return std::string(MMD_SOURCE_DIR "/tests/tasks/") + path;
}
std::string package(const std::string &name) {
  return tasks("packages/" + name);
}
const char *const kTiny = MMD_SOURCE_DIR "/tests/packages/tiny";

// A photo that owns its pixels.
class Photo {
 public:
  explicit Photo(const std::string &name) {
    const std::string path = tasks("photos/" + name);
    if (mmdeploy_image_read(path.c_str(), MMDEPLOY_IMAGE_COLOR, &image_)) std::abort();
  }
  Photo(const Photo &) = delete;
  Photo &operator=(const Photo &) = delete;
  ~Photo() { mmdeploy_image_destroy(image_); }
  Mat mat() const { return *mmdeploy_image_mat(image_); }

 private:
  mmdeploy_image_t image_{};
};

void test_span() {
  int numbers[] = {1, 2, 3, 4};
  const std::vector<int> list = {1, 2, 3, 4};
  const Span<int> a(numbers);
  const Span<const int> b(list), c = a.size() ? Span<const int>(numbers, 4) : Span<const int>();
  EXPECT(b == c && a.front() == 1 && a.back() == 4 && a.size_bytes() == sizeof numbers);
  EXPECT(a.first(2).size() == 2 && a.last(1)[0] == 4 && a.subspan(1).size() == 3);
  EXPECT(a.subspan(1, 2) == Span<int>(numbers + 1, numbers + 3) && a != a.first(3));
  EXPECT(*a.rbegin() == 4 && Span<int>().empty() && Span{list}.size() == 4);
  int sum = 0;
  for (const int n : a) sum += n;
  EXPECT(sum == 10);
}

void test_value() {
  const Value config = {
      {"name", "x"}, {"list", {1, 2.5, "three", nullptr, true}}, {"in", {{"k", -1}}}};
  EXPECT(config.is_object() && config.size() == 3 && config["list"].size() == 5);
  EXPECT(config["list"][0].get<int>() == 1 && config["list"][1].get<double>() == 2.5);
  EXPECT(config["list"][2].get<std::string>() == "three" && config["list"][3].is_null());
  EXPECT(config["in"]["k"].get<int>() == -1 && config.value("none", 7) == 7);
  EXPECT(config.contains("name") && !config.contains("nam"));
  const Value again = Value::from_json(config.to_json());
  EXPECT(again.to_json() == config.to_json() && again["list"][4].get<bool>());
  Value made;
  made["a"]["b"] = 3;
  made["list"].push_back("x");
  EXPECT(made.to_json() == Value::from_json("{\"a\": {\"b\": 3}, \"list\": [\"x\"]}").to_json());
  int count = 0;
  for (const Value &item : config["list"]) count += !item.is_null();
  EXPECT(count == 4);
  EXPECT_THROW(ErrorCode::eInvalidArgument, "another kind", (void)config["name"].get<int>());
  EXPECT_THROW(ErrorCode::eOutOfRange, "nobody", (void)config["nobody"]);
  EXPECT_THROW(ErrorCode::eInvalidArgument, "json", (void)Value::from_json("{"));
}

void test_errors() {
  EXPECT_THROW(ErrorCode::eFileNotExist, "/no/such", Model("/no/such/package"));
  EXPECT_THROW(ErrorCode::eInvalidArgument, "abacus", Device("abacus"));
  EXPECT_THROW(ErrorCode::eFail, "zip", Model("nothing", 7));
  EXPECT_THROW(ErrorCode::eNotSupported, "Classifier", Detector(Model(kTiny), Device("cpu")));
  EXPECT_THROW(ErrorCode::eInvalidArgument, "device", Classifier(Model(kTiny), Context()));
  try {
    Model("/no/such/package");
  } catch (const std::exception &error) {
    EXPECT(std::strstr(error.what(), "(5)") != nullptr);
  }
}

void test_classifier(const Mat &mat) {
  Context context(Device("cpu", 0));
  context.Add("pool", Scheduler::ThreadPool(2));
  context.Add("thread", Scheduler::Thread());
  context.Add(Profiler("/dev/null"));
  const Model model(kTiny);
  Classifier classifier(model, context);
  const std::vector<Mat> mats = {mat, mat};
  const auto results = classifier.Apply(mats);
  const Classifier::Result single = classifier.Apply(mat);
  EXPECT(results.size() == 2 && results[1].size() == 5 && single.size() == 5);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT(results[1][i].label_id == single[i].label_id && results[1][i].score == single[i].score);
  }
  EXPECT(&*results[1] == results[1].begin() && results[1]->label_id == single[0].label_id);
  EXPECT(classifier.Apply(Span<const Mat>()).empty());
  EXPECT(model.class_name(single[0].label_id) != nullptr && model.class_name(-1) == nullptr);
  EXPECT_THROW(ErrorCode::eInvalidArgument, "data is NULL", classifier.Apply(Mat()));
}

void test_pipeline(const Mat &mat) {
  const Value config = {{"type", "Inference"},
                        {"input", {"img"}},
                        {"output", {"cls"}},
                        {"params", {{"model", Model(kTiny)}}}};
  Pipeline pipeline(config, Device("cpu"));
  const Value single = pipeline.Apply(mat);
  const Value batch = pipeline.Apply({{{{"ori_img", mat}}, {{"ori_img", mat}}}});
  EXPECT(single.size() == 1 && single[0].size() == 5);
  EXPECT(batch.size() == 1 && batch[0].size() == 2);
  EXPECT(batch[0][1].to_json() == single[0].to_json());
  EXPECT(single[0][0]["score"].get<double>() >= single[0][1]["score"].get<double>());
  EXPECT_THROW(ErrorCode::eFail, "", Pipeline(Value(3), Device("cpu")));
}

void test_tasks(const Mat &mat) {
  const Device device("cpu");
  Detector detector(Model(package("instance-seg_mask-rcnn")), device);
  const std::vector<Detection> boxes = [&] {
    const Detector::Result result = detector.Apply(mat);
    EXPECT(result.size() > 0 && result[0].mask && result[0].mask->data);
    return std::vector<Detection>(result.begin(), result.end());
  }();
  EXPECT(!boxes.empty());
  Segmentor segmentor(Model(package("segmentation_fcn")), device);
  const Segmentor::Result map = segmentor.Apply(mat);
  EXPECT(map.size() == 1 && map->mask && map->height == mat.desc().height);
  Restorer restorer(Model(package("restoration_srcnn")), device);
  EXPECT(restorer.Apply(mat)->format == MMDEPLOY_PIXEL_FORMAT_RGB);
  RotatedDetector rotated(Model(package("rotated-detection_retinanet")), device);
  EXPECT(rotated.Apply(std::vector<Mat>{mat, mat}).size() == 2);
  VideoRecognizer video(Model(package("video_tsn")), device);
  EXPECT(video.Apply(std::vector<Mat>(8, mat), {1, 8}).size() == 1);
  EXPECT_THROW(ErrorCode::eInvalidArgument, "frames", video.Apply({mat}, {1, 8}));
}

void test_boxes(const Mat &mat) {
  const Device device("cpu");
  PoseDetector pose(Model(package("pose_res18")), device);
  const std::vector<Rect> rects = {{10, 10, 60, 90}, {20, 5, 100, 100}, {0, 0, 50, 50}};
  const auto poses = pose.Apply(std::vector<Mat>{mat, mat}, rects, std::vector<int>{1, 2});
  EXPECT(poses.size() == 2 && poses[0].size() == 1 && poses[1].size() == 2);
  EXPECT(poses[1][1].length == 17 && poses[1]->point != poses[0]->point);
  EXPECT(pose.Apply(mat).size() == 1 && pose.Apply(mat, rects).size() == 3);
  EXPECT(pose.Apply({mat}, {}, std::vector<int>{0})[0].size() == 0);
  EXPECT_THROW(ErrorCode::eInvalidArgument, "bbox_count",
               pose.Apply(std::vector<Mat>{mat}, rects, std::vector<int>{2}));
}

void test_text() {
  const Photo page("page.png");
  const Device device("cpu");
  TextDetector detector(Model(package("text-detection_dbnet_1x")), device);
  TextRecognizer recognizer(Model(package("text-recognition_crnn_1x")), device);
  const TextDetector::Result boxes = detector.Apply(page.mat());
  const TextRecognizer::Result texts = recognizer.Apply(page.mat(), {boxes.begin(), boxes.size()});
  EXPECT(boxes.size() > 0 && texts.size() == boxes.size());
  for (const TextRecognition &text : texts) EXPECT(text.text && text.length >= 0);
}

void test_pose_tracker() {
  PoseTracker tracker(Model(package("pose-tracker_rtmdet_1x")),
                      Model(package("pose-tracker_rtmpose_1x")), Device("cpu"));
  PoseTracker::Params params;
  EXPECT(params->det_interval == 1 && params->track_max_missing == 10);
  params->det_thr = 0.3f;
  std::vector<PoseTracker::State> states;
  for (int i = 0; i < 2; ++i) states.push_back(tracker.CreateState(params));
  for (int i = 1; i <= 3; ++i) {
    const Photo photo("clip/img_0000" + std::to_string(i) + ".png");
    const PoseTracker::Result people = tracker.Apply(states[0], photo.mat());
    for (const auto &person : people) EXPECT(person.keypoint_count > 0 && person.scores);
    const std::vector<Mat> frames = {photo.mat(), photo.mat()};
    EXPECT(tracker.Apply(states, frames).size() == 2);
  }
}

bool has_engine() {
  const char *version{}, *library{};
  if (mmdeploy_backend_info("onnxruntime", &version, &library) == MMDEPLOY_SUCCESS) return true;
  const char *required = std::getenv("MMDEPLOY_REQUIRE_ASSETS");
  EXPECT(!required || std::strcmp(required, "1") != 0);
  return false;
}

}  // namespace

int main() {
  try {
    const Photo photo("cat.png");
    test_span();
    test_value();
    test_errors();
    test_classifier(photo.mat());
    test_pipeline(photo.mat());
    if (has_engine()) {
      test_tasks(photo.mat());
      test_boxes(photo.mat());
      test_text();
      test_pose_tracker();
    }
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return g_failures ? 1 : 0;
}
