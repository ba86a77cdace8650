"""A user pool in which people choose how they begin to sign in, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from support.second_factors import Factors
from support.user_pools import pairs

from cognito_lab import Lab

PASSWORD_FACTORS = ["PASSWORD", "PASSWORD_SRP"]
CODES = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}


class Choices(Factors):
    """An account whose pool lets people begin with a password or with a code."""

    def pool_of(
        self, mode: str, *factors: str, first: tuple[str, ...] = ("PASSWORD", *CODES), **settings: Any
    ) -> None:
        policies = {"SignInPolicy": {"AllowedFirstAuthFactors": list(first)}}
        super().pool_of(mode, *factors, Policies=policies, **settings)

    def choose(
        self, preferred: str = "", name: str = "mara", client: str = "", **more: str
    ) -> dict[str, Any]:
        """The first call of USER_AUTH; ``session`` is that of a ConfirmSignUp."""
        session = {"Session": more.pop("session")} if "session" in more else {}
        wanted = {"PREFERRED_CHALLENGE": preferred} if preferred else {}
        answer: dict[str, Any] = self.idp.initiate_auth(
            ClientId=client or self.client, AuthFlow="USER_AUTH", **session,
            AuthParameters={"USERNAME": name, **wanted, **more},
        )  # fmt: skip
        return answer

    def sign_up_without_password(self, name: str = "mara", /, **attributes: str) -> dict[str, Any]:
        attributes.setdefault("email", f"{name}@tidepool.example")
        made: dict[str, Any] = self.idp.sign_up(
            ClientId=self.client, Username=name, UserAttributes=pairs(**attributes)
        )
        return made


@contextmanager
def choices() -> Iterator[Choices]:
    with Lab.start() as lab:
        yield Choices(lab)
