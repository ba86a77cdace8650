"""Users and groups: sign-up, profiles, codes, recovery, what administrators do, people from outside."""
