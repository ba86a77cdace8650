"""Tidepool's page, where a browser of this machine finds it; it signs people in with Google."""
# after: own_folders
# ruff: noqa: F821

demo = lab.demo(site)

button = lab.google.register_client("Tidepool in a browser", origins=[demo.origin])
identity_pools.update_identity_pool(
    IdentityPoolId=identity_pool,
    IdentityPoolName="tidepool-site",
    AllowUnauthenticatedIdentities=False,
    SupportedLoginProviders={"accounts.google.com": button.client_id},
    CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": client}],
)
s3.put_bucket_cors(
    Bucket=bucket,
    CORSConfiguration={
        "CORSRules": [{"AllowedOrigins": [demo.origin], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}]
    },
)

files = demo.files(
    region=region,
    identity_pool=identity_pool,
    bucket=bucket,
    provider="accounts.google.com",
    client_id=button.client_id,
)
s3.put_object(Bucket="tidepool-site", Key="index.html", **files["index.html"])
s3.put_object(Bucket="tidepool-site", Key="style.css", **files["style.css"])
s3.put_object(Bucket="tidepool-site", Key="tidepool.svg", **files["tidepool.svg"])
s3.put_object(Bucket="tidepool-site", Key="sentences.json", **files["sentences.json"])
s3.put_object(Bucket="tidepool-site", Key="app.js", **files["app.js"])
s3.put_object(Bucket="tidepool-site", Key="sign_in.js", **files["sign_in.js"])
s3.put_object(Bucket="tidepool-site", Key="signer.js", **files["signer.js"])
s3.put_object(Bucket="tidepool-site", Key="config.js", **files["config.js"])
