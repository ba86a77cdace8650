"""Lambda triggers: the functions of a user pool that Cognito invokes in the middle of a call.

:mod:`.events` knows what each is given and may answer, :mod:`.invoking` gives it, and reports what goes
wrong. What an answer changes is decided where it changes something: in sign-up, in sign-in, in the tokens.
"""
