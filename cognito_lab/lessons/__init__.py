"""What teaches: refusals and reasons, recordings and pictures, claims and lies, exercises and questions."""
