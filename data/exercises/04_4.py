"""The members of a club have e-mail and a computer, and no phones. Everybody should need a second factor. Whoever
forgets the password should get a new one without an administrator. Choose a value for each setting:
`"MfaConfiguration"` (`"OFF"`, `"OPTIONAL"`, `"ON"`), `"factor"` (`"SMS_MFA"`, `"SOFTWARE_TOKEN_MFA"`, `"EMAIL_OTP"`)
and `"recovery"` (`"verified_email"`, `"verified_phone_number"`, `"admin_only"`).
"""

import boto3
import pyotp

from cognito_lab.practice.checks import Mistake, expect, refusal_of

title, core, difficulty, minutes = "A club without phones", False, 2, 7
expected = (
    "three values. The check makes the pool; a member joins, signs in with a code, and forgets the password."
)
hint = "An authenticator can run on a computer. Recovery may not go to the same place as the second factor."
scene = "directory"

name = "choice"
stub = {"MfaConfiguration": None, "factor": None, "recovery": None}
solution = {"MfaConfiguration": "ON", "factor": "SOFTWARE_TOKEN_MFA", "recovery": "verified_email"}
VALUES = {
    "MfaConfiguration": ("OFF", "OPTIONAL", "ON"),
    "factor": ("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"),
    "recovery": ("verified_email", "verified_phone_number", "admin_only"),
}
ADDRESS, PASSWORD = "aiko@northshore.example", "Low-water-2026!"


def check(answer, scene, lab):
    for setting, values in VALUES.items():
        expect(answer.get(setting) in values, f"{setting}: choose one of {', '.join(values)}.")
    expect(answer["factor"] != "SMS_MFA", "A text message needs a phone, and the members have none.")
    user_pools = boto3.client("cognito-idp")
    client = client_of_pool(user_pools, lab, answer)
    user_pools.sign_up(
        ClientId=client,
        Username="aiko",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": ADDRESS}],
    )
    code = lab.inbox(ADDRESS)[-1].code
    user_pools.confirm_sign_up(ClientId=client, Username="aiko", ConfirmationCode=code)
    person = {"USERNAME": "aiko", "PASSWORD": PASSWORD}
    asked = user_pools.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person)
    expect(
        "ChallengeName" in asked,
        f"A member who has set up nothing is in without a code: {answer['MfaConfiguration']}.",
    )
    if asked["ChallengeName"] == "MFA_SETUP":
        given = user_pools.associate_software_token(Session=asked["Session"])
        user_pools.verify_software_token(
            Session=given["Session"], UserCode=pyotp.TOTP(given["SecretCode"]).now()
        )
    code = refusal_of(lambda: user_pools.forgot_password(ClientId=client, Username="aiko"))
    expect(code != "NotAuthorizedException", f"ForgotPassword → {code}. She has to call an administrator.")
    expect(not code, f"ForgotPassword → {code}. She has no such contact.")


def client_of_pool(user_pools, lab, answer):
    """The app client of a new pool with these settings."""
    identity = f"arn:aws:ses:{lab.region}:{lab.account}:identity/hello@tidepool.example"
    pool = user_pools.create_user_pool(
        PoolName="club",
        AutoVerifiedAttributes=["email"],
        EmailConfiguration={"EmailSendingAccount": "DEVELOPER", "SourceArn": identity},
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": answer["recovery"], "Priority": 1}]},
    )["UserPool"]["Id"]
    factors = {
        "SOFTWARE_TOKEN_MFA": {"SoftwareTokenMfaConfiguration": {"Enabled": True}},
        "EMAIL_OTP": {"EmailMfaConfiguration": {"Subject": "Club", "Message": "Your code is {####}"}},
    }
    offered = {} if answer["MfaConfiguration"] == "OFF" else factors[answer["factor"]]
    mode = answer["MfaConfiguration"]
    code = refusal_of(
        lambda: user_pools.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration=mode, **offered)
    )
    if code and (answer["factor"], answer["recovery"]) == ("EMAIL_OTP", "verified_email"):
        raise Mistake(
            f"SetUserPoolMfaConfig → {code}. One mailbox would be both the second factor and the way to a "
            "password."
        )
    expect(not code, f"SetUserPoolMfaConfig with these values → {code}.")
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    made = user_pools.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flows)
    return made["UserPoolClient"]["ClientId"]


wrong_mail_for_both = {**solution, "factor": "EMAIL_OTP"}, "One mailbox would be both"
wrong_text_message = {**solution, "factor": "SMS_MFA"}, "needs a phone"
wrong_optional = {**solution, "MfaConfiguration": "OPTIONAL"}, "without a code: OPTIONAL"
wrong_off = {**solution, "MfaConfiguration": "OFF"}, "without a code: OFF"
wrong_administrator = {**solution, "recovery": "admin_only"}, "call an administrator"
wrong_recovery_by_phone = {**solution, "recovery": "verified_phone_number"}, "She has no such contact"
wrong_half_done = {**solution, "recovery": None}, "recovery: choose one of"
