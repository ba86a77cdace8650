"""Domains: the prefix that is a pool's own, its pages, and what is at no pool's domain."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
import requests
from support.managed_login import CALLBACK, DOMAIN, OAUTH, Pages, pages
from support.user_pools import refused

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws.user_pools.settings import app_clients, domains


@pytest.fixture
def it() -> Iterator[Pages]:
    with pages() as it:
        yield it


def test_a_domain_is_described_and_taken_away(it: Pages) -> None:
    found = it.idp.describe_user_pool_domain(Domain="tidepool")["DomainDescription"]
    assert found["UserPoolId"] == it.pool and found["Status"] == "ACTIVE"
    assert found["ManagedLoginVersion"] == 1 and found["AWSAccountId"] == it.lab.account
    assert it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["Domain"] == "tidepool"
    with refused("InvalidParameterException", "User pool cannot be deleted. It has a domain configured"):
        it.idp.delete_user_pool(UserPoolId=it.pool)
    with refused("InvalidParameterException", "No such domain"):  # the pool has another
        it.idp.delete_user_pool_domain(Domain="tide", UserPoolId=it.pool)
    it.idp.delete_user_pool_domain(Domain="tidepool", UserPoolId=it.pool)
    assert it.idp.describe_user_pool_domain(Domain="tidepool")["DomainDescription"] == {}
    assert "Domain" not in it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]
    with refused("InvalidParameterException", "No such domain"):
        it.idp.delete_user_pool_domain(Domain="tidepool", UserPoolId=it.pool)
    assert requests.get(f"{DOMAIN}/login").status_code == 404
    it.idp.delete_user_pool(UserPoolId=it.pool)


def test_a_prefix_belongs_to_one_pool_of_the_region_and_a_pool_has_one(it: Pages) -> None:
    with refused("InvalidParameterException", "User pool already has a domain configured."):
        it.idp.create_user_pool_domain(UserPoolId=it.pool, Domain="tidepool-2")
    other = it.idp.create_user_pool(PoolName="reef")["UserPool"]["Id"]
    with refused("InvalidParameterException", "Domain already associated with another user pool."):
        it.idp.create_user_pool_domain(UserPoolId=other, Domain="tidepool")
    with refused("InvalidParameterException", "No such domain"):  # another pool's
        it.idp.delete_user_pool_domain(Domain="tidepool", UserPoolId=other)
    ireland = boto3.client("cognito-idp", region_name="eu-west-1")
    there = ireland.create_user_pool(PoolName="reef")["UserPool"]["Id"]
    ireland.create_user_pool_domain(UserPoolId=there, Domain="tidepool")
    assert it.idp.describe_user_pool_domain(Domain="tidepool")["DomainDescription"]["UserPoolId"] == it.pool
    found = domains.pool_of("tidepool.auth.eu-west-1.amazoncognito.com")
    assert found is not None and found.id == there


@pytest.mark.parametrize("prefix", ["my-aws-app", "amazonia", "cognito"])
def test_reserved_words_are_refused(it: Pages, prefix: str) -> None:
    other = it.idp.create_user_pool(PoolName="reef")["UserPool"]["Id"]
    with refused("InvalidParameterException", "Domain cannot contain reserved word"):
        it.idp.create_user_pool_domain(UserPoolId=other, Domain=prefix)


@pytest.mark.parametrize("prefix", ["Tide", "-tide", "tide-", "tide pool", "t" * 64])
def test_a_prefix_has_the_form_of_a_label(it: Pages, prefix: str) -> None:
    other = it.idp.create_user_pool(PoolName="reef")["UserPool"]["Id"]
    with refused("InvalidParameterException"):
        it.idp.create_user_pool_domain(UserPoolId=other, Domain=prefix)


def test_the_version_is_one_of_two(it: Pages) -> None:
    other = it.idp.create_user_pool(PoolName="reef")["UserPool"]["Id"]
    with refused("InvalidParameterException"):
        it.idp.create_user_pool_domain(UserPoolId=other, Domain="reef", ManagedLoginVersion=3)
    made = it.idp.create_user_pool_domain(UserPoolId=other, Domain="reef", ManagedLoginVersion=2)
    assert made["ManagedLoginVersion"] == 2
    with refused("InvalidParameterException"):
        it.idp.update_user_pool_domain(UserPoolId=other, Domain="reef", ManagedLoginVersion=3)


def test_managed_login_needs_more_than_the_lite_plan(it: Pages) -> None:
    plan = {"UserPoolId": it.idp.create_user_pool(PoolName="reef", UserPoolTier="LITE")["UserPool"]["Id"]}
    with refused("FeatureUnavailableInTierException"):
        it.idp.create_user_pool_domain(**plan, Domain="reef", ManagedLoginVersion=2)
    made = it.idp.create_user_pool_domain(**plan, Domain="reef")
    assert made["ManagedLoginVersion"] == 1
    with refused("FeatureUnavailableInTierException"):
        it.idp.update_user_pool_domain(**plan, Domain="reef", ManagedLoginVersion=2)
    it.idp.update_user_pool(**plan, UserPoolTier="ESSENTIALS")
    it.idp.update_user_pool_domain(**plan, Domain="reef", ManagedLoginVersion=2)


def test_another_version_signs_the_browsers_out(it: Pages) -> None:
    it.back()
    assert it.authorize().startswith(CALLBACK)
    it.idp.update_user_pool_domain(Domain="tidepool", UserPoolId=it.pool, ManagedLoginVersion=1)
    assert it.authorize().startswith(CALLBACK)  # it was that already
    it.idp.update_user_pool_domain(Domain="tidepool", UserPoolId=it.pool, ManagedLoginVersion=2)
    assert it.authorize().startswith("/login?")
    found = it.idp.describe_user_pool_domain(Domain="tidepool")["DomainDescription"]
    assert found["ManagedLoginVersion"] == 2


def test_custom_domains_are_not_played(it: Pages) -> None:
    other = it.idp.create_user_pool(PoolName="reef")["UserPool"]["Id"]
    certificate = f"arn:aws:acm:us-east-1:{it.lab.account}:certificate/11111111-2222-3333-4444-555555555555"
    with pytest.raises(OutsideTheLab, match="custom domain"):
        it.idp.create_user_pool_domain(
            UserPoolId=other, Domain="auth.reef.example", CustomDomainConfig={"CertificateArn": certificate}
        )
    with pytest.raises(OutsideTheLab, match="custom domain"):
        it.idp.create_user_pool_domain(UserPoolId=other, Domain="auth.reef.example")
    routing = {"Failover": {"SecondaryRegion": "us-west-2", "PrimaryRoute53HealthCheckId": "1"}}
    for more, what in (
        ({"CustomDomainConfig": {"CertificateArn": certificate}}, "custom domain"),
        ({"Routing": routing}, "Routing"),
    ):
        with pytest.raises(OutsideTheLab, match=what):
            it.idp.update_user_pool_domain(UserPoolId=it.pool, Domain="tidepool", **more)


def test_at_no_pool_s_domain_there_is_a_page_that_says_so(it: Pages) -> None:
    nobody = requests.get(DOMAIN.replace("tidepool", "nobody") + "/login")
    assert nobody.status_code == 404 and "no user pool at nobody.auth" in nobody.text
    assert requests.get(f"{DOMAIN}/admin").status_code == 404
    assert requests.post(f"{DOMAIN}/oauth2/authorize").status_code == 404
    assert requests.get(f"{DOMAIN}/oauth2/token").status_code == 405


def test_a_domain_goes_with_its_account() -> None:
    with Lab.start() as lab:
        Pages(lab)
        lab.reset()
        assert requests.get(f"{DOMAIN}/login").status_code == 404


def test_redirects_on_this_machine(it: Pages) -> None:
    """http only where nobody on the way can listen; below localhost it is the lab's own addition."""
    website = "http://tidepool-site.s3-website-us-east-1.amazonaws.com.localhost:8900/index.html"
    apps = ("myapp://in", "myapp://", "com.example.app:/cb", "exp://192.168.0.9:8081")
    for good in ("http://localhost:3000/cb", "http://127.0.0.1/", "http://[::1]:8/", website, *apps):
        it.new_client(**(OAUTH | {"CallbackURLs": [good]}))
    for bad in (
        "http://app.example/cb",
        "http://localhost.evil.example/cb",
        "http://evil.example/.localhost/",
        "http://evil.example?.localhost",
        "https://app.example/cb#top",
        "callback",
    ):
        with refused("InvalidParameterException"):
            it.new_client(**(OAUTH | {"CallbackURLs": [bad]}))
    with refused("InvalidParameterException", "DefaultRedirectURI"):
        it.new_client(**(OAUTH | {"DefaultRedirectURI": "https://else.example/"}))


@pytest.mark.parametrize("member", ["CallbackURLs", "LogoutURLs"])
def test_a_redirect_address_is_an_address(it: Pages, member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = (
        "https://app.example", "https://app.example:8443/cb?to=a&b=%20", "https://App.Example./a(b)/c;d",
        "https://my_app.example/", "https://203.0.113.9/", "https://[2001:db8::9]:8443/cb", "https://reef?x",
    )  # fmt: skip
    bad = (
        "https://", "https:/", "https:///x", "https://?x", "https://:443/", "https://exa<script>mple/",
        "https://.example/", "https://app..example/", "https://-app.example/", "https://app.example:port/",
        "https://mara@app.example/", "https://app.example\\@rook.example/", "https://app.example/%zz",
        "https://app.example/\u00fc", "https://[2001:db8::9/", "http://", "http:///", "file:///etc/passwd",
        "javascript://x/%0aalert(1)", "data:/text", "vbscript:/x", "about:/blank", "blob:https://app.example/1",
        "://x", "9app://x", "myapp:", "myapp://x<y>", "myapp://a#b",
    )  # fmt: skip
    it.new_client(**(OAUTH | {member: list(good)}))
    for url in [*bad, *(f"https://app.example/{character}" for character in '<>"{}|\\^`#')]:
        with refused("InvalidParameterException"):
            it.new_client(**(OAUTH | {member: [url]}))
    monkeypatch.setattr(app_clients, "check_redirect", lambda url: None)
    it.new_client(**(OAUTH | {member: list(bad)}))


def test_the_pages_of_one_pool_know_no_client_of_another(it: Pages) -> None:
    client = it.client
    it.new_pool(client=OAUTH)
    hidden = it.idp.create_user_pool_client(UserPoolId=it.pool, ClientName="hidden-project", **OAUTH)
    address = f"{DOMAIN}/error?client_id={hidden['UserPoolClient']['ClientId']}"
    assert "hidden-project" not in requests.get(address).text
    it.idp.create_user_pool_domain(UserPoolId=it.pool, Domain="reef")
    assert it.authorize(client_id=client).startswith("/login?")
    assert it.authorize(client_id=it.client).startswith("/error?error=invalid_client")
