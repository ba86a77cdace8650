"""Goran sorts his folder by year: `2026/goby.svg`, `2025/limpet.svg`. Write `prefix_for`: the `Prefix` with which his page
lists the pictures of one year, and no others.
"""

from cognito_lab.practice.checks import client_with, expect, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Only this year", False, 1, 1
expected = "The list has the pictures of the year, and nothing else."
hint = "A prefix is compared letter by letter with the beginning of the key. What is at the beginning of every key here?"
scene = "own_folders"


def prefix_for(identity, year):
    """The prefix of `year` (a number) in the folder of `identity`."""
    return f"{identity}/{year}/"


def check(answer, scene, lab):
    import boto3

    owner = boto3.client("s3")
    token = lab.google.credential(scene.tidepool.client_id, "goran.pavic@gmail.example", scene.origin)
    identity, parts = identity_and_credentials(scene.identity_pool, {"accounts.google.com": token})
    goran = client_with(parts)
    for key in ("2026/goby.svg", "2026/may/crab.svg", "2025/limpet.svg", "2026-drafts/anemone.svg"):
        owner.put_object(Bucket=scene.bucket, Key=f"{identity}/{key}", Body=b"<svg/>")
    for year, right in ((2026, ["2026/goby.svg", "2026/may/crab.svg"]), (2025, ["2025/limpet.svg"])):
        prefix = answer(identity, year)
        expect(isinstance(prefix, str), f"A prefix is a string; you returned {type(prefix).__name__}.")
        wish = {"Bucket": scene.bucket, "Prefix": prefix}
        code = refusal_of(lambda wish=wish: goran.list_objects_v2(**wish))
        expect(
            not code,
            f"{prefix!r} → {code}. The policy allows prefixes that begin with the identity id and a slash.",
        )
        listed = goran.list_objects_v2(**wish).get("Contents", [])
        names = [entry["Key"].removeprefix(f"{identity}/") for entry in listed]
        expect(set(right) <= set(names), f"For {year}, {prefix!r} lists {names or 'nothing'}.")
        more = sorted(set(names) - set(right))
        expect(not more, f"For {year}, {prefix!r} also lists {', '.join(more)}.")


def wrong_without_the_folder(identity, year):
    """begin with the identity id and a slash"""
    return f"{year}/"


def wrong_no_slash_at_the_end(identity, year):
    """also lists 2026-drafts/anemone.svg"""
    return f"{identity}/{year}"


def wrong_the_whole_folder(identity, year):
    """also lists 2025/limpet.svg"""
    return f"{identity}/"


def wrong_star_at_the_end(identity, year):
    """lists nothing"""
    return f"{identity}/{year}/*"
