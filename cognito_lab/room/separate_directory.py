"""The directory in a process of its own: an account closes its process to the network, and a hub needs one.

The hub asks through a pipe that nobody else holds. So the account still has no port.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any


class SeparateDirectory:
    """The people of ``class_list`` as the user pool of another process, which ends with this one.

    Raises:
        RuntimeError: it did not start. What it said stands above in the log.
    """

    def __init__(self, class_list: str, passwords: str) -> None:
        self._command = [sys.executable, "-m", "cognito_lab.room.directory", class_list, passwords]
        self._one_at_a_time = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        # In a session of its own: Ctrl-C is for the hub. Its end closes the pipe, and so ends this.
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        if not self._answer():
            raise RuntimeError("The room's user pool did not start. What it said stands above.")

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    def ask(self, question: str, *given: str) -> Any:
        """What :class:`~cognito_lab.room.directory.Directory` answers to the method ``question``.

        Raises:
            RuntimeError: its process has ended. The next question finds a new one, in which everybody has the
                temporary password again.
        """
        with self._one_at_a_time:
            if self._process.poll() is not None:
                self._begin()
            assert self._process.stdin
            try:
                print(json.dumps([question, *given]), file=self._process.stdin, flush=True)
                answer = self._answer()
            except BrokenPipeError:
                answer = ""
            if not answer:
                self._process.wait()
                raise RuntimeError("The room's user pool has ended. What it said stands above.")
            return json.loads(answer)
