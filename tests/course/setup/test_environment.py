"""Nothing of a learner's own settings reaches the course's kernels and its JupyterLab."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
import websocket
from support.processes import hear_ctrl_c
from support.small_course import course_folder, free_port

from cognito_lab.course.setup import environment

__all__ = ["course_folder"]


def test_the_clean_environment_drops_what_could_change_a_lesson_and_keeps_the_rest():
    hostile = {
        "AWS_PROFILE": "work", "AWS_ENDPOINT_URL": "x", "https_proxy": "x", "HTTP_PROXY": "x",
        "NO_PROXY": "*",
        "PYTHONPATH": "x", "PYTHONSTARTUP": "x", "PYTHONDONTWRITEBYTECODE": "1",
        "JUPYTER_PATH": "x", "JUPYTER_CONFIG_PATH": "x",
        "JUPYTER_NO_CONFIG": "1", "MPLBACKEND": "TkAgg", "MATPLOTLIBRC": "x", "MOTO_ACCOUNT_ID": "1",
        "TEST_SERVER_MODE": "true", "NO_COLOR": "1", "COGNITO_LAB_REPRODUCIBLE": "1",
    }  # fmt: skip
    harmless = {
        "HOME": "/somewhere/mara",
        "TZ": "Asia/Tokyo",
        "LC_ALL": "de_DE",
        "PYTHONHASHSEED": "7",
        "LANG": "C",
    }
    kept = environment.clean_environment(hostile | harmless | {"COGNITO_LAB_GUARD": "1"}, reproducible=False)
    assert not hostile.keys() & kept.keys()
    assert harmless.items() <= kept.items() and kept["COGNITO_LAB_GUARD"] == "1"
    fixed = environment.clean_environment(harmless, reproducible=True)
    assert fixed["COGNITO_LAB_REPRODUCIBLE"] == "1"
    assert environment.clean_environment(fixed, reproducible=True) | {"PATH": ""} == fixed | {"PATH": ""}


CANARY = "open({!r} + '/' + {!r}, 'w').close()\n"


@pytest.fixture
def hostile_home(tmp_path):
    """A home folder with a trap at each place that Python, IPython, Jupyter and matplotlib read.

    Each trap only leaves a file in `sprung`, so that one start shows which of them are read.
    """
    home, sprung = tmp_path / "home", tmp_path / "sprung"
    sprung.mkdir()
    for place in (
        "pythonpath/sitecustomize.py",
        ".ipython/profile_default/startup/00-mine.py",
        ".ipython/profile_default/ipython_kernel_config.py",
        ".jupyter/jupyter_server_config.py",
        ".jupyter/jupyter_lab_config.py",
    ):
        file = home / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(CANARY.format(str(sprung), file.name))
    kernel = home / ".local/share/jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    run = f"touch '{sprung}/kernel.json'; "
    run += f"exec '{sys.executable}' -m ipykernel_launcher -f '{{connection_file}}'"
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": ["/bin/sh", "-c", run], "display_name": "mine", "language": "python"})
    )
    style = home / ".config/matplotlib/matplotlibrc"
    style.parent.mkdir(parents=True)
    style.write_text("lines.linewidth: 77\n")
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "IPYTHON", "MPL"))
    }
    own |= {"HOME": str(home), "PYTHONPATH": str(home / "pythonpath"), "JUPYTER_PREFER_ENV_PATH": "0"}
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "PYTHONNOUSERSITE", "COGNITO_LAB_GUARD"):
        own.pop(name, None)
    return own, sprung


ASK_A_KERNEL = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3", startup_timeout=60)
code = "import sys, matplotlib; print(sys.prefix, matplotlib.rcParams['lines.linewidth'])"
client.execute_interactive(code, timeout=60)
client.stop_channels()
manager.shutdown_kernel(now=True)
"""


def test_a_users_kernelspec_startup_files_and_styles_do_not_reach_a_kernel(hostile_home):
    hostile, sprung = hostile_home

    def start_a_kernel(variables: dict[str, str]) -> str:
        command = [sys.executable, "-c", ASK_A_KERNEL]
        return subprocess.run(
            command, env=variables, capture_output=True, text=True, timeout=120
        ).stdout.strip()

    assert start_a_kernel(hostile).endswith(" 77.0")
    traps = {"sitecustomize.py", "00-mine.py", "ipython_kernel_config.py", "kernel.json"}
    assert traps <= {file.name for file in sprung.iterdir()}  # without care, each of them is read
    for file in sprung.iterdir():
        file.unlink()

    assert start_a_kernel(environment.clean_environment(hostile, reproducible=False)) == f"{sys.prefix} 1.5"
    assert list(sprung.iterdir()) == []


def test_make_lab_opens_the_copy_with_the_courses_own_settings(hostile_home, course_folder):
    hostile, sprung = hostile_home
    show = [sys.executable, "-m", "jupyterlab", "--show-config"]
    subprocess.run(show, env=hostile, capture_output=True, timeout=60)
    traps = {"jupyter_server_config.py", "jupyter_lab_config.py"}
    assert traps <= {file.name for file in sprung.iterdir()}
    for file in sprung.iterdir():
        file.unlink()
    hostile.pop("PYTHONPATH")  # `make` takes it away (tested above)
    hostile |= {"CODESPACE_NAME": "quiet-reef", "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN": "app.github.dev"}

    port = free_port()
    command = [sys.executable, "-m", "cognito_lab", "lab", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=course_folder, env=hostile, text=True, preexec_fn=hear_ctrl_c,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        said = ""
        assert process.stdout
        while not (address := re.search(rf"http://127\.0\.0\.1:{port}(/lab\S*)\?token=(\w+)", said)):
            line = process.stdout.readline()
            assert line, said  # it ended
            said += line
        assert address[1] == "/lab/tree/START.md"
        while True:  # Jupyter prints its address a moment before it listens there
            assert process.poll() is None
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)

        def get(path: str) -> str:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"token {address[2]}"}
            )
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=60) as answer:
                return answer.read().decode()

        kernels = json.loads(get("/api/kernelspecs"))["kernelspecs"]
        assert list(kernels) == ["python3"] and kernels["python3"]["spec"]["argv"][0] == "python"
        listed = {entry["name"] for entry in json.loads(get("/api/contents"))["content"]}
        assert listed == {"START.md", "00_start_here.ipynb", "09_identities.ipynb"}
        page = json.loads(
            re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', get("/lab"), re.DOTALL)[1]
        )
        assert page["news"] == {"disabled": True}
        assert page["extensionManager"]["can_install"] is False
        assert "@jupyterlab/extensionmanager-extension" in page["disabledExtensions"]
        assert "@jupyterlab/apputils-extension:announcements" in page["disabledExtensions"]
        notices = json.loads(get("/lab/api/settings/@jupyterlab/apputils-extension:notification"))["schema"]
        assert notices["properties"]["fetchNews"]["default"] == "false"
        assert notices["properties"]["checkForUpdates"]["default"] is False

        # As a browser does, which has the token once and then a cookie.
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status?token={address[2]}") as answer:
            cookies = "; ".join(each.partition(";")[0] for each in answer.headers.get_all("Set-Cookie"))

        def a_page_can_use_kernels(origin: str) -> bool:
            channel = f"ws://127.0.0.1:{port}/api/events/subscribe"
            try:
                websocket.create_connection(channel, origin=origin, cookie=cookies, timeout=30).close()
            except websocket.WebSocketBadStatusException:
                return False
            return True

        assert a_page_can_use_kernels(f"http://127.0.0.1:{port}")
        assert a_page_can_use_kernels(f"https://quiet-reef-{port}.app.github.dev")
        for origin in (
            "loud-reef-8888.app.github.dev",
            "quiet-reef-1.app.github.dev.example.org",
            "example.org",
        ):
            assert not a_page_can_use_kernels(f"https://{origin}")

        import psutil

        listening = [
            c.laddr for c in psutil.Process(process.pid).net_connections("inet") if c.status == "LISTEN"
        ]
        assert listening and {address.ip for address in listening} == {"127.0.0.1"}
        assert list(sprung.iterdir()) == []
    finally:
        process.send_signal(signal.SIGINT)  # one Ctrl-C is enough, and nothing is asked
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said + rest


def test_a_kernel_that_should_be_guarded_and_cannot_be_does_not_start(tmp_path):
    file = environment.TEMPLATES / "ipython" / "profile_default" / "startup" / "00-guard.py"
    (tmp_path / "cognito_lab").mkdir()
    (tmp_path / "cognito_lab" / "__init__.py").touch()  # a package without a guard
    code = f"exec(open({str(file)!r}).read()); print('started')"

    def run(**variables: str) -> subprocess.CompletedProcess[str]:
        own = {"PATH": os.environ["PATH"], **variables}
        return subprocess.run(
            [sys.executable, "-S", "-c", code], cwd=tmp_path, env=own, capture_output=True, text=True
        )

    guarded = run(COGNITO_LAB_GUARD="1")
    assert guarded.returncode == 1 and "started" not in guarded.stdout
    assert run().stdout == "started\n"
