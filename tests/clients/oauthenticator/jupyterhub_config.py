"""A JupyterHub that lets in all members but Ben. No proxy before it, and no notebook servers."""

import json
import os
from urllib.parse import urlsplit

from jupyterhub.proxy import Proxy
from oauthenticator.generic import GenericOAuthenticator

made, url = json.loads(os.environ["MADE"]), os.environ["AWS_ENDPOINT_URL"]
pages = f"http://tidepool.auth.us-east-1.amazoncognito.com.localhost:{urlsplit(url).port}"


class NoProxy(Proxy):
    """The hub is asked directly: the usual proxy is a program of its own, for Node."""

    should_start = False

    async def add_route(self, routespec, target, data):
        pass

    async def delete_route(self, routespec):
        pass

    async def get_all_routes(self):
        return {}


c = get_config()  # noqa: F821
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.hub_port = urlsplit(made["hub"]).port
c.JupyterHub.db_url = "sqlite:///:memory:"
c.JupyterHub.cookie_secret = bytes(32)
c.JupyterHub.redirect_to_server = False
c.JupyterHub.services = [{"name": "test", "api_token": "only-for-this-test"}]
c.JupyterHub.load_roles = [{"name": "test", "services": ["test"], "scopes": ["list:users", "admin:users"]}]
c.JupyterHub.authenticator_class = GenericOAuthenticator
c.GenericOAuthenticator.client_id = made["apps"]["secret"]["id"]
c.GenericOAuthenticator.client_secret = made["apps"]["secret"]["secret"]
c.GenericOAuthenticator.oauth_callback_url = made["hub"]
c.GenericOAuthenticator.authorize_url = f"{pages}/oauth2/authorize"
c.GenericOAuthenticator.token_url = f"{url}/{made['pool']}/oauth2/token"
c.GenericOAuthenticator.userdata_url = f"{url}/{made['pool']}/oauth2/userInfo"
c.GenericOAuthenticator.scope = ["openid", "email"]
c.GenericOAuthenticator.username_claim = "username"
c.GenericOAuthenticator.allow_all = True
c.GenericOAuthenticator.blocked_users = {"ben"}
