// Put into a page before its own scripts: hears what the page's connections receive, and counts what is asked of it.
//
// A tone counts as heard when its bin stands clearly above its surroundings for longer than a look's window is, so
// that neither noise nor the splash of something that begins or ends is taken for one.
(() => {
  const HERTZ = __HERTZ__;
  const FLOOR = -42; // dBFS of a bin; tones arrive at -25, what Opus adds to them elsewhere at -53
  const ABOVE = 18; // dB over the bins around
  const LASTS = 90; // ms; a window is 85 ms long, a burst of a tone 300 ms
  const ears = (window.__ears = { looks: 0, heard: [], microphoneAsked: 0, connections: 0 });

  const media = navigator.mediaDevices;
  if (media) {
    const ask = media.getUserMedia.bind(media);
    media.getUserMedia = (wanted) => {
      ears.microphoneAsked += 1;
      return ask(wanted);
    };
  }

  let sum = null;
  const listen = (track) => {
    if (sum === null) {
      const context = new AudioContext({ sampleRate: 48000 });
      sum = context.createGain();
      const analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
      sum.connect(analyser);
      const bins = new Float32Array(analyser.frequencyBinCount);
      const width = 48000 / analyser.fftSize;
      const firstSeen = {};
      setInterval(() => {
        if (context.state !== "running") return void context.resume();
        analyser.getFloatFrequencyData(bins);
        const at = performance.now();
        ears.looks += 1;
        for (const [name, hertz] of Object.entries(HERTZ)) {
          const middle = Math.round(hertz / width);
          const peak = Math.max(...bins.subarray(middle - 1, middle + 2));
          const around = [...bins.subarray(middle - 10, middle - 5), ...bins.subarray(middle + 6, middle + 11)].sort((a, b) => a - b);
          const isThere = peak > FLOOR && peak - around[5] > ABOVE;
          if (!isThere) delete firstSeen[name];
          else if (at - (firstSeen[name] ??= at) > LASTS) ears.heard.push({ name, at });
        }
      }, 40);
    }
    sum.context.createMediaStreamSource(new MediaStream([track])).connect(sum);
  };

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...settings) {
      super(...settings);
      ears.connections += 1;
      this.addEventListener("track", ({ track }) => listen(track));
    }
  };

  // Who was heard since a moment of performance.now().
  ears.since = (moment) => [...new Set(ears.heard.filter((each) => each.at >= moment).map((each) => each.name))].sort();
  // Who has been heard lately; tones come in bursts with pauses shorter than this.
  ears.lately = () => ears.since(performance.now() - 900);
})();
