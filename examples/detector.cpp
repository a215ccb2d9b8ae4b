// SPDX-License-Identifier: Apache-2.0
//
// detector.c in C++: handles free themselves, failures are exceptions.
//
//     detector_cpp PACKAGE IMAGE
#include "mmdeploy/detector.hpp"

#include <cstdio>
#include <memory>

#include "mmdeploy/media.h"

namespace {

using Image = std::shared_ptr<mmdeploy_image>;

Image read_image(const char *path) {
  mmdeploy_image_t image{};
  if (const int code = mmdeploy_image_read(path, MMDEPLOY_IMAGE_COLOR, &image))
    mmdeploy::throw_exception(static_cast<mmdeploy::ErrorCode>(code));
  return Image(image, mmdeploy_image_destroy);
}

void run(const char *package, const char *path) {
  const Image image = read_image(path);
  const mmdeploy::Model model(package);
  mmdeploy::Detector detector(model, mmdeploy::Device("cpu"));
  for (const mmdeploy::Detection &box : detector.Apply(*mmdeploy_image_mat(image.get()))) {
    const char *name = model.class_name(box.label_id);
    std::printf("%.4f  label %d  left %.2f  top %.2f  right %.2f  bottom %.2f  %s\n",
                static_cast<double>(box.score), box.label_id, static_cast<double>(box.bbox.left),
                static_cast<double>(box.bbox.top), static_cast<double>(box.bbox.right),
                static_cast<double>(box.bbox.bottom), name ? name : "");
  }
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s PACKAGE IMAGE\n", argv[0]);
    return 2;
  }
  try {
    run(argv[1], argv[2]);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  return 0;
}
