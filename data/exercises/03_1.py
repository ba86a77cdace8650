"""Four applications need an app client each. Choose the flow, and whether the app client has a secret (`True` or
`False`). The flows are `"USER_SRP_AUTH"`, `"USER_PASSWORD_AUTH"`, `"ADMIN_USER_PASSWORD_AUTH"` and `"USER_AUTH"`.

- **page**: it runs in the browser. Members type their password, and no password should leave the page.
- **server**: the club's server has a form of its own, and signs its calls with AWS credentials. Somebody who has
  only a member's password and the secret should not get in. Somebody without the secret should not even sign up there.
- **move**: an app on a phone. Its members come from an old directory, which wants to see each password: the user pool
  passes it on. Nobody should get in there without a password.
- **kiosk**: a public page in the hall of the club. Nobody should type a password there.
"""

import boto3

from cognito_lab.aws.user_pools import client_secrets, model
from cognito_lab.lessons.srp_sign_in import sign_in_by_srp
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Four applications", True, 2, 8
expected = "four pairs. The check makes each app client. Then the application signs Mara in, and Rook tries his ways."
hint = """
Who should see the password: nobody, the server, or the user pool? And who can read the code of the application? A
secret in it is not a secret.
"""
scene = "members"

name = "choice"
stub = {"page": (None, None), "server": (None, None), "move": (None, None), "kiosk": (None, None)}
solution = {
    "page": ("USER_SRP_AUTH", False),
    "server": ("ADMIN_USER_PASSWORD_AUTH", True),
    "move": ("USER_PASSWORD_AUTH", False),
    "kiosk": ("USER_AUTH", False),
}
FLOWS = ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "USER_AUTH")
IS_READ = "Rook has read the secret in the code of the application, and signs up with it"


def check(answer, scene, lab):
    for application, (how, why_not) in APPLICATIONS.items():
        given = answer[application]
        expect(
            isinstance(given, tuple) and len(given) == 2 and given[0] in FLOWS and isinstance(given[1], bool),
            f"{application}: write a pair: one of the four flows, and True or False.",
        )
        flow, has_secret = given
        by = Ways(scene, lab, flow, has_secret)
        works = [way for way in WAYS if not refusal_of(lambda way=way, by=by: WAYS[way](by))]
        expect(
            how in works,
            f"{application}: {why_not} Through this app client: {', '.join(works) or 'nothing'}.",
        )
        for way, what in UNWANTED[application].items():
            expect(way not in works, f"{application}: {what}.")
        reads_secret = application != "server"
        expect(not (reads_secret and has_secret), f"{application}: {IS_READ}.")
        expect(
            reads_secret or refusal_of(by.sign_up_without_secret),
            f"{application}: Rook signs up through this app client. He only needs its id.",
        )


class Ways:
    """What can be tried through an app client of this kind: for Mara, and for Rook."""

    def __init__(self, scene, lab, flow, has_secret):
        self.pool, self.password, self.lab = scene.pool, scene.password, lab
        self.user_pools = boto3.client("cognito-idp")
        factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
        self.user_pools.update_user_pool(
            UserPoolId=scene.pool, Policies=factors, AutoVerifiedAttributes=["email"]
        )
        made = self.user_pools.create_user_pool_client(
            UserPoolId=scene.pool,
            ClientName="application",
            GenerateSecret=has_secret,
            ExplicitAuthFlows=[f"ALLOW_{flow}"],
        )["UserPoolClient"]
        self.client = {"ClientId": made["ClientId"]}
        hashed = client_secrets.secret_hash(model.registry().clients[made["ClientId"]], "mara")
        self.mara = {"USERNAME": "mara", **({"SECRET_HASH": hashed} if has_secret else {})}

    def by_password(self):
        return self.begin("USER_PASSWORD_AUTH", PASSWORD=self.password)

    def by_server(self):
        own = {"AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "UserPoolId": self.pool}
        person = {**self.mara, "PASSWORD": self.password}
        return self.user_pools.admin_initiate_auth(**self.client, **own, AuthParameters=person)

    def by_proof(self):
        signing = Signing(self.user_pools, self.mara.get("SECRET_HASH"))
        return sign_in_by_srp(signing, self.pool, self.client["ClientId"], "mara", self.password)

    def by_chosen_password(self):
        return self.begin("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD", PASSWORD=self.password)

    def by_code(self):
        asked = self.begin("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")
        code = {**self.mara, "EMAIL_OTP_CODE": self.lab.inbox("mara@tidepool.example")[-1].code}
        challenge = {"ChallengeName": "EMAIL_OTP", "Session": asked["Session"]}
        return self.user_pools.respond_to_auth_challenge(**self.client, **challenge, ChallengeResponses=code)

    def begin(self, flow, **more):
        return self.user_pools.initiate_auth(
            **self.client, AuthFlow=flow, AuthParameters={**self.mara, **more}
        )

    def sign_up_without_secret(self):
        return self.user_pools.sign_up(**self.client, Username="rook", Password=self.password)


class Signing:
    """A client that adds the secret hash, if there is one, to both calls of SRP."""

    def __init__(self, user_pools, hashed):
        self.user_pools, self.more = user_pools, {"SECRET_HASH": hashed} if hashed else {}

    def initiate_auth(self, AuthParameters, **given):
        return self.user_pools.initiate_auth(AuthParameters=AuthParameters | self.more, **given)

    def respond_to_auth_challenge(self, ChallengeResponses, **given):
        responses = ChallengeResponses | self.more
        return self.user_pools.respond_to_auth_challenge(ChallengeResponses=responses, **given)


PASSWORD, SERVER, PROOF, CHOSEN, CODE = (
    "a password that is sent",
    "a signed call",
    "a proof of the password",
    "a password that was chosen",
    "a code",
)
WAYS = {
    PASSWORD: Ways.by_password,
    SERVER: Ways.by_server,
    PROOF: Ways.by_proof,
    CHOSEN: Ways.by_chosen_password,
    CODE: Ways.by_code,
}
LEAVES = "a password left the page, and the app client took it"
APPLICATIONS = {  # the way by which the application works, and what to say where it does not
    "page": (PROOF, "the page cannot prove a password."),
    "server": (SERVER, "the signed call of the server is refused."),
    "move": (PASSWORD, "the old directory sees no password, since the user pool sees none."),
    "kiosk": (CODE, "nobody can sign in here without a password."),
}
UNWANTED = {
    "page": {PASSWORD: LEAVES, CHOSEN: LEAVES},
    "server": {PASSWORD: "Rook, with a password and the secret, gets in without AWS credentials"},
    "move": {CODE: "somebody gets in with a code, and the old directory sees no password"},
    "kiosk": {},
}

wrong_password_in_the_page = (
    {**solution, "page": ("USER_PASSWORD_AUTH", False)},
    "page: the page cannot prove",
)
wrong_secret_in_the_page = {**solution, "page": ("USER_SRP_AUTH", True)}, "page: Rook has read the secret"
wrong_server_without_iam = {**solution, "server": ("USER_PASSWORD_AUTH", True)}, "server: the signed call"
wrong_server_without_secret = {**solution, "server": ("ADMIN_USER_PASSWORD_AUTH", False)}, "only needs its id"
wrong_srp_for_the_move = {**solution, "move": ("USER_SRP_AUTH", False)}, "Through this app client: a proof"
wrong_admin_flow_on_a_phone = (
    {**solution, "move": ("ADMIN_USER_PASSWORD_AUTH", False)},
    "app client: a signed call",
)
wrong_secret_on_a_phone = {**solution, "move": ("USER_PASSWORD_AUTH", True)}, "move: Rook has read the secret"
wrong_password_at_the_kiosk = (
    {**solution, "kiosk": ("USER_SRP_AUTH", False)},
    "kiosk: nobody can sign in here",
)
wrong_half_done = {**solution, "kiosk": ("USER_AUTH", None)}, "kiosk: write a pair"
