"""The served account, measured: against another local AWS, and as the demo's visitor waits for it.

The other one is ministack, with its own authorization switched on, in an environment of its own in build/.
Both sign two tokens for each login. They take turns, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import redirect_stdout, suppress
from functools import cache
from typing import Any

from cognito_lab.course.setup.environment import clean_environment
from cognito_lab.lab import Lab
from cognito_lab.network.messages import Request, Response
from cognito_lab.paths import ROOT

MINISTACK = ("ministack==1.5.33", "cryptography==50.0.2")
HOME = ROOT / "build" / "bench" / "ministack"
# Eight threads, a connection each, that sign in as fast as they are answered. Prints seconds for each login.
LOAD = """
import http.client, json, socket, sys, threading, time, boto3
url, seconds = sys.argv[1], float(sys.argv[2])
idp = boto3.client("cognito-idp")
pool = idp.create_user_pool(PoolName="bench")["UserPool"]["Id"]
flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
made = idp.create_user_pool_client(UserPoolId=pool, ClientName="bench", ExplicitAuthFlows=flows)
client, password = made["UserPoolClient"]["ClientId"], "Tide-pool-2026!"
people = [f"user{number}" for number in range(8)]
for name in people:
    idp.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)
target = "AWSCognitoIdentityProviderService.InitiateAuth"
head = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
logins = []

def work(name):
    parameters = {"USERNAME": name, "PASSWORD": password}
    asked = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
    connection = http.client.HTTPConnection(url.partition("//")[2])
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.auto_open = False  # the same connection throughout, or an error
    while time.monotonic() < end:
        connection.request("POST", "/", json.dumps(asked), head)
        tokens = json.load(connection.getresponse())["AuthenticationResult"]
        signatures = [tokens[name].split(".")[2] for name in ("IdToken", "AccessToken")]
        assert [len(signature) for signature in signatures] == [342, 342]  # of RSA, 2048 bits
        logins.append(name)

threads = [threading.Thread(target=work, args=[name]) for name in people]
begun = time.monotonic()
end = begun + seconds
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert set(logins) == set(people)
print((time.monotonic() - begun) / len(logins))
"""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


class Running:
    """A server in a process of its own, on ``url``, until :meth:`end`."""

    def __init__(self, command: list[str], port: int, **environment: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._plain = clean_environment(os.environ, reproducible=False)
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, env=self._plain | environment, **quiet)
        while self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        self.seconds_each(0.5)  # what is made when it is first needed

    def seconds_each(self, seconds: float = 3) -> float:
        """Seconds for each login under the load, which lasts so many ``seconds``."""
        environment = {**self._plain, **KEYS, "AWS_ENDPOINT_URL": self.url}
        command = [sys.executable, "-c", LOAD, self.url, str(seconds)]
        return float(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)

    def end(self) -> float:
        """The most memory that it has had, in MiB."""
        self._process.terminate()
        _, self._process.returncode, used = os.wait4(self._process.pid, 0)
        return used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


@cache
def against_ministack(times: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Seconds for each login, and then MiB, of ministack and of the lab."""
    python, uv = HOME / "bin" / "python", [sys.executable, "-m", "uv"]
    if not python.exists():
        subprocess.run([*uv, "venv", "--quiet", str(HOME)], check=True)
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", str(python), *MINISTACK], check=True)
    there, here = _free_port(), _free_port()
    theirs = Running([str(python), "-m", "ministack"], there, AUTH="true", GATEWAY_PORT=str(there))
    ours = Running([sys.executable, "-m", "cognito_lab", "serve", "--port", str(here)], here)
    try:
        seconds = [(theirs.seconds_each(), ours.seconds_each()) for _ in range(times)]
    finally:
        peaks = (theirs.end(), ours.end())
    return seconds, [peaks]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- the demo --------------------------------------------------------------------------------------


@cache
def the_demo(times: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """The demo's page in Chromium, from the click on Google's button to the pictures.

    Seconds in all, and those of the lab, each time; then seconds of the median request, and of the slowest:
    of each request the median of all times. Nothing without a browser.
    """
    from playwright.sync_api import sync_playwright

    named = os.environ.get("COGNITO_LAB_BROWSER") or next(filter(shutil.which, BROWSERS), "")
    if not named:
        return [], []
    each: dict[tuple[str, ...], list[float]] = defaultdict(list)
    shares = []
    with (
        Lab.start() as lab,
        redirect_stdout(None),
        lab.serve(0) as server,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=shutil.which(named), args=["--no-sandbox"]) as browser,
    ):
        answer, taken = server._listener.answer, []

        def timed(request: Request) -> Response:
            begun = time.perf_counter()
            try:
                return answer(request)
            finally:
                target = request.url.partition("?")[0].rpartition("/")[2]
                what = (
                    request.method,
                    request.headers["host"],
                    request.headers.get("x-amz-target", ""),
                    target,
                )
                taken.append((what, time.perf_counter() - begun))

        server._listener.answer = timed
        for _ in range(times):
            scene = lab.scene("site_in_browser")
            page = browser.new_context().new_page()
            page.goto(scene.demo.url)
            button = page.get_by_role("button", name="Sign in with Google")
            button.wait_for()
            taken.clear()
            begun = time.perf_counter()
            with page.expect_popup() as popup:
                button.click()
            popup.value.get_by_role("button", name="goran.pavic@gmail.example").click()
            page.locator("#gallery li").nth(1).wait_for()
            shares.append((time.perf_counter() - begun, sum(seconds for _, seconds in taken)))
            for what, seconds in taken:
                each[what].append(seconds)
            page.context.close()
    medians = [statistics.median(seconds) for seconds in each.values()]
    return shares, [(statistics.median(medians), max(medians))]
