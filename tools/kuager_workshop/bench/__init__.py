"""What recording costs, measured against what others do with the same pictures: `make bench`.

Times here mean nothing by themselves (machines are shared), so every figure is a ratio against a peer measured in the
same run, interleaved, as the median of the processes' user and system time.
"""
