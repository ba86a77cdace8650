"""Amazon S3: who may touch an object, what keeps a bucket from the public, CORS and websites.

moto stores the objects.
"""
