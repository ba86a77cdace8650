"""What AWS does and moto does not: one room per service, named as AWS names it.

Nothing in here knows that notebooks, widgets or browsers exist. moto is touched in one module
only, :mod:`cognito_lab.aws.seams`.
"""
