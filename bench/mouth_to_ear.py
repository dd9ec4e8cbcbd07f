"""From one page's microphone to another page's ear, and the same through a bare peer connection.

One Chromium page says a tone now and then; the ruler in it and the one in the
other page look at the same signal with the same filter, so their difference is
the way from mouth to ear. Beside it, in the same run: the same two pages
connected to each other without any engine.

Run: ``python bench/mouth_to_ear.py [--times 60]``.
"""

import argparse
import asyncio
import random
import sys
from pathlib import Path

import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from playwright.async_api import Page  # noqa: E402

from bench.sound_change import quantiles  # noqa: E402
from bench.sound_house import house  # noqa: E402
from bench.sound_page import SoundPage, chromium, first, sound_page  # noqa: E402
from bench.sound_results import keep  # noqa: E402

HERTZ = 1000

_CALL = """
async (hertz) => {
  const out = context.createMediaStreamDestination();
  window.voice = context.createGain();
  voice.gain.value = 0;
  const tone = context.createOscillator();
  tone.frequency.value = hertz;
  tone.connect(voice).connect(out);
  tone.start();
  ruler(hertz, voice, said);
  window.pc = new RTCPeerConnection({iceServers: []});
  pc.addTransceiver(out.stream.getAudioTracks()[0], {direction: 'sendonly'});
  await pc.setLocalDescription();
  await new Promise(done => {
    const look = () => pc.iceGatheringState === 'complete' && done();
    pc.onicegatheringstatechange = look;
    look();
  });
  return pc.localDescription.sdp;
}
"""

_TAKE = """
async ({offer, hertz}) => {
  window.pc = new RTCPeerConnection({iceServers: []});
  pc.ontrack = ({track}) => {
    const stream = new MediaStream([track]);
    const player = new Audio();
    player.muted = true;
    player.srcObject = stream;
    player.play();
    ruler(hertz, context.createMediaStreamSource(stream), heard);
  };
  await pc.setRemoteDescription({type: 'offer', sdp: offer});
  await pc.setLocalDescription();
  await new Promise(done => {
    const look = () => pc.iceGatheringState === 'complete' && done();
    pc.onicegatheringstatechange = look;
    look();
  });
  return pc.localDescription.sdp;
}
"""


async def join(caller: Page, callee: Page) -> None:
    """Connect two pages directly."""
    offer = await caller.evaluate(_CALL, HERTZ)
    answer = await callee.evaluate(_TAKE, {"offer": offer, "hertz": HERTZ})
    await caller.evaluate("answer => pc.setRemoteDescription({type: 'answer', sdp: answer})", answer)


async def delays(mouth: SoundPage, ear: SoundPage, times: int) -> list[float]:
    """Return the seconds from mouth to ear, one for each time the tone was said."""
    await asyncio.sleep(1)
    for _ in range(times):
        await mouth.speak(True)
        await asyncio.sleep(0.3)
        await mouth.speak(False)
        await asyncio.sleep(0.4 + random.random() / 50)
    said = [at for at, loud in await mouth.log("said") if loud]
    heard = await ear.log("heard")
    found = [first(heard, at, 0.3, loud=True) for at in said]
    return [delay for delay in found if delay is not None]


async def main(times: int) -> None:
    async with chromium() as browser:
        mouth, ear = await sound_page(browser), await sound_page(browser)
        async with house("forwarder") as home:
            await mouth.connect("mouth", home.connect, says=HERTZ)
            await ear.connect("ear", home.connect, hears=HERTZ)
            await home.apply("call", 1, ["mouth", "ear"], [("mouth", "ear")])
            ours = quantiles(await delays(mouth, ear, times))
        mouth, ear = await sound_page(browser), await sound_page(browser)
        await join(mouth.page, ear.page)
        direct = quantiles(await delays(mouth, ear, times))
    print(f"through the engine: {ours}\ndirect: {direct}")
    keep(
        "mouth-to-ear",
        f"{ours['p50_ms']} ms (p99 {ours['p99_ms']}) from page to page through the engine, "
        f"{ours['p50_ms'] / direct['p50_ms']:.2f} × two pages connected directly ({direct['p50_ms']} ms)",
        {"through_engine": ours, "direct": direct},
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=60)
    uvloop.run(main(parser.parse_args().times))
