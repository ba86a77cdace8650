"""Kernels of two processes never get the same port."""

import os
import socket

from jupyter_client.connect import LocalPortCache

from cognito_lab.course.notebooks import kernel_ports


def test_the_ports_of_a_process_are_its_own_free_and_not_given_twice():
    cache = LocalPortCache()
    given = [cache.find_available_port("127.0.0.1") for _ in range(20)]
    first = kernel_ports.LOWEST + os.getpid() % kernel_ports.PROCESSES * kernel_ports.FOR_EACH_PROCESS
    assert len(set(given)) == 20
    assert all(first <= port < first + kernel_ports.FOR_EACH_PROCESS for port in given)


def test_a_port_that_is_taken_is_passed_over():
    cache = LocalPortCache()
    following = cache.find_available_port("127.0.0.1") + 1
    with socket.socket() as neighbour:
        neighbour.bind(("127.0.0.1", following))
        assert cache.find_available_port("127.0.0.1") != following
