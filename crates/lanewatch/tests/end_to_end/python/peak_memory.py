"""Runs a command in a folder and fails if it took more memory than so many MiB at its peak, or if it failed."""

import resource
import subprocess
import sys

most_mib, folder, *command = sys.argv[1:]
subprocess.run(command, cwd=folder, check=True)
peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
assert peak_mib <= int(most_mib), f"{peak_mib:.0f} MiB at its peak, where {most_mib} are allowed"
print(f"{peak_mib:.0f} MiB at its peak")
