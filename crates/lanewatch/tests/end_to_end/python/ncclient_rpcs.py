"""ncclient in Junos mode asks each device of an inventory the five RPCs and looks for what must be in the replies."""

import re
import sys

from ncclient import manager

from inventory import hosts


def number(name):
    """The N of "FPC N"."""
    return int(re.search(r"\d+$", name.strip()).group())


def first_pic_with_a_transceiver(inventory):
    """FPC and PIC slots; a MIC may stand between the two."""
    xcvr = inventory.xpath("//*[starts-with(name, 'Xcvr')]")[0]
    above = [element.findtext("name", "").strip() for element in xcvr.iterancestors()]
    fpc = next(name for name in above if name.startswith("FPC"))
    pic = next(name for name in above if name.startswith("PIC"))
    return number(fpc), number(pic)


def ask(session, name):
    system = session.rpc("<get-system-information/>")
    assert system.xpath("//system-information/serial-number")[0].text.strip()
    model = system.xpath("//system-information/hardware-model")[0].text.strip()

    chassis = session.rpc("<get-chassis-inventory/>")
    fpc, pic = first_pic_with_a_transceiver(chassis)

    optics = session.rpc("<get-interface-optics-diagnostics-information/>")
    assert optics.xpath("//physical-interface/optics-diagnostics"), "no optics"

    interfaces = session.rpc("<get-interface-information><extensive/></get-interface-information>")
    assert interfaces.xpath("//physical-interface/oper-status"), "no interfaces"

    slots = f"<fpc-slot>{fpc}</fpc-slot><pic-slot>{pic}</pic-slot>"
    detail = session.rpc(f"<get-pic-detail>{slots}</get-pic-detail>")
    ports = detail.xpath("//fpc-information/fpc/pic-detail//port-information/port/port-number")
    assert ports, f"no ports in FPC {fpc} PIC {pic}"
    print(f"ok {name}: {model}, FPC {fpc} PIC {pic} with {len(ports)} modules")


for name, variables in hosts(sys.argv[1]):
    with manager.connect(
        host=variables["ansible_host"],
        port=variables["ansible_port"],
        username=variables["ansible_user"],
        password=variables["ansible_password"],
        hostkey_verify=False,
        look_for_keys=False,
        allow_agent=False,
        device_params={"name": "junos"},
    ) as session:
        ask(session, name)
