"""Settings of this process, read once from the environment."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """How this installation runs; every field has an environment variable ``SIDELINE_<NAME>``."""

    var: Path
    """Where data, logs and the built-in database live."""
    database_url: str = ""
    """PostgreSQL URL; empty: the built-in server under ``var``."""
    host: str = "127.0.0.1"
    port: int = 8400
    demo: bool = True
    """Seed the demo organisation and run the bots."""
    voice: str = "webrtc"
    """webrtc, or asterisk to attach to a PBX."""
    voice_processes: int = 1
    asterisk: tuple[str, ...] = ()
    """The ARI of every Asterisk, with user and password: ``http://sideline:password@127.0.0.1:8088/ari``."""
    asterisk_ami: tuple[str, ...] = ()
    """The AMI of each Asterisk in the order of ``asterisk``, ``user:password@host:port``; ``-`` for none."""
    asterisk_app: str = "sideline"
    """The name under which Sideline is known to Asterisk; the same as in its dialplan lines."""
    asterisk_trunk: str = ""
    """How a number is dialled, such as ``PJSIP/{number}@trunk``; empty: numbers can't be reached."""
    asterisk_context: str = "from-internal"
    """The dialplan context in which a customer who is given back is dialled on."""
    asterisk_fallback: str = "s"
    """The extension there for a customer of whom nobody knows where they belong, such as a reception's."""
    asterisk_technology: str = "PJSIP"
    """The channel driver of the desk phones."""
    asterisk_variables: str = ""
    """Channel variables that tell of a call: ``campaign=NAME list=NAME result=NAME external_id=NAME``."""
    loopback_only: bool = False
    """Voice legs use 127.0.0.1 only (tests, a machine without a network)."""
    ice_servers: tuple[str, ...] = ()
    secure_cookies: bool = False
    """Set behind https: cookies then carry ``Secure``."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses, with commas, of reverse proxies whose word for the client's address is taken; empty: nobody's."""
    database_pool: int = 8
    """Connections a process may hold besides its LISTEN connection."""
    metrics_port: int = 0
    """First of the loopback ports that Prometheus reads figures at (``kit.telemetry.metrics_port``); 0: none."""


class SettingsError(Exception):
    """A setting that cannot be used; ``str()`` is one sentence for a person."""


_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def _boolean(name: str, text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise SettingsError(f"{name} is '{text}', which is neither yes nor no: set it to 1 or 0.")


def _integer(name: str, text: str, low: int, high: int) -> int:
    if not text.strip().isdecimal() or not low <= int(text) <= high:
        raise SettingsError(f"{name} is '{text}': set it to a whole number from {low} to {high}.")
    return int(text)


def default_var() -> Path:
    """Return ``var/`` of the checkout, or the user's data folder for an installed wheel."""
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").is_file():
        return checkout / "var"
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "sideline"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from ``environment`` (default: this process's).

    Raises :class:`SettingsError` naming the variable for a value that can't be used.
    """
    env = os.environ if environment is None else environment

    def read(name: str, default: str) -> str:
        return env.get(f"SIDELINE_{name}", default)

    def flag(name: str, default: str) -> bool:
        return _boolean(f"SIDELINE_{name}", read(name, default))

    def number(name: str, default: int, low: int, high: int) -> int:
        return _integer(f"SIDELINE_{name}", read(name, str(default)), low, high)

    return Settings(
        var=Path(read("VAR", "") or default_var()).expanduser().resolve(),
        database_url=read("DATABASE_URL", ""),
        host=read("HOST", "127.0.0.1"),
        port=number("PORT", 8400, 0, 65535),
        demo=flag("DEMO", "1"),
        voice=read("VOICE", "webrtc"),
        voice_processes=number("VOICE_PROCESSES", 1, 1, 64),
        asterisk=tuple(part for part in read("ASTERISK", "").split() if part),
        asterisk_ami=tuple(read("ASTERISK_AMI", "").split()),
        asterisk_app=read("ASTERISK_APP", "sideline"),
        asterisk_trunk=read("ASTERISK_TRUNK", ""),
        asterisk_context=read("ASTERISK_CONTEXT", "from-internal"),
        asterisk_fallback=read("ASTERISK_FALLBACK", "s"),
        asterisk_technology=read("ASTERISK_TECHNOLOGY", "PJSIP"),
        asterisk_variables=read("ASTERISK_VARIABLES", ""),
        loopback_only=flag("LOOPBACK_ONLY", "0"),
        ice_servers=tuple(part for part in read("ICE_SERVERS", "").split() if part),
        secure_cookies=flag("SECURE_COOKIES", "0"),
        trusted_proxies=read("TRUSTED_PROXIES", "127.0.0.1"),
        database_pool=number("DATABASE_POOL", 8, 1, 200),
        metrics_port=number("METRICS_PORT", 0, 0, 65400),
    )
