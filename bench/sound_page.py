"""A Chromium page as a phone, with a ruler for tones inside it."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"

_WORKLET = """
class Ruler extends AudioWorkletProcessor {
  // Goertzel over the last 480 samples, looked at every 128 samples (2.7 ms).
  constructor(options) {
    super();
    this.hertz = options.processorOptions.hertz;
    this.last = new Float32Array(480);
    this.was = false;
  }
  process(inputs) {
    const channel = inputs[0][0];
    this.last.copyWithin(0, 128);
    if (channel) this.last.set(channel, 352); else this.last.fill(0, 352);
    let re = 0, im = 0;
    for (let n = 0; n < 480; n++) {
      const angle = 2 * Math.PI * this.hertz * n / 48000;
      re += this.last[n] * Math.cos(angle);
      im += this.last[n] * Math.sin(angle);
    }
    const loud = Math.hypot(re, im) * 2 / 480 > 0.03;
    if (loud !== this.was) { this.was = loud; this.port.postMessage([Date.now(), loud]); }
    return true;
  }
}
registerProcessor('ruler', Ruler);
"""

_SETUP = """
async (worklet) => {
  window.context = new AudioContext({sampleRate: 48000, latencyHint: 'interactive'});
  const url = URL.createObjectURL(new Blob([worklet], {type: 'text/javascript'}));
  await context.audioWorklet.addModule(url);
  window.ruler = (hertz, node, log) => {
    const ruler = new AudioWorkletNode(context, 'ruler', {processorOptions: {hertz}});
    ruler.port.onmessage = event => log.push(event.data);
    node.connect(ruler);
    ruler.connect(context.destination);
  };
  window.heard = [];
  window.said = [];
}
"""

_CONNECT = """
async ({leg, hears, says}) => {
  const pc = new RTCPeerConnection({iceServers: []});
  if (says) {
    const out = context.createMediaStreamDestination();
    window.voice = context.createGain();
    voice.gain.value = 0;
    const tone = context.createOscillator();
    tone.frequency.value = says;
    tone.connect(voice).connect(out);
    tone.start();
    ruler(says, voice, said);
    pc.addTransceiver(out.stream.getAudioTracks()[0], {direction: 'sendrecv'});
  } else pc.addTransceiver('audio', {direction: 'recvonly'});
  for (let n = 0; n < 4; n++) pc.addTransceiver('audio', {direction: 'recvonly'});
  const sum = context.createGain();
  if (hears) ruler(hears, sum, heard);
  pc.ontrack = ({track}) => {
    const stream = new MediaStream([track]);
    const player = new Audio();  // a remote track flows into WebAudio only when it is also played
    player.muted = true;
    player.srcObject = stream;
    player.play();
    context.createMediaStreamSource(stream).connect(sum);
  };
  await pc.setLocalDescription();
  await new Promise(done => {
    const look = () => pc.iceGatheringState === 'complete' && done();
    pc.onicegatheringstatechange = look;
    look();
  });
  await pc.setRemoteDescription({type: 'answer', sdp: await signal(leg, pc.localDescription.sdp)});
  await new Promise(done => {
    const look = () => pc.connectionState === 'connected' && done();
    pc.onconnectionstatechange = look;
    look();
  });
  window.pc = pc;
}
"""


class SoundPage:
    """One page that is a phone. Its logs hold [wall-clock milliseconds, is the tone there now]."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def connect(
        self, leg: str, signal: Callable[[str, str], Awaitable[str]], *, hears: int = 0, says: int = 0
    ) -> None:
        """Connect as ``leg``; listen for one tone, and say another while :meth:`speak` is on."""
        await self.page.expose_function("signal", signal)
        await self.page.evaluate(_CONNECT, {"leg": leg, "hears": hears, "says": says})

    async def speak(self, is_on: bool) -> None:
        """Begin or stop to say the tone."""
        await self.page.evaluate("on => { voice.gain.value = on ? 0.3 : 0; }", is_on)

    async def log(self, name: str) -> list[tuple[float, bool]]:
        """Return (wall-clock seconds, is loud) of ``heard`` or ``said``."""
        entries: list[Any] = await self.page.evaluate(f"() => {name}")
        return [(at / 1000, loud) for at, loud in entries]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start Chromium as the benches need it: sound without a click, the loopback allowed."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--autoplay-policy=no-user-gesture-required",
                "--allow-loopback-in-peer-connection",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
            ],
            ignore_default_args=["--mute-audio"],
        )
        try:
            yield browser
        finally:
            await browser.close()


async def sound_page(browser: Browser) -> SoundPage:
    """Open a page on a secure origin with the ruler ready."""
    page = await (await browser.new_context()).new_page()
    await page.route("http://localhost/**", lambda route: route.fulfill(body="<title>phone</title>"))
    await page.goto("http://localhost/phone")
    await page.evaluate(_SETUP, _WORKLET)
    return SoundPage(page)


def first(log: list[tuple[float, bool]], since: float, within: float, *, loud: bool) -> float | None:
    """Return the seconds from ``since`` (wall clock) until it is loud, or until it is silent for good.

    A tone that flickers before it is gone is gone when it is heard no more.
    """
    changes = [(at, is_loud) for at, is_loud in log if since - 0.001 <= at < since + within]
    found = [at for at, is_loud in changes if is_loud is loud]
    if not found or (not loud and changes[-1][1]):
        return None
    return max(0.0, found[0 if loud else -1] - since)


def wall() -> float:
    """Return the clock that pages and processes of one machine share, in seconds."""
    return time.time()
