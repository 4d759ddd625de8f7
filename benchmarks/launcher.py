"""Runs a command and writes what it cost to a file descriptor.

    python -I -S launcher.py DESCRIPTOR COMMAND [ARGUMENT ...]

Linux counts the memory of the process that starts a command as the command's own, up to the
moment that the command's program is loaded. This process is smaller than any that it starts.
"""

import os
import sys
import time

descriptor = int(sys.argv[1])
started = time.perf_counter()
close = (os.POSIX_SPAWN_CLOSE, descriptor)
process = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=[close])
_, status, usage = os.wait4(process, 0)
wall = time.perf_counter() - started
cpu = usage.ru_utime + usage.ru_stime
os.write(descriptor, f"{wall} {cpu} {usage.ru_maxrss / 1024}".encode())
sys.exit(abs(os.waitstatus_to_exitcode(status)))
