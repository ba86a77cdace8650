"""The way of an AWS request: from bytes to an operation, its input checked, its caller admitted, and back."""
