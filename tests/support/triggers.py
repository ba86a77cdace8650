"""What the tests of triggers share: a pool whose triggers are functions of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from support.federation import Federation
from support.first_factors import Choices
from support.lambda_functions import client, make_function
from support.managed_login import Pages
from support.user_pools import World

from cognito_lab import Lab
from cognito_lab.aws.user_pools.triggers import invoking

# What the functions have been given is printed by them, and read in their logs.
HEAD = "import json\ndef handler(event, context):\n    print(json.dumps(event))\n"


class Triggers(World):
    """Functions of the pool's own."""

    def on(
        self,
        trigger: str,
        body: str = "",
        role: str = "",
        permitted: bool = True,
        version: int = 1,
        **settings: Any,
    ) -> str:
        """Let ``body`` of a function stand for ``trigger``; it returns the event. The function's name."""
        name = f"{trigger}-{len(client().list_functions()['Functions'])}"
        lines = [f"    {line}\n" for line in body.splitlines()]
        arn = make_function(name, f"{HEAD}{''.join(lines)}    return event\n", role, **settings)
        if permitted:
            self.permit(name)
        newer = {"LambdaVersion": f"V{version}_0", "LambdaArn": arn}
        more = {"PreTokenGenerationConfig": newer} if trigger == "PreTokenGeneration" else {}
        self.configure(**{trigger: newer if trigger == "InboundFederation" else arn}, **more)
        return name

    def permit(self, name: str, pool: str = "") -> None:
        arn = f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool or self.pool}"
        client().add_permission(
            FunctionName=name, StatementId="pool", Action="lambda:InvokeFunction",
            Principal="cognito-idp.amazonaws.com", SourceArn=arn,
        )  # fmt: skip

    def configure(self, **functions: Any) -> None:
        """Add to the pool's ``LambdaConfig``; everything else stays."""
        settings = self.idp.describe_user_pool(UserPoolId=self.pool)["UserPool"]
        given = {
            name: settings[name]
            for name in ("AutoVerifiedAttributes", "UserPoolTier", "AdminCreateUserConfig", "Policies",
                         "EmailConfiguration", "DeviceConfiguration", "VerificationMessageTemplate")
            if name in settings
        }  # fmt: skip
        given.get("AdminCreateUserConfig", {}).pop("UnusedAccountValidityDays", None)
        config = {**settings["LambdaConfig"], **functions}
        self.idp.update_user_pool(UserPoolId=self.pool, LambdaConfig=config, **given)

    def events(self, name: str) -> list[dict[str, Any]]:
        """The events that a function has been given."""
        lines = self.lab.logs(name).splitlines()
        return [json.loads(line) for line in lines if line.startswith('{"version"')]


class Triggered(Triggers):
    """A user pool with triggers."""


class TriggeredPages(Triggers, Pages):
    """One with a domain."""


class TriggeredChoices(Triggers, Choices):
    """One in which people choose how they begin to sign in."""


class TriggeredFederation(Triggers, Federation):
    """One into which people come from outside."""


@contextmanager
def account_with_triggers() -> Iterator[Lab]:
    """Cognito waits a minute for a function, and not five seconds: a busy machine is slow, not wrong."""
    with Lab.start() as lab, patch.object(invoking, "SECONDS", 60):
        yield lab


@contextmanager
def triggered_federation() -> Iterator[TriggeredFederation]:
    with account_with_triggers() as lab:
        yield TriggeredFederation(lab)


@contextmanager
def triggered_choices() -> Iterator[TriggeredChoices]:
    with account_with_triggers() as lab:
        yield TriggeredChoices(lab)


@contextmanager
def triggered_pages() -> Iterator[TriggeredPages]:
    with account_with_triggers() as lab:
        yield TriggeredPages(lab)


@contextmanager
def triggered() -> Iterator[Triggered]:
    with account_with_triggers() as lab:
        yield Triggered(lab)
