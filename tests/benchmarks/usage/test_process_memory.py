"""The memory of this process is read from /proc."""

import mmap
import sys

import numpy as np
import pytest

from benchmarks.usage import process_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_resident_memory_includes_written_pages():
    before = process_memory.status("VmRSS")
    with process_memory.sampled("RssAnon", 0.001) as samples:
        pages = mmap.mmap(-1, 2**24, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # new pages, not freed ones
        array = np.frombuffer(pages, np.uint8)
        array[...] = 1
    samples.append(process_memory.status("RssAnon"))
    assert process_memory.status("VmRSS") - before > 2**23 and max(samples) - samples[0] > 2**23 and array.all()
