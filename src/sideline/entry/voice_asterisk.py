"""The Asterisks of an installation, as its settings name them, each with an engine beside it."""

from collections.abc import Callable, Sequence

from sideline.entry.asterisk_settings import read_asterisks
from sideline.entry.voice_pbxes import KeptPbx
from sideline.entry.voice_process import Engine
from sideline.kit.settings import Settings
from sideline.voice.asterisk.client import AriAddress, AriClient
from sideline.voice.asterisk.engine import AsteriskEngine
from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.ice import IceServer
from sideline.voice.webrtc.engine import WebRtcEngine
from sideline.voice.webrtc.facts import FactQueue


def pbxes_of(settings: Settings, servers: Sequence[IceServer]) -> list[KeptPbx]:
    """Return every PBX that ``settings`` name. Raises SettingsError for what can't be used."""
    return [
        KeptPbx(address.name, _engine_of(address, options, settings, servers))
        for address, options in read_asterisks(settings)
    ]


def _engine_of(
    address: AriAddress, options: AsteriskOptions, settings: Settings, servers: Sequence[IceServer]
) -> Callable[[], Engine]:
    def make() -> Engine:
        facts = FactQueue()
        browsers = WebRtcEngine(ice_servers=servers, loopback_only=settings.loopback_only, facts=facts)
        client = AriClient(address, options.app, hears_variables=bool(options.variables))
        return AsteriskEngine(client, options, browsers, facts)

    return make
