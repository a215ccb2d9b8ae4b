# SPDX-License-Identifier: Apache-2.0
"""peer_video.py scale IN OUT: writes the video IN at 1920x1080 as OUT (MPEG-4).
peer_video.py run PACKAGE VIDEO STREAMS: seconds in which the original's SDK finds the objects of a video, decoding included.

Decoding is OpenCV's. Each stream is a thread with a detector of its own, since the original's are not safe to share; frames
come to them through a queue, so that decoding goes on meanwhile.
"""
import queue
import sys
import threading
import time

import cv2

SIZE = (1920, 1080)


def frames(name):
    video = cv2.VideoCapture(name)
    while True:
        ok, frame = video.read()
        if not ok:
            return
        yield frame


def scale(source, target):
    writer = cv2.VideoWriter(target, cv2.VideoWriter_fourcc(*'mp4v'), 25, SIZE)
    for frame in frames(source):
        writer.write(cv2.resize(frame, SIZE, interpolation=cv2.INTER_CUBIC))
    writer.release()


def work(detector, waiting):
    while True:
        frame = waiting.get()
        if frame is None:
            return
        detector(frame)


def run(package, name, streams):
    from mmdeploy_runtime import Detector
    detectors = [Detector(package, 'cpu', 0) for _ in range(streams)]
    waiting = queue.Queue(2 * streams)
    threads = [threading.Thread(target=work, args=(detector, waiting)) for detector in detectors]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for frame in frames(name):
        waiting.put(frame)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    print(f'seconds={time.perf_counter() - begin:.4f}')


def main():
    if sys.argv[1] == 'scale':
        scale(sys.argv[2], sys.argv[3])
    else:
        run(sys.argv[2], sys.argv[3], int(sys.argv[4]))


main()
