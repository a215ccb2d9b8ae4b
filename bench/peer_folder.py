# SPDX-License-Identifier: Apache-2.0
"""peer_folder.py PACKAGE FOLDER STREAMS: seconds in which the original's SDK classifies the pictures of a folder, decoding included.

Each stream is a thread with a classifier of its own: the original's are not safe to share.
"""
import glob
import sys
import threading
import time

import cv2
from mmdeploy_runtime import Classifier


def run(package, names):
    classifier = Classifier(package, 'cpu', 0)
    for name in names:
        classifier(cv2.imread(name))


def main():
    package, folder, streams = sys.argv[1], sys.argv[2], int(sys.argv[3])
    names = sorted(glob.glob(folder + '/*'))
    begin = time.perf_counter()
    threads = [threading.Thread(target=run, args=(package, names[i::streams])) for i in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"seconds={time.perf_counter() - begin:.4f}")


main()
