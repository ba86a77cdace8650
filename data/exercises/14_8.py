"""Soon the page should also store pictures. The browser then asks before a `PUT`, and this rule does not allow it. Change one value
so that our page may send `GET` and `PUT`. No other page may ask for anything.
"""

from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "The page wants to store, too", False, 1, 1
expected = "The preflight gets a yes for `GET` and `PUT` from https://tidepool.example, and a no for everything else."
hint = (
    "The preflight names the method that the page wants to use. Which of the three values is about methods?"
)
scene = "own_folders"

name = "cors_rule"
stub = {
    "AllowedOrigins": ["https://tidepool.example"],
    "AllowedMethods": ["GET"],
    "AllowedHeaders": ["*"],
}
solution = {
    "AllowedOrigins": ["https://tidepool.example"],
    "AllowedMethods": ["GET", "PUT"],
    "AllowedHeaders": ["*"],
}


def check(answer, scene, lab):
    import boto3
    import requests

    boto3.client("s3").put_bucket_cors(Bucket=scene.bucket, CORSConfiguration={"CORSRules": [answer]})

    def allowed(method, origin):
        wish = {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,x-amz-content-sha256,x-amz-date,x-amz-security-token",
        }
        url = f"https://{scene.bucket}.s3.{lab.region}.amazonaws.com/goby.svg"
        return requests.options(url, headers=wish).ok

    ours = "https://tidepool.example"
    for other in ("https://elsewhere.example", "https://tidepool.example.elsewhere.example"):
        expect(not allowed("GET", other), f"A page at {other} may ask now.")
    expect(
        allowed("GET", ours),
        "Our page may not send `GET` any more: the list takes the place of the former one.",
    )
    expect(allowed("PUT", ours), "The browser of our page asks for `PUT`, and still gets a no.")
    for more in ("DELETE", "POST", "HEAD"):
        expect(
            not allowed(more, ours), f"Our page may send `{more}` as well. Only `GET` and `PUT` are needed."
        )


wrong_put_instead_of_get = ({**stub, "AllowedMethods": ["PUT"]}, "may not send `GET` any more")
wrong_every_method = (
    {**stub, "AllowedMethods": ["GET", "PUT", "POST", "DELETE", "HEAD"]},
    "may send `DELETE` as well",
)
wrong_every_origin = ({**stub, "AllowedOrigins": ["*"]}, "may ask now")
wrong_star_is_no_method = ({**stub, "AllowedMethods": ["*"]}, "PutBucketCors was refused")
