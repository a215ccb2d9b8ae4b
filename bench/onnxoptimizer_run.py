# SPDX-License-Identifier: Apache-2.0
"""onnxoptimizer_run.py IN OUT: onnxoptimizer with all its passes; it has no program of its own for that."""
import sys

import onnx
import onnxoptimizer

onnx.save(onnxoptimizer.optimize(onnx.load(sys.argv[1]), onnxoptimizer.get_fuse_and_elimination_passes()), sys.argv[2])
