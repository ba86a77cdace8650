"""What tools ask of every pool, and what is not played behind it: logs, imports of people.

Sources: GetLogDeliveryConfiguration and GetCSVHeader in the API reference; "Importing
users into user pools from a CSV file".
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import attributes, model

# In the order of AWS's examples; the pool's own attributes come between.
COLUMNS = (
    "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile",
    "picture", "website", "email", "email_verified", "gender", "birthdate", "zoneinfo", "locale",
    "phone_number", "phone_number_verified", "address", "updated_at",
)  # fmt: skip
LAST_COLUMNS = ("cognito:mfa_enabled", "cognito:username")


@operation("cognito-idp", "GetCSVHeader")
def get_csv_header(call: Call) -> dict[str, Any]:
    pool = model.pool_in(call)
    own = [name for name in pool.schema.attributes if name not in attributes.STANDARD]
    return {"UserPoolId": pool.id, "CSVHeader": [*COLUMNS, *own, *LAST_COLUMNS]}


@operation("cognito-idp", "GetLogDeliveryConfiguration")
def get_log_delivery_configuration(call: Call) -> dict[str, Any]:
    return {"LogDeliveryConfiguration": {"UserPoolId": model.pool_in(call).id, "LogConfigurations": []}}
