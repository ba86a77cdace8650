"""Tidepool moves everybody's pictures to the new identities. Write `new_key`: the key that a picture has after
the move.
"""

from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Move a folder", False, 1, 1
expected = "The check moves two of Goran's pictures to their new keys. With his new identity he opens both."
hint = "Up to the first slash, a key is an identity id. A folder can have folders in it."
scene = "two_doors"


def new_key(old_key, identity):
    """The new key of the picture; `identity` is the owner's new identity id."""
    return f"{identity}/{old_key.partition('/')[2]}"


def check(answer, scene, lab):
    import boto3

    owner, old = boto3.client("s3"), f"{lab.region}:0a1b2c3d-0000-4000-8000-00000000feed"
    login = {f"cognito-idp.{lab.region}.amazonaws.com/{scene.pool}": id_token(scene, "goran")}
    identity, parts = identity_and_credentials(scene.identity_pool, login)
    goran, found = client_with(parts), set()
    for key in (f"{old}/goby.svg", f"{old}/2026/may/goby.svg"):
        owner.put_object(Bucket=scene.bucket, Key=key, Body=lab.picture("goby.svg"))
        moved = answer(key, identity)
        expect(
            isinstance(moved, str), f"Return a key, which is a string; you returned {type(moved).__name__}."
        )
        expect(moved != key, f"{key} stays where it is.")
        expect(
            moved != identity + key.rpartition("/")[2],
            "Between the identity id and the rest there is no slash.",
        )
        owner.copy_object(Bucket=scene.bucket, Key=moved, CopySource={"Bucket": scene.bucket, "Key": key})
        owner.delete_object(Bucket=scene.bucket, Key=key)
        found.add(moved)
        code = refusal_of(lambda moved=moved: goran.get_object(Bucket=scene.bucket, Key=moved))
        expect(not code, f"{key} became {moved}, and Goran may not open it: {code}.")
        expect(
            moved.removeprefix(identity) == key.removeprefix(old),
            f"{key} became {moved}. Behind the identity id, the key should stay as it was.",
        )
    expect(len(found) == 2, "Two pictures got the same key, so one of them is lost.")


def wrong_the_username(old_key, identity):
    """became goran/goby.svg, and Goran may not open it"""
    return f"goran/{old_key.partition('/')[2]}"


def wrong_below_the_old_folder(old_key, identity):
    """became us-east-1:0a1b2c3d-0000-4000-8000-00000000feed/"""
    return old_key.replace("/", f"/{identity}/", 1)


def wrong_the_last_part_only(old_key, identity):
    """should stay as it was"""
    return f"{identity}/{old_key.rpartition('/')[2]}"


def wrong_no_slash(old_key, identity):
    """Between the identity id and the rest there is no slash"""
    return identity + old_key.rpartition("/")[2]
