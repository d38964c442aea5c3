"""PyEZ opens each device of an inventory, gathers its facts and reads its optics."""

import sys

from jnpr.junos import Device

from inventory import hosts

for name, variables in hosts(sys.argv[1]):
    device = Device(
        host=variables["ansible_host"],
        port=variables["ansible_port"],
        user=variables["ansible_user"],
        passwd=variables["ansible_password"],
        gather_facts=True,
    )
    with device:
        facts = device.facts
        for fact in ("hostname", "model", "version", "serialnumber"):
            assert facts[fact], f"{name}: no fact `{fact}`: {dict(facts)}"
        optics = device.rpc.get_interface_optics_diagnostics_information()
        interfaces = optics.findall("physical-interface")
        assert interfaces, f"{name}: no interfaces in the optics reply"
        assert any(one.find("optics-diagnostics") is not None for one in interfaces)
        print(f"ok {name}: {facts['model']} {facts['version']}, {len(interfaces)} interfaces")
