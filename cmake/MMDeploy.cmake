# SPDX-License-Identifier: Apache-2.0
# Functions that projects written for the original call. One library holds everything here, so there is nothing to load.
function(mmdeploy_load_static target)
endfunction()
function(mmdeploy_load_dynamic target)
endfunction()
