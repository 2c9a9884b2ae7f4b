"""A peer: reads raw pictures, draws the time with OpenCV's putText, writes BGR to standard output."""

import sys
import time

import cv2
import numpy as np


def main() -> None:
    """Arguments: width, height."""
    width, height = int(sys.argv[1]), int(sys.argv[2])
    size = width * height * 3 // 2
    while len(raw := sys.stdin.buffer.read(size)) == size:
        yuv = np.frombuffer(raw, np.uint8).reshape(height * 3 // 2, width)
        picture = cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR_I420)
        text = time.strftime("%Y-%m-%d %H:%M:%S")
        cv2.putText(picture, text, (8, 40), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255, 255, 255), 2)
        sys.stdout.buffer.write(picture.tobytes())


if __name__ == "__main__":
    main()
