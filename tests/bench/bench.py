"""`make bench`: what the lab costs, against plain moto. No test: another machine has other times.

Each figure is a ratio of two medians of seven. The two sides take turns, in processes of their own or call by
call: whatever else the machine is doing meets both. All in seconds, where nothing else is said.
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
    assert answer.get("ChallengeName") or answer["AuthenticationResult"]["AccessToken"]
    return answer

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
# A pool of many is filled without calls, and once; each measurement is a fork of that process. A hundred of
# its people can sign in, half of them with an app as second factor.
FEW_AND_MANY = LAB + POOL + SIGN_IN + """
import pyotp
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.directory import User

apps, tokens = {}, {}

def people(count, template, **settings):
    pool = idp.create_user_pool(PoolName="bench", **settings)["UserPool"]["Id"]
    app = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    idp.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="OPTIONAL", **app)
    directory = model.get_pool("us-east-1", pool).people
    for number in range(count - 100):
        name = template.format(number)
        values = {"sub": f"sub{number}", "email": name if "@" in name else f"{name}@example.com"}
        directory.add(User(values["sub"] if "@" in name else name, values["sub"], values, "CONFIRMED"))
    client = new_client(pool)
    names = [new_member(pool, template.format(number)) for number in range(count - 100, count)]
    for name in names:
        tokens[client, name] = token = sign_in(client, name)["AuthenticationResult"]["AccessToken"]
        if name in names[:50]:
            app = pyotp.TOTP(idp.associate_software_token(AccessToken=token)["SecretCode"])
            idp.verify_software_token(AccessToken=token, UserCode=app.now())
            apps[client, name] = app
            wanted = {"SoftwareTokenMfaSettings": {"Enabled": True}}
            idp.set_user_mfa_preference(AccessToken=token, **wanted)
    return [(client, name) for name in names]

def sign_up(client, name):
    idp.sign_up(ClientId=client, Username="new" + name, Password=password)

def get_user(client, name):
    idp.get_user(AccessToken=tokens[client, name])

def sign_in_with_app(client, name):
    asked = sign_in(client, name)
    code = apps[client, name].at(time.time() + 30)  # that of now was used for the set-up
    given = {"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": code}
    answered = {"ChallengeName": asked["ChallengeName"], "Session": asked["Session"]}
    answer = idp.respond_to_auth_challenge(ClientId=client, ChallengeResponses=given, **answered)
    assert answer["AuthenticationResult"]

half = slice(50) if OPERATION is sign_in_with_app else slice(50, 100)
sides = [people(count, *NAMES)[half] for count in (100, COUNT)]
for _ in range(TIMES):
    if not os.fork():
        taken = [[], []]
        for pair in zip(*sides):  # in turns
            for side, one in enumerate(pair):
                start = time.perf_counter()
                OPERATION(*one)
                taken[side].append(time.perf_counter() - start)
        print(*map(statistics.median, taken), flush=True)
        os._exit(0)
    os.wait()
"""  # fmt: skip
# The calls of a sign-in by SRP, without what the client computes between them, against one power modulo N.
# Both compute and wait for nothing, so the thread's own time counts: the longer is interrupted more often.
SRP = (
    LAB
    + POOL
    + SIGN_IN.replace("USER_PASSWORD_AUTH", "USER_SRP_AUTH")
    + """
import secrets
from cognito_lab import sign_in_by_srp
from cognito_lab.aws.user_pools import srp

class Timed:
    seconds = 0.0

    def __getattr__(self, name):
        def call(**given):
            start = time.thread_time()
            answer = getattr(idp, name)(**given)
            self.seconds += time.thread_time() - start
            return answer
        return call

client, name = new_client(pool), new_member(pool, "mara")
powers, sign_ins = [], []
for _ in range(20):
    base, exponent = secrets.randbelow(srp.GROUP), 2**255 + secrets.randbelow(2**255)
    start = time.thread_time()
    pow(base, exponent, srp.GROUP)
    powers.append(time.thread_time() - start)
    timed = Timed()
    sign_in_by_srp(timed, pool, client, name, password)
    sign_ins.append(timed.seconds)
print(statistics.median(powers), statistics.median(sign_ins))
"""
)
# Identity pools are filled without calls. GetId is measured by turns, with a login that has its identity.
IDENTITIES = (
    LAB
    + POOL
    + SIGN_IN
    + """
from cognito_lab.aws.identity_pools import identities, pools

client, provider = new_client(pool), f"cognito-idp.us-east-1.amazonaws.com/{pool}"
token = sign_in(client, new_member(pool, "mara"))["AuthenticationResult"]["IdToken"]
federated = boto3.client("cognito-identity", "us-east-1")

def identity_pool(count):
    own = [{"ProviderName": provider, "ClientId": client}]
    settings = {"AllowUnauthenticatedIdentities": False, "CognitoIdentityProviders": own}
    made = federated.create_identity_pool(IdentityPoolName="bench", **settings)["IdentityPoolId"]
    kept = pools.find_pool("us-east-1", made)
    for number in range(count):
        identities.link(kept, identities.new_identity(kept), provider, f"sub{number}")
    return {"IdentityPoolId": made, "Logins": {provider: token}}

sides = [identity_pool(count) for count in (100, COUNT)]
taken = [[], []]
for _ in range(200):
    for side, asked in enumerate(sides):
        start = time.perf_counter()
        federated.get_id(**asked)
        taken[side].append(time.perf_counter() - start)
print(*map(statistics.median, taken))
"""
)
# Bytes for each of a thousand people.
MEMORY = (
    POOL
    + SIGN_IN
    + """
import gc, tracemalloc

for number in range(100):
    new_member(pool, f"first{number}")
tracemalloc.start()
for number in range(1000):
    new_member(pool, f"user{number}")
gc.collect()
print(tracemalloc.get_traced_memory()[0] / 1000)
"""
)
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


def few_and_many(operation: str, count: int, names: str, times: int) -> Rows:
    """Seconds of an operation of the lab in a pool of 100 people and in one of ``count``, by turns."""
    program = FEW_AND_MANY.replace("*NAMES", names).replace("TIMES", str(times))
    numbers = printed(program.replace("OPERATION", operation).replace("COUNT", str(count)))
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def pairs(program: str, times: int) -> Rows:
    """What a program prints that measures both sides itself."""
    return [(base, ours) for base, ours in (printed(program) for _ in range(times))]


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


BY_NAME = '"user{}"'
BY_EMAIL = '"user{}@example.com", UsernameAttributes=["email"]'
FLAT = (  # what must cost the same in a pool of any size
    ("sign-up", "sign_up", "a sign-up", BY_NAME),
    ("password", "sign_in", "a password sign-in", BY_NAME),
    ("email", "sign_in", "… with e-mail usernames", BY_EMAIL),
    ("user", "get_user", "GetUser", BY_NAME),
    ("app", "sign_in_with_app", "a sign-in with an app", BY_NAME),
)
# What is measured, against what, the highest ratio that is right, how.
FIGURES: dict[str, tuple[str, str, float, Callable[[int], Rows]]] = {
    "pool": ("cold process to first user pool", "plain moto", 1.15, lambda n: moto_and_lab(FIRST_POOL, n)),
    "first": ("… to first password sign-in", "plain moto", 1.3, lambda n: moto_and_lab(FIRST_SIGN_IN, n)),
    "sign-in": ("a password sign-in in process", "plain moto", 2.5, lambda n: moto_and_lab(EACH_SIGN_IN, n)),
    "srp": ("the calls of an SRP sign-in", "one pow mod N", 4.0, lambda n: pairs(SRP, n)),
    **{
        f"{name}-{count}": (
            f"{what} among {count:,}",
            "among 100",
            1.2,
            lambda n, operation=operation, count=count, names=names: few_and_many(operation, count, names, n),
        )
        for name, operation, what, names in FLAT
        for count in (10_000, 100_000)
    },
    "identities": (
        "a GetId among 10,000 identities",
        "among 100",
        1.2,
        lambda n: pairs(IDENTITIES.replace("COUNT", "10_000"), n),
    ),
    "memory": ("bytes for each person", "plain moto", 2.0, lambda n: moto_and_lab(MEMORY, 1)),
    "wildcards": (
        "five * against texts of 15,000 letters",
        "of 150",
        1.2,
        lambda n: pairs(FEW_AND_MANY_LETTERS, n),
    ),
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
