"""Google knows the site, by the HTTPS address at which people see its page."""
# after: site
# ruff: noqa: F821

origin = "https://tidepool.example"
tidepool = lab.google.register_client(
    "Tidepool",
    origins=[origin],
    redirect_uris=[f"{origin}/signed-in"],
)
