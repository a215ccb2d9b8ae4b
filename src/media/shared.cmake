# SPDX-License-Identifier: Apache-2.0
#
# libmmdeploy_media: the archive of this folder alone. Base, tensor and kernels come from libmmdeploy, so that allocator, log and
# last error exist once. Included when the target mmdeploy is known.
if(TARGET mmdeploy AND TARGET mmd_media)
  mmd_shared(mmdeploy_media MAP ${PROJECT_SOURCE_DIR}/src/media/media.map ARCHIVES media
    LINK mmdeploy jpeg spng webp)
endif()
