"""Sign-up: a person makes an account, and proves an address with the code that was sent there.

Source: "Signing up and confirming user accounts"; "Managing error responses" for hidden users.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import attributes, client_secrets, directory, model, passwords
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.people import verification_codes
from cognito_lab.aws.user_pools.sign_in import challenges, hidden_users
from cognito_lab.aws.user_pools.sign_in.challenges import Challenge
from cognito_lab.aws.user_pools.threat_protection import auth_events, leaked_passwords
from cognito_lab.aws.user_pools.triggers import sign_up_triggers
from cognito_lab.errors import invalid

VERIFIED_FIRST = ("phone_number", "email")  # with both to verify, the code goes by SMS
STARTED, CONFIRMED = "SignUp", "ConfirmSignUp"  # what the Session of each waits for; no challenges of the API


@operation("cognito-idp", "SignUp")
def sign_up(call: Call) -> dict[str, Any]:
    client = model.client_in(call)
    pool, password = client.pool, call.get("Password") or None
    client_secrets.check_secret_hash(client, call["Username"], call.get("SecretHash"))
    check_self_sign_up(pool)
    # The form of what was sent
    values = attributes.as_mapping(call.get("UserAttributes", []))
    attributes.check_values(pool.schema, values)
    attributes.check_write_rights(pool.schema, client.write_attributes, values)
    username, values = name_user(pool, call["Username"], values)
    attributes.check_required(pool.schema, values)
    # The password
    check_password_given(client, password, values)
    if password is not None:
        passwords.check_long_enough_to_send(password)
        passwords.check_policy(pool.password_policy, password)
        leaked_passwords.check_new_password(client, None, password, "SIGN_UP")
    attribute = attribute_to_verify(pool, values)
    if attribute == "email" and pool.confirms_by_link:
        verification_codes.check_domain(pool)
    flags = sign_up_triggers.before(pool, "SignUp", username, values, client=client)
    # The name is free
    directory.check_username_free(pool.people, username, values, "User already exists")
    unproved = {proof: "false" for name, proof in attributes.VERIFIED.items() if values.get(name)}
    user = add_user(pool, username, {**unproved, **values}, "UNCONFIRMED", password, call["Username"])
    sign_up_triggers.obey(pool, user, flags)
    auth_events.record(client, user, "SignUp", leaked=leaked_passwords.is_leaked(password)).end("Pass")
    if user.status == "CONFIRMED":
        sign_up_triggers.after(pool, user, client)
        return {"UserConfirmed": True, "UserSub": user.sub}
    answer = {"UserConfirmed": False, "UserSub": user.sub}
    delivery = send_code(client, user)
    session = wait_for_sign_in(client, user, STARTED)
    return answer | ({"CodeDeliveryDetails": delivery} if delivery else {}) | session


def check_password_given(client: AppClient, password: str | None, values: Mapping[str, str]) -> None:
    """A password can be left out where the app client allows USER_AUTH, and a code as first factor can go to
    an address that the pool verifies."""
    factors = model.first_factors(client.pool.settings)
    addresses = [to for factor, to in model.CODES.items() if factor in factors and client.pool.verifies(to)]
    by_code = "ALLOW_USER_AUTH" in client.flows and any(values.get(address) for address in addresses)
    if password is None and not by_code:
        raise invalid("1 validation error detected: Value at 'password' failed to satisfy constraint: "
                      "Member must not be null")  # fmt: skip


def wait_for_sign_in(client: AppClient, user: User, name: str, **facts: Any) -> dict[str, str]:
    """The Session with which the user can sign in after the confirmation, if the app client allows that."""
    if "ALLOW_USER_AUTH" not in client.flows:
        return {}
    return {"Session": challenges.store_challenge(client, user, name, is_first=True, **facts)}


def check_self_sign_up(pool: UserPool) -> None:
    if pool.settings["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]:
        raise not_authorized("SignUp is not permitted for this user pool")


def name_user(pool: UserPool, given: str, values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The username for the name that was ``given``, and the attributes: with username attributes, an address
    was given, and the username is a UUID that is also the ``sub``."""
    directory.check_username_format(pool.people, given)
    attribute = directory.username_attribute(pool.people, given)
    if attribute is None:
        return given, dict(values)
    check_one_address(pool.people, attribute, given, values)
    return randomness.uuid4(), {**values, attribute: given}


def check_one_address(
    people: directory.Directory, attribute: str, given: str, values: Mapping[str, str]
) -> None:
    """The address that serves as username is the user's only one of its kind (measured).

    Raises:
        AwsError: ``InvalidParameterException``.
    """
    if people.key(values.get(attribute) or given) != people.key(given):
        raise invalid(
            f"User {attribute} should be empty or same as username since user pool was created with "
            f"{attribute} as username attribute."
        )


def add_user(
    pool: UserPool, username: str, values: Mapping[str, str], status: str, password: str | None, given: str
) -> User:
    """Put somebody into the pool's directory, who was named by what was ``given``: see :func:`name_user`."""
    sub = username if pool.people.username_attributes else randomness.uuid4()
    user = User(
        username, sub, {"sub": sub, **{name: value for name, value in values.items() if value}}, status
    )
    user.signed_up_with = directory.username_attribute(pool.people, given) or ""
    if password is not None:
        pool.set_password(user, password, status)
    pool.people.add(user)
    return user


def send_code(client: AppClient, user: User) -> dict[str, str] | None:
    """Send the sign-up code where the pool's ``AutoVerifiedAttributes`` say, if anywhere. In an e-mail it may
    be a link, and in no later one (measured)."""
    pool, attribute = client.pool, attribute_to_verify(client.pool, user.attributes)
    if attribute is None:
        return None
    by_link = client if attribute == "email" and pool.confirms_by_link else None
    return verification_codes.send(pool, user, "sign-up", attribute, client=by_link)


def pretend_to_send_code(client: AppClient, nobody: User, name: str) -> dict[str, str] | None:
    ways = [way for way in VERIFIED_FIRST if client.pool.verifies(way)]
    return verification_codes.pretend_to_send(client, nobody, name, "sign-up", ways) if ways else None


def attribute_to_verify(pool: UserPool, values: Mapping[str, str]) -> str | None:
    own = (name for name in VERIFIED_FIRST if pool.verifies(name) and values.get(name))
    return next((name for name in own if not directory.is_verified(values, name)), None)


@operation("cognito-idp", "ConfirmSignUp")
def confirm_sign_up(call: Call) -> dict[str, Any]:
    """The right code confirms the account and verifies the address; the name must still be free."""
    client = model.client_in(call)
    client_secrets.check_secret_hash(client, call["Username"], call.get("SecretHash"))
    user = client.pool.people.find(call["Username"])
    if user is None:  # met by the same limit and, without a code, by the same refusals: else they would tell
        user = hidden_users.placeholder_for(client, call["Username"])
    else:
        check_unconfirmed(user)
    verification_codes.count_attempt(user.attempts, "ConfirmSignUp")
    code = verification_codes.check(user, "sign-up", call["ConfirmationCode"])
    begun = find_sign_up(client, user, call.get("Session"))
    is_same_address = user.attributes.get(code.attribute) == code.value
    proved = {attributes.VERIFIED[code.attribute]: "true"} if is_same_address else {}
    confirm(client.pool, user, proved, call.get("ForceAliasCreation", False))
    verification_codes.use_up(user, "sign-up")
    sign_up_triggers.after(client.pool, user, client)
    if begun is not None:
        begun.answered = True
    amr = ("pwd",) if begun is not None and user.credential else ()
    return wait_for_sign_in(client, user, CONFIRMED, code=code, amr=amr)


def find_sign_up(client: AppClient, user: User, session: str | None) -> Challenge | None:
    """The SignUp whose Session came along, if one did.

    Raises:
        AwsError: ``NotAuthorizedException``: it is over, or another user's.
    """
    begun = challenges.find_challenge(client, session, STARTED) if session else None
    if begun is not None and begun.user is not user:
        raise challenges.invalid_session("")
    return begun


def check_unconfirmed(user: User) -> None:
    if user.status != "UNCONFIRMED":
        raise not_authorized(f"User cannot be confirmed. Current status is {user.status}")


def confirm(pool: UserPool, user: User, proved: Mapping[str, str], force: bool = False) -> None:
    """Make ``user`` CONFIRMED, with these addresses ``proved``; from now on aliases lead to the user.

    Raises:
        AwsError: ``AliasExistsException``: another user has the alias, and ``force`` was not asked for.
    """
    names = pool.people.names({**user.attributes, **proved}, confirmed=True)
    pool.people.check_free(user, names, but_aliases=force)
    if force:
        pool.people.take_aliases(user, names)
    user.status = "CONFIRMED"
    pool.people.change(user, proved)


@operation("cognito-idp", "ResendConfirmationCode")
def resend_confirmation_code(call: Call) -> dict[str, Any]:
    client = model.client_in(call)
    client_secrets.check_secret_hash(client, call["Username"], call.get("SecretHash"))
    user = client.pool.people.find(call["Username"])
    if user is not None and user.status != "UNCONFIRMED":
        raise invalid("User is already confirmed.")
    # Nobody meets the limits that people meet. AWS does not say so, but else the limit would tell who exists.
    someone = user or hidden_users.placeholder_for(client, call["Username"])
    verification_codes.count_attempt(someone.attempts, "ResendConfirmationCode")
    if user is None or (client.hides_users and not user.enabled):
        delivery = pretend_to_send_code(client, someone, call["Username"])
    else:
        delivery = send_code(client, user)
    if delivery is None:
        raise invalid("Auto verification not turned on.")
    auth_events.record(client, someone, "ResendCode").end("Pass")
    return {"CodeDeliveryDetails": delivery}
