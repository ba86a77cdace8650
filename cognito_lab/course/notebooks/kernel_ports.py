"""Ports for kernels that no other process is about to take.

jupyter_client asks the system for free ports, closes them, and tells them to the kernel, which opens them a
moment later. In between another process may be given the same ones, for a kernel of its own or as the near
end of a connection, and the kernel dies at its start. jupyter_client guards against it within one process.
"""

from __future__ import annotations

import itertools
import os
import socket
from typing import Any

# Below the ports that systems hand out by themselves (from 32768 on Linux, from 49152 on macOS).
LOWEST, FOR_EACH_PROCESS, PROCESSES = 10_000, 100, 200


def keep_apart() -> None:
    """Let the kernels of this process have ports from a range that is this process's own."""
    from jupyter_client.connect import LocalPortCache

    first = LOWEST + os.getpid() % PROCESSES * FOR_EACH_PROCESS
    numbers = itertools.cycle(range(first, first + FOR_EACH_PROCESS))

    def find_available_port(self: Any, ip: str) -> int:
        for port in itertools.islice(numbers, FOR_EACH_PROCESS):
            with socket.socket() as probe:
                try:
                    probe.bind((ip, port))
                except OSError:
                    continue
            if port not in self.currently_used_ports:
                self.currently_used_ports.add(port)
                return port
        raise OSError(f"no port from {first} to {first + FOR_EACH_PROCESS - 1} is free for a kernel")

    LocalPortCache.find_available_port = find_available_port  # type: ignore[method-assign]
