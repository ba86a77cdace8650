"""Tidepool moves to AWS. People will see its page at `https://tidepool.example`, where a CloudFront distribution
answers (the lab does not play CloudFront). Fill in this list for the colleague who sets it up:

* `"link on the club's poster"`: the address at which people open the page
* `"origin at Google"`: what is registered for Google's button
* `"origin in the CORS rule"` of the pictures' bucket
* `"block public access"` to the pictures' bucket: `True` or `False`
"""

from urllib.parse import urlsplit

from cognito_lab.practice.checks import client_with, expect, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "The list for AWS", False, 2, 5
expected = "Four values with which the page works for Goran, over HTTPS, and the pictures stay private."
hint = (
    "A website endpoint of S3 speaks HTTP only. An origin is scheme, host and port, and nothing behind them."
)
scene = "own_folders"

name = "plan"
stub = {
    "link on the club's poster": "",
    "origin at Google": "",
    "origin in the CORS rule": "",
    "block public access": None,
}
solution = {
    "link on the club's poster": "https://tidepool.example",
    "origin at Google": "https://tidepool.example",
    "origin in the CORS rule": "https://tidepool.example",
    "block public access": True,
}
PAGE = "https://tidepool.example"
STRANGERS = (
    "https://elsewhere.example",
    "https://eviltidepool.example",
    "https://tidepool.example.elsewhere.example",
)


def check(answer, scene, lab):
    import boto3
    import requests

    expect(
        isinstance(answer, dict) and set(answer) == set(solution), f"Keep the four names: {list(solution)}."
    )
    link, at_google, in_cors, block = (answer[name] for name in solution)
    for name in list(solution)[:3]:
        expect(isinstance(answer[name], str) and answer[name], f"Write one string for “{name}”.")
    where = urlsplit(link)
    if "s3-website" in where.netloc and where.scheme == "https":
        try:
            requests.get(f"https://{where.netloc}")
        except requests.exceptions.ConnectionError:
            expect(False, "Tried: nobody answers HTTPS at the website endpoint. It speaks HTTP only.")
    expect(
        where.scheme == "https",
        "Without HTTPS, anybody in between can change the page, and Google refuses it.",
    )
    expect(
        f"https://{where.hostname}" == PAGE and where.path in ("", "/", "/index.html"),
        f"People should see the page at {PAGE}; you wrote {link!r}.",
    )
    try:
        tidepool = lab.google.register_client("Tidepool on AWS", origins=[at_google])
    except ValueError as error:
        expect(False, f"Google's console does not accept {at_google!r} as an origin: {error}.")
    goran, s3 = "goran.pavic@gmail.example", boto3.client("s3")
    asked = refusal_of(lambda: lab.google.credential(tidepool.client_id, goran, PAGE))
    expect(not asked, f"Google's button on {PAGE} gives no token: {at_google!r} is registered.")
    rule = {"AllowedOrigins": [in_cors], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=scene.bucket, CORSConfiguration={"CORSRules": [rule]})

    def preflight(page):
        wish = {"Origin": page, "Access-Control-Request-Method": "GET"}
        return requests.options(f"https://{scene.bucket}.s3.{lab.region}.amazonaws.com/", headers=wish).ok

    expect(
        preflight(PAGE),
        f"A browser on {PAGE} asks S3 and gets a no: the rule says {in_cors!r}, and an origin is compared letter "
        "by letter.",
    )
    expect(
        not any(map(preflight, STRANGERS)),
        "With this rule S3 lets other pages, perhaps every page in the world, read its answers. One origin is enough.",
    )
    expect(block in (True, False), f"“block public access” is True or False; you wrote {block!r}.")
    expect(
        block,
        "No picture has to be public: the page reads them with credentials, and works with the block.",
    )
    token = lab.google.credential(scene.tidepool.client_id, goran, scene.origin)
    identity, parts = identity_and_credentials(scene.identity_pool, {"accounts.google.com": token})
    assert client_with(parts).list_objects_v2(Bucket=scene.bucket, Prefix=f"{identity}/")["KeyCount"] == 2


wrong_website_endpoint_with_https = (
    {**solution, "link on the club's poster": "https://tidepool-site.s3-website-us-east-1.amazonaws.com"},
    "nobody answers HTTPS at the website endpoint",
)
wrong_website_endpoint = (
    {**solution, "link on the club's poster": "http://tidepool-site.s3-website-us-east-1.amazonaws.com"},
    "Without HTTPS",
)
wrong_path_in_the_origin = (
    {**solution, "origin at Google": "https://tidepool.example/index.html"},
    "Google's console does not accept",
)
wrong_origin_of_the_bucket = (
    {**solution, "origin at Google": "https://tidepool-site.s3.amazonaws.com"},
    "gives no token",
)
wrong_slash_in_the_rule = (
    {**solution, "origin in the CORS rule": "https://tidepool.example/"},
    "compared letter by letter",
)
wrong_star_in_the_rule = ({**solution, "origin in the CORS rule": "*"}, "every page in the world")
wrong_pictures_public = (
    {**solution, "block public access": False},
    "No picture has to be public",
)
wrong_a_list_for_a_text = (
    {**solution, "origin in the CORS rule": ["https://tidepool.example"]},
    "Write one string for",
)
wrong_cloudfronts_name = (
    {**solution, "link on the club's poster": "https://d111111abcdef8.cloudfront.net"},
    "People should see the page at",
)
wrong_a_word_for_true = ({**solution, "block public access": "yes"}, "is True or False")
