"""boto3 with the keys of the tests' server."""

import os

ACCESS_KEY = "AKIALANEWATCHTEST"
SECRET_KEY = "kSmallSecretOfTheTests0123456789"


def environment():
    """The variables that the AWS tools take keys from."""
    return os.environ | {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def client(endpoint):
    """A client of the server."""
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name="us-east-1",
    )


def keys(client, bucket, prefix):
    """All names below a prefix."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {found["Key"] for page in pages for found in page.get("Contents", [])}
