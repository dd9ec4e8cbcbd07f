"""Asterisk itself fails, or the way to it: it crashes, refuses the password, is cut off without a word."""

import time
from pathlib import Path

import pytest

from sideline.rules.audibility import Mode
from sideline.voice.webrtc.sound import tone
from tests.support.asterisk_config import PASSWORD
from tests.support.asterisk_lab import AsteriskLab
from tests.support.coached_call import (
    LONGEST_WHISPER,
    coached_call,
    comes_true,
    hears,
    invitations,
    last_heard,
    supervised,
)
from tests.support.pbx_stack import DESKS, OUTSIDE, sideline_beside
from tests.support.silent_proxy import silent_network
from tests.support.sound import HERTZ


@pytest.mark.promise("V21")
@pytest.mark.promise("V15")
async def test_a_crash_of_asterisk_ends_what_it_carried_and_the_next_call_can_be_monitored(
    database_url: str, tmp_path: Path, asterisk_root: Path
) -> None:
    async with (
        AsteriskLab(asterisk_root, phones=DESKS, outside=(OUTSIDE,)) as lab,
        sideline_beside(lab, database_url, tmp_path) as pbx,
    ):
        coaching = await coached_call(pbx, "monitor", "coach")
        told, crashed = len(coaching.sara.events), time.monotonic()
        await lab.kill()
        await coaching.sara.event(lambda event: event["type"] == "engagement.lost", told)
        lost = time.monotonic() - crashed
        await lab.start()
        started = time.monotonic()

        async def is_over() -> bool:
            return (await coaching.now())["state"] == "ended"

        await comes_true(is_over)
        over = time.monotonic() - started
        assert over < 8
        assert (await coaching.ended(since=told))["end_reason"] == "call_ended"
        assert (await coaching.agent.ask("GET", "/api/me"))["presence"]["status"] == "wrap_up"
        assert await coaching.sara.mine() is None

        # Telephones notice by themselves that a call is over, or their owners do.
        for phone in coaching.phones.values():
            await phone.kill()
            await phone.start()
        first = coaching.call["id"]
        await coaching.talk()
        assert coaching.call["id"] != first
        await coaching.press("monitor")
        assert await coaching.everyone_agrees() == "active"
        print(f"lost after {lost:.1f} s, over {over:.1f} s after the start")


@pytest.mark.promise("V21")
async def test_a_wrong_password_is_said_in_one_sentence_and_put_right_without_a_restart(
    database_url: str, tmp_path: Path, asterisk_root: Path
) -> None:
    async with AsteriskLab(asterisk_root, phones=DESKS, outside=(OUTSIDE,)) as lab:
        url = lab.ari_url.replace(PASSWORD, "the-one-to-come")
        async with sideline_beside(lab, database_url, tmp_path, asterisk=url) as pbx:
            log = tmp_path / "stack.log"

            async def is_said() -> bool:
                return "the name or password of SIDELINE_ASTERISK is wrong" in log.read_text()

            await comes_true(is_said)
            assert "the-one-to-come" not in log.read_text()
            # Calls of Sideline's own don't need an Asterisk.
            agent = await pbx.stack.agent(tone=tone(HERTZ["agent"]))
            customer = await pbx.stack.customer(tone=tone(HERTZ["customer"]))
            await pbx.stack.talk(agent, customer)

            config = lab.folder / "etc" / "ari.conf"
            config.write_text(config.read_text().replace(PASSWORD, "the-one-to-come"))
            await lab.console("module reload res_ari.so")
            coaching = await coached_call(pbx, "monitor", "coach")
            await coaching.judge(supervised(Mode.COACH))
            assert "the-one-to-come" not in log.read_text()


@pytest.mark.promise("V21")
@pytest.mark.promise("V8")
async def test_a_network_that_is_cut_without_a_word_ends_the_whisper_and_brings_the_supervisor_back_with_it(
    database_url: str, tmp_path: Path, asterisk_root: Path
) -> None:
    async with (
        AsteriskLab(asterisk_root, phones=DESKS, outside=(OUTSIDE,)) as lab,
        silent_network(lab.http_port) as network,
        sideline_beside(
            lab, database_url, tmp_path, asterisk=lab.ari_url.replace(f":{lab.http_port}/", f":{network.port}/")
        ) as pbx,
    ):
        coaching = await coached_call(pbx, "monitor", "coach")
        await hears(coaching.phones["agent"], "customer", "sara")
        told, cut = len(coaching.sara.events), time.monotonic()
        network.fall_silent(for_all=True)
        await coaching.sara.event(lambda event: event["type"] == "engagement.lost", told)
        noticed = time.monotonic() - cut
        assert noticed < 6
        await coaching.phones["sara"].closed()
        await hears(coaching.phones["agent"], "customer")
        whispered = last_heard(coaching.phones["agent"], "sara", cut)
        assert whispered < LONGEST_WHISPER
        assert (await coaching.sara.mine())["state"] == "lost"

        network.open()
        reached = time.monotonic()
        await coaching.sara.event(lambda event: event["type"] == "engagement.resumed", told)
        back = time.monotonic() - reached
        assert await coaching.everyone_agrees() == "active"
        assert invitations(coaching.phones["sara"]) == 2
        await coaching.goes_on()
        print(f"noticed {noticed:.1f} s, whisper {whispered:.1f} s, back {back:.1f} s, {await coaching.goes_on()}")
