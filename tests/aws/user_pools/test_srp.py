"""USER_SRP_AUTH: the password is proved and never sent.

The client's half is in :mod:`support.srp_client`. Two known answers below come from another program,
pycognito 2024.5.1.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from contextlib import suppress
from datetime import datetime, timezone

import pytest
from botocore.exceptions import ClientError
from support.srp_client import PRIME, Client, K, hexadecimal, sha, written
from support.threat_protection import LEAKED
from support.user_pools import OTHER_PASSWORD, PASSWORD, read, refused, secret_hash, world

from cognito_lab import clock, randomness
from cognito_lab.aws.user_pools import srp
from cognito_lab.aws.user_pools.sign_in import challenges, srp_flow
from cognito_lab.lessons.why import Refusals
from cognito_lab.network import exchanges, hosts
from cognito_lab.network.messages import Headers, Request

FLOWS = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
WRONG = ("NotAuthorizedException", "Incorrect username or password.")


@pytest.fixture
def it():
    with world() as it:
        it.new_pool(FLOWS, AutoVerifiedAttributes=["email"])
        yield it


# -- the right password --------------------------------------------------------------------------


def test_the_right_password_brings_the_tokens_that_a_password_brings(it):
    it.member()
    by_srp, by_password = Client(it).sign_in()["AuthenticationResult"], it.sign_in()
    assert set(by_srp) == set(by_password)
    for token in ("IdToken", "AccessToken"):
        assert set(read(by_srp[token])) == set(read(by_password[token]))
        assert read(by_srp[token])["sub"] == it.attributes()["sub"]
    assert it.refresh(by_srp["RefreshToken"])["IdToken"]


def test_the_challenge_is_as_aws_has_it(it):
    it.member()
    challenge = Client(it).begin()
    given = challenge["ChallengeParameters"]
    assert challenge["ChallengeName"] == "PASSWORD_VERIFIER" and "Session" not in challenge
    assert set(given) == {"SALT", "SRP_B", "SECRET_BLOCK", "USERNAME", "USER_ID_FOR_SRP"}
    assert given["USERNAME"] == given["USER_ID_FOR_SRP"] == "mara"
    assert 0 < int(given["SRP_B"], 16) < PRIME and int(given["SALT"], 16).bit_length() <= 128
    again = Client(it).begin()["ChallengeParameters"]
    assert again["SALT"] == given["SALT"]
    assert again["SRP_B"] != given["SRP_B"] and again["SECRET_BLOCK"] != given["SECRET_BLOCK"]


def test_the_group_is_the_one_of_the_standard():
    assert srp.GROUP == PRIME and srp.GENERATOR == 2 and srp.MULTIPLIER == K


def test_by_an_alias_the_proof_is_over_the_real_username(it):
    it.new_pool(FLOWS, AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    it.member()
    app = Client(it)
    challenge = app.begin("mara@tidepool.example")
    assert challenge["ChallengeParameters"]["USER_ID_FOR_SRP"] == "mara"
    assert app.send(app.claim(challenge))["AuthenticationResult"]
    challenge = app.begin("mara@tidepool.example")
    timestamp = written()
    over_alias = app.signature(challenge["ChallengeParameters"], timestamp, name="mara@tidepool.example")
    with refused(*WRONG):
        app.send(app.claim(challenge, timestamp, PASSWORD_CLAIM_SIGNATURE=over_alias))


def test_with_email_usernames_the_proof_is_over_the_sub(it):
    it.new_pool(FLOWS, UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    it.member("mara@tidepool.example")
    app = Client(it)
    challenge = app.begin("mara@tidepool.example")
    assert uuid.UUID(challenge["ChallengeParameters"]["USER_ID_FOR_SRP"])
    assert app.send(app.claim(challenge))["AuthenticationResult"]


def test_the_whole_pool_id_does_not_do(it):
    it.member()
    app, timestamp = Client(it), written()
    challenge = app.begin()
    whole = app.signature(challenge["ChallengeParameters"], timestamp, pool=it.pool)
    with refused(*WRONG):
        app.send(app.claim(challenge, timestamp, PASSWORD_CLAIM_SIGNATURE=whole))


def test_an_administrators_door_takes_the_same_proof(it):
    it.member()
    app = Client(it)
    parameters = {"USERNAME": "mara", "SRP_A": f"{app.public:x}"}
    common = {"UserPoolId": it.pool, "ClientId": it.client}

    def answer(app, challenge):
        return it.idp.admin_respond_to_auth_challenge(
            **common, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=app.claim(challenge)
        )

    def begin():
        return it.idp.admin_initiate_auth(**common, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)

    assert answer(app, begin())["AuthenticationResult"]["IdToken"]
    with refused(*WRONG):
        answer(Client(it, OTHER_PASSWORD, app.secret), begin())


@pytest.mark.parametrize("salt", ["00" * 15 + "7f", "00ab" + "11" * 14, "0fab" + "11" * 14, "ff" * 16])
def test_numbers_with_zeros_in_front_come_out_the_same_on_both_sides(it, salt, monkeypatch):
    """Salts that begin with zeros, or with a set bit: where clients that mix up text and number go wrong."""
    real = randomness.octets
    monkeypatch.setattr(
        randomness, "octets", lambda count: bytes.fromhex(salt) if count == 16 else real(count)
    )
    it.member()
    challenge = Client(it).begin()
    assert challenge["ChallengeParameters"]["SALT"] == f"{int(salt, 16):x}"  # some clients read it as text
    assert Client(it).sign_in()["AuthenticationResult"]


def test_a_thousand_numbers_are_padded_as_clients_pad_them():
    for number in [*range(600), *(secrets.randbits(bits) for bits in range(1, 400))]:
        assert srp.pad(number).hex() == hexadecimal(number)


def test_known_answers_of_another_program():
    """The client of pycognito 2024.5.1, with these very numbers, signed with this key."""
    salt, name = 0x5BBE2D0E4A3C9F7711D0C2A4E6F80913, srp.full_name("us-east-1_Ab12Cd34E", "mara")
    verifier = pow(2, srp.private_key(salt, name, PASSWORD), srp.GROUP)
    server = srp.Server(pow(2, int("a7" * 128, 16), srp.GROUP), int("c3" * 32, 16), verifier)
    assert server.key().hex() == "65fbdd77c4b3d9cb1a1c873aa28373cf"
    signature = server.signature(name, b"\x00block\xff", "Mon Jun 1 09:00:00 UTC 2026")
    assert base64.b64encode(signature).decode() == "d5wW8qx9k/i+ENfTTQOO6/cFFBcJetw9Bf4caBiCmMg="


# -- whatever is wrong is refused ----------------------------------------------------------------


def test_a_wrong_password_is_refused(it):
    it.member()
    with refused(*WRONG):
        Client(it, OTHER_PASSWORD).sign_in()
    assert Client(it).sign_in()["AuthenticationResult"]


def test_every_part_of_the_answer_counts(it):
    it.member()
    it.member("nele")
    app = Client(it)

    def answer(**changes):
        challenge = app.begin()
        return app.send(app.claim(challenge) | changes)

    assert answer()["AuthenticationResult"]
    others_block = app.begin()["ChallengeParameters"]["SECRET_BLOCK"]
    block = bytearray(base64.b64decode(others_block))
    block[0] ^= 1
    changed = base64.b64encode(bytes(block)).decode()
    of_nele = app.begin("nele")["ChallengeParameters"]["SECRET_BLOCK"]
    for changes in (
        {"PASSWORD_CLAIM_SECRET_BLOCK": changed},
        {"PASSWORD_CLAIM_SECRET_BLOCK": of_nele},
        {"PASSWORD_CLAIM_SECRET_BLOCK": others_block},
        {"PASSWORD_CLAIM_SECRET_BLOCK": "not Base64 at all é"},
        {"PASSWORD_CLAIM_SIGNATURE": base64.b64encode(bytes(32)).decode()},
        {"PASSWORD_CLAIM_SIGNATURE": "é"},
        {"USERNAME": "nele"},
        {"USERNAME": "nobody"},
        {"TIMESTAMP": written(datetime.fromtimestamp(it.lab.now.timestamp() - 1, timezone.utc))},
    ):
        with refused(*WRONG):
            answer(**changes)


@pytest.mark.parametrize(
    "missing", ["USERNAME", "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"]
)
def test_every_part_of_the_answer_is_required(it, missing):
    it.member()
    app = Client(it)
    claim = app.claim(app.begin())
    del claim[missing]
    with refused("InvalidParameterException", f"Missing required parameter {missing}"):
        app.send(claim)


@pytest.mark.parametrize("missing", ["USERNAME", "SRP_A"])
def test_both_parameters_of_the_flow_are_required(it, missing):
    parameters = {"USERNAME": "mara", "SRP_A": "2"}
    del parameters[missing]
    with refused("InvalidParameterException", f"Missing required parameter {missing}"):
        it.idp.initiate_auth(ClientId=it.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)


@pytest.mark.parametrize(
    "public", ["0", "000", f"{PRIME:x}", f"{2 * PRIME:x}", "xyz", "0x2", "-2", "1_0", " 2", "2\n", "f" * 771]
)
def test_a_public_value_that_would_make_every_password_right_is_refused(it, public):
    """With A a multiple of N, S is 0 on the server whoever knows what."""
    it.member()
    with refused("InvalidParameterException", "Invalid SRP_A"):
        Client(it).begin(SRP_A=public)


def test_an_answer_is_used_once_right_or_wrong(it):
    it.member()
    for app in (Client(it), Client(it, OTHER_PASSWORD)):
        claim = app.claim(app.begin())
        with suppress(ClientError):
            app.send(claim)
        with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once"):
            app.send(claim)
    # ... so that one challenge is good for one guess:
    guessing = Client(it, OTHER_PASSWORD)
    challenge = guessing.begin()
    with refused(*WRONG):
        guessing.send(guessing.claim(challenge))
    guessing.password = PASSWORD
    with refused("NotAuthorizedException"):
        guessing.send(guessing.claim(challenge))


@pytest.mark.parametrize("minutes", [3, 15])
def test_a_challenge_waits_as_long_as_the_client_says(it, minutes):
    it.client = it.new_client(ExplicitAuthFlows=FLOWS, AuthSessionValidity=minutes)["ClientId"]
    it.member()
    app = Client(it)
    challenge = app.begin()
    it.lab.travel(minutes=minutes)
    with refused("NotAuthorizedException", "Invalid session for the user, session is expired"):
        app.send(app.claim(challenge))
    challenge = app.begin()
    it.lab.travel(seconds=60 * minutes - 5)
    assert app.send(app.claim(challenge))["AuthenticationResult"]


def test_a_challenge_belongs_to_one_client(it):
    it.member()
    app, other = Client(it), it.new_client(ExplicitAuthFlows=FLOWS)["ClientId"]
    claim = app.claim(app.begin())
    with refused(*WRONG):
        app.send(claim, other)
    assert app.send(claim)["AuthenticationResult"]


def test_a_secret_block_is_no_session_and_a_session_no_secret_block(it):
    it.invited("ben")
    it.member()
    app = Client(it)
    challenge = app.begin()
    session = it.initiate("ben")["Session"]
    with refused("NotAuthorizedException", "Invalid session for the user."):
        it.idp.respond_to_auth_challenge(
            ClientId=it.client, ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=challenge["ChallengeParameters"]["SECRET_BLOCK"],
            ChallengeResponses={"USERNAME": "mara", "NEW_PASSWORD": OTHER_PASSWORD},
        )  # fmt: skip
    with refused(*WRONG):
        app.send(app.claim(challenge) | {"PASSWORD_CLAIM_SECRET_BLOCK": session, "USERNAME": "ben"})


# -- the timestamp -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "2026-06-01T09:00:00Z", "Mo Jun 1 09:00:00 UTC 2026", "Mon Juni 1 09:00:00 UTC 2026",
     "Mon Jun 1 9:00:00 UTC 2026", "Mon Jun 1 09:00:00 CEST 2026", "Mon, 1 Jun 2026 09:00:00 GMT",
     "Mon Jun 1 09:00:00 UTC 2026 ", "Mon Jun ١ 09:00:00 UTC 2026", "Mon Jun 1 09:00:00 UTC 0000"],
)  # fmt: skip
def test_a_timestamp_of_another_form_is_refused(it, text):
    it.member()
    app = Client(it)
    begin = "TIMESTAMP format should be" if text else "Missing required parameter TIMESTAMP"
    with refused("InvalidParameterException", begin):
        app.send(app.claim(app.begin()) | {"TIMESTAMP": text})


def clock_at(it, year=2027, month=6, day=1):
    """Let it be there on the account's clock."""
    now = datetime(year, month, day, 9, 5, 7, tzinfo=timezone.utc)
    it.lab.travel(seconds=now.timestamp() - it.lab.now.timestamp())


@pytest.mark.parametrize("text", ["Tue Jun 01 09:05:07 UTC 2027", "Mon Jun 1 09:05:07 UTC 2027"])
def test_a_day_with_a_zero_and_a_wrong_weekday_are_refused_though_they_can_be_read(it, text):
    it.member()
    clock_at(it)
    app = Client(it)
    with refused(*WRONG):
        app.sign_in(timestamp=text)
    assert app.sign_in(timestamp="Tue Jun 1 09:05:07 UTC 2027")["AuthenticationResult"]


def test_a_timestamp_is_of_now(it):
    it.member()
    clock_at(it)
    app = Client(it)
    for minute, day in ((59, "8"), (11, "9")):
        with refused(*WRONG):
            app.sign_in(timestamp=f"Tue Jun 1 0{day}:{minute}:00 UTC 2027")
    for minute in (1, 9):
        assert app.sign_in(timestamp=f"Tue Jun 1 09:0{minute}:00 UTC 2027")["AuthenticationResult"]


def test_a_program_outside_of_the_kernel_goes_by_the_machines_clock(it):
    """It knows nothing of the account's clock, by which the challenge's life is counted all the same."""
    it.member()
    it.lab.travel(days=40)
    app = Client(it)

    def send(timestamp, outside, after=0):
        claim = app.claim(app.begin(), timestamp)
        it.lab.travel(seconds=after)
        given = {"ClientId": it.client, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": claim}
        target = "AWSCognitoIdentityProviderService.RespondToAuthChallenge"
        request = Request(
            "POST", "https://cognito-idp.us-east-1.amazonaws.com/", Headers({"x-amz-target": target}),
            json.dumps(given).encode(), outside=outside,
        )  # fmt: skip
        return hosts.dispatch(request).status

    here, there = written(), written(datetime.fromtimestamp(clock.real_time(), timezone.utc))
    assert send(here, outside=False) == send(there, outside=True) == 200
    assert send(there, outside=False) == send(here, outside=True) == 400
    assert send(there, outside=True, after=179) == 200 and send(there, outside=True, after=180) == 400


def test_a_timestamp_is_written_in_english_and_read_back():
    for day in range(400):
        moment = datetime(2026, 1, 1, 7, 8, 9, tzinfo=timezone.utc).timestamp() + day * 86400
        text = written(datetime.fromtimestamp(moment, timezone.utc))
        assert srp.timestamp(moment) == text and srp.parse_timestamp(text) == moment


# -- who is let in -------------------------------------------------------------------------------


def test_the_client_must_allow_the_flow_and_does_by_default(it):
    it.member()
    without = it.new_client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])["ClientId"]
    with refused("InvalidParameterException", "USER_SRP_AUTH is not enabled for the client."):
        Client(it).begin(client=without)
    it.client = it.idp.create_user_pool_client(UserPoolId=it.pool, ClientName="bare")["UserPoolClient"][
        "ClientId"
    ]
    assert Client(it).sign_in()["AuthenticationResult"]


def test_a_client_with_a_secret_proves_it_at_both_steps(it):
    it.member()
    made = it.new_client(GenerateSecret=True, ExplicitAuthFlows=FLOWS)
    app, client = Client(it), made["ClientId"]
    proof = secret_hash(made["ClientSecret"], "mara", client)
    with refused("NotAuthorizedException", f"Client {client} is configured with secret"):
        app.begin(client=client)
    with refused("NotAuthorizedException", "Unable to verify secret hash"):
        app.begin(client=client, SECRET_HASH=proof[::-1])
    challenge = app.begin(client=client, SECRET_HASH=proof)
    with refused("NotAuthorizedException", f"Client {client} is configured with secret"):
        app.send(app.claim(challenge), client)
    with refused("NotAuthorizedException", "Unable to verify secret hash"):
        app.send(app.claim(challenge, SECRET_HASH=secret_hash("x", "mara", client)), client)
    assert app.send(app.claim(challenge, SECRET_HASH=proof), client)["AuthenticationResult"]


def test_an_unconfirmed_user_is_refused_before_any_proof(it):
    it.sign_up()
    with refused("UserNotConfirmedException", "User is not confirmed."):
        Client(it, OTHER_PASSWORD).begin()
    it.confirm()
    assert Client(it).sign_in()["AuthenticationResult"]


def test_a_disabled_user_neither_begins_nor_finishes(it):
    it.member()
    app = Client(it)
    challenge = app.begin()
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    with refused("NotAuthorizedException", "User is disabled."):
        app.begin()
    with refused("NotAuthorizedException", "User is disabled."):
        app.send(app.claim(challenge))


def test_after_a_reset_only_the_right_password_learns_of_it(it):
    it.member()
    it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="mara")
    with refused("PasswordResetRequiredException"):
        Client(it).sign_in()
    with refused(*WRONG):
        Client(it, OTHER_PASSWORD).sign_in()


def test_a_temporary_password_leads_to_a_new_one_which_srp_then_knows(it):
    it.invited("ben")
    answer = Client(it).sign_in("ben")
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED" and "AuthenticationResult" not in answer
    done = it.idp.respond_to_auth_challenge(
        ClientId=it.client, ChallengeName="NEW_PASSWORD_REQUIRED", Session=answer["Session"],
        ChallengeResponses={"USERNAME": "ben", "NEW_PASSWORD": OTHER_PASSWORD},
    )  # fmt: skip
    assert done["AuthenticationResult"]
    assert Client(it, OTHER_PASSWORD).sign_in("ben")["AuthenticationResult"]
    with refused(*WRONG):
        Client(it).sign_in("ben")
    it.invited("nele")
    it.lab.travel(days=8)
    with refused("NotAuthorizedException", "Temporary password has expired"):
        Client(it).sign_in("nele")


def test_a_second_factor_comes_after_the_proof(it):
    it.member()
    it.idp.set_user_pool_mfa_config(
        UserPoolId=it.pool, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    challenge = Client(it).sign_in()
    assert challenge["ChallengeName"] == "MFA_SETUP" and "AuthenticationResult" not in challenge


def test_a_leaked_password_is_seen_where_it_is_sent_and_not_in_srp(it):
    it.new_pool(FLOWS, UserPoolTier="PLUS", UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"})
    it.idp.set_risk_configuration(
        UserPoolId=it.pool, CompromisedCredentialsRiskConfiguration={"Actions": {"EventAction": "BLOCK"}}
    )
    it.invited("mara")
    it.idp.admin_set_user_password(UserPoolId=it.pool, Username="mara", Password=LEAKED, Permanent=True)
    assert Client(it, LEAKED).sign_in()["AuthenticationResult"]
    [event] = it.idp.admin_list_user_auth_events(UserPoolId=it.pool, Username="mara")["AuthEvents"]
    assert event["EventRisk"]["CompromisedCredentialsDetected"] is False
    addresses = {"BlockedIPRangeList": ["127.0.0.1/32"]}  # what does not need the password is seen
    own = it.new_client(ExplicitAuthFlows=FLOWS)["ClientId"]
    it.idp.set_risk_configuration(UserPoolId=it.pool, ClientId=own, RiskExceptionConfiguration=addresses)
    app = Client(it, LEAKED)
    with refused("NotAuthorizedException", "Request not allowed due to security reasons."):
        app.send(app.claim(app.begin(client=own)), own)
    with refused("PasswordResetRequiredException"):
        it.sign_in(password=LEAKED)
    with refused("PasswordResetRequiredException"):  # as after any other reset
        Client(it, LEAKED).sign_in()


def test_every_way_to_set_a_password_sets_it_for_srp(it):
    it.member()
    token = it.sign_in()["AccessToken"]
    it.idp.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword="Changed-2026!")
    assert Client(it, "Changed-2026!").sign_in()["AuthenticationResult"]
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    it.idp.confirm_forgot_password(
        ClientId=it.client, Username="mara", ConfirmationCode=it.code(), Password="Recovered-2026!"
    )
    assert Client(it, "Recovered-2026!").sign_in()["AuthenticationResult"]
    it.idp.admin_set_user_password(
        UserPoolId=it.pool, Username="mara", Password=OTHER_PASSWORD, Permanent=True
    )
    assert Client(it, OTHER_PASSWORD).sign_in()["AuthenticationResult"]
    for former in (PASSWORD, "Changed-2026!", "Recovered-2026!"):
        with refused(*WRONG):
            Client(it, former).sign_in()


def test_a_password_changed_meanwhile_counts_no_more(it):
    it.member()
    app = Client(it)
    challenge = app.begin()
    it.idp.admin_set_user_password(
        UserPoolId=it.pool, Username="mara", Password=OTHER_PASSWORD, Permanent=True
    )
    with refused(*WRONG):
        app.send(app.claim(challenge))


def test_wrong_proofs_lock_as_wrong_passwords_do(it):
    it.member()
    for _ in range(5):
        with refused(*WRONG):
            Client(it, OTHER_PASSWORD).sign_in()
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        Client(it).sign_in()
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        it.sign_in()
    it.lab.travel(seconds=1)
    assert Client(it).sign_in()["AuthenticationResult"]
    with refused(*WRONG):
        Client(it, OTHER_PASSWORD).sign_in()  # the count began anew


# -- somebody unknown ----------------------------------------------------------------------------


@pytest.fixture
def hiding(it):
    it.client = it.new_client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")["ClientId"]
    it.member()
    return it


def test_an_unknown_user_is_named_unless_the_client_hides_it(it):
    with refused("UserNotFoundException", "User does not exist."):
        Client(it).begin("nobody")


def shape(challenge):
    given = challenge["ChallengeParameters"]
    return challenge["ChallengeName"], sorted(given), len(given["SECRET_BLOCK"])


def test_an_unknown_user_is_challenged_like_anybody(hiding):
    app = Client(hiding)
    there, not_there = app.begin("mara"), app.begin("nobody")
    assert shape(there) == shape(not_there)
    given = not_there["ChallengeParameters"]
    assert given["USERNAME"] == given["USER_ID_FOR_SRP"] == "nobody"
    assert 0 < int(given["SRP_B"], 16) < PRIME and 64 < int(given["SALT"], 16).bit_length() <= 128
    again = app.begin("nobody")["ChallengeParameters"]
    assert again["SALT"] == given["SALT"] and again["SRP_B"] != given["SRP_B"]
    assert app.begin("nothing")["ChallengeParameters"]["SALT"] != given["SALT"]


@pytest.mark.parametrize("sensitive", [True, False])
def test_upper_and_lower_case_are_to_an_unknown_name_what_they_are_to_a_known_one(it, sensitive):
    it.new_pool(
        FLOWS, client={"PreventUserExistenceErrors": "ENABLED"},
        UsernameConfiguration={"CaseSensitive": sensitive},
    )  # fmt: skip
    small, large = (Client(it).begin(name)["ChallengeParameters"]["SALT"] for name in ("nobody", "NOBODY"))
    assert (small == large) is not sensitive


def test_pretended_salts_cannot_be_worked_out_from_outside(hiding):
    """Each pool makes them from a secret of its own; otherwise a caller could tell them from true ones."""
    app, first = Client(hiding), Client(hiding).begin("nobody")["ChallengeParameters"]["SALT"]
    hiding.new_pool(FLOWS, client={"PreventUserExistenceErrors": "ENABLED"})
    assert app.begin("nobody")["ChallengeParameters"]["SALT"] != first


def test_by_an_address_the_internal_name_is_a_uuid_as_that_of_a_person_would_be(hiding):
    hiding.new_pool(
        FLOWS, client={"PreventUserExistenceErrors": "ENABLED"}, UsernameAttributes=["email"],
        AutoVerifiedAttributes=["email"],
    )  # fmt: skip
    hiding.member("mara@tidepool.example")
    names = [
        Client(hiding).begin(f"{name}@tidepool.example")["ChallengeParameters"]["USER_ID_FOR_SRP"]
        for name in ("mara", "nobody", "nobody")
    ]
    assert [str(uuid.UUID(name)) for name in names] == names and names[1] == names[2] != names[0]
    assert uuid.UUID(names[1]).version == uuid.UUID(names[0]).version
    hiding.new_pool(FLOWS, client={"PreventUserExistenceErrors": "ENABLED"})  # an address is any other name
    given = Client(hiding).begin("nobody@tidepool.example")["ChallengeParameters"]
    assert given["USER_ID_FOR_SRP"] == "nobody@tidepool.example"


def outcome(app, claim, client=""):
    try:
        app.send(claim, client)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return "answered"


def test_whatever_is_sent_an_unknown_user_is_refused_like_a_wrong_password(hiding):
    other = hiding.new_client(ExplicitAuthFlows=FLOWS)["ClientId"]

    def outcomes(name):
        app, found = Client(hiding, OTHER_PASSWORD), []
        for changes in (
            {}, {"TIMESTAMP": "now"}, {"TIMESTAMP": ""}, {"USERNAME": "else"}, {"USERNAME": name.upper()},
            {"PASSWORD_CLAIM_SECRET_BLOCK": "x"}, {"PASSWORD_CLAIM_SIGNATURE": "x"}, {"SECRET_HASH": "x"},
        ):  # fmt: skip
            claim = app.claim(app.begin(name)) | changes
            found += [outcome(app, claim), outcome(app, claim)]  # the second time, too
            hiding.lab.travel(minutes=20)  # no lock
        claim = app.claim(app.begin(name))
        found.append(outcome(app, claim, other))
        hiding.lab.travel(minutes=3)
        return [*found, outcome(app, claim | {"TIMESTAMP": written()})]

    there = outcomes("mara")
    assert there == outcomes("nobody")
    assert there[0] == WRONG and "answered" not in there


def test_who_signs_up_later_is_not_let_in_by_the_pretended_challenge(hiding):
    app = Client(hiding)
    challenge = app.begin("nele")
    hiding.member("nele")
    with refused(*WRONG):
        app.send(app.claim(challenge))
    assert app.sign_in("nele")["AuthenticationResult"]


def test_somebody_without_a_password_has_none_to_prove(hiding):
    hiding.new_pool(FLOWS, Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}})
    hiding.idp.admin_create_user(
        UserPoolId=hiding.pool, Username="tessa", UserAttributes=[], MessageAction="SUPPRESS"
    )
    with refused(*WRONG):
        Client(hiding, "").sign_in("tessa")


# -- why ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changes", "check", "given", "expected"),
    [
        ("mara", {}, "lockout.check_password", "wrong ones in a row: 1", "mara has had since"),
        ("mara", {"TIMESTAMP": "now"}, "srp_flow.check_timestamp", "now", "Mon Jun 1 09:00:00 UTC 2026"),
        ("mara", {"TIMESTAMP": "Tue Jun 01 09:05:07 UTC 2027"}, "srp_flow.check_timestamp", "Jun 01",
         "Tue Jun 1 09:05:07 UTC 2027, and within five minutes of 2027-06-01 09:0"),
        ("mara", {"PASSWORD_CLAIM_SECRET_BLOCK": "x"}, "challenges.find_challenge",
         "not issued", "SECRET_BLOCK"),
        ("mara", {"USERNAME": "nele"}, "challenges.check_same_user", "the name nele", "mara, who has had"),
        ("nobody", {}, "challenges.check_same_user", "nobody, which no user", "a user of us-east-1_"),
    ],
)  # fmt: skip
def test_the_lab_can_tell_why_though_aws_does_not(hiding, name, changes, check, given, expected):
    clock_at(hiding)
    app = Client(hiding, OTHER_PASSWORD)
    with Refusals() as refusals, suppress(ClientError):
        app.send(app.claim(app.begin(name)) | changes)
    why = refusals.why()
    assert why.check == f"user_pools.sign_in.{check}" and given in why.given and expected in why.expected


def test_why_somebody_does_not_begin(it):
    for changes, check in (
        ({"SRP_A": "0"}, "srp_flow.parse_srp_a"),
        ({"USERNAME": "nobody"}, "hidden_users.placeholder_user"),
    ):
        with Refusals() as refusals, suppress(ClientError):
            Client(it).begin(**{"SRP_A": "2"} | changes)
        assert refusals.why().check == f"user_pools.sign_in.{check}" and refusals.why().expected


# -- the password stays at home ------------------------------------------------------------------


def forms(password, pool, name, salt):
    """The password as it is, and everything that could stand for it."""
    raw = password.encode()
    inner = hashlib.sha256(f"{pool.split('_')[1]}{name}:{password}".encode()).digest()
    x = int(sha(hexadecimal(int(salt, 16)) + inner.hex()), 16)
    keys = [x, pow(2, x, PRIME)]
    known = [raw, hashlib.sha256(raw).digest(), inner, *(k.to_bytes(385, "big").lstrip(b"\0") for k in keys)]
    for each in known:
        yield from (each, base64.b64encode(each), each.hex().encode(), each.hex().upper().encode())


def test_what_travels_does_not_contain_the_password_in_any_form(it):
    it.member()
    seen = []

    def watch(exchange):
        seen.append(exchange.request.body + json.dumps(dict(exchange.request.headers)).encode())
        seen.append(exchange.response.body)

    app = Client(it)
    exchanges.OBSERVERS.append(watch)
    try:
        with it.lab.record() as story:
            challenge = app.begin()
            assert app.send(app.claim(challenge))["AuthenticationResult"]
            by_srp = b"\n".join(seen)
            it.sign_in()
    finally:
        exchanges.OBSERVERS.remove(watch)
    salt = challenge["ChallengeParameters"]["SALT"]
    everything = list(forms(PASSWORD, it.pool, "mara", salt))
    assert salt.encode() in by_srp and not any(form in by_srp for form in everything)
    assert PASSWORD.encode() in b"\n".join(seen)  # by password it does: the same look would have found it
    assert not story.problems
    told = story.transcript() + story.diagram().html()
    assert "USER_SRP_AUTH" in told and "PASSWORD_VERIFIER" in told
    assert not any(form in told.encode() for form in everything)
    first, second, plain = story.calls
    labels = [[ticket.label for ticket in call.sent] for call in (first, second, plain)]
    assert labels == [[], ["proof of the password"], ["password"]]


# -- switched off, it goes red -------------------------------------------------------------------


def never(*_, **__):
    return None


@pytest.mark.parametrize(
    ("rule", "lie", "test"),
    [
        ("srp_flow.check_timestamp", never, test_a_timestamp_is_of_now),
        ("lockout.check_password", never, test_a_wrong_password_is_refused),
        ("challenges.check_same_user", never, test_every_part_of_the_answer_counts),
        ("challenges.check_session_unused", never, test_an_answer_is_used_once_right_or_wrong),
        (
            "user_status.check_no_reset_required", never,
            test_after_a_reset_only_the_right_password_learns_of_it,
        ),
        ("user_status.check_enabled", never, test_a_disabled_user_neither_begins_nor_finishes),
        ("user_status.check_confirmed", never, test_an_unconfirmed_user_is_refused_before_any_proof),
        ("flows.check_flow_enabled", never, test_the_client_must_allow_the_flow_and_does_by_default),
        ("lockout.count_failure", never, test_wrong_proofs_lock_as_wrong_passwords_do),
        (
            "hidden_users.placeholder_bytes", lambda *_: secrets.token_bytes(32),
            test_an_unknown_user_is_challenged_like_anybody,
        ),
        (
            "challenges.challenge_refusal", lambda name: challenges.invalid_session(""),
            test_whatever_is_sent_an_unknown_user_is_refused_like_a_wrong_password,
        ),
    ],
)  # fmt: skip
def test_a_rule_that_is_switched_off_is_noticed(it, monkeypatch, rule, lie, test, request):
    monkeypatch.setattr(f"cognito_lab.aws.user_pools.sign_in.{rule}", lie)
    names = test.__code__.co_varnames[: test.__code__.co_argcount]
    given = {"it": it, "monkeypatch": monkeypatch}
    if "hiding" in names:
        given["hiding"] = request.getfixturevalue("hiding")
    with pytest.raises((AssertionError, ClientError)):
        test(**{name: given[name] for name in names})


def test_with_any_public_value_taken_anybody_would_be_let_in(it, monkeypatch):
    """The attack on which the check of SRP_A rests: S is 0, so the key follows from public numbers alone."""
    it.member()
    monkeypatch.setattr(srp_flow, "parse_srp_a", lambda given: int(given, 16))
    app = Client(it, "whatever")
    given = app.begin(SRP_A="0")["ChallengeParameters"]
    u = int(sha("00" + hexadecimal(int(given["SRP_B"], 16))), 16)
    extracted = hmac.new(bytes.fromhex(hexadecimal(u)), b"\0", "sha256").digest()
    key = hmac.new(extracted, b"Caldera Derived Key\x01", "sha256").digest()[:16]
    block, timestamp = base64.b64decode(given["SECRET_BLOCK"]), written()
    text = f"{it.pool.split('_')[1]}mara".encode() + block + timestamp.encode()
    claim = {
        "USERNAME": "mara", "PASSWORD_CLAIM_SECRET_BLOCK": given["SECRET_BLOCK"], "TIMESTAMP": timestamp,
        "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hmac.new(key, text, "sha256").digest()).decode(),
    }  # fmt: skip
    assert app.send(claim)["AuthenticationResult"]
