"""The recorder: everything that happened, in order, and nothing that could be used."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import boto3
import jwt
import pytest
import requests
from botocore.config import Config

from cognito_lab import Browser, Lab, OutsideTheLab, refused
from cognito_lab.errors import AwsError
from cognito_lab.lessons.recording import record, ticket
from cognito_lab.network import exchanges
from cognito_lab.network import hosts as network_hosts
from cognito_lab.network.messages import Response
from cognito_lab.practice import checks
from cognito_lab.views.diagrams import Ticket
from cognito_lab.views.wording import shortened

PASSWORD = "Correct-horse-7"
GOOGLE, IDENTITY_POOLS = "https://accounts.google.com", "https://cognito-identity.amazonaws.com"
AN_ID = "0a1b2c3d-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def lab():
    with Lab.start() as lab:
        yield lab


@pytest.fixture(scope="module")
def story(lab):
    """Mara signs in, gets credentials, reads her picture, and is refused Ben's."""
    scene = lab.scene("overture")
    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    login = f"cognito-idp.us-east-1.amazonaws.com/{scene.pool}"
    with lab.record(app="Mara's app") as story:
        with story.chapter("getting credentials"):
            tokens = user_pools.initiate_auth(
                ClientId=scene.client,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": "mara", "PASSWORD": scene.password},
            )["AuthenticationResult"]
            logins = {login: tokens["IdToken"]}
            identity = identity_pools.get_id(IdentityPoolId=scene.identity_pool, Logins=logins)["IdentityId"]
            keys = identity_pools.get_credentials_for_identity(IdentityId=identity, Logins=logins)[
                "Credentials"
            ]
        with story.chapter("using them"):
            s3 = boto3.client(
                "s3",
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretKey"],
                aws_session_token=keys["SessionToken"],
            )
            s3.get_object(Bucket=scene.bucket, Key=f"{identity}/anemone.svg")
            with refused("AccessDenied", quiet=True):
                s3.get_object(Bucket=scene.bucket, Key=f"{scene.ben}/crab.svg")
    story.secrets = [
        scene.password,
        *(tokens[name] for name in ("AccessToken", "IdToken", "RefreshToken")),
        keys["SecretKey"],
        keys["SessionToken"],
        keys["AccessKeyId"],
    ]
    story.identity, story.keys = identity, keys
    return story


def test_every_call_is_kept_in_order_with_who_whom_and_operation(story):
    assert [(call.who, call.whom, call.operation) for call in story.calls] == [
        ("Mara's app", "user pool", "InitiateAuth"),
        ("Mara's app", "identity pool", "GetId"),
        ("Mara's app", "identity pool", "GetCredentialsForIdentity"),
        ("Mara's app", "Amazon S3", "GetObject"),
        ("Mara's app", "Amazon S3", "GetObject"),
    ]
    assert len(story) == 5 and story.problems == []


def test_the_parts_that_matter_are_kept(story):
    sign_in, get_id, credentials, read, _ = story.calls
    assert sign_in.asked == ["USER_PASSWORD_AUTH", "mara"]
    assert sign_in.sent == [Ticket("secret", "password")]
    assert {one.label for one in sign_in.received} == {
        "ID token of mara",
        "access token of mara",
        "refresh token",
    }
    assert get_id.sent == [Ticket("token", "ID token of mara", "B")]
    assert get_id.asked[0].startswith("login of cognito-idp…/us-east-1_")
    assert get_id.answered == [f"{story.identity.partition('-')[0]}-{story.identity.split('-', 1)[1][:15]}…"]
    access_key = story.keys["AccessKeyId"]
    assert credentials.received == read.sent == [
        Ticket("credentials", f"AWS credentials ASIA…{access_key[-4:]}", "D")
    ]  # fmt: skip
    assert read.asked[0].endswith("…/anemone.svg") and read.asked[0].startswith(
        "tidepool-pictures/us-east-1:"
    )
    assert read.answered[0].endswith("bytes of image/svg+xml")


def test_a_refused_call_is_kept_as_refused(story):
    denied = story.calls[-1]
    assert (denied.code, denied.status, denied.answered) == ("AccessDenied", 403, [])
    assert "is not authorized to perform: s3:GetObject" in denied.message
    assert all(call.code == "" and call.status == 200 for call in story.calls[:-1])
    assert [arrow.refused for call in story.calls for arrow in call.arrows()].count(True) == 1
    assert repr(story).splitlines()[-1] == "Mara's app ⇠ Amazon S3: ✗ refused: AccessDenied (HTTP 403)"


def test_what_services_do_among_themselves_stands_inside_the_call_that_led_to_it(story):
    (inner,) = story.calls[2].inside
    assert (inner.who, inner.whom, inner.operation) == (
        "identity pool",
        "AWS STS",
        "AssumeRoleWithWebIdentity",
    )
    assert "role tidepool-member" in inner.asked and "amr authenticated" in inner.asked


def test_a_function_of_a_user_pool_stands_inside_the_call_with_what_it_decides(lab):
    scene, confirms = lab.scene("directory"), "event['response']['autoConfirmUser'] = True"
    checks.set_triggers(
        lab, scene, PreSignUp=f"def lambda_handler(event, context):\n    {confirms}\n    return event\n"
    )
    with record() as heard:
        boto3.client("cognito-idp").sign_up(ClientId=scene.client, Username="mara", Password=scene.password)
    (inner,) = heard.calls[0].inside
    assert (inner.who, inner.whom, inner.operation) == ("user pool", "AWS Lambda", "PreSignUp_SignUp")
    assert "autoConfirmUser True" in inner.answered


def test_no_password_token_code_or_key_is_in_the_recording(story):
    pictures = story.diagram().html()
    images = "".join(base64.b64decode(part).decode() for part in re.findall(r"base64,([^\"]+)", pictures))
    everything = repr(story) + repr(story.calls) + pictures + images + json.dumps(story.diagram().as_data())
    everything += story.steps().html() + repr(story.steps()) + repr(story._letters)
    everything += repr([table.rows for call in story.calls for table in call.decoded.values()])
    assert "mara" in everything
    for secret in story.secrets:
        assert str(secret) not in everything
        assert secret.rpartition(".")[2] not in everything  # of a token, the signature
    assert "eyJ" not in everything  # the beginning of every signed token


def test_codes_and_secrets_of_sign_up_are_tickets(lab):
    lab.scene("directory")
    user_pools = boto3.client("cognito-idp")
    pool = user_pools.create_user_pool(PoolName="p", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    client = user_pools.create_user_pool_client(UserPoolId=pool, ClientName="c")["UserPoolClient"]["ClientId"]
    with record() as story:
        user_pools.sign_up(
            ClientId=client,
            Username="zoe",
            Password=PASSWORD,
            UserAttributes=[{"Name": "email", "Value": "z@e.example"}],
        )
        code = lab.inbox("z@e.example")[-1].code
        with refused("CodeMismatchException", quiet=True):
            user_pools.confirm_sign_up(
                ClientId=client, Username="zoe", ConfirmationCode="000000" if code != "000000" else "1"
            )
        user_pools.confirm_sign_up(ClientId=client, Username="zoe", ConfirmationCode=code)
        user_pools.admin_get_user(UserPoolId=pool, Username="zoe")
    sign_up, wrong, right, look = story.calls
    assert sign_up.who == "app"
    assert sign_up.sent == [Ticket("secret", "password")] and "UserConfirmed False" in sign_up.answered
    assert wrong.code == "CodeMismatchException"
    assert right.sent == [Ticket("secret", "code from the message")] and right.code == ""
    assert look.sent == [Ticket("credentials", "the owner's keys")] and "CONFIRMED" in look.answered
    assert code not in repr(story.calls) and PASSWORD not in repr(story.calls)


def test_what_is_not_sent_is_said_where_it_matters(lab):
    scene = lab.scene("overture")
    with record() as story:
        with refused("AccessDenied", quiet=True):
            requests.get(
                f"https://{scene.bucket}.s3.amazonaws.com/{scene.mara}/anemone.svg"
            ).raise_for_status()
        with refused("NotAuthorizedException", quiet=True):
            boto3.client("cognito-identity").get_id(IdentityPoolId=scene.identity_pool)
    assert [call.asked[-1] for call in story.calls] == ["no signature", "no login"]


def test_a_service_that_is_asked_for_its_public_keys_is_seen_inside(lab):
    scene = lab.scene("members")
    tokens = boto3.client("cognito-idp").initiate_auth(
        ClientId=scene.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "mara", "PASSWORD": scene.password},
    )["AuthenticationResult"]
    identity_pools = boto3.client("cognito-identity")
    provider = f"cognito-idp.us-east-1.amazonaws.com/{scene.pool}"
    pool = identity_pools.create_identity_pool(
        IdentityPoolName="p",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": scene.client}],
    )["IdentityPoolId"]
    with record() as story:
        identity_pools.get_id(IdentityPoolId=pool, Logins={provider: tokens["IdToken"]})
    (inner,) = story.calls[0].inside
    assert (inner.who, inner.whom, inner.operation) == ("identity pool", "user pool", "GET jwks.json")
    arrows = story.diagram(without=("GET jwks.json",)).pictures[0]
    assert len(arrows.arrows) == 2 and arrows.left_out == "Left out: GET jwks.json."
    assert story.diagram(inner=False).pictures[0].left_out == "Left out: what happens inside AWS."


# -- tickets are known again --------------------------------------------------------------------


def marks(story):
    """Each ticket with its mark, in the order in which a reader meets them."""
    arrows = [arrow for call in story.calls for arrow in call.arrows()]
    return [(ticket.label.split(" of ")[0], ticket.mark) for arrow in arrows for ticket in arrow.tickets]


def test_what_left_one_service_is_seen_to_be_what_reached_the_next(story):
    keys = f"AWS credentials ASIA…{story.keys['AccessKeyId'][-4:]}"
    assert marks(story) == [
        ("password", ""),
        ("access token", "A"), ("ID token", "B"), ("refresh token", "C"),
        ("ID token", "B"),  # to GetId
        ("ID token", "B"), (keys, "D"), (keys, "D"),  # to GetCredentialsForIdentity, from STS, to the app
        (keys, "D"), (keys, "D"),  # the signatures of both requests to S3
    ]  # fmt: skip
    assert "[ID token of mara · B]" in repr(story)


def test_a_tampered_copy_and_another_persons_token_are_other_tickets(lab):
    scene = lab.scene("overture")
    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    login = f"cognito-idp.us-east-1.amazonaws.com/{scene.pool}"

    def sign_in(username):
        return user_pools.initiate_auth(
            ClientId=scene.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": scene.password},
        )["AuthenticationResult"]["IdToken"]

    with record() as story:
        token = sign_in("mara")
        other = sign_in("mara")  # the same person, the same claims but for times and ids
        swapped = token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB")
        identity_pools.get_id(IdentityPoolId=scene.identity_pool, Logins={login: token})
        with refused("NotAuthorizedException", quiet=True):
            identity_pools.get_id(IdentityPoolId=scene.identity_pool, Logins={login: swapped})
        identity_pools.get_id(IdentityPoolId=scene.identity_pool, Logins={login: other})
    sent = [ticket for call in story.calls[2:] for ticket in call.sent]
    assert {ticket.label for ticket in sent} == {"ID token of mara"}
    assert [ticket.mark for ticket in sent] == ["B", "G", "E"]
    assert [ticket.mark for call in story.calls[:2] for ticket in call.received] == list("ABCDEF")


def test_after_z_come_two_letters(hosts):
    bodies = (json.dumps({"AccessToken": f"opaque {number}"}).encode() for number in range(54))
    hosts("any", lambda request: Response(200, body=next(bodies)))
    with record() as story:
        for _ in range(54):
            ask("any")
    letters = [call.received[0].mark for call in story.calls]
    assert letters[:2] + letters[25:28] + letters[51:] == ["A", "B", "Z", "AA", "BB", "ZZ", "AAA", "BBB"]
    assert len(set(letters)) == 54


def test_a_saml_login_is_a_ticket_and_its_provider_is_told_by_name(lab):
    scene = lab.scene("every_provider")
    address = lab.university.sign_in_address("urn:amazon:webservices")
    document = lab.university.answer_by_hand(address, "aiko@northshore.example")[1]["SAMLResponse"]
    login = {scene.university: document}
    with lab.record() as story:
        boto3.client("cognito-identity").get_id(IdentityPoolId=scene.identity_pool, Logins=login)
    assert str(story).startswith("app → identity pool: GetId (login of northshore) [SAML assertion · A]")
    assert document not in str(story)


def test_googles_token_keeps_its_letter_from_the_button_to_the_identity_pool(lab):
    scene, goran = lab.scene("two_doors"), "goran.pavic@gmail.example"
    with record() as story:
        token = lab.google.credential(scene.tidepool_at_google.client_id, goran, "https://tidepool.example")
        boto3.client("cognito-identity").get_id(
            IdentityPoolId=scene.many, Logins={"accounts.google.com": token}
        )
    assert marks(story) == [("Google ID token", "A"), ("Google ID token", "A")]
    assert [call.operation for call in story.calls if call.received] == ["POST issue"]


def test_codes_and_tokens_of_google_are_known_again(lab):
    lab.reset()
    back = "https://tidepool.example/back"
    client = lab.google.register_client("Tidepool", [back])
    with record() as story:
        asked = {
            "client_id": client.client_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "openid",
        }
        address = f"https://accounts.google.com/o/oauth2/v2/auth?{urlencode(asked)}"
        landed = lab.google.sign_in(address, "goran.pavic@gmail.example")
        form = {
            "grant_type": "authorization_code",
            "code": dict(parse_qsl(urlsplit(landed).query))["code"],
            "redirect_uri": back,
            "client_id": client.client_id,
            "client_secret": client.client_secret,
        }
        tokens = requests.post("https://oauth2.googleapis.com/token", data=form).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        requests.get("https://openidconnect.googleapis.com/v1/userinfo", headers=bearer).raise_for_status()
    assert marks(story) == [
        ("authorization code", "A"), ("authorization code", "A"), ("client secret", ""),
        ("access token", "B"), ("Google ID token", "C"), ("access token", "B"),
    ]  # fmt: skip
    assert form["code"] not in repr(story.calls) and tokens["access_token"] not in repr(story.calls)


def test_a_presigned_address_carries_the_letter_of_who_signed_it(lab):
    scene = lab.scene("overture")
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    picture = {"Bucket": scene.bucket, "Key": f"{scene.mara}/anemone.svg"}
    link = s3.generate_presigned_url("get_object", Params=picture)
    with record() as story:
        requests.get(link).raise_for_status()
        requests.get(link).raise_for_status()
        s3.list_buckets()
    first, second, owner = (call.sent[0] for call in story.calls)
    assert first == second and first.mark == "A" and first.label.startswith("presigned by ")
    assert owner == Ticket("credentials", "the owner's keys")


def test_what_tokens_say_is_kept_by_letter_without_the_signature(story):
    said = story.calls[1].decoded
    assert list(said) == ["B"]
    claims = {row[1]: row[2] for row in said["B"].rows}
    assert claims["cognito:username"] == "mara" and claims["token_use"] == "id" and claims["alg"] == "RS256"
    assert sorted(story.calls[0].decoded) == ["A", "B"]  # a refresh token says nothing to anybody else
    assert story.calls[3].decoded == {}


def test_letters_follow_the_reader_who_meets_the_request_then_what_is_inside_then_the_answer(hosts):
    def pool(request):
        with exchanges.internal_call("pool", "tokens", "Assume") as inner:
            inner.answer = {"AccessKeyId": "ASIAABCDEFGHIJKLMNOP"}
        return Response(200, body=b'{"RefreshToken": "third", "AccessKeyId": "ASIAABCDEFGHIJKLMNOP"}')

    hosts("pool", pool)
    with record() as story:
        network_hosts.fetch("app", "GET", "https://pool.order.example/x", {"authorization": "Bearer first"})
    assert marks(story) == [
        ("access token", "A"), ("AWS credentials ASIA…MNOP", "B"),
        ("refresh token", "C"), ("AWS credentials ASIA…MNOP", "B"),
    ]  # fmt: skip


def test_a_token_inside_a_token_is_not_kept(hosts):
    inner = token(iss=GOOGLE, sub="1")
    hosts("any", lambda request: Response(200, body=json.dumps({"IdToken": outer}).encode()))
    outer = token(token_use="id", sub=AN_ID, **{"custom:googles": inner})
    with record() as story:
        ask("any")
    (table,) = story.calls[0].decoded.values()
    assert ["payload", "custom:googles", "(a token)", ""] in table.rows


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": "soon"},
        {"exp": 1e300},
        {"iss": ["a"]},
        {"token_use": {"a": 1}},
        {"sub": 7},
        {"email": "\ud800"},
        [],
    ],
    ids=str,
)
def test_whatever_a_forged_token_says_the_call_is_recorded(hosts, claims):
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    body = json.dumps({"IdToken": f"eyJhbGciOiJSUzI1NiJ9.{payload}.c2ln"}).encode()
    hosts("any", lambda request: Response(200, body=body))
    with record() as story:
        ask("any")
    assert story.problems == [] and story.calls[0].received[0].mark == "A"


# -- order, on hosts made up for the purpose ----------------------------------------------------


@pytest.fixture
def hosts():
    """`serve(name, handler)` for hosts under .order.example, gone after the test."""
    before = list(network_hosts.HOSTS)
    yield lambda name, handler: network_hosts.register_host(rf"{name}\.order\.example", name, handler)
    network_hosts.HOSTS[:] = before


def ask(host, caller="app"):
    return network_hosts.fetch(caller, "GET", f"https://{host}.order.example/x")


def shape(call):
    return (call.who, call.whom, [shape(inner) for inner in call.inside])


def test_a_fetch_inside_a_step_belongs_to_the_step_and_one_before_it_does_not(hosts):
    def pool(request):
        ask("keys", "pool")
        with exchanges.internal_call("pool", "tokens", "Assume"):
            ask("pool2", "tokens")
            ask("keys", "tokens")
        ask("keys", "pool")
        return Response(200)

    hosts("pool", pool)
    hosts("pool2", lambda request: Response(200))
    hosts("keys", lambda request: Response(200))
    with record() as story:
        ask("pool")
        ask("keys")
    assert [shape(call) for call in story.calls] == [
        ("app", "pool", [
            ("pool", "keys", []),
            ("pool", "tokens", [("tokens", "pool2", []), ("tokens", "keys", [])]),
            ("pool", "keys", []),
        ]),
        ("app", "keys", []),
    ]  # fmt: skip


def test_a_service_that_asks_back_is_not_mistaken_for_the_one_around(hosts):
    def outer(request):
        ask("keys", "outer")
        ask("other", "outer")
        return Response(200)

    def other(request):
        ask("keys", "other")
        return Response(200)

    hosts("outer", outer)
    hosts("other", other)
    hosts("keys", lambda request: Response(200))
    with record() as story:
        ask("outer")
    assert [shape(call) for call in story.calls] == [
        ("app", "outer", [("outer", "keys", []), ("outer", "other", [("other", "keys", [])])])
    ]


def test_a_step_that_is_refused_is_kept_with_its_code(hosts):
    def pool(request):
        try:
            with exchanges.internal_call("pool", "tokens", "Assume"):
                raise AwsError("AccessDenied", "no", 403)
        except AwsError:
            return Response(400, body=b'{"__type": "InvalidIdentityPoolConfigurationException"}')

    hosts("pool", pool)
    with record() as story:
        ask("pool")
    assert story.calls[0].code == "InvalidIdentityPoolConfigurationException"
    assert (story.calls[0].inside[0].code, story.calls[0].inside[0].status) == ("AccessDenied", 403)


def test_a_call_that_the_lab_does_not_play_is_kept_as_refused(lab):
    with record() as story, pytest.raises(OutsideTheLab):
        boto3.client("cognito-idp").get_signing_certificate(UserPoolId="us-east-1_abcdefghi")
    assert (story.calls[0].operation, story.calls[0].code) == ("GetSigningCertificate", "OutsideTheLab")


def test_what_cannot_be_read_does_not_break_the_call_and_is_told(hosts):
    hosts("broken", lambda request: Response(302))  # a redirect to nowhere
    with record() as story:
        assert ask("broken").status == 302
    assert len(story) == 0 and len(story.problems) == 1
    assert "1 calls could not be read" in repr(story)


def test_recording_ends_with_the_block_even_when_it_fails(hosts):
    before = list(exchanges.OBSERVERS)
    with pytest.raises(ZeroDivisionError), record() as story:
        raise ZeroDivisionError
    hosts("late", lambda request: Response(200))
    ask("late")
    assert len(story) == 0 and before == exchanges.OBSERVERS and repr(story) == "nothing was recorded"


def test_two_recordings_at_once_both_hear_everything(hosts):
    hosts("a", lambda request: Response(200))
    with record("one") as outer:
        ask("a")
        with record("two") as inner:
            ask("a")
    assert [call.who for call in outer.calls] == ["one", "one"] and [call.who for call in inner.calls] == [
        "two"
    ]


# -- tickets ------------------------------------------------------------------------------------


def token(**claims):
    return jwt.encode(claims, "a secret of at least thirty-two bytes", algorithm="HS256")


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("AccessToken", token(token_use="access", username="mara"), "access token of mara"),
        ("AccessToken", token(token_use="id", **{"cognito:username": "mara"}), "ID token of mara"),
        ("Any", token(iss=GOOGLE, email="g@x.example"), "Google ID token of g"),
        ("Token", token(iss=IDENTITY_POOLS, sub=f"us-east-1:{AN_ID}"),
         "identity pool token of 0a1b2c3d…"),
        ("IdToken", token(token_use="id", sub=AN_ID, email="m@x.example"), "ID token of m"),
        ("IdToken", token(token_use="id", sub=AN_ID), "ID token of 0a1b2c3d…"),
        ("IdToken", "eyJub3QganNvbg.bm90anNvbg.x", "ID token, unreadable"),
        ("IdToken", token(username="LoginWithAmazon_amzn1.account.SXNJC71GLOLYO"),
         "ID token of LoginWithAmazon_amzn1.account…"),
        ("graph.facebook.com", "EAA-opaque", "access token"),
        ("AccessToken", "ya29.opaque", "access token"),
        ("RefreshToken", "eyJ.a.b.c.d", "refresh token"),
        ("PASSWORD", "hunter2", "password"),
        ("AccessKeyId", "ASIAABCDEFGHIJKLMNOP", "AWS credentials ASIA…MNOP"),
    ],
)  # fmt: skip
def test_tickets_say_what_went_along_and_never_its_value(name, value, label):
    found = ticket(name, value)
    assert found.label == label and value not in found.label + found.mark
    assert bool(found.mark) == (name != "PASSWORD")


def test_long_names_are_shortened():
    assert shortened("arn:aws:sts::123456789012:assumed-role/member/session") == "member/session"
    assert shortened("arn:aws:iam::123456789012:root") == "root"
    assert shortened("us-east-1:0a1b2c3d-1111-2222-3333-444444444444/a.svg") == "us-east-1:0a1b2c3d…/a.svg"
    assert shortened(f"no access with {token(sub='x')}") == "no access with (a token)"


def test_a_page_is_told_by_its_title_and_a_redirect_by_where_it_leads(lab):
    from cognito_lab.lessons.scripted_browser import Browser

    scene = lab.scene("google_connected")
    wish = {"client_id": scene.client, "redirect_uri": scene.callback, "response_type": "code"}
    with lab.record() as story:
        browser = Browser()
        browser.open(f"{scene.pages}/oauth2/authorize?{urlencode({**wish, 'identity_provider': 'Google'})}")
    assert [call.answered for call in story.calls] == [
        ["on to accounts.google.com"],
        ["page “Choose an account”"],
    ]
    with lab.record() as story:
        browser.open(f"{scene.pages}/oauth2/authorize?{urlencode(wish)}")
    assert [call.answered for call in story.calls] == [["on to /login"], ["page “Sign in”"]]


def test_an_assertion_keeps_its_letter_from_the_university_to_the_identity_pool_and_sts(lab):
    lab.reset()
    aws, arn = "urn:amazon:webservices", f"arn:aws:iam::{lab.account}:saml-provider/northshore"
    lab.university.register_service(aws, "https://signin.aws.amazon.com/saml")
    metadata = lab.university.metadata
    boto3.client("iam").create_saml_provider(Name="northshore", SAMLMetadataDocument=metadata)
    identity_pools, sts = boto3.client("cognito-identity"), boto3.client("sts")
    pool = identity_pools.create_identity_pool(
        IdentityPoolName="club", AllowUnauthenticatedIdentities=False, SamlProviderARNs=[arn]
    )["IdentityPoolId"]
    browser = Browser().open(lab.university.sign_in_address(aws))
    with lab.record() as story:
        browser.press("Aiko Tanaka (aiko@northshore.example)")
        said = browser.page.hidden["SAMLResponse"]
        identity_pools.get_id(IdentityPoolId=pool, Logins={arn: said})
        with refused("InvalidIdentityToken"):  # it names no session
            role = f"arn:aws:iam::{lab.account}:role/reader"
            sts.assume_role_with_saml(RoleArn=role, PrincipalArn=arn, SAMLAssertion=said)
    at_university, at_pool, at_sts = story.calls
    assert at_pool.asked == ["login of northshore"]
    (given,) = [one for one in at_university.received if one.label == "SAML assertion"]
    assert given in at_pool.sent and given in at_sts.sent and said not in repr(story)
