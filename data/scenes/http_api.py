"""An HTTP API before Tidepool's server: /pictures wants a token of the web app with pictures/read."""
# after: scopes
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
    JwtConfiguration={
        "Issuer": f"https://cognito-idp.{region}.amazonaws.com/{pool}",
        "Audience": [client],
    },
)["AuthorizerId"]

integration = gateway.create_integration(
    ApiId=api,
    IntegrationType="HTTP_PROXY",
    IntegrationMethod="ANY",
    IntegrationUri="https://api.tidepool.example/pictures",
    PayloadFormatVersion="1.0",
)["IntegrationId"]

route = gateway.create_route(
    ApiId=api,
    RouteKey="GET /pictures",
    AuthorizationType="JWT",
    AuthorizerId=authorizer,
    AuthorizationScopes=["pictures/read"],
    Target=f"integrations/{integration}",
)["RouteId"]

gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
