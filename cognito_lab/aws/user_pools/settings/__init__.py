"""What a developer configures: pools and plans, app clients, attributes, domains, providers, branding."""
