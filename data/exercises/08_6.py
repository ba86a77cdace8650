"""A REST API has a stage `prod`, and its `/open` answers there. Then `/new` was added, and answers with 403. Nothing
is wrong with the method: write what is missing.
"""

import boto3
import requests
from werkzeug.wrappers import Response

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "It is there, and does not answer", False, 1, 2
expected = "`/new` answers at the stage `prod`, and `/open` still does."
hint = "Which of the calls in 08.4 makes the changes count?"
scene = "directory"


def publish(gateway, api):
    """Let the changes of the REST API `api` (its id) count. `gateway` is boto3's client for "apigateway"."""
    gateway.create_deployment(restApiId=api, stageName="prod")


def check(answer, scene, lab):
    gateway = boto3.client("apigateway")
    lab.host("api.tidepool.example", Response("anemone.svg"))
    made = gateway.create_rest_api(name="tidepool")
    api, address = made["id"], f"https://{made['id']}.execute-api.{lab.region}.amazonaws.com"
    add(gateway, made, "open")
    gateway.create_deployment(restApiId=api, stageName="prod")
    add(gateway, made, "new")
    code = refusal_of(lambda: answer(gateway, api))
    expect(
        code != "OutsideTheLab",
        "This account does not play your call. The lesson's own call is enough: see 08.4.",
    )
    expect(not code, f"Your call is refused → {code}.")
    stages = [each["stageName"] for each in gateway.get_stages(restApiId=api)["item"]]
    came = requests.get(f"{address}/prod/new", timeout=5).status_code
    expect(
        came == 200 or stages == ["prod"],
        f"Now there are the stages {', '.join(stages)}; callers ask `prod`.",
    )
    expect(came == 200, f"/prod/new answers {came}. The stage still has the API as it was before.")
    came = requests.get(f"{address}/prod/open", timeout=5).status_code
    expect(came == 200, f"/prod/open answers {came}, and answered before.")


def add(gateway, made, part):
    """A GET method that lets everybody in."""
    api = {"restApiId": made["id"]}
    resource = gateway.create_resource(**api, parentId=made["rootResourceId"], pathPart=part)["id"]
    place = {**api, "resourceId": resource, "httpMethod": "GET"}
    gateway.put_method(**place, authorizationType="NONE")
    behind = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "https://api.tidepool.example"}
    gateway.put_integration(**place, **behind)


def wrong_other_stage(gateway, api):
    """callers ask `prod`"""
    gateway.create_deployment(restApiId=api, stageName="new")


def wrong_stage_deleted(gateway, api):
    """This account does not play your call"""
    gateway.delete_stage(restApiId=api, stageName="prod")


def wrong_cache(gateway, api):
    """The stage still has the API as it was before"""
    gateway.flush_stage_authorizers_cache(restApiId=api, stageName="prod")


def wrong_of_http_apis(gateway, api):
    """Your call is refused"""
    boto3.client("apigatewayv2").create_stage(ApiId=api, StageName="prod", AutoDeploy=True)


def wrong_made_anew(gateway, api):
    """and answered before"""
    root = gateway.get_rest_api(restApiId=api)["rootResourceId"]
    for each in gateway.get_resources(restApiId=api)["items"]:
        if each["path"] == "/open":
            gateway.delete_method(restApiId=api, resourceId=each["id"], httpMethod="GET")
    assert root
    gateway.create_deployment(restApiId=api, stageName="prod")
