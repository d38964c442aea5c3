"""The AWS tools find nothing to upload, and boto3 reads back what is on the disk, byte for byte."""

import hashlib
import pathlib
import subprocess
import sys

import s3_client

endpoint, place, lake = sys.argv[1:]
bucket, prefix = place.split("/", 1)
aws = pathlib.Path(sys.executable).parent / "aws"
# What Lanewatch keeps for itself is no part of the lake.
command = [aws, "s3", "sync", lake, f"s3://{place}", "--dryrun", "--exclude", ".lanewatch/*", "--endpoint-url", endpoint]
wants = subprocess.run(
    [sys.executable, *command] if not aws.exists() else command,
    env=s3_client.environment(), capture_output=True, text=True, check=False,
)
assert wants.returncode == 0, wants.stderr
assert wants.stdout.strip() == "", f"aws s3 sync would do: {wants.stdout}"

client = s3_client.client(endpoint)
files = sorted(path for path in pathlib.Path(lake).glob("dt=*/**/*.parquet"))
assert files
keys = s3_client.keys(client, bucket, prefix)
assert keys == {f"{prefix}/{path.relative_to(lake)}" for path in files}, keys
for path in files:
    found = client.get_object(Bucket=bucket, Key=f"{prefix}/{path.relative_to(lake)}")
    body = found["Body"].read()
    assert body == path.read_bytes(), path
    assert found["Metadata"]["sha256"] == hashlib.sha256(body).hexdigest(), path
print(f"{len(files)} files are the same on both sides")
