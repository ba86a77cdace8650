"""APIs of API Gateway on the wire: at their own hosts, by tokens and by signatures."""

from __future__ import annotations

import json

from support.api_gateway import Gateway
from support.served import ask, lab, server, signed
from support.user_pools import World

from cognito_lab import Lab
from cognito_lab.served.server import Server

__all__ = ["lab", "server"]


def test_an_api_answers_at_its_host(lab: Lab, server: Server) -> None:
    gateway = Gateway(World(lab))
    token = gateway.users.sign_in()["IdToken"]
    host = f"{gateway.rest_api().split('/')[2]}.localhost"
    said = ask(server, "GET", "/prod/id", host, authorization=token)
    assert (said.status, said.json()["path"]) == (200, "/id")
    refused = ask(server, "GET", "/prod/id", host)
    assert (refused.status, json.loads(refused.body)) == (401, {"message": "Unauthorized"})
    assert ask(server, "GET", "/prod/signed", host).status == 403


def test_apis_are_made_at_the_endpoint(server: Server) -> None:
    made = signed(server, "POST", "/restapis", body=b'{"name": "tidepool"}', service="apigateway")
    assert (made.status, made.json()["name"]) == (201, "tidepool")
    body = b'{"name": "tidepool", "protocolType": "HTTP"}'
    made = signed(server, "POST", "/v2/apis", body=body, service="apigateway")
    assert (made.status, made.json()["protocolType"]) == (201, "HTTP")
    assert made.json()["apiEndpoint"].endswith(".execute-api.us-east-1.amazonaws.com")
