"""AWS IAM: who signed a request, and what the policies say about it."""
