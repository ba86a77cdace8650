"""The people of a room as users of a user pool. Whoever asks for them asks Cognito, by boto3.

The account has no port. A served account would have to be on this machine, where every learner's kernel could
reach it too, and act as its owner. Run with a class list and a file of passwords, this module answers the
questions of :class:`~cognito_lab.room.separate_directory.SeparateDirectory`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from cognito_lab.lab import Lab
from cognito_lab.room.class_list import Person, read_class, temporary_passwords

NEW_PASSWORD = "Choose a new password"  # a sentence that begins so makes the page ask for one
# Cognito gives one code, NotAuthorizedException, to all of these. Only its message says which it is.
SENTENCES = {
    "Incorrect username or password.": "The username or the password is wrong.",
    "User is disabled.": "This account is disabled. Ask your instructor.",
    "Password attempts exceeded": "Too many wrong passwords. Wait before you try again; each further one "
    "makes the wait longer.",
    "Temporary password has expired and must be reset by an administrator.": "The temporary password has "
    "expired. Ask your instructor to start the room again.",
}


class Directory:
    """A user pool with ``people`` in it, each with a temporary password.

    Starts an account of the lab: the process is cut off from the network from then on.
    """

    def __init__(self, people: list[Person], passwords: dict[str, str]) -> None:
        self._lab = Lab.start()
        self._pools = boto3.client("cognito-idp")
        policy = {"MinimumLength": 10} | dict.fromkeys(
            [f"Require{kind}" for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols")], False
        )
        self._pool = self._pools.create_user_pool(
            PoolName="room",
            Policies={"PasswordPolicy": policy},
            AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
            AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}]},
        )["UserPool"]["Id"]
        self._client = self._pools.create_user_pool_client(
            UserPoolId=self._pool,
            ClientName="jupyterhub",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
            PreventUserExistenceErrors="ENABLED",
        )["UserPoolClient"]["ClientId"]
        for person in people:
            attributes = {"name": person.name, "email": person.email}
            self._pools.admin_create_user(
                UserPoolId=self._pool,
                Username=person.username,
                TemporaryPassword=passwords[person.username],
                MessageAction="SUPPRESS",
                UserAttributes=[
                    {"Name": name, "Value": value} for name, value in attributes.items() if value
                ],
            )
            if person.disabled:
                self._pools.admin_disable_user(UserPoolId=self._pool, Username=person.username)

    def refusal(self, username: str, password: str, new: str = "") -> str:
        """Sign somebody in, and say in a sentence why not; empty where they are in.

        Args:
            username: as it stands on the class list.
            password: the person's own, or the temporary one.
            new: what replaces the temporary one.
        """
        given = {"USERNAME": username, "PASSWORD": password}
        try:
            answer = self._pools.initiate_auth(
                ClientId=self._client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
            )
            if "ChallengeName" not in answer:
                return ""
            if not new:
                return f"{NEW_PASSWORD}: type the temporary one again, and the new one below it."
            if new == password:
                return f"{NEW_PASSWORD}: this is the temporary one."
            self._pools.respond_to_auth_challenge(
                ClientId=self._client,
                ChallengeName=answer["ChallengeName"],
                Session=answer["Session"],
                ChallengeResponses={"USERNAME": username, "NEW_PASSWORD": new},
            )
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if code == "InvalidPasswordException":
                return f"{NEW_PASSWORD} with at least ten characters."
            return SENTENCES.get(message, message)
        return ""

    def is_enabled(self, username: str) -> bool:
        """Whether ``username`` is on the list, and not disabled."""
        try:
            found = self._pools.admin_get_user(UserPoolId=self._pool, Username=username)
        except self._pools.exceptions.UserNotFoundException:
            return False
        return bool(found["Enabled"])


def main(class_list: str, passwords: str) -> None:
    """Answer each line of standard input, such as `["is_enabled", "ada"]`, by a line in JSON.

    Raises:
        ClassListError: the class list cannot be used.
    """
    answers, sys.stdout = sys.stdout, sys.stderr  # nothing else may stand among the answers
    people = read_class(Path(class_list))
    directory = Directory(people, temporary_passwords(people, Path(passwords)))
    methods: dict[str, Callable[..., object]] = {
        "refusal": directory.refusal,
        "is_enabled": directory.is_enabled,
    }
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        question, *given = json.loads(line)
        print(json.dumps(methods[question](*given)), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
