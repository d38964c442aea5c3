"""boto3 finds the same keys in the same way, and reads what was brought: the roles of the tests speak as Amazon's do."""

import sys

import boto3

bucket, prefix = sys.argv[1].split("/", 1)
client = boto3.client("s3", region_name="us-east-1")
found = client.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
assert found
body = client.get_object(Bucket=bucket, Key=found[0]["Key"])["Body"].read()
assert body[:4] == body[-4:] == b"PAR1"
print(f"{len(found)} objects")
