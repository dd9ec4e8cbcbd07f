"""The configuration of a laboratory's Asterisk: the samples of ``deploy/asterisk``, and what a contact centre has.

Telephones dial each other by name, ``+…`` numbers go out by the trunk, each queue is an extension of its name.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sideline.rules.audibility import MUSIC
from tests.support.sound import HERTZ

SAMPLES = Path(__file__).resolve().parents[2] / "deploy" / "asterisk"
INCLUDED = ("ari-sideline.conf", "http-sideline.conf", "extensions-sideline.conf", "manager-sideline.conf")

USER = "sideline"
PASSWORD = "only-on-this-machine"
LOUDNESS = 0.3
MUSIC_SECONDS = 60

NOT_LOADED = """
chan_iax2 chan_unistim chan_console chan_motif pbx_dundi pbx_ael pbx_lua pbx_realtime res_odbc res_config_odbc
res_config_pgsql res_config_ldap res_config_sqlite3 res_config_curl res_odbc_transaction cdr_odbc cel_odbc
cdr_adaptive_odbc func_odbc app_voicemail app_voicemail_odbc app_minivm cdr_csv cdr_custom cdr_manager cdr_pgsql
cdr_radius cdr_sqlite3_custom cdr_tds cel_custom cel_manager cel_pgsql cel_radius cel_sqlite3_custom cel_tds res_xmpp
res_snmp res_smdi res_phoneprov res_pjsip_phoneprov_provider res_hep res_hep_pjsip res_hep_rtcp res_stun_monitor
res_calendar res_calendar_caldav res_calendar_ews res_calendar_exchange res_calendar_icalendar res_prometheus
res_resolver_unbound res_adsi app_adsiprog app_getcpeid res_fax res_fax_spandsp res_statsd res_stir_shaken
res_pjsip_stir_shaken res_aeap res_speech_aeap res_geolocation res_pjsip_geolocation res_http_media_cache
res_pjsip_config_wizard res_pjsip_notify res_clialiases app_amd app_alarmreceiver app_agent_pool app_confbridge
app_page app_festival app_followme app_jack res_parking res_cdrel_custom
"""
"""Modules that want a configuration of their own, a network or a database; everything else is loaded."""


_TONES = """
[general]
country = us
[us]
description = Without these a caller hears nothing while it rings; the tone is nobody's in these tests
ringcadence = 2000,4000
dial = 350+440
busy = 480+620/500,0/500
ring = 3100/2000,0/4000
congestion = 480+620/250,0/250
callwaiting = 440/300,0/10000
dialrecall = !350+440/100,!0/100,350+440
record = 1400/500,0/15000
info = !950/330,!1400/330,!1800/330,0
"""


class Places(NamedTuple):
    """Folders of one Asterisk, as it sees them."""

    home: str
    modules: str


class Line(NamedTuple):
    """How a telephone is reached; without a port nobody has registered it."""

    name: str
    port: int | None


class Centre(NamedTuple):
    """What the contact centre of a laboratory consists of."""

    sip_port: int
    http_port: int
    rtp_ports: range
    lines: Sequence[Line]
    trunk_port: int
    """Where the trunk's other end is."""
    queues: Mapping[str, Sequence[str]]
    """Name: its members, names of telephones or (with a slash) dial strings such as ``Local/1001@from-internal``."""
    dialplan: str = ""
    """More lines for extensions.conf."""
    has_lines: bool = True
    """Whether the dialplan lines for barge-kick are included."""
    ami_port: int | None = None
    """Where AMI is; None: it is off."""
    ami_rights: str = ""
    """What AMI's user may do, instead of what the sample says."""


def write_config(folder: Path, places: Places, centre: Centre) -> None:
    """Write every file that the Asterisk reads, into ``folder``, which it knows as ``places.home``."""
    etc = folder / "etc"
    for name in ("etc", "var", "run", "log", "spool", "cache", "var/keys", "var/sounds", "music"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in INCLUDED:
        (etc / name).write_text((SAMPLES / name).read_text())
    for name, text in _files(places, centre).items():
        (etc / name).write_text(text.lstrip())
    _write_music(folder / "music" / "tone.sln")


def _files(places: Places, centre: Centre) -> dict[str, str]:
    home = places.home
    return {
        "asterisk.conf": f"""
[directories]
astetcdir => {home}/etc
astmoddir => {places.modules}
astvarlibdir => {home}/var
astdbdir => {home}/var
astkeydir => {home}/var
astdatadir => /usr/share/asterisk
astagidir => /usr/share/asterisk/agi-bin
astspooldir => {home}/spool
astrundir => {home}/run
astlogdir => {home}/log
astcachedir => {home}/cache
""",
        "modules.conf": "[modules]\nautoload = yes\n" + "".join(f"noload = {name}.so\n" for name in NOT_LOADED.split()),
        "logger.conf": "[general]\ndateformat = %F %T.%3q\n[logfiles]\nmessages.log => notice,warning,error\n",
        "http.conf": f"""
[general]
#include http-sideline.conf
[general](+)
bindport = {centre.http_port}
""",
        "ari.conf": f"""
[general]
enabled = yes
#include ari-sideline.conf
[sideline](+)
password = {PASSWORD}
""",
        "rtp.conf": f"[general]\nrtpstart = {centre.rtp_ports.start}\nrtpend = {centre.rtp_ports.stop - 1}\n",
        "musiconhold.conf": f"[default]\nmode = files\ndirectory = {home}/music\n",
        "pjsip.conf": _pjsip(centre),
        "queues.conf": _queues(centre),
        "extensions.conf": _extensions(centre),
        # Without these files, or with nothing in them, Asterisk complains or does what nobody asked for.
        "cdr.conf": "[general]\nenable = no\n",
        "cel.conf": "[general]\nenable = no\n",
        "features.conf": "[general]\n",
        "stasis.conf": "[taskpool]\n",
        "indications.conf": _TONES,
        "udptl.conf": "[general]\n",
        "acl.conf": "",
        "ccss.conf": "[general]\n",
        "manager.conf": _manager(centre),
        "pjproject.conf": "",
        "chan_websocket.conf": "",
        "websocket_client.conf": "",
        "queuerules.conf": "",
    }


def _manager(centre: Centre) -> str:
    if centre.ami_port is None:
        return "[general]\nenabled = no\n"
    rights = f"write = {centre.ami_rights}\n" if centre.ami_rights else ""
    return f"""
[general]
enabled = yes
bindaddr = 127.0.0.1
port = {centre.ami_port}
#include manager-sideline.conf
[sideline](+)
secret = {PASSWORD}
{rights}"""


def _pjsip(centre: Centre) -> str:
    text = f"""
[global]
type = global
; A call of a name that is no telephone's comes from outside, by the trunk.
endpoint_identifier_order = username,ip

[loopback]
type = transport
protocol = udp
bind = 127.0.0.1:{centre.sip_port}

[telephone](!)
type = endpoint
context = from-internal
disallow = all
allow = ulaw,alaw
direct_media = no
rtp_symmetric = yes
identify_by = username
; Otherwise it binds every address, and asks the name service for its own at every call.
media_address = 127.0.0.1
bind_rtp_to_media_address = yes

[trunk](telephone)
context = from-trunk
identify_by = ip
aors = trunk
; The other end answers where the telephone is (tests/support/sip_refusal.py).
redirect_method = uri_pjsip

[trunk]
type = aor
contact = sip:127.0.0.1:{centre.trunk_port}

[trunk]
type = identify
endpoint = trunk
match = 127.0.0.1
"""
    for name, port in centre.lines:
        contact = f"contact = sip:{name}@127.0.0.1:{port}\n" if port else "max_contacts = 1\n"
        text += f'\n[{name}](telephone)\naors = {name}\ncallerid = "{name}" <{name}>\n'
        text += f"\n[{name}]\ntype = aor\n{contact}"
    return text


def _queues(centre: Centre) -> str:
    text = "[general]\npersistentmembers = no\nautofill = yes\n"
    for name, members in centre.queues.items():
        text += f"\n[{name}]\nstrategy = linear\ntimeout = 15\nretry = 1\nringinuse = no\nmusicclass = default\n"
        text += "".join(f"member => {each if '/' in each else f'PJSIP/{each}'}\n" for each in members)
    return text


def _extensions(centre: Centre) -> str:
    queues = "".join(
        f"exten => {name},1,Answer()\n same => n,Queue({name},,,,120)\n same => n,Hangup()\n" for name in centre.queues
    )
    return f"""
{"#include extensions-sideline.conf" if centre.has_lines else ""}

[from-internal]
include => queues
include => telephones
; A number outside.
exten => _+X.,1,Dial(PJSIP/${{EXTEN}}@trunk,60)
 same => n,Hangup()

[from-trunk]
include => queues
include => telephones

[queues]
{queues}
[telephones]
exten => _[0-9a-z].,1,Dial(PJSIP/${{EXTEN}},60)
 same => n,Hangup()
{centre.dialplan}
"""


def _write_music(path: Path) -> None:
    """Write the music on hold: a tone of its own, in the rate and form that a line has."""
    if path.exists():
        return
    at = np.arange(8_000 * MUSIC_SECONDS) / 8_000
    sound = LOUDNESS * np.sin(2 * np.pi * HERTZ[MUSIC] * at)
    path.write_bytes((sound * 32767).astype("<i2").tobytes())
