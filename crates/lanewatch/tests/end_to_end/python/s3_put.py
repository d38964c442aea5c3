"""Somebody else puts something in the place of the objects whose names hold a word."""

import sys

import s3_client

endpoint, place, word = sys.argv[1:]
bucket, prefix = place.split("/", 1)
client = s3_client.client(endpoint)
found = [key for key in s3_client.keys(client, bucket, prefix) if word in key]
assert found
for key in found:
    client.put_object(Bucket=bucket, Key=key, Body=b"somebody else's")
