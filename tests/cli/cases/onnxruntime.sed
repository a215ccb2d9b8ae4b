s/onnxruntime [0-9.]*/onnxruntime V/
/^  \(backbone\|neck\|head\)\./d
