"""An API of Django REST framework with django-cognito-jwt, which fetches the keys from AWS's address."""

import json
import os

import boto3
import django
from django.conf import settings

made = json.loads(os.environ["MADE"])
settings.configure(
    COGNITO_AWS_REGION="us-east-1",
    COGNITO_USER_POOL=made["pool"],
    COGNITO_AUDIENCE=made["apps"]["public"]["id"],
    DATABASES={},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    ROOT_URLCONF=[],
    ALLOWED_HOSTS=["*"],
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django_cognito_jwt import JSONWebTokenAuthentication  # noqa: E402
from rest_framework.exceptions import AuthenticationFailed  # noqa: E402
from rest_framework.test import APIRequestFactory  # noqa: E402


class People:
    """Who somebody is, by the claims of a token. In an application this is a manager of the user model."""

    def get_or_create_for_cognito(self, claims):
        return User(username=claims["cognito:username"], email=claims["email"])


class Members(JSONWebTokenAuthentication):
    def get_user_model(self):
        return type("Model", (), {"objects": People()})


def ask(token):
    """Who the API takes the bearer of ``token`` for."""
    request = APIRequestFactory().get("/me", HTTP_AUTHORIZATION=f"Bearer {token}")
    try:
        user, _ = Members().authenticate(request)
        return f"{user.username}, {user.email}"
    except AuthenticationFailed as refused:
        return refused.status_code


idp = boto3.client("cognito-idp")


def tokens_of(app, name="mara"):
    given = {"USERNAME": name, "PASSWORD": made["people"][name]}
    return idp.initiate_auth(
        ClientId=made["apps"][app]["id"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
    )["AuthenticationResult"]


tokens = tokens_of("public")
header, claims, signature = tokens["IdToken"].split(".")
print(
    json.dumps(
        {
            "ID": ask(tokens["IdToken"]),
            "access": ask(tokens["AccessToken"]),
            "another person's signature": ask(
                ".".join((header, claims, tokens_of("public", "ben")["IdToken"].split(".")[2]))
            ),
            "nobody's": ask("nothing"),
        }
    )
)
