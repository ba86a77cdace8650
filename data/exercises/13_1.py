"""The page of the curators is in two apps, `web` and `phone`, and the identity pool `curators` has a rule for each. Rook
has found the hole of 13.3: his `custom:job` is `curator`, and so is Ines's. Write `close`. Afterwards nobody becomes a
curator by writing, and Rook is not one any more. Everybody else can do in both apps what they could do before.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "Close the hole, and leave Ines in", True, 2, 10
expected = "Ines is a curator in both apps. Rook, the other members and people who sign up tomorrow are not."
hint = """
What do members never write? And for how many apps must the identity pool know about it? SetIdentityPoolRoles and
UpdateUserPoolClient replace everything that you leave out.
"""
scene = "two_apps"


def close(user_pools, identity_pools, pool, apps, issuer, curators, curator_role):
    """Close the hole. `apps` are the ids of the two app clients of the user pool `pool`.

    `curators` is the id of the identity pool, `issuer` its key for the user pool, and `curator_role` an ARN.
    """
    group = {"UserPoolId": pool, "GroupName": "curators"}
    user_pools.create_group(**group, RoleArn=curator_role)
    user_pools.admin_add_user_to_group(**group, Username="ines")
    by_group = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    mappings = {f"{issuer}:{app}": by_group for app in apps}
    identity_pools.set_identity_pool_roles(IdentityPoolId=curators, Roles={}, RoleMappings=mappings)


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    apps = {"web": scene.client, "phone": scene.phone}
    clients = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    answer(*clients, scene.pool, list(apps.values()), scene.issuer, scene.curators, scene.curator_role)
    for app, client in apps.items():
        look_at_members(user_pools, scene, app, client)
        ines = drafts(scene, "ines", client, f"Ines is shut out on {app}")
        for what, call in (
            ("read", partial(ines.get_object, Key="drafts/crab.svg")),
            ("put", partial(ines.put_object, Key="drafts/new.svg", Body=b"<svg/>")),
        ):
            code = refusal_of(partial(call, Bucket=scene.bucket))
            expect(not code, f"Ines may not {what} a draft any more: {code}.")
    for app, client in apps.items():
        if is_curator(scene, "rook", client):
            token = token_of(user_pools, scene, "rook", client)["AccessToken"]
            job = [{"Name": "custom:job", "Value": "curator"}]
            closed = refusal_of(
                partial(user_pools.update_user_attributes, AccessToken=token, UserAttributes=job)
            )
            why = (
                "he wrote his job before you closed anything"
                if closed
                else "a rule still reads what he writes"
            )
            expect(False, f"Rook is still a curator on {app}: {why}.")
        expect(not is_curator(scene, "mara", client), f"Mara is a curator on {app} now.")
    for number, (app, client) in enumerate(apps.items()):
        look_at_writing(user_pools, scene, app, client, apps)
        look_at_sign_up(user_pools, scene, lab, app, client, f"rook-{number}")
    _, credentials = identity_and_credentials(scene.gallery, {scene.issuer: id_token(scene, "mara")})
    read = partial(client_with(credentials).get_object, Bucket=scene.bucket, Key="members/goby.svg")
    expect(not refusal_of(read), "Mara cannot see the pictures for members any more.")


def drafts(scene, username, client, otherwise):
    """A client of S3 with what the pool `curators` gives to somebody, who must get something."""
    code = refusal_of(partial(curator, scene, username, client))
    expect(not code, f"{otherwise}: {code}.")
    return client_with(curator(scene, username, client))


def curator(scene, username, client):
    login = {scene.issuer: id_token(scene, username, client)}
    return identity_and_credentials(scene.curators, login)[1]


def is_curator(scene, username, client):
    if refusal_of(partial(curator, scene, username, client)):
        return False
    s3 = client_with(curator(scene, username, client))
    return not refusal_of(partial(s3.get_object, Bucket=scene.bucket, Key="drafts/crab.svg"))


def token_of(user_pools, scene, username, client):
    given = {"USERNAME": username, "PASSWORD": scene.password}
    flow = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given}
    return user_pools.initiate_auth(**flow)["AuthenticationResult"]


def look_at_members(user_pools, scene, app, client):
    """Signing in, renewing and changing one's address are as before."""
    code = refusal_of(partial(token_of, user_pools, scene, "mara", client))
    expect(
        not code,
        f"Mara cannot sign in on {app}: {code}. UpdateUserPoolClient resets the settings that you leave out.",
    )
    tokens = token_of(user_pools, scene, "mara", client)
    again = {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": tokens["RefreshToken"]}}
    code = refusal_of(partial(user_pools.initiate_auth, ClientId=client, **again))
    expect(not code, f"Mara cannot renew her tokens on {app}: {code}.")
    new = [{"Name": "email", "Value": f"mara@{app}.tidepool.example"}]
    code = refusal_of(
        partial(user_pools.update_user_attributes, AccessToken=tokens["AccessToken"], UserAttributes=new)
    )
    expect(not code, f"Mara cannot change her address on {app} any more: {code}.")


def look_at_writing(user_pools, scene, app, client, apps):
    """Ben writes whatever the app lets him write."""
    token = token_of(user_pools, scene, "ben", client)["AccessToken"]
    names = [each["Name"] for each in schema(user_pools, scene) if each["Name"].startswith("custom:")]
    for name in names:
        new = [{"Name": name, "Value": "curator"}]
        refusal_of(partial(user_pools.update_user_attributes, AccessToken=token, UserAttributes=new))
    for other, at in apps.items():
        expect(not is_curator(scene, "ben", at), f"Ben writes his job on {app}, and is a curator on {other}.")


def schema(user_pools, scene):
    return user_pools.describe_user_pool(UserPoolId=scene.pool)["UserPool"]["SchemaAttributes"]


def look_at_sign_up(user_pools, scene, lab, app, client, username):
    """Somebody new writes what they like when they sign up."""
    person, mail = {"ClientId": client, "Username": username}, f"{username}@elsewhere.example"
    for name in [each["Name"] for each in schema(user_pools, scene) if each["Name"].startswith("custom:")]:
        told = [{"Name": "email", "Value": mail}, {"Name": name, "Value": "curator"}]
        if refusal_of(partial(user_pools.sign_up, **person, Password=scene.password, UserAttributes=told)):
            continue
        user_pools.confirm_sign_up(**person, ConfirmationCode=lab.inbox(mail)[-1].code)
        expect(
            not is_curator(scene, username, client),
            f"Somebody signs up on {app}, writes `{name}`, and is a curator.",
        )
        user_pools.admin_delete_user(UserPoolId=scene.pool, Username=username)


# -- wrong answers -----------------------------------------------------------------------------------


def settings(user_pools, pool, app):
    """What an app client is set to, for UpdateUserPoolClient."""
    found = user_pools.describe_user_pool_client(UserPoolId=pool, ClientId=app)["UserPoolClient"]
    names = ("UserPoolId", "ClientId", "ClientName", "ExplicitAuthFlows", "ReadAttributes")
    return {name: found[name] for name in names}


def rules(curator_role, *rows):
    listed = [
        {"Claim": claim, "MatchType": match, "Value": value, "RoleARN": curator_role}
        for claim, match, value in rows
    ]
    return {
        "Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": listed},
    }  # fmt: skip


def wrong_only_writing_closed(user_pools, identity_pools, pool, apps, issuer, curators, curator_role):
    """he wrote his job before you closed anything"""
    for app in apps:
        user_pools.update_user_pool_client(**settings(user_pools, pool, app), WriteAttributes=["email"])


def wrong_only_one_app(user_pools, identity_pools, pool, apps, issuer, curators, curator_role):
    """Ben writes his job on phone"""
    user_pools.update_user_pool_client(**settings(user_pools, pool, apps[0]), WriteAttributes=["email"])
    gone = {"UserPoolId": pool, "Username": "rook"}
    user_pools.admin_delete_user_attributes(**gone, UserAttributeNames=["custom:job"])


def wrong_settings_reset(user_pools, identity_pools, pool, apps, issuer, curators, curator_role):
    """UpdateUserPoolClient resets the settings"""
    close(user_pools, identity_pools, pool, apps, issuer, curators, curator_role)
    user_pools.update_user_pool_client(UserPoolId=pool, ClientId=apps[1], WriteAttributes=["email"])


def wrong_nothing_may_be_written(user_pools, identity_pools, pool, apps, issuer, curators, curator_role):
    """Mara cannot change her address on web"""
    close(user_pools, identity_pools, pool, apps, issuer, curators, curator_role)
    for app in apps:
        user_pools.update_user_pool_client(**settings(user_pools, pool, app), WriteAttributes=["name"])


def wrong_one_mapping(user_pools, identity_pools, pool, apps, issuer, curators, curator_role):
    """Ines is shut out on phone"""
    close(user_pools, identity_pools, pool, apps[:1], issuer, curators, curator_role)


def wrong_immutable_attribute(user_pools, identity_pools, pool, apps, issuer, curators, curator_role):
    """Ines is shut out on web: NotAuthorizedException"""
    position = {"Name": "position", "AttributeDataType": "String", "Mutable": False}
    user_pools.add_custom_attributes(UserPoolId=pool, CustomAttributes=[position])
    rule = rules(curator_role, ("custom:position", "Equals", "curator"))
    mappings = {f"{issuer}:{app}": rule for app in apps}
    identity_pools.set_identity_pool_roles(IdentityPoolId=curators, Roles={}, RoleMappings=mappings)


def wrong_deny_for_everybody(user_pools, identity_pools, pool, apps, issuer, curators, curator_role):
    """Ines may not read a draft any more"""
    import json

    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::tidepool-pictures/drafts/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    boto3.client("iam").put_role_policy(
        RoleName="tidepool-curator", PolicyName="closed", PolicyDocument=document
    )


def wrong_order_of_rules(user_pools, identity_pools, pool, apps, issuer, curators, curator_role):
    """a rule still reads what he writes"""
    rule = rules(curator_role, ("cognito:username", "Equals", "ines"), ("custom:job", "Equals", "curator"))
    mappings = {f"{issuer}:{app}": rule for app in apps}
    identity_pools.set_identity_pool_roles(IdentityPoolId=curators, Roles={}, RoleMappings=mappings)


def wrong_default_role(user_pools, identity_pools, pool, apps, issuer, curators, curator_role):
    """Mara is a curator on web"""
    gone = {"UserPoolId": pool, "Username": "rook"}
    user_pools.admin_disable_user(**gone)
    everybody = {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}
    mappings = {f"{issuer}:{app}": everybody for app in apps}
    roles = {"authenticated": curator_role}
    identity_pools.set_identity_pool_roles(IdentityPoolId=curators, Roles=roles, RoleMappings=mappings)


def wrong_only_new_people(user_pools, identity_pools, pool, apps, issuer, curators, curator_role):
    """Somebody signs up on web"""
    gone = {"UserPoolId": pool, "Username": "rook"}
    user_pools.admin_delete_user_attributes(**gone, UserAttributeNames=["custom:job"])
    rank = {"Name": "rank", "AttributeDataType": "String", "Mutable": False}
    user_pools.add_custom_attributes(UserPoolId=pool, CustomAttributes=[rank])
    for app in apps:
        may = {"ReadAttributes": ["email", "email_verified", "custom:job", "custom:rank"]}
        kept = {**settings(user_pools, pool, app), **may}
        user_pools.update_user_pool_client(**kept, WriteAttributes=["email", "custom:rank"])
    rule = rules(curator_role, ("custom:job", "Equals", "curator"), ("custom:rank", "Equals", "curator"))
    mappings = {f"{issuer}:{app}": rule for app in apps}
    identity_pools.set_identity_pool_roles(IdentityPoolId=curators, Roles={}, RoleMappings=mappings)
