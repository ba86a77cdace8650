"""The demo's folders over the wire: Goran, who may do everything in his own, tries to get round the policy.

Each attempt is signed with his own credentials, as a program of his would send it. None may show him a byte
or a name of Mara's, or change what is hers.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import SplitResult, quote, unquote

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from support.served import Answer, ask, lab, server, signed

from cognito_lab import Lab
from cognito_lab.served.server import Server

__all__ = ["lab", "server"]
SECRET = b"what only Mara may see"
ATTEMPTS: dict[str, tuple[str, str, dict[str, str], bytes]] = {  # method, target, fields, body
    "plainly": ("GET", "/{b}/{m}/diary", {}, b""),
    "its head": ("HEAD", "/{b}/{m}/diary", {}, b""),
    "through his own": ("GET", "/{b}/{g}/../{m}/diary", {}, b""),
    "through his own, encoded": ("GET", "/{b}/{g}/%2e%2e/{m}/diary", {}, b""),
    "through his own, encoded twice": ("GET", "/{b}/{g}/%252e%252e/{m}/diary", {}, b""),
    "a slash too many": ("GET", "/{b}//{m}/diary", {}, b""),
    "from the bucket's parent": ("GET", "/{b}/../{b}/{m}/diary", {}, b""),
    "the colon encoded": ("GET", "/{b}/{M}/diary", {}, b""),
    "every letter encoded": ("GET", "/{b}/{everything}/diary", {}, b""),
    "a zero byte": ("GET", "/{b}/{g}/%00/../{m}/diary", {}, b""),
    "as one of his versions": ("GET", "/{b}/{g}/own?versionId=../{m}/diary", {}, b""),
    "in other letters": ("GET", "/{b}/{upper}/diary", {}, b""),
    "as a prefix of his own": ("GET", "/{b}?list-type=2&prefix={g}/../{m}/", {}, b""),
    "her list": ("GET", "/{b}?list-type=2&prefix={m}/", {}, b""),
    "the list of all": ("GET", "/{b}?list-type=2", {}, b""),
    "an empty prefix": ("GET", "/{b}?list-type=2&prefix=", {}, b""),
    "two prefixes": ("GET", "/{b}?list-type=2&prefix={g}/&prefix={m}/", {}, b""),
    "two prefixes, hers first": ("GET", "/{b}?list-type=2&prefix={m}/&prefix={g}/", {}, b""),
    "the folders": ("GET", "/{b}?list-type=2&delimiter=/", {}, b""),
    "what comes after his own": ("GET", "/{b}?list-type=2&start-after={g}/zzz", {}, b""),
    "the old list": ("GET", "/{b}?prefix={m}/", {}, b""),
    "a marker": ("GET", "/{b}?marker={m}", {}, b""),
    "the versions": ("GET", "/{b}?versions&prefix={m}/", {}, b""),
    "the uploads": ("GET", "/{b}?uploads&prefix={m}/", {}, b""),
    "her tags": ("GET", "/{b}/{m}/diary?tagging", {}, b""),
    "her attributes": (
        "GET",
        "/{b}/{m}/diary?attributes",
        {"x_amz_object_attributes": "ObjectSize"},
        b"",
    ),
    "a copy into his own": ("PUT", "/{b}/{g}/copy", {"x_amz_copy_source": "{b}/{m}/diary"}, b""),
    "a copy, with a slash": ("PUT", "/{b}/{g}/copy", {"x_amz_copy_source": "/{b}/{m}/diary"}, b""),
    "a copy, encoded": ("PUT", "/{b}/{g}/copy", {"x_amz_copy_source": "{b}/{everything}/diary"}, b""),
    "a copy, through his own": ("PUT", "/{b}/{g}/copy", {"x_amz_copy_source": "{b}/{g}/../{m}/diary"}, b""),
    "over hers": ("PUT", "/{b}/{m}/diary", {}, b"Rook was here"),
    "over hers, through his own": ("PUT", "/{b}/{g}/../{m}/diary", {}, b"Rook was here"),
    "a copy over hers": ("PUT", "/{b}/{m}/diary", {"x_amz_copy_source": "{b}/{g}/own"}, b""),
    "an upload in parts over hers": ("POST", "/{b}/{m}/diary?uploads", {}, b""),
    "her deletion": ("DELETE", "/{b}/{m}/diary", {}, b""),
    "her deletion among his": (
        "POST",
        "/{b}?delete",
        {"content_md5": "*"},
        b"<Delete><Object><Key>{g}/own</Key></Object><Object><Key>{m}/diary</Key></Object></Delete>",
    ),
    "the bucket's policy": ("PUT", "/{b}?policy", {}, b"{}"),
    "the bucket's deletion": ("DELETE", "/{b}", {}, b""),
}


class Folders:
    """Mara's diary in the bucket of the demo, and Goran with his credentials."""

    def __init__(self, lab: Lab, server: Server) -> None:
        self.server, self.scene = server, lab.scene("own_folders")
        self.s3 = boto3.client("s3")
        scene, self.bucket = self.scene, self.scene.bucket
        self.s3.put_object(Bucket=self.bucket, Key=f"{scene.mara}/diary", Body=SECRET)
        self.s3.put_object(Bucket=self.bucket, Key=f"{scene.goran}/own", Body=b"his own")
        everything = {
            "Effect": "Allow",
            "Action": ["s3:*Object", "s3:*ObjectTagging", "s3:*MultipartUpload*"],
            "Resource": f"arn:aws:s3:::{self.bucket}/${{cognito-identity.amazonaws.com:sub}}/*",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": everything})
        boto3.client("iam").put_role_policy(
            RoleName="site-user", PolicyName="writes", PolicyDocument=document
        )
        self.keys = self.credentials(lab)

    def credentials(self, lab: Lab) -> tuple[str, str, str]:
        scene = self.scene
        token = lab.google.credential(scene.tidepool.client_id, "goran.pavic@gmail.example", scene.origin)
        login = {"accounts.google.com": token}
        answer = boto3.client("cognito-identity").get_credentials_for_identity(
            IdentityId=self.scene.goran, Logins=login
        )
        given = answer["Credentials"]
        return given["AccessKeyId"], given["SecretKey"], given["SessionToken"]

    def filled(self, text: str, host: bool = False) -> str:
        mara, goran = self.scene.mara, self.scene.goran
        names = {"b": self.bucket, "m": mara, "g": goran, "M": quote(mara, safe=""), "upper": mara.upper()}
        names["everything"] = "".join(f"%{ord(letter):02X}" for letter in mara)
        text = text.replace("/{b}", "", 1) or "/" if host else text
        text = f"/{text}" if host and text[:1] == "?" else text
        for name, value in names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def tries(self, attempt: str, by_host: bool) -> Answer:
        method, target, fields, body = ATTEMPTS[attempt]
        host = f"{self.bucket}.s3.us-east-1.amazonaws.com" if by_host else "s3.us-east-1.amazonaws.com"
        sent = self.filled(body.decode()).encode()
        named = {name: self.filled(value) for name, value in fields.items() if value != "*"}
        if "content_md5" in fields:
            named["content_md5"] = md5(sent)
        return signed(self.server, method, self.filled(target, by_host), host, sent, keys=self.keys, **named)


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body).digest()).decode()


@pytest.fixture
def folders(lab: Lab, server: Server, monkeypatch: pytest.MonkeyPatch) -> Folders:
    # An attacker signs what S3 reckons with: path and query in the one spelling that they have there.
    def path(_: Any, sent: str) -> str:
        return quote(unquote(sent), safe="/~-_.")

    def query(_: Any, parts: SplitResult) -> str:
        pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
        spelled = [(path(None, name), quote(unquote(value), safe="~-_.")) for name, _, value in pairs]
        return "&".join(f"{name}={value}" for name, value in sorted(spelled))

    monkeypatch.setattr(S3SigV4Auth, "_normalize_url_path", path)
    monkeypatch.setattr(S3SigV4Auth, "_canonical_query_string_url", query)
    return Folders(lab, server)


def test_his_own_folder_is_his(folders: Folders) -> None:
    own = f"/{folders.bucket}/{folders.scene.goran}/own"
    assert signed(folders.server, "GET", own, keys=folders.keys).body == b"his own"
    assert ask(folders.server, "GET", own).status == 403


def test_nobody_gets_round_the_policy(folders: Folders) -> None:
    found: dict[str, Any] = {}
    for attempt in ATTEMPTS:
        for by_host in (False, True):
            answer = folders.tries(attempt, by_host)
            hers = SECRET in answer.body or b"diary</Key>" in answer.body
            hers = hers and b"AccessDenied" not in answer.body  # the list of what was not deleted names it
            unheard = b"SignatureDoesNotMatch" in answer.body  # it should be the policy that refuses
            head = attempt == "its head" and answer.headers.get("etag")
            if hers or unheard or head or answer.status >= 500:
                found[f"{attempt}, by host: {by_host}"] = (answer.status, answer.text[:200])
    assert found == {}
    kept = folders.s3.get_object(Bucket=folders.bucket, Key=f"{folders.scene.mara}/diary")
    assert kept["Body"].read() == SECRET
    for row in folders.s3.list_objects_v2(Bucket=folders.bucket)["Contents"]:
        stored = folders.s3.get_object(Bucket=folders.bucket, Key=row["Key"])["Body"].read()
        assert (SECRET in stored) == (row["Key"] == f"{folders.scene.mara}/diary"), row["Key"]
        if "Rook" in stored.decode(errors="replace"):
            assert row["Key"].startswith(f"{folders.scene.goran}/"), "in his own folder, under an odd name"


def test_without_the_policy_they_would_get_through(folders: Folders) -> None:
    """The same attempts where the resource is not looked at: most of them show or change what is Mara's."""
    iam = boto3.client("iam")
    anything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": anything})
    iam.put_role_policy(RoleName="site-user", PolicyName="writes", PolicyDocument=document)
    for attempt in ("plainly", "the colon encoded", "every letter encoded", "her list", "the list of all"):
        answer = folders.tries(attempt, False)
        assert SECRET in answer.body or b"diary</Key>" in answer.body, attempt
    for attempt in ("a copy into his own", "a copy, encoded"):
        assert folders.tries(attempt, False).status == 200
        copied = folders.s3.get_object(Bucket=folders.bucket, Key=f"{folders.scene.goran}/copy")
        assert copied["Body"].read() == SECRET
