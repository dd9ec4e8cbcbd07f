"""Which endpoint a trunk is, by the way numbers are dialled."""

import pytest

from sideline.kit.sip_addresses import trunk_endpoint


@pytest.mark.parametrize(
    ("dialled", "endpoint"),
    [
        ("PJSIP/{number}@trunk", "trunk"),
        ("PJSIP/{number}@My-Trunk", "my-trunk"),
        (" pjsip/0{number}@trunk ", "trunk"),
        ("PJSIP/trunk/sip:{number}@carrier.example.com:5070", "trunk"),
        ("PJSIP/{number}@trunk/sip:{number}@carrier.example.com", "trunk"),
        ("SIP/trunk/{number}", "trunk"),
        ("SIP/{number}@carrier.example.com:5070", "carrier.example.com"),
        ("IAX2/user:secret@trunk/{number}", "trunk"),
        ("PJSIP/{number}", ""),
        ("Local/{number}@from-internal", ""),
        ("DAHDI/g1/{number}", ""),
        ("{number}", ""),
        ("", ""),
    ],
)
def test_endpoint_of_a_trunk(dialled: str, endpoint: str) -> None:
    assert trunk_endpoint(dialled) == endpoint
