"""The morning of the opening: pictures, an open API, the club known at Google; nothing of Cognito."""
# ruff: noqa: F821

import boto3

s3 = boto3.client("s3", region_name=region)
gateway = boto3.client("apigatewayv2", region_name=region)

bucket = "tidepool-pictures"
_location = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
s3.create_bucket(Bucket=bucket, **_location)
s3.put_object(Bucket=bucket, Key="gallery/anemone.svg", Body=lab.picture("anemone.svg"))
s3.put_object(Bucket=bucket, Key="gallery/crab.svg", Body=lab.picture("crab.svg"))
s3.put_object(Bucket=bucket, Key="members/goby.svg", Body=lab.picture("goby.svg"))
s3.put_object(Bucket=bucket, Key="drafts/limpet.svg", Body=lab.picture("limpet.svg"))

# The API for the readings of the tide gauge. Nothing guards its two routes yet.
made = gateway.create_api(Name="tides", ProtocolType="HTTP")
api, readings = made["ApiId"], f"{made['ApiEndpoint']}/readings"
_integration = gateway.create_integration(
    ApiId=api,
    IntegrationType="HTTP_PROXY",
    IntegrationMethod="ANY",
    IntegrationUri="https://api.tidepool.example/readings",
    PayloadFormatVersion="1.0",
)["IntegrationId"]
read_route = gateway.create_route(ApiId=api, RouteKey="GET /readings", Target=f"integrations/{_integration}")[
    "RouteId"
]
write_route = gateway.create_route(
    ApiId=api, RouteKey="POST /readings", Target=f"integrations/{_integration}"
)["RouteId"]
gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)

# Where the pool's pages will be, which Google knows already, and where the app takes its codes.
pages = f"https://tidepool.auth.{region}.amazoncognito.com"
callback = "https://tidepool.example/signed-in"
at_google = lab.google.register_client("Tidepool", redirect_uris=[f"{pages}/oauth2/idpresponse"])
