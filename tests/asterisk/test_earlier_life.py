"""What a life of Sideline's that was killed left in the PBX, and what the next one does with it."""

from pathlib import Path

import pytest

from sideline.voice.asterisk.client import AriClient, AriGone, read_address
from tests.support.ari_by_hand import APP, Ari
from tests.support.asterisk_lab import AsteriskLab
from tests.support.pbx_stage import PHONES, new_engine, pbx_stage

LEG = "sideline.l.sara.0"


async def test_a_phone_of_an_earlier_life_with_a_second_left_to_live_lives_on(asterisk_root: Path) -> None:
    async with AsteriskLab(asterisk_root, phones=PHONES) as lab, Ari(lab.ari_url) as ari:
        await lab.phone("sara")
        await ari.request("POST", "/channels", {"endpoint": "PJSIP/sara", "app": APP, "channelId": LEG})
        await ari.event("StasisStart", LEG)
        await ari.request("POST", f"/channels/{LEG}/variable", {"variable": "TIMEOUT(absolute)", "value": "1"})
        engine = new_engine(lab)
        try:
            with pytest.raises(TimeoutError):
                await ari.event("ChannelDestroyed", LEG, within=2)
        finally:
            await engine.aclose()


async def test_a_channel_that_is_gone_is_gone_also_where_a_bridge_is_asked_about_it(asterisk_root: Path) -> None:
    async with AsteriskLab(asterisk_root, phones=PHONES) as lab, Ari(lab.ari_url) as ari:
        await ari.request("POST", "/bridges/some", {"type": "mixing"})
        async with AriClient(read_address(lab.ari_url), "sideline") as client:
            for doing in ("addChannel", "removeChannel"):
                with pytest.raises(AriGone):
                    await client.request("POST", f"/bridges/some/{doing}", {"channel": "gone"})


async def test_it_listens_to_channels_and_bridges_alone_so_that_its_end_never_locks_ari_up(asterisk_root: Path) -> None:
    async with AsteriskLab(asterisk_root, phones=PHONES) as lab, pbx_stage(lab), Ari(lab.ari_url) as ari:
        application = await ari.request("GET", "/applications/sideline")
        assert [application[each] for each in ("endpoint_ids", "device_names")] == [[], []]
        assert application["channel_ids"] == ["__AST_CHANNEL_ALL_TOPIC"]
        assert application["bridge_ids"] == ["__AST_BRIDGE_ALL_TOPIC"]
