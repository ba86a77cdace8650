"""How long does Rook need for a number of guesses at one account? He guesses again as soon as a guess is looked at.
Write `seconds_for(guesses)`: the seconds between the first guess and the last one. Wrong guesses number 5, 6 and 7
lock for 1, 2 and 4 seconds, and no lock is longer than 900.
"""

from contextlib import suppress

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "How long do twenty guesses take?", False, 2, 7
expected = (
    "the check makes the guesses with the account's clock, and each comes neither too early nor too late."
)
hint = "How long does the lock after guess n hold? Before guess 20 Rook has waited for how many locks?"
scene = "members"


def seconds_for(guesses):
    """The seconds from the first wrong guess to the one with the number `guesses`."""
    return sum(min(2 ** (number - 5), 900) for number in range(5, guesses))


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    said = {guesses: answer(guesses) for guesses in range(1, 21)}
    wrong = next((value for value in said.values() if not isinstance(value, int | float)), 0)
    expect(wrong == 0, f"Return a number of seconds, not {wrong!r}.")
    expect(said[1] == 0, "The first guess is at the beginning: nothing to wait for yet.")

    def sign_in(password):
        person = {"USERNAME": "mara", "PASSWORD": password}
        flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
        user_pools.initiate_auth(**flow, AuthParameters=person)

    for guesses in (4, 5, 6, 9, 13, 15, 19):
        wait = said[guesses + 1] - said[guesses]
        expect(
            guesses > 4 or wait == 0,
            f"Nothing is locked after {guesses} wrong guesses, and you wait {wait} s.",
        )
        expect(
            wait > 0 or guesses < 5,
            f"After {guesses} wrong guesses Rook has to wait: a guess in a lock is no guess.",
        )
        for number in range(guesses):
            lab.travel(minutes=16 if number == 0 else 14)
            with suppress(user_pools.exceptions.NotAuthorizedException):
                sign_in(f"guess-{number}")
        if guesses == 4:
            sign_in(scene.password)
            continue
        early = 0.5 if wait < 8 else 5  # seconds that a slow machine may need for the next lines
        lab.travel(seconds=wait - early)
        code = refusal_of(lambda: sign_in(scene.password))
        expect(code, f"After {guesses} wrong guesses you wait {wait} s. The lock ends sooner.")
        lab.travel(seconds=early)
        code = refusal_of(lambda: sign_in(scene.password))
        expect(not code, f"After {guesses} wrong guesses you wait {wait} s. Then the lock still holds.")
        lab.travel(minutes=31)


def wrong_linear(guesses):
    """After 6 wrong guesses you wait 1 s"""
    return max(0, guesses - 5)


def wrong_no_longest_lock(guesses):
    """The lock ends sooner"""
    return sum(2 ** (number - 5) for number in range(5, guesses))


def wrong_guesses_in_a_lock(guesses):
    """a guess in a lock is no guess"""
    return 0


def wrong_from_the_first(guesses):
    """Nothing is locked after 4"""
    return sum(min(2 ** (number - 1), 900) for number in range(1, guesses))


def wrong_last_lock_too(guesses):
    """nothing to wait for yet"""
    return 1 + sum(min(2 ** (number - 5), 900) for number in range(5, guesses + 1))


def wrong_in_words(guesses):
    """Return a number of seconds"""
    return f"{guesses} minutes"
