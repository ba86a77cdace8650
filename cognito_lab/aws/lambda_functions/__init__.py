"""AWS Lambda: functions in Python, run in this process, each as its execution role.

moto stores functions too, but it runs them in Docker, or not at all while it answers as if it had. Here a
function runs in a thread of its own, with its own modules and variables (:mod:`.environments`), while its
``Timeout`` allows (:mod:`.invocations`). No lock of the account is held meanwhile.
"""

from cognito_lab.aws.lambda_functions import function_policies, functions, invocations

__all__ = ["function_policies", "functions", "invocations"]  # they bring their operations
