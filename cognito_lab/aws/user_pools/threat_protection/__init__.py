"""Threat protection, of the Plus plan: leaked passwords, risky sign-ins, and what is written down of both.

Source: "Advanced security with threat protection".
"""
