"""One role opens the club's safe, and only Mara should be able to take it. Write `only`: the value of `Condition` in the
role's trust policy, with which one identity of one identity pool can take the role.
"""

import json

import boto3
import jwt

from cognito_lab.practice.checks import expect, id_token, refusal_of

title, core, difficulty, minutes = "A role for one person", False, 1, 2
expected = "IAM saves the trust policy, and only the identity `identity` of the pool `pool` takes the role."
hint = "The token of the identity pool has three claims that a trust policy can ask for. Which claim names the person?"
scene = "basic_flow"


def only(pool, identity):
    """The conditions; `pool` is the id of the identity pool, `identity` the identity id."""
    return {
        "StringEquals": {
            "cognito-identity.amazonaws.com:aud": pool,
            "cognito-identity.amazonaws.com:sub": identity,
        }
    }


def check(answer, scene, lab):
    identity_pools, iam, sts = (boto3.client(name) for name in ("cognito-identity", "iam", "sts"))
    pool = {"AllowUnauthenticatedIdentities": True, "AllowClassicFlow": True}
    pool["CognitoIdentityProviders"] = [{"ProviderName": scene.issuer, "ClientId": scene.client}]
    names = {"IdentityPoolId": scene.identity_pool, "IdentityPoolName": "tidepool"}
    identity_pools.update_identity_pool(**names, **pool)
    other = identity_pools.create_identity_pool(IdentityPoolName="other", **pool)["IdentityPoolId"]

    def token(login, pool=scene.identity_pool):
        identity = identity_pools.get_id(IdentityPoolId=pool, Logins=login)["IdentityId"]
        return identity, identity_pools.get_open_id_token(IdentityId=identity, Logins=login)["Token"]

    logins = {name: {scene.issuer: id_token(scene, name)} for name in ("mara", "ben")}
    mara, own = token(logins["mara"])
    tokens = {
        "a guest": token({})[1],
        "Ben": token(logins["ben"])[1],
        "Mara, at another identity pool": token(logins["mara"], other)[1],
    }
    statement = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity"}
    statement |= {"Principal": {"Federated": "cognito-identity.amazonaws.com"}}
    statement |= {"Condition": answer(scene.identity_pool, mara)}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName="safe", AssumeRolePolicyDocument=document)["Role"]["Arn"]

    def refusal(token):
        given = {"RoleArn": role, "RoleSessionName": "page", "WebIdentityToken": token}
        return refusal_of(lambda: sts.assume_role_with_web_identity(**given))

    code = refusal(own)
    claims = jwt.decode(own, options={"verify_signature": False})
    wanted = [(key, value) for keys in statement["Condition"].values() for key, value in keys.items()]
    failed = [key for key, value in wanted if claims.get(key.rpartition(":")[2]) != value]
    expect(not code, f"Mara herself cannot take the role → {code}. Her token says otherwise: {failed}.")
    for who, given in tokens.items():
        expect(refusal(given) == "AccessDenied", f"The role can be taken by somebody else, too: {who}.")


AUD, SUB, AMR = (f"cognito-identity.amazonaws.com:{name}" for name in ("aud", "sub", "amr"))


def wrong_person_without_a_pool(pool, identity):
    """CreateRole was refused"""
    return {"StringEquals": {SUB: identity}}


def wrong_everybody_of_the_pool(pool, identity):
    """taken by somebody else, too: Ben"""
    return {"StringEquals": {AUD: pool}, "ForAnyValue:StringLike": {AMR: "authenticated"}}


def wrong_identity_as_audience(pool, identity):
    """Her token says otherwise: ['cognito-identity.amazonaws.com:aud']"""
    return {"StringEquals": {AUD: identity}}


def wrong_name_as_subject(pool, identity):
    """Her token says otherwise: ['cognito-identity.amazonaws.com:sub']"""
    return {"StringEquals": {AUD: pool, SUB: "mara"}}


def wrong_every_subject(pool, identity):
    """taken by somebody else, too: a guest"""
    return {"StringEquals": {AUD: pool}, "StringLike": {SUB: f"{identity.partition(':')[0]}:*"}}
