"""An HTTP API before Tidepool's server: /pictures wants a token of the web app, /signed a signature."""
# after: roles
# ruff: noqa: F821

import boto3

gateway = boto3.client("apigatewayv2", region_name=region)

made = gateway.create_api(Name="tidepool", ProtocolType="HTTP")
api, address = made["ApiId"], made["ApiEndpoint"]

authorizer = gateway.create_authorizer(
    ApiId=api,
    Name="members",
    AuthorizerType="JWT",
    IdentitySource=["$request.header.Authorization"],
    JwtConfiguration={"Issuer": f"https://{issuer}", "Audience": [client]},
)["AuthorizerId"]

integration = gateway.create_integration(
    ApiId=api,
    IntegrationType="HTTP_PROXY",
    IntegrationMethod="ANY",
    IntegrationUri="https://api.tidepool.example/pictures",
    PayloadFormatVersion="1.0",
)["IntegrationId"]

gateway.create_route(
    ApiId=api,
    RouteKey="GET /pictures",
    AuthorizationType="JWT",
    AuthorizerId=authorizer,
    Target=f"integrations/{integration}",
)
gateway.create_route(
    ApiId=api, RouteKey="GET /signed", AuthorizationType="AWS_IAM", Target=f"integrations/{integration}"
)
gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
