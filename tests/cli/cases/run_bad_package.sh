# SPDX-License-Identifier: Apache-2.0
make_package good
bad() { rm -rf package && cp -r good package; }
classify_photo() { try mmdeploy run classifier package "$PHOTO"; }
try mmdeploy run classifier missing "$PHOTO"
try mmdeploy run classifier good/end2end.onnx "$PHOTO"
bad && rm package/deploy.json && classify_photo
bad && rm package/pipeline.json && classify_photo
bad && rm package/end2end.onnx && classify_photo
bad && echo '{"version": ' >package/deploy.json && classify_photo
bad && echo '{"version": "0.14.0", "task": "Classifier", "models": 3}' >package/deploy.json && classify_photo
bad && sed 's/"Classifier"/"Detector"/' good/deploy.json >package/deploy.json && classify_photo
bad && sed 's/end2end.onnx/..\/good\/end2end.onnx/' good/deploy.json >package/deploy.json && classify_photo
bad && sed 's/"reference"/"nonesuch"/' good/deploy.json >package/deploy.json && classify_photo
bad && sed 's/"crop_size": *64/"crop_size": 100000000/' good/pipeline.json >package/pipeline.json && classify_photo
bad && sed 's/"crop_size": *64/"crop_size": "big"/' good/pipeline.json >package/pipeline.json && classify_photo
bad && sed 's/"CenterCrop"/"CentreCrop"/' good/pipeline.json >package/pipeline.json && classify_photo
bad && head -c 1000 good/end2end.onnx >package/end2end.onnx && classify_photo
try mmdeploy run classifier "$DATA/dotdot.zip" "$PHOTO"
try mmdeploy run classifier good "$PHOTO" --device cuda
