"""What is drawn and shown: diagrams, steps, tables, tokens, permissions, plots. A widget has a plain twin."""
