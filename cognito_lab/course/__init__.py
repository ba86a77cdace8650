"""Running the course: set-up, execution, report. No lesson imports this."""
