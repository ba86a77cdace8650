"""What a learner does: exercises and their checks, questions, progress, the start page."""
