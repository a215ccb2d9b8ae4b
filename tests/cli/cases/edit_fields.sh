# SPDX-License-Identifier: Apache-2.0
# Fields that nobody knows, texts and metadata come through; an annotation follows the name of its tensor.
fields=$SOURCE/src/frontends/onnx/testdata/fields.onnx
words() { grep -ao "$1" "$2" | sort | uniq -c | wc -l; }
mmdeploy edit $fields out.onnx --rename-output i=an_image
for word in 'u[0-9][0-9][0-9]' 'doc [0-9]*' 'key [0-9]*' 'MEANING_[0-9]*'; do
  [ "$(words "$word" $fields)" -eq "$(words "$word" out.onnx)" ] || echo "not all of '$word' are there"
done
# The node's, the user's, the output's, the annotation's.
grep -ao an_image out.onnx | wc -l
