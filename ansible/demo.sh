#!/bin/sh
# Runs the playbook against a simulated fleet. Needs lanewatch and ansible-playbook in the PATH; arguments go to ansible-playbook.
set -eu
cd "$(dirname "$0")"
exec lanewatch sim --devices "${DEVICES:-4}" --folder demo/sim -- \
    ansible-playbook junos_telemetry.yml -i demo/sim/inventory.yaml \
    -e output_dir=demo/output -e collect_lake=demo/raw_ml_data -e lake_root=demo/raw_ml_data "$@"
