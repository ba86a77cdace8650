"""What teaches: refusals, recordings, diagrams, scenes. It sees the account only through what boto3 shows."""
