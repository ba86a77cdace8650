"""A program should not wait until S3 refuses a call. Write `is_due`. It says whether the program should get new
credentials now: from five minutes before the old ones expire, and not earlier. `now` is a time, like `lab.now`.
"""

from datetime import timedelta

from cognito_lab.practice.checks import expect, id_token, identity_and_credentials

title, core, difficulty, minutes = "Renew in time", False, 1, 2
expected = "`True` in the last five minutes of the session and after it, else `False`."
hint = "The credentials say when they expire. `timedelta(minutes=5)` is five minutes."
scene = "roles"


def is_due(credentials, now):
    """Whether `credentials`, as `GetCredentialsForIdentity` returns them, should be renewed at `now`."""
    return credentials["Expiration"] - now <= timedelta(minutes=5)


def check(answer, scene, lab):
    login = {scene.issuer: id_token(scene, "mara")}
    for later in (0, 17):
        lab.travel(minutes=later)
        _, credentials = identity_and_credentials(scene.identity_pool, login)
        for left in (60, 40, 6, 4, 1, -1, -90):
            due = answer(dict(credentials), credentials["Expiration"] - timedelta(minutes=left))
            expect(isinstance(due, bool), f"Return True or False, not {due!r}.")
            if left < 0:
                expect(due, "The credentials have expired, and your answer is False.")
            elif left < 5:
                expect(
                    due,
                    f"{left} min before the end your answer is False. Then S3 may refuse a picture that takes longer.",
                )
            else:
                expect(not due, f"{left} minutes before the end your answer is True. That is too early.")


def wrong_when_expired(credentials, now):
    """S3 may refuse a picture that takes longer"""
    return credentials["Expiration"] <= now


def wrong_time(credentials, now):
    """Return True or False"""
    return credentials["Expiration"] - timedelta(minutes=5)


def wrong_only_before(credentials, now):
    """expired, and your answer is False"""
    return timedelta(0) < credentials["Expiration"] - now <= timedelta(minutes=5)


def wrong_turned_round(credentials, now):
    """That is too early"""
    return credentials["Expiration"] - now >= timedelta(minutes=5)
