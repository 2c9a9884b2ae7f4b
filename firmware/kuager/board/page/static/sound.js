// Plays what the loudspeaker plays: parts of 16-bit mono sound at 48 kHz, one after another without a gap.
const RATE = 48000, LEAD_S = 0.08;

export class Ear {
  #context = null;
  #next = 0;
  #played = 0;
  wanted = false;

  get on() { return this.wanted && this.#context?.state === "running"; }

  want(on) { this.wanted = on; if (!on) this.#context?.suspend(); }

  async wake() {
    if (!this.wanted) return;
    this.#context ??= new AudioContext({ sampleRate: RATE });
    if (this.#context.state !== "running") await this.#context.resume().catch(() => {});
  }

  // Gives the samples played so far.
  play(bytes) {
    if (!this.on || bytes.byteLength < 2) return this.#played;
    const samples = new Int16Array(bytes, 0, bytes.byteLength >> 1), context = this.#context;
    const buffer = context.createBuffer(1, samples.length, RATE), channel = buffer.getChannelData(0);
    for (let i = 0; i < samples.length; i++) channel[i] = samples[i] / 32768;
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    this.#next = Math.max(this.#next, context.currentTime + LEAD_S);
    source.start(this.#next);
    this.#next += buffer.duration;
    return (this.#played += samples.length);
  }
}
