# SPDX-License-Identifier: Apache-2.0
#
# Headers, CMake package, pkg-config file, deploy configs. Everything finds its neighbours by relative paths, so an installation may
# be moved.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/mmdeploy DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/mmdeploy)
install(FILES LICENSE THIRD_PARTY.md README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/MMDeploy)
set(MMDEPLOY_TASKS classifier detector segmentor restorer text_detector text_recognizer pose_detector pose_tracker
  rotated_detector video_recognizer)
configure_package_config_file(cmake/MMDeployConfig.cmake.in ${PROJECT_BINARY_DIR}/MMDeployConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/MMDeployConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/MMDeployConfig.cmake ${PROJECT_BINARY_DIR}/MMDeployConfigVersion.cmake
  cmake/MMDeploy.cmake DESTINATION ${package_dir})

configure_file(cmake/mmdeploy.pc.in ${PROJECT_BINARY_DIR}/mmdeploy.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mmdeploy.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
