"""A kernel without sockets: ipykernel's own, in a process forked from one that has everything imported.

Starting a kernel, importing boto3 and moto in it and passing each message through two sockets and three
threads takes most of a lesson's time. Here a process imports everything once, a fork of it executes one
notebook, and the same messages go over one pipe. What executes a cell, catches what it says and makes a
message of it is ipykernel, with the course's configuration and start-up file: the outputs are a kernel's.

A fork has imported more than a new kernel has, and an account was played in it before: a lesson that uses a
module without importing it, or a client from before `Lab.start()`, passes here. nbval executes every lesson
in a real kernel and would say so.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Generator
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbclient
import traitlets
import zmq
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from cognito_lab.course.notebooks.preparing import path_of_a_kernel, prepare

# -- in the forked process -------------------------------------------------------------------------------


class Pipe(IOPubThread):
    """The way to the client, in the place of a kernel's sockets and of the thread that serves them."""

    thread: Any = None  # so a stream is sent by whoever flushes it, not handed over
    io_loop: Any = None

    def __init__(self, connection: Connection) -> None:  # the socket of the original is not made
        self._connection = connection
        self._lock = threading.Lock()

    def schedule(self, f: Any) -> None:
        """A stream asks to be flushed in a fifth of a second; it is when the cell shows something or ends."""

    def send_multipart(self, parts: list[Any], *args: Any, **kwargs: Any) -> None:
        """Send a message in its serialized parts."""
        with self._lock:
            self._connection.send([bytes(part) for part in parts])


class Kernel(IPythonKernel):
    """ipykernel's kernel, which answers into a `Pipe`."""

    shell_stream = traitlets.Any()
    # An interrupt is for the coroutine that a cell is waiting for, if it came in the thread named here.
    shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())
    _supports_kernel_subshells = False

    def start(self) -> None:
        """Nothing is to be received from sockets; an interrupt asks the loop to call something back."""
        loop = asyncio.get_running_loop()
        # From a signal's handler tornado's own would not wake a loop that waits.
        calls = {"add_callback": loop.call_soon_threadsafe, "call_later": loop.call_later}
        self.io_loop = SimpleNamespace(**calls)  # type: ignore[assignment]

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """After an error nothing is waiting here that would have to be refused."""


class KernelApp(IPKernelApp):
    """ipykernel's application, with everything that it sets up but sockets and a connection file."""

    kernel_class = traitlets.Type(Kernel)
    pipe = traitlets.Instance(Pipe)

    def parse_command_line(self, argv: Any = None) -> None: ...
    def init_connection_file(self) -> None: ...
    def write_connection_file(self, **kwargs: Any) -> None: ...
    def log_connection_info(self) -> None: ...
    def init_heartbeat(self) -> None: ...

    def init_sockets(self) -> None:
        self.session.key = b""  # nobody else can write into the pipe
        self.iopub_thread = self.iopub_socket = self.pipe

    def init_kernel(self) -> None:
        self.kernel = self.kernel_class.instance(
            parent=self, session=self.session, log=self.log, profile_dir=self.profile_dir,
            user_ns=self.user_ns, shell_stream=self.pipe, iopub_thread=self.pipe, iopub_socket=self.pipe,
        )  # fmt: skip
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count


def _serve(connection: Connection, folder: Path, parent: int) -> None:
    """Be the kernel at the other end of `connection`, until it is closed."""
    os.setsid()  # as a kernel: it ends with what it has started
    os.chdir(folder)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    sys.argv = [""]
    sys.path[:] = path_of_a_kernel()
    app = KernelApp.instance(pipe=Pipe(connection), parent_handle=parent)
    app.initialize([])

    async def answer() -> None:
        requests: asyncio.Queue[list[bytes]] = asyncio.Queue()

        def take() -> None:
            try:
                requests.put_nowait(connection.recv())
            except EOFError:
                os._exit(0)

        # The loop goes on between cells, as a kernel's does.
        asyncio.get_running_loop().add_reader(connection.fileno(), take)
        app.poller.start()  # ends this process when its parent has ended
        app.kernel.start()
        while True:
            await app.kernel.dispatch_shell([zmq.Message(part) for part in await requests.get()])

    asyncio.run(answer())


# -- in the process that forks ---------------------------------------------------------------------------


class ForkedKernel:
    """A forked process that executes cells, and the messages to it and from it.

    It stands in for a kernel's client, as far as nbclient asks one for anything.

    Args:
        folder: the kernel's working directory.
    """

    def __init__(self, folder: Path) -> None:
        path_of_a_kernel()
        self.session = Session(key=b"")
        self.shell_channel = self
        self._connection, theirs = multiprocessing.Pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        with warnings.catch_warnings():
            # Of threads there are those that wait for a process to end: no locks.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if not self.pid:
            try:
                self._connection.close()
                _serve(theirs, folder, parent)
            except BaseException:
                traceback.print_exc(file=sys.__stderr__)
            finally:
                os._exit(1)
        theirs.close()

    def send(self, message: dict[str, Any]) -> None:
        """Send a message, such as `session.msg` makes."""
        # One that has died says so when it is asked for its answer.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._connection.send(self.session.serialize(message))

    def request(self, kind: str, content: dict[str, Any]) -> str:
        """Send a request, and return the id that its answers will name."""
        message = self.session.msg(kind, content)
        self.send(message)
        return str(message["msg_id"])

    def kernel_info(self) -> str:
        """Ask for the language and its version."""
        return self.request("kernel_info_request", {})

    def receive(self, seconds: float | None) -> dict[str, Any] | None:
        """The next message; `None` when there is none for so many seconds.

        Raises:
            DeadKernelError: the process has ended.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while not self._connection.poll(1 if end is None else max(0, min(1, end - time.monotonic()))):
            # What it has started may hold the pipe open, so its end is looked for as well.
            ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended and not self._connection.poll():
                raise DeadKernelError("Kernel died")
            if end is not None and time.monotonic() >= end:
                return None
        try:
            _, parts = self.session.feed_identities(self._connection.recv(), copy=True)
        except (EOFError, ConnectionResetError):
            raise DeadKernelError("Kernel died") from None
        return self.session.deserialize(parts, copy=True)

    def interrupt(self) -> None:
        """As Ctrl-C: the cell that is being executed ends with a KeyboardInterrupt."""
        os.kill(self.pid, signal.SIGINT)

    def end(self) -> None:
        """End the process and what it has started."""
        os.kill(self.pid, signal.SIGKILL)  # a zombie until it is waited for, so nobody else's number
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._connection.close()


class Forked(nbclient.NotebookClient):
    """What makes an nbclient.NotebookClient execute its notebook in a `ForkedKernel`.

    Only how messages come is new; nbclient makes outputs of them, as of a kernel's.
    """

    kernel: ForkedKernel

    @contextlib.contextmanager
    def setup_kernel(self, **kwargs: Any) -> Generator[None]:
        prepare(any(cell.cell_type == "code" and "cognito_lab" in cell.source for cell in self.nb.cells))
        folder = self.resources.get("metadata", {}).get("path") or os.getcwd()
        self.kernel = self.kc = ForkedKernel(Path(folder))  # type: ignore[assignment]
        try:
            yield
        finally:
            self.kernel.end()

    def wait_for_reply(self, request: str, cell: NotebookNode | None = None) -> dict[str, Any]:
        """The answer to a request that says nothing else."""
        while True:
            message = self.kernel.receive(None)
            assert message
            if message["parent_header"].get("msg_id") == request and message["msg_type"].endswith("_reply"):
                return message

    def execute_cell(
        self,
        cell: NotebookNode,
        cell_index: int,
        execution_count: int | None = None,
        store_history: bool = True,
    ) -> NotebookNode:
        """Execute one cell; what it says is put into `cell`.

        Raises:
            CellExecutionError: the cell ended with an error, and neither its tags nor this client allow that.
            CellTimeoutError: it took longer than `timeout`, and is not to be interrupted instead.
            DeadKernelError: the process has ended.
        """
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or not cell.source.strip() or self.skip_cells_with_tag in tags:
            return cell
        if self.record_timing:
            cell.metadata["execution"] = {}
        cell.outputs = []
        self.clear_before_next_output = False
        self.code_cells_executed += 1
        allowed = not self.force_raise_errors and (self.allow_errors or "raises-exception" in tags)
        request = self.kernel.request("execute_request", {
            "code": cell.source, "silent": False, "store_history": store_history, "user_expressions": {},
            "allow_stdin": False, "stop_on_error": not allowed,
        })  # fmt: skip
        reply = self._answers(request, cell, cell_index)
        if reply["content"]["status"] == "error":
            run_sync(self._check_raise_for_error)(cell, cell_index, reply)
        return cell

    def _answers(self, request: str, cell: NotebookNode, cell_index: int) -> dict[str, Any]:
        """Make outputs of what comes until the kernel is idle again, and return its reply."""
        timeout = self._get_timeout(cell)
        end = None if timeout is None else time.monotonic() + timeout
        reply: dict[str, Any] = {}
        while True:
            message = self.kernel.receive(None if end is None else max(0, end - time.monotonic()))
            if message is None:
                assert timeout is not None
                if not self.interrupt_on_timeout:
                    raise CellTimeoutError.error_from_timeout_and_cell(
                        "Cell execution timed out", timeout, cell
                    )
                self.kernel.interrupt()
                end = None
            elif message["parent_header"].get("msg_id") != request:
                continue
            elif message["msg_type"] == "execute_reply":
                reply = message
            else:
                try:
                    self.process_message(message, cell, cell_index)
                except nbclient.client.CellExecutionComplete:
                    if not reply:
                        raise DeadKernelError("Kernel gave no reply") from None
                    return reply


class ForkedClient(Forked):
    """An nbclient.NotebookClient whose kernel is a `ForkedKernel`."""

    def execute(self, **kwargs: Any) -> NotebookNode:
        """Execute all cells; the outputs are put into the notebook itself."""
        self.reset_execution_trackers()
        with self.setup_kernel(**kwargs):
            info = self.wait_for_reply(self.kernel.kernel_info())
            self.nb.metadata["language_info"] = info["content"]["language_info"]
            for index, cell in enumerate(self.nb.cells):
                self.execute_cell(cell, index)
            self.set_widgets_metadata()
        return self.nb


def executed(notebook: NotebookNode, folder: Path, kernels: bool = False, **options: Any) -> NotebookNode:
    """Execute all cells of a notebook, into which the outputs are put. Runs in a worker process.

    Args:
        folder: the working directory.
        kernels: whether in a real kernel; else in a fork of this process.
        options: nbclient's.

    Raises:
        CellExecutionError: a cell ended with an error, and `options` do not allow that.
        CellTimeoutError: a cell took longer than `timeout`.
        DeadKernelError: the kernel, or the fork, has ended.
    """
    client = (nbclient.NotebookClient if kernels else ForkedClient)(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(folder)}},
        shutdown_kernel="immediate", **options,
    )  # fmt: skip
    client.execute()
    return notebook
