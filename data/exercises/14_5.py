"""The site's bucket also has drafts, for example `drafts/summer.html`, and one more page, `about.html`. Everybody should
read the two pages, and nobody the drafts. Change one value of this statement.
"""

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Not everything is public", False, 1, 2
expected = "The website endpoint gives `/index.html` and `/about.html`. It refuses everything in `drafts/`."
hint = "`Resource` can be a list, and each entry is the ARN of an object. In an ARN, `*` also stands for slashes."
scene = "site"

name = "public_part"
stub = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::tidepool-site/*",
}
solution = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": ["arn:aws:s3:::tidepool-site/index.html", "arn:aws:s3:::tidepool-site/about.html"],
}


def check(answer, scene, lab):
    import json

    import boto3
    import requests

    s3, bucket = boto3.client("s3"), "tidepool-site"
    pages, drafts = (
        ("index.html", "about.html"),
        ("drafts/summer.html", "drafts/index.html", "drafts/old/a.html"),
    )
    for key in (*pages, *drafts):
        s3.put_object(Bucket=bucket, Key=key, Body=b"<!doctype html>", ContentType="text/html")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [answer]})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)

    def refused_to_everybody(key):
        return refusal_of(lambda: requests.get(f"{scene.site}/{key}").raise_for_status())

    for key in pages:
        expect(not refused_to_everybody(key), f"Nobody can read `{key}` now. It is one of the two pages.")
    for key in drafts:
        expect(refused_to_everybody(key), f"Everybody can still read `{key}`.")
    expect(
        refusal_of(lambda: requests.put(f"https://{bucket}.s3.amazonaws.com/index.html").raise_for_status()),
        "Everybody can write to the bucket now.",
    )


wrong_one_page_only = (
    {**stub, "Resource": "arn:aws:s3:::tidepool-site/index.html"},
    "Nobody can read `about.html` now",
)
wrong_star_and_ending = (
    {**stub, "Resource": "arn:aws:s3:::tidepool-site/*.html"},
    "Everybody can still read `drafts/summer.html`",
)
wrong_paths_without_a_bucket = (
    {**stub, "Resource": ["/index.html", "/about.html"]},
    "MalformedPolicy",
)
