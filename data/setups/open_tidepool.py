"""What Rook tries at the scene "open_tidepool" and its set-ups with a hole, and what all others do there."""

from functools import partial
from types import SimpleNamespace

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from cognito_lab.practice.checks import client_with, refusal_of

PICTURE = b"<svg/>"


def account_of(scene):
    """The scene's ids, and clients of the owner of the account."""
    services = {"user_pools": "cognito-idp", "identity_pools": "cognito-identity", "iam": "iam", "s3": "s3"}
    clients = {name: boto3.client(service) for name, service in services.items()}
    return SimpleNamespace(**scene._saved, **clients)


def refused(call):
    """The code with which a call is refused, where what it needs is not even there too."""
    try:
        return refusal_of(call)
    except (KeyError, IndexError) as error:
        return f"no {error}"


# -- what Rook tries ---------------------------------------------------------------------------


def works_for_rook(tidepool, lab):
    """What still works, in words that do not say why. All of it leaves the account as it was."""
    for attack in ATTACKS.values():
        found = attack(tidepool, lab)
        if found:
            yield found


def another_rook(tidepool, name="rook-again"):
    """A new member of the section `reef`; deleting the first Rook is no repair."""
    person = {"UserPoolId": tidepool.pool, "Username": name}
    attributes = {"email": "rook@elsewhere.example", "email_verified": "true", "custom:section": "reef"}
    listed = [{"Name": key, "Value": value} for key, value in attributes.items()]
    if refused(lambda: tidepool.user_pools.admin_get_user(**person)):
        tidepool.user_pools.admin_create_user(**person, MessageAction="SUPPRESS")
        tidepool.user_pools.admin_set_user_password(**person, Password=tidepool.password, Permanent=True)
    tidepool.user_pools.admin_update_user_attributes(
        **person, UserAttributes=[*listed, {"Name": "custom:position", "Value": ""}]
    )
    return name


def tokens_of(tidepool, name, client=""):
    """The tokens of a member who signs in, or of somebody of the office through its app client."""
    return tidepool.user_pools.initiate_auth(
        ClientId=client or tidepool.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": tidepool.password},
    )["AuthenticationResult"]


def login(tidepool, name):
    return {tidepool.issuer: tokens_of(tidepool, name)["IdToken"]}


def office_login(tidepool, name):
    return {tidepool.office_issuer: tokens_of(tidepool, name, tidepool.office_client)["IdToken"]}


def s3_at(tidepool, pool, logins):
    """An S3 client with what an identity pool gives (enhanced flow), and the identity id."""
    identity = tidepool.identity_pools.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    answer = tidepool.identity_pools.get_credentials_for_identity(IdentityId=identity, Logins=logins)
    return client_with(answer["Credentials"]), identity


def unsigned(service):
    return boto3.client(service, config=Config(signature_version=UNSIGNED))


def basic_token(tidepool, pool, logins):
    """A token of an identity pool, which the app itself takes to STS."""
    identity = tidepool.identity_pools.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    answer = tidepool.identity_pools.get_open_id_token(IdentityId=identity, Logins=logins)
    return answer["Token"], identity


def credentials_of(sts, role, token):
    """Credentials of a role for a token of an identity pool (basic flow)."""
    found = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="phone", WebIdentityToken=token)
    return {**found["Credentials"], "SecretKey": found["Credentials"]["SecretAccessKey"]}


def takes(roles, token):
    sts = unsigned("sts")
    return any(not refused(partial(credentials_of, sts, role, token)) for role in roles)


def writes(s3, tidepool, key):
    """Whether a client writes at a key; what it wrote is gone again."""
    done = not refused(lambda: s3.put_object(Bucket=tidepool.bucket, Key=key, Body=PICTURE))
    if done:
        tidepool.s3.delete_object(Bucket=tidepool.bucket, Key=key)
    return done


def reads(s3, tidepool, key):
    return not refused(lambda: s3.get_object(Bucket=tidepool.bucket, Key=key)["Body"].read())


def change_of(tidepool, name, attribute, value, does):
    """Whether somebody who changes one of their own attributes can do what they could not before."""
    tokens, new = tokens_of(tidepool, name), [{"Name": attribute, "Value": value}]
    if does(s3_at(tidepool, tidepool.site_pool, {tidepool.issuer: tokens["IdToken"]})[0]):
        return False
    tidepool.user_pools.update_user_attributes(AccessToken=tokens["AccessToken"], UserAttributes=new)
    works = does(s3_at(tidepool, tidepool.site_pool, login(tidepool, name))[0])
    another_rook(tidepool, name)
    return works


def quietly(attack):
    """An attack that meets a refusal where nothing was to be gained has failed."""

    def tried(tidepool, lab):
        try:
            return attack(tidepool, lab)
        except ClientError:
            return ""

    return tried


@quietly
def visitor_writes(tidepool, lab):
    for pool in (tidepool.site_pool, tidepool.phone_pool):
        if writes(s3_at(tidepool, pool, {})[0], tidepool, "gallery/by-a-visitor.svg"):
            return "Somebody without a login writes into the gallery"
    return ""


@quietly
def guest_takes_role(tidepool, lab):
    token, _ = basic_token(tidepool, tidepool.phone_pool, {})
    others = [tidepool.member_role, tidepool.curator_role, tidepool.phone_role, tidepool.office_role]
    return "Somebody without a login takes a role of people who sign in" if takes(others, token) else ""


@quietly
def reads_letters(tidepool, lab):
    name, letter = another_rook(tidepool), "letters/mara@tidepool.example/dues.txt"
    if change_of(tidepool, name, "email", "mara@tidepool.example", lambda s3: reads(s3, tidepool, letter)):
        return "Rook reads a letter to Mara"
    return ""


@quietly
def member_hangs_pictures(tidepool, lab):
    logins = login(tidepool, another_rook(tidepool))
    if writes(s3_at(tidepool, tidepool.site_pool, logins)[0], tidepool, "gallery/rook.svg"):
        return "Any member can hang a picture in the gallery"
    return ""


@quietly
def reads_other_folders(tidepool, lab):
    s3, _ = s3_at(tidepool, tidepool.site_pool, login(tidepool, another_rook(tidepool)))
    tidepool.s3.put_object(Bucket=tidepool.bucket, Key="sections/reefs/sum.txt", Body=PICTURE)
    if any(reads(s3, tidepool, f"sections/{key}") for key in ("reef-nursery/limpet.svg", "reefs/sum.txt")):
        return "Rook reads a folder beside the one of his section"
    return ""


@quietly
def member_takes_role(tidepool, lab):
    token, _ = basic_token(tidepool, tidepool.phone_pool, login(tidepool, another_rook(tidepool)))
    others = [tidepool.member_role, tidepool.curator_role, tidepool.office_role]
    return "Rook takes a role that the phone app has no use for" if takes(others, token) else ""


@quietly
def joins_the_office(tidepool, lab):
    address = "rook@elsewhere.example"
    person = {"ClientId": tidepool.office_client, "Username": "rook"}
    mail = [{"Name": "email", "Value": address}]
    tidepool.user_pools.sign_up(**person, Password=tidepool.password, UserAttributes=mail)
    tidepool.user_pools.confirm_sign_up(**person, ConfirmationCode=lab.inbox(address)[-1].code)
    s3, _ = s3_at(tidepool, tidepool.office_pool, office_login(tidepool, "rook"))
    works = writes(s3, tidepool, "news/by-rook.txt")
    tidepool.user_pools.admin_delete_user(UserPoolId=tidepool.office_users, Username="rook")
    return "Rook writes the club's news" if works else ""


@quietly
def makes_himself_curator(tidepool, lab):
    name, picture = another_rook(tidepool), "gallery/rook.svg"
    if change_of(tidepool, name, "custom:position", "curator", lambda s3: writes(s3, tidepool, picture)):
        return "Rook makes himself a curator"
    return ""


@quietly
def lists_the_bucket(tidepool, lab):
    for s3 in (unsigned("s3"), s3_at(tidepool, tidepool.site_pool, {})[0]):
        if not refused(partial(s3.list_objects_v2, Bucket=tidepool.bucket)):
            return "Anybody sees the names of all files in the bucket"
    return ""


@quietly
def comes_by_a_pool_of_his_own(tidepool, lab):
    """On AWS this identity pool would be in an account of Rook's; the lab has one account."""
    pools, developer = tidepool.identity_pools, "rook.elsewhere.example"
    own = pools.create_identity_pool(
        IdentityPoolName="rook",
        AllowUnauthenticatedIdentities=True,
        AllowClassicFlow=True,
        DeveloperProviderName=developer,
    )["IdentityPoolId"]
    token = pools.get_open_id_token_for_developer_identity(IdentityPoolId=own, Logins={developer: "rook"})
    roles = ("visitor_role", "member_role", "curator_role", "phone_role", "office_role")
    works = takes([getattr(tidepool, role) for role in roles], token["Token"])
    pools.delete_identity_pool(IdentityPoolId=own)
    return "Rook takes a role of Tidepool's, and nobody at Tidepool knows the login" if works else ""


@quietly
def takes_a_free_name(tidepool, lab):
    """Somebody has left the club, and their pictures are still there."""
    address, name = "rook@elsewhere.example", "noor"
    left = f"by-name/{name}/goby.svg"
    tidepool.s3.put_object(Bucket=tidepool.bucket, Key=left, Body=PICTURE)
    person, mail = {"ClientId": tidepool.client, "Username": name}, [{"Name": "email", "Value": address}]
    tidepool.user_pools.sign_up(**person, Password=tidepool.password, UserAttributes=mail)
    tidepool.user_pools.confirm_sign_up(**person, ConfirmationCode=lab.inbox(address)[-1].code)
    works = reads(s3_at(tidepool, tidepool.site_pool, login(tidepool, name))[0], tidepool, left)
    tidepool.user_pools.admin_delete_user(UserPoolId=tidepool.pool, Username=name)
    return "Rook reads what somebody left who is no longer a member" if works else ""


@quietly
def changes_section(tidepool, lab):
    name, picture = another_rook(tidepool), "sections/shore/goby.svg"
    if change_of(tidepool, name, "custom:section", "shore", lambda s3: reads(s3, tidepool, picture)):
        return "Rook reads the pictures of another section"
    return ""


# By the set-up whose hole the attack uses.
ATTACKS = {
    1: visitor_writes,
    2: guest_takes_role,
    3: reads_letters,
    4: member_hangs_pictures,
    5: reads_other_folders,
    6: member_takes_role,
    7: joins_the_office,
    8: makes_himself_curator,
    9: lists_the_bucket,
    10: comes_by_a_pool_of_his_own,
    11: takes_a_free_name,
    12: changes_section,
}


# -- what everybody else does ------------------------------------------------------------------


def honest(tidepool, lab):
    """Who does what, and the doing of it."""

    def visitor(pool):
        s3_at(tidepool, pool, {})[0].get_object(Bucket=tidepool.bucket, Key="gallery/anemone.svg")

    def member(name, section):
        s3, identity = s3_at(tidepool, tidepool.site_pool, login(tidepool, name))
        key, bucket = f"{identity}/note.svg", tidepool.bucket
        s3.get_object(Bucket=bucket, Key="gallery/anemone.svg")
        s3.put_object(Bucket=bucket, Key=key, Body=PICTURE)
        s3.get_object(Bucket=bucket, Key=key)
        s3.list_objects_v2(Bucket=bucket, Prefix=f"{identity}/")
        if section:
            s3.get_object(Bucket=bucket, Key=section)
            s3.get_object(Bucket=bucket, Key=f"letters/{name}@tidepool.example/dues.txt")

    def phone():
        token, identity = basic_token(tidepool, tidepool.phone_pool, login(tidepool, "ben"))
        s3 = client_with(credentials_of(unsigned("sts"), tidepool.phone_role, token))
        s3.put_object(Bucket=tidepool.bucket, Key=f"phone/{identity}/note.svg", Body=PICTURE)

    def curator():
        s3, _ = s3_at(tidepool, tidepool.site_pool, login(tidepool, "ines"))
        s3.put_object(Bucket=tidepool.bucket, Key="gallery/crab.svg", Body=PICTURE)

    def office():
        s3, _ = s3_at(tidepool, tidepool.office_pool, office_login(tidepool, "ines"))
        s3.put_object(Bucket=tidepool.bucket, Key="news/today.txt", Body=b"Low water at noon.")

    def position():
        said = [{"Name": "custom:position", "Value": "carries the buckets"}]
        token = tokens_of(tidepool, "ben")["AccessToken"]
        tidepool.user_pools.update_user_attributes(AccessToken=token, UserAttributes=said)

    def address():
        new, token = "ben@shore.example", tokens_of(tidepool, "ben")["AccessToken"]
        tidepool.user_pools.update_user_attributes(
            AccessToken=token, UserAttributes=[{"Name": "email", "Value": new}]
        )
        code = lab.inbox(new)[-1].code
        tidepool.user_pools.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code)

    def newcomer():
        person, mail = {"ClientId": tidepool.client, "Username": "aiko"}, "aiko@northshore.example"
        tidepool.user_pools.sign_up(
            **person, Password=tidepool.password, UserAttributes=[{"Name": "email", "Value": mail}]
        )
        tidepool.user_pools.confirm_sign_up(**person, ConfirmationCode=lab.inbox(mail)[-1].code)
        member("aiko", "")

    return {
        "A visitor of the site looks at the gallery": lambda: visitor(tidepool.site_pool),
        "A visitor in the phone app looks at the gallery": lambda: visitor(tidepool.phone_pool),
        "Mara does what members do": lambda: member("mara", "sections/reef/crab.svg"),
        "Ben does what members do": lambda: member("ben", "sections/shore/goby.svg"),
        "Ben puts a picture in with his phone": phone,
        "Ines hangs a picture in the gallery": curator,
        "Ines writes the news for the office": office,
        "Ben writes his position": position,
        "Ben changes his address, with the code": address,
        "Aiko becomes a member": newcomer,
    }.items()
