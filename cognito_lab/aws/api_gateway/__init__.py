"""Amazon API Gateway: REST APIs and HTTP APIs, and what they ask of a caller.

Both are made with their own operations (:mod:`.rest_apis`, :mod:`.http_apis`) and answer at their own hosts
(:mod:`.endpoint`). Only what a token or a signature opens is played; any other setting is refused by name.
"""

from cognito_lab.aws.api_gateway import http_apis as http_apis
from cognito_lab.aws.api_gateway import rest_apis as rest_apis
