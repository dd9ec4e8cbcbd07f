"""What the settings say of an installation's Asterisks; reads it without loading a voice engine."""

import msgspec

from sideline.kit.settings import Settings, SettingsError
from sideline.voice.asterisk.ami import AmiAddress, read_ami_address
from sideline.voice.asterisk.client import AriAddress, read_address
from sideline.voice.asterisk.names import Names
from sideline.voice.asterisk.options import AsteriskOptions, read_variables

NO_AMI = "-"
"""In the place of an AMI address: that Asterisk has none."""


def read_asterisks(settings: Settings) -> list[tuple[AriAddress, AsteriskOptions]]:
    """Return where each Asterisk is, and what is decided about it. Raises SettingsError for what can't be used."""
    if not settings.asterisk:
        raise SettingsError(
            "SIDELINE_ASTERISK is empty: set it to the address of your Asterisk's ARI, "
            "such as http://sideline:password@127.0.0.1:8088/ari."
        )
    options = _options(settings)
    addresses = [_address(url) for url in settings.asterisk]
    names = [address.name for address in addresses]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingsError(
            f"SIDELINE_ASTERISK names {twice.removeprefix('asterisk:')} twice: name each Asterisk once."
        )
    return [
        (each, msgspec.structs.replace(options, ami=ami)) for each, ami in zip(addresses, _amis(settings), strict=True)
    ]


def _options(settings: Settings) -> AsteriskOptions:
    try:
        variables = read_variables(settings.asterisk_variables)
    except ValueError as error:
        raise SettingsError(f"SIDELINE_ASTERISK_VARIABLES can't be used: {error}.") from error
    if settings.asterisk_trunk and "{number}" not in settings.asterisk_trunk:
        raise SettingsError(
            f"SIDELINE_ASTERISK_TRUNK is '{settings.asterisk_trunk}', which has no {{number}}: "
            "set it to something like PJSIP/{number}@trunk."
        )
    try:
        Names(settings.asterisk_app)
    except ValueError as error:
        raise SettingsError(f"SIDELINE_ASTERISK_APP can't be used: {error}.") from error
    return AsteriskOptions(
        app=settings.asterisk_app,
        trunk=settings.asterisk_trunk,
        context=settings.asterisk_context,
        fallback=settings.asterisk_fallback,
        technology=settings.asterisk_technology,
        variables=variables,
    )


def _address(url: str) -> AriAddress:
    try:
        return read_address(url)
    except ValueError as error:
        # The address itself has a password in it.
        raise SettingsError(f"SIDELINE_ASTERISK can't be used: {error}.") from error


def _amis(settings: Settings) -> list[AmiAddress | None]:
    """Return the AMI of each Asterisk, None for one without."""
    missing = len(settings.asterisk) - len(settings.asterisk_ami)
    if missing < 0:
        raise SettingsError(
            "SIDELINE_ASTERISK_AMI names more addresses than SIDELINE_ASTERISK: name one for each Asterisk, "
            "in the same order, and - for an Asterisk without AMI."
        )
    try:
        named = [None if each == NO_AMI else read_ami_address(each) for each in settings.asterisk_ami]
    except ValueError as error:
        # The address itself has a password in it.
        raise SettingsError(f"SIDELINE_ASTERISK_AMI can't be used: {error}.") from error
    return [*named, *[None] * missing]
