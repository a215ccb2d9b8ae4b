# SPDX-License-Identifier: Apache-2.0
try mmdeploy run classifier
try mmdeploy run classifier package
try mmdeploy run classifier package a.png --topk none
try mmdeploy run classifier package a.png --topk 0
try mmdeploy run classifier package a.png --draw
try mmdeploy run classifier package a.png --jsn
try mmdeploy run classifier package a.png b.png --draw out.png
