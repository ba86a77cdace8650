"""The lab: one AWS account that lives in the kernel, and everything a lesson does with it."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from weakref import WeakSet

from cognito_lab import aws, clock, guard, interrupts, reproducible
from cognito_lab.aws import former_accounts, moto_patches
from cognito_lab.aws.api import services
from cognito_lab.aws.iam import principals
from cognito_lab.clock import Clock
from cognito_lab.errors import OutsideTheLab
from cognito_lab.lessons import short_tracebacks, why
from cognito_lab.network import account_lock, own_servers
from cognito_lab.paths import DATA
from cognito_lab.protocols import signing_keys
from cognito_lab.providers import registry
from cognito_lab.providers.registry import Amazon, Apple, Facebook, Google, P, University

if TYPE_CHECKING:
    from cognito_lab.aws.user_pools.outbox import Message
    from cognito_lab.lessons.demo import Demo
    from cognito_lab.lessons.recording import Story
    from cognito_lab.lessons.scenes import Scene
    from cognito_lab.lessons.why import Why
    from cognito_lab.practice.exercises import Exercise
    from cognito_lab.served.server import Server
    from cognito_lab.views.diagrams import Diagram
    from cognito_lab.views.tables import Table

PORT = 8900


class Lab:
    """An AWS account inside this kernel. Begin it with :meth:`start`.

    Attributes:
        region: The AWS Region in which boto3 clients are made when they name none.
        account: The account's number, twelve digits.
        google: The stand-in for Google: people with Google accounts, and the OAuth clients registered there.
        facebook: The stand-in for Facebook; ``amazon``, ``apple``: for Amazon's and Apple's sign-in.
        university: The stand-in for a university: its people sign in elsewhere by SAML.

    Examples:
        >>> lab = Lab.start()
        >>> import boto3
        >>> boto3.client("sts").get_caller_identity()["Account"]
        '123456789012'
        >>> lab.stop()
    """

    _running: Lab | None = None
    _owner: tuple[str, str] | None = None  # the same key pair in every account of the kernel: clients keep it
    # Taken by each call, from whatever thread or program, and by whatever changes the account's life.
    lock = account_lock.LOCK

    def __init__(self, region: str) -> None:
        self.region = region
        self.account = moto_patches.ACCOUNT
        self._providers: dict[type[registry.Provider], Any] = {}
        self._clock = Clock()
        self._ended = ""
        self._server: Server | None = None
        self._stories: WeakSet[Story] = WeakSet()

    # -- the account's life ----------------------------------------------------------------------

    @classmethod
    def start(cls, region: str = "us-east-1") -> Lab:
        """Start an empty account. An account that was running ends.

        First the kernel is cut off: AWS and proxy settings of the process are cleared. Until the kernel
        ends, every request that the lab does not play is refused.

        Raises:
            ValueError: ``region`` does not look like an AWS Region.
        """
        if not services.is_region(region):
            raise ValueError(f"{region!r} is not the name of an AWS Region, such as 'us-east-1'.")
        with cls.lock:
            if cls._running is not None:
                cls._running._end("A later Lab.start() has started another account.")
            lab = cls(region)
            lab._begin()
        return lab

    def reset(self) -> Lab:
        """Empty the account, like :meth:`stop` and :meth:`start`, but keep this object."""
        with self.lock:
            self._alive()
            self._end("")
            self._begin()
        return self

    def stop(self) -> None:
        """End the account and forget everything in it. The kernel stays cut off from the network."""
        with self.lock:
            if not self._ended:
                self._end("lab.stop() ended it.")

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _begin(self) -> None:
        self._fixed = fixed = reproducible.is_asked_for()
        guard.install()
        guard.clean_environment(self.region)
        aws.register()
        if fixed:
            self._clock.set(reproducible.FIXED_START, ticking=False)
        signing_keys.start_keys(fixed)
        moto_patches.start_account(reproducible.FIXED_SEED if fixed else None)
        former_accounts.begin()
        guard.refuse_older_clients()
        owner = principals.owner_keys()
        if Lab._owner is not None:
            owner.access_key_id, owner.secret_access_key = Lab._owner
        Lab._owner = owner.access_key_id, owner.secret_access_key
        os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"] = Lab._owner
        self._refusals = why.Refusals()
        Lab._running, self._ended = self, ""
        self._refusals.__enter__()
        registry.register_hosts(lambda kind: _running_account()._provider(kind))
        # IPython is loaded if there is a shell; looking in sys.modules keeps plain Python from importing it.
        loaded = sys.modules.get("IPython")
        if (shell := loaded and loaded.get_ipython()) is not None:
            short_tracebacks.install(shell)
            clock.rest_between_cells(shell, Lab._resting_clock)

    def _end(self, reason: str) -> None:
        Lab._running, self._ended = None, reason or "It is being reset."
        if reason and self._server is not None:
            self._server.stop()
        for story in self._stories if reason else ():  # an interrupt may have left one that still listens
            story.__exit__()
        self._refusals.__exit__()
        former_accounts.remember()
        former_accounts.begin()  # what comes now belongs to no account that was
        moto_patches.stop_account()
        self._clock.give_back()
        self._providers = {}

    def _alive(self) -> None:
        if self._ended:
            raise OutsideTheLab(
                f"This account has ended. {self._ended} Start another with lab = Lab.start()."
            )

    def __repr__(self) -> str:
        state = "ended" if self._ended else "running"
        return f"<Lab: AWS account {self.account} in {self.region}, {state}, offline>"

    @classmethod
    def _resting_clock(cls) -> Clock | None:
        """The clock, where nobody needs it between two cells: it is not fixed, and no program is served."""
        lab = cls._running
        if lab is None or lab._fixed or (lab._server is not None and lab._server.running):
            return None
        return lab._clock

    # -- what a lesson does with it --------------------------------------------------------------

    def _provider(self, kind: type[P]) -> P:
        with self.lock:
            self._alive()
            if kind not in self._providers:
                self._providers[kind] = registry.new_provider(kind, cast()["people"])
            found: P = self._providers[kind]
            return found

    @property
    def google(self) -> Google:
        """Google's stand-in, as it knows people and OAuth clients in this account."""
        return self._provider(Google)

    @property
    def facebook(self) -> Facebook:
        """Facebook's stand-in, as it knows people and apps in this account."""
        return self._provider(Facebook)

    @property
    def amazon(self) -> Amazon:
        """The stand-in for Login with Amazon, as it knows people and security profiles in this account."""
        return self._provider(Amazon)

    @property
    def apple(self) -> Apple:
        """The stand-in for Sign in with Apple, as it knows people and Services IDs in this account."""
        return self._provider(Apple)

    @property
    def university(self) -> University:
        """North Shore University's sign-in (SAML 2.0), as it knows people and services in this account."""
        return self._provider(University)

    @property
    def now(self) -> datetime:
        """The account's time, UTC."""
        self._alive()
        return datetime.now(UTC)

    def inbox(self, address: str) -> list[Message]:
        """The e-mails and text messages that Cognito sent to ``address``, the newest last.

        Args:
            address: An e-mail address, or a phone number in the form ``"+15550100"``.
        """
        from cognito_lab.aws.user_pools import outbox

        with self.lock:
            self._alive()
            return outbox.inbox(address)

    def deploy(
        self, handler: Callable[..., Any] | str, name: str = "", *, role: str = "", **settings: Any
    ) -> str:
        """Zip Python code, upload it as a Lambda function, and return the function's ARN.

        Args:
            handler: A function, whose source alone is uploaded, so it imports what it needs; or the text of a
                module that defines ``lambda_handler``.
            name: The name of the Lambda function; without one, that of the Python function. If it is there
                already, its code is updated.
            role: The ARN of its execution role; without one, a role that may do nothing is made for it.
            settings: Further arguments of ``create_function``, such as ``Timeout=10``.

        Raises:
            ValueError: ``handler`` is a text and ``name`` is missing.
        """
        self._alive()
        if isinstance(handler, str) and not name:
            raise ValueError("A function that is given as a text needs a name: lab.deploy(text, name=...).")
        from cognito_lab.aws.lambda_functions import uploading

        return uploading.upload(handler, name, role, settings)

    def logs(self, function: str) -> str:
        """What a Lambda function has written so far: what it printed and logged, and its errors."""
        from cognito_lab.aws.lambda_functions import functions

        with self.lock:
            self._alive()
            return "".join(functions.registry().logs.get((self.region, function), ()))

    def travel(self, **duration: float) -> datetime:
        """Move the account's clock forward and return the new time (UTC).

        Args:
            duration: As for :class:`datetime.timedelta`: ``hours=1``, ``minutes=59``, ``days=30``.

        Raises:
            ValueError: The duration is negative: tokens that were issued cannot be un-issued.
        """
        step = timedelta(**duration)
        if step < timedelta(0):
            raise ValueError("The clock of an account can only go forward.")
        with self.lock:
            self._alive()
            then = datetime.now(UTC) + step  # beyond the calendar's end, it fails before anybody waits
            if step and self._server is not None and self._server.running:
                # Presigned URLs are dated to the second; each second is to be before this, or after.
                time.sleep(1.001 - clock.real_time() % 1)
                then = datetime.now(UTC) + step
            self._clock.set(then, ticking=not reproducible.is_asked_for())
        return then

    def serve(self, port: int = PORT, issuer: str = "aws") -> Server:
        """Let other programs of this machine use the account: SDKs, the AWS CLI, browsers. Prints how.

        Only this machine can reach it, until ``stop()``, or the end of a ``with`` block or of the account. A
        reset does not end it. If the account is served already, the server stays the same.

        Args:
            port: The port to listen on. If it is taken, the next free one.
            issuer: The issuer in the tokens of user pools. ``"aws"``: the same as on AWS. ``"local"``: the
                address of the server, for clients that compare the issuer with the address that they asked.
                The discovery document agrees.

        Raises:
            ValueError: There is no such ``issuer``, or the account is served with the other one.
            OutsideTheLab: The kernel's clock and chance are fixed: others have another clock, and could guess
                its codes.
            OSError: ``port`` is taken, and so are the next ones.
        """
        self._alive()
        if self._fixed:
            raise OutsideTheLab(
                f"This kernel runs on a fixed clock ({reproducible.REPRODUCIBLE}): "
                "it does not serve other programs."
            )
        server = self._served(port, issuer)
        if server.issuer != issuer:
            raise ValueError(
                f"The account is already served with issuer={server.issuer!r}. stop() that server first."
            )
        print(server)
        return server

    def _served(self, port: int, issuer: str) -> Server:
        """The account's server: the one that there is, or else a new one."""
        from cognito_lab.served.server import Server

        with self.lock:
            self._alive()
            if not self.lock.at_home.is_set():
                raise OutsideTheLab("While your account is set aside, nothing is served.")
            if self._server is None or not self._server.running:
                self._server = Server(self, port, issuer)
            return self._server

    def host(self, name: str, application: own_servers.Application) -> None:
        """Let a server of your own answer at the host ``name``, until the account is emptied or ends.

        Args:
            name: ``"api.tidepool.example"``, or a name below it.
            application: What WSGI calls an application, such as one of Flask's or werkzeug's. It is called
                in this kernel, once for each request, and may itself call whatever the lab plays.

        Raises:
            ValueError: Servers have other names in this lab.
        """
        if not re.fullmatch(own_servers.HOSTS, name):
            raise ValueError(f"{name!r} is neither api.tidepool.example nor a name below it.")
        with self.lock:
            self._alive()
            moto_patches.account_state(own_servers.OwnServers).by_host[name] = application

    def demo(self, site: str) -> Demo:
        """Tidepool's page for a real browser: ``site`` is the address of the website's endpoint on AWS.

        The account is served for it, as by :meth:`serve`. A kernel with a fixed clock only says where that
        would be.
        """
        self._alive()
        from cognito_lab.lessons.demo import Demo
        from cognito_lab.served import browser_rules

        port = PORT if self._fixed else self._served(PORT, "aws").port
        return Demo(browser_rules.local_address(site, port), port, served=not self._fixed)

    def scene(self, name: str) -> Scene:
        """Empty the account, then make the AWS calls of earlier lessons that the scene ``name`` lists.

        Print the scene to read its calls. Its attributes are what it made: ``scene.pool``.

        Raises:
            SceneError: There is no scene with that name. The message lists the scenes.
        """
        self.reset()
        former_accounts.current().scene = name
        from cognito_lab.lessons import scenes

        return scenes.play(name, region=self.region, lab=self)

    def picture(self, name: str) -> bytes:
        """One of the club's pictures, an SVG: ``anemone.svg``, ``crab.svg``, ``goby.svg``, ``limpet.svg``."""
        return (DATA / "pictures" / name).read_bytes()

    def years_ago(self, call: Callable[..., Any], **arguments: Any) -> Any:
        """Make a call to IAM as it was when the trust policy of a role for identity pools needed no ``aud``.

        AWS no longer saves such a role, and keeps those that were saved then.
        """
        from cognito_lab.aws.sts import assume_role

        with self.lock, patch.object(assume_role, "check_names_a_pool", lambda document: None):
            self._alive()
            return call(**arguments)

    def exercise(self, number: str) -> Exercise:
        """An exercise of the course, for example ``"01.1"``. Its check plays in an account of its own.

        Raises:
            ExerciseError: There is no such exercise. The message lists the exercises.
        """
        from cognito_lab.practice.exercises import Exercise

        return Exercise(number, self)

    def set_aside(self) -> AbstractContextManager[Lab]:
        """``with lab.set_aside():`` plays its block in an empty account. Then everything is as it was before.

        That includes clock, mail, recordings, the next ids, and the server: requests from outside wait until
        the block has ended. It works on an account that has ended, too, which stays ended.
        """
        from cognito_lab.lessons.set_aside import SetAside

        return interrupts.whole(SetAside(self))

    def why(self) -> Why | Table:
        """The newest refusal in this account: which check said no, to what, and what it expected.

        AWS tells none of this to its callers. Of secrets, it says only whether they were right.
        """
        self._alive()
        return self._refusals.why()

    def who_knows(self, *, username: str = "", identity_id: str = "", google_email: str = "") -> Diagram:
        """A picture of what Google, the user pool, the identity pool and IAM know about one person now.

        Raises:
            ValueError: Nobody is named.
        """
        self._alive()
        from cognito_lab.views.knowledge import who_knows

        named = {"username": username, "identity_id": identity_id, "google_email": google_email}
        return who_knows(self.google, **named)

    def record(self, app: str = "app") -> AbstractContextManager[Story]:
        """Keep every call of a block: ``with lab.record() as story:``, then ``story.diagram()``.

        ``app`` is what the diagram calls the program that makes the calls.
        """
        self._alive()
        from cognito_lab.lessons import recording

        self._stories.add(story := recording.record(app))
        return story


def cast() -> Any:
    """The people, buckets and names of Tidepool, the application of the course."""
    return json.loads((DATA / "cast.json").read_text(encoding="utf-8"))


def _running_account() -> Lab:
    if Lab._running is None:
        raise OutsideTheLab("No account is running. Start one with lab = Lab.start().")
    return Lab._running
