"""Goran wants to show *one* picture to somebody without an account, for ten minutes. Write `share`. It gets two
clients: `s3` signs with Goran's temporary credentials, `owner` signs with those of the account's owner.
"""

from cognito_lab.practice.checks import client_with, expect, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "One picture, for ten minutes", False, 1, 5
expected = (
    "An address that opens this picture for ten minutes, with Goran's rights. The bucket stays private."
)
hint = "An address can carry a signature (14.4). Whoever signs it decides whose rights it carries, and for how long."
scene = "page_in_order"


def share(s3, owner, bucket, key):
    """Return an address that opens the picture `key` in `bucket` for ten minutes."""
    picture = {"Bucket": bucket, "Key": key}
    return s3.generate_presigned_url("get_object", Params=picture, ExpiresIn=600)


def check(answer, scene, lab):
    import boto3
    import requests
    from botocore.config import Config
    from botocore.exceptions import ClientError

    def status(url):
        return requests.get(url).status_code

    token = lab.google.credential(scene.tidepool.client_id, "goran.pavic@gmail.example", scene.origin)
    goran, parts = identity_and_credentials(scene.identity_pool, {"accounts.google.com": token})
    s3, key = client_with(parts), f"{goran}/goby.svg"
    plain = f"https://{scene.bucket}.s3.{lab.region}.amazonaws.com/{key}"
    owner = boto3.client("s3", config=Config(signature_version="s3v4"))
    address = answer(s3, owner, scene.bucket, key)
    expect(isinstance(address, str), f"Return the address, a string; you returned {type(address).__name__}.")
    expect(
        address.startswith("https://"),
        "Return an address that a browser can fetch, with https:// at its beginning.",
    )
    expect(
        parts["SecretKey"] not in address,
        "Goran's secret key is in the address: whoever has it can be Goran.",
    )
    expect(status(plain) == 403, "The picture is public now: it opens without the address that you made.")
    bucket = plain.removesuffix(key)
    expect(
        status(bucket) == status(f"{bucket}{goran}/limpet.svg") == 403,
        "The bucket is not private any more: strangers can list it, or read other pictures in it.",
    )
    try:
        block = boto3.client("s3").get_public_access_block(Bucket=scene.bucket)
    except ClientError:
        block = {"PublicAccessBlockConfiguration": {"taken": False}}
    expect(
        all(block["PublicAccessBlockConfiguration"].values()),
        "The bucket has lost its block of public access. A signed address does not need that.",
    )
    code = refusal_of(lambda: requests.get(address).raise_for_status())
    expect(not code, f"The address does not open the picture: S3 answers {code}. {MEANS.get(code, '')}")
    expect(requests.get(address).content == lab.picture("goby.svg"), "The address opens something else.")
    expect(
        refusal_of(lambda: requests.get(address.replace("goby", "limpet")).raise_for_status()),
        "With another name in it, the address opens another picture as well.",
    )
    expect(
        "X-Amz-Signature" in address,
        "Nobody signed this address, and yet it opens the picture: the picture is in a place that everybody can read.",
    )
    expect(
        parts["AccessKeyId"] in address,
        "The account's owner signed it, and may do everything: the address does not carry Goran's rights.",
    )
    lab.travel(minutes=9, seconds=30)
    expect(
        status(address) == 200,
        "The address ends before the ten minutes are over. `ExpiresIn` counts seconds.",
    )
    lab.travel(minutes=1)
    expect(status(address) == 403, "After ten and a half minutes the address still opens the picture.")


MEANS = {
    "SignatureDoesNotMatch": "The signature is for another request: another method, or another key.",
    "AccessDenied": "Nobody signed it, or the signer may not do this.",
    "AuthorizationHeaderMalformed": "One part behind the question mark has a wrong form.",
}


def wrong_public_object(s3, owner, bucket, key):
    """The picture is public now"""
    import json

    everybody = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/{key}",
    }
    owner.delete_public_access_block(Bucket=bucket)
    owner.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    )
    return f"https://{bucket}.s3.amazonaws.com/{key}"


def wrong_credentials_sent_along(s3, owner, bucket, key):
    """whoever has it can be Goran"""
    keys = s3._request_signer._credentials
    return f"https://{bucket}.s3.amazonaws.com/{key}?key={keys.access_key}&secret={keys.secret_key}"


def wrong_signed_by_the_owner(s3, owner, bucket, key):
    """The account's owner signed it"""
    return owner.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=600)


def wrong_minutes_for_seconds(s3, owner, bucket, key):
    """`ExpiresIn` counts seconds"""
    return s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=10)


def wrong_left_at_an_hour(s3, owner, bucket, key):
    """still opens the picture"""
    return s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})


def wrong_not_signed(s3, owner, bucket, key):
    """The address does not open the picture"""
    return f"https://{bucket}.s3.amazonaws.com/{key}"


def wrong_for_putting(s3, owner, bucket, key):
    """The signature is for another request"""
    return s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=600)


def wrong_copied_to_the_site(s3, owner, bucket, key):
    """is in a place that everybody can read"""
    owner.copy_object(Bucket="tidepool-site", Key="goby.svg", CopySource={"Bucket": bucket, "Key": key})
    return "https://tidepool-site.s3.amazonaws.com/goby.svg"


def wrong_the_picture_itself(s3, owner, bucket, key):
    """an address that a browser can fetch"""
    from base64 import b64encode

    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return "data:image/svg+xml;base64," + b64encode(body).decode()
