"""`make bench`: what the lab costs, against plain moto. No test: another machine has other times.

Each figure is a ratio of two medians of seven. The two sides take turns, each time in a process of its own:
whatever else the machine is doing meets both. All in seconds, where nothing else is said.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat

from cognito_lab.course.notebooks import run
from cognito_lab.course.notebooks.processes import CAN_FORK
from cognito_lab.course.setup.environment import clean_environment

# The measured programs. Each prints seconds; BEGUN is when its process was started.
MOTO = "import boto3\nfrom moto import mock_aws\nmock_aws().start()\n"
LAB = "from cognito_lab import Lab\nLab.start()\nimport boto3\n"
POOL = """
import os, statistics, time
idp = boto3.client("cognito-idp", "us-east-1")
pool = idp.create_user_pool(PoolName="bench")["UserPool"]["Id"]
"""
SIGN_IN = """
password, flow = "Tide-pool-2026!", "USER_PASSWORD_AUTH"

def new_client(pool):
    flows = ["ALLOW_" + flow]
    made = idp.create_user_pool_client(UserPoolId=pool, ClientName="bench", ExplicitAuthFlows=flows)
    return made["UserPoolClient"]["ClientId"]

def new_member(pool, name):
    idp.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)
    return name

def sign_in(client, name):
    given = {"USERNAME": name, "PASSWORD": password}
    answer = idp.initiate_auth(ClientId=client, AuthFlow=flow, AuthParameters=given)
    assert answer["AuthenticationResult"]["AccessToken"]

def seconds_each(client, names):
    taken = []
    for name in names:
        start = time.perf_counter()
        sign_in(client, name)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
"""
SINCE = "\nprint(time.monotonic() - BEGUN)"
FIRST_POOL = POOL + SINCE
FIRST_SIGN_IN = POOL + SIGN_IN + 'sign_in(new_client(pool), new_member(pool, "mara"))' + SINCE
EACH_SIGN_IN = POOL + SIGN_IN + 'print(seconds_each(new_client(pool), [new_member(pool, "mara")] * 50))'
# Ten thousand people take a while, so they are made once, and each measurement is a fork of that process.
FEW_AND_MANY = LAB + POOL + SIGN_IN + """
def people(count, template, **settings):
    pool = idp.create_user_pool(PoolName="bench", **settings)["UserPool"]["Id"]
    return new_client(pool), [new_member(pool, template.format(number)) for number in range(count)][-50:]

few, many = people(100, *NAMES), people(10_000, *NAMES)
for _ in range(TIMES):
    if not os.fork():
        print(seconds_each(*few), seconds_each(*many), flush=True)
        os._exit(0)
    os.wait()
"""  # fmt: skip
# Five stars against as many letters in short texts and in long ones.
FEW_AND_MANY_LETTERS = """
import time
from cognito_lab.aws.iam.policy_variables import wildcard_pattern

pattern = wildcard_pattern("*a*a*a*a*ab")

def seconds(letters):
    text, start = "a" * letters, time.perf_counter()
    for _ in range(1_500_000 // letters):
        assert not pattern.fullmatch(text)
    return time.perf_counter() - start

print(seconds(150), seconds(15_000))
"""
IMPORTS_ONLY = "import boto3\nimport moto\nimport cognito_lab"

Rows = Iterable[tuple[float, float]]  # seconds of the one side and of the other, once for each measurement


def printed(program: str) -> list[float]:
    """The numbers that a program prints, run in a new interpreter."""
    environment = clean_environment(os.environ, reproducible=False)
    program = f"BEGUN = {time.monotonic()}\n{program}"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, check=True
    )
    return [float(word) for word in done.stdout.split()]


def moto_and_lab(program: str, times: int) -> Rows:
    """Seconds on plain moto and on the lab."""
    return [(printed(MOTO + program)[0], printed(LAB + program)[0]) for _ in range(times)]


def few_and_many(names: str, times: int) -> Rows:
    """Seconds of a sign-in to the lab in a pool of 100 people and in one of 10,000."""
    numbers = printed(FEW_AND_MANY.replace("*NAMES", names).replace("TIMES", str(times)))
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def few_and_many_letters(times: int) -> Rows:
    """Seconds that a pattern of five stars takes for 1.5 million letters, in texts of 150 and of 15,000."""
    found = [printed(FEW_AND_MANY_LETTERS) for _ in range(times)]
    return [(few, many) for few, many in found]


def course(times: int, kernels: bool) -> Rows:
    """Seconds for as many notebooks that only import, in kernels, and for the course; two workers."""
    if not (kernels or CAN_FORK):
        return []
    with tempfile.TemporaryDirectory() as name:
        lessons = run.choose([])
        imports = [Path(name) / lesson.name for lesson in lessons]
        for path in imports:
            cell = nbformat.v4.new_code_cell(IMPORTS_ONLY)
            nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)

        def seconds(paths: list[Path], kernels: bool) -> float:
            begun = time.monotonic()
            results = run.run_course(
                [(path, {}) for path in paths], Path(name) / "run", 2, lambda _: None, kernels
            )
            failed = [run.describe(result) for result in results if not result.passed]
            assert not failed, failed
            return time.monotonic() - begun

        return [(seconds(imports, True), seconds(lessons, kernels)) for _ in range(times)]


BY_EMAIL = '"user{}@example.com", UsernameAttributes=["email"]'
# What is measured, against what, the highest ratio that is right, how.
FIGURES: dict[str, tuple[str, str, float, Callable[[int], Rows]]] = {
    "pool": ("cold process to first user pool", "plain moto", 1.15, lambda n: moto_and_lab(FIRST_POOL, n)),
    "first": ("… to first password sign-in", "plain moto", 1.3, lambda n: moto_and_lab(FIRST_SIGN_IN, n)),
    "sign-in": ("a password sign-in in process", "plain moto", 2.5, lambda n: moto_and_lab(EACH_SIGN_IN, n)),
    "flat": ("… among 10,000 people", "among 100", 1.2, lambda n: few_and_many('"user{}"', n)),
    "email": ("… with e-mail usernames", "among 100", 1.2, lambda n: few_and_many(BY_EMAIL, n)),
    "wildcards": ("five * against texts of 15,000 letters", "of 150", 1.2, few_and_many_letters),
    "kernels": ("the course in kernels, two workers", "imports only", 1.5, lambda n: course(n, True)),
    "course": ("… in forks, as `make run` does it", "imports only", 0.6, lambda n: course(n, False)),
}


def main() -> int:
    """Measure the lab against plain moto. Exit status 1 if a ratio is above its limit."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("figures", nargs="*", help=f"of {', '.join(FIGURES)} (all)")
    parser.add_argument("--times", type=int, default=7, help="measurements of which the median is taken (7)")
    options = parser.parse_args()
    if unknown := set(options.figures) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    print(f"{'':<40}{'against':<14}{'its':>10}{'the lab':>10}{'ratio':>8}{'limit':>8}")
    over = False
    for name in options.figures or FIGURES:
        what, against, limit, measure = FIGURES[name]
        rows = list(measure(options.times))
        if not rows:
            print(f"{what:<40}{against:<14}not measured: it takes Linux, for forks", flush=True)
            continue
        base, ours = (statistics.median(side) for side in zip(*rows, strict=True))
        line = f"{what:<40}{against:<14}{base:10.4f}{ours:10.4f}{ours / base:8.2f}{limit:8.2f}"
        print(line, "OVER" if ours / base > limit else "ok", flush=True)
        over = over or ours / base > limit
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
