// One clip on the clock of the player: nought in its file is `begin`, and where nothing was recorded nothing is shown.
import { holding, Part, partsOf } from "../timeline/rows";

const HAIR = 0.01; // milliseconds: browsers count in microseconds
const NEAR = 40; // milliseconds: about a picture
const FAR = 1000; // beyond them a clip is not caught up with, it is put there
const PULL = 0.1; // how much faster or slower a clip runs that is caught up with

export class Film {
  readonly begin: number;
  readonly end: number;
  readonly step: number;
  readonly missing: Part[];
  readonly video: HTMLVideoElement;
  private readonly veil: HTMLElement;
  private picture = Number.NaN; // the instant of the picture that is shown, where the browser tells

  constructor(element: HTMLElement) {
    this.begin = Date.parse(element.dataset.begin ?? "");
    this.end = Date.parse(element.dataset.end ?? "");
    this.step = Number(element.dataset.step) * 1000;
    this.missing = partsOf(element, "missing");
    this.video = element.querySelector("video") as HTMLVideoElement;
    this.veil = element.querySelector(".film-veil") as HTMLElement;
    this.video.controls = false;
    if ("requestVideoFrameCallback" in this.video) this.listen();
  }

  // Where the clip stands.
  get instant(): number {
    return this.begin + this.video.currentTime * 1000;
  }

  // When the picture was taken that is shown. Where the browser does not tell, it is counted from the beginning: less
  // than a picture wrong, and a step from there is always to the next one.
  get taken(): number {
    if (this.picture > this.instant - 5000 && this.picture <= this.instant + this.step) return this.picture;
    return this.begin + Math.floor((this.instant - this.begin + HAIR) / this.step) * this.step;
  }

  get runs(): boolean {
    const { paused, seeking, readyState } = this.video;
    return !paused && !seeking && readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  // Whether the clip has pictures of an instant.
  shows(at: number): boolean {
    return at >= this.begin && at < this.end && !this.gap(at);
  }

  gap(at: number): Part | undefined {
    const found = holding(this.missing, at);
    return found && at < found.end ? found : undefined;
  }

  put(at: number): void {
    if (!this.shows(at)) return;
    this.picture = Number.NaN; // until the next one is told: a second step goes on from where the first one led
    this.video.currentTime = (at - this.begin + 0.5) / 1000;
  }

  // Run along with the clock of the player, which stands at `at`; the leader is what that clock is read from.
  follow(at: number, leads: boolean, speed: number): void {
    if (!this.shows(at)) return this.rest();
    if (this.video.ended) return;
    const late = at - this.instant;
    if (this.video.paused) {
      if (Math.abs(late) > NEAR) this.put(at);
      this.run(speed);
    } else if (leads || Math.abs(late) <= NEAR) {
      this.pace(speed);
    } else if (Math.abs(late) > FAR && !this.video.seeking) {
      this.put(at);
    } else {
      this.pace(speed * (1 + Math.sign(late) * PULL));
    }
  }

  rest(): void {
    if (!this.video.paused) this.video.pause();
  }

  // Say over the picture why there is none.
  cover(words: string): void {
    this.veil.hidden = words === "";
    if (this.veil.textContent !== words) this.veil.textContent = words;
  }

  // Nothing of it may be looked at any more: what the browser holds of it goes too.
  drop(): void {
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }

  // The instant to look at for the picture after or before the one that is shown.
  beside(at: number, direction: 1 | -1): number {
    const next = at + direction * this.step;
    const gap = this.gap(next);
    const there = !gap ? next : direction > 0 ? gap.end : gap.begin - this.step;
    return Math.min(Math.max(there, this.begin), this.end - 1) + this.step * 0.3;
  }

  private run(speed: number): void {
    this.pace(speed);
    this.video.play().catch(() => undefined); // broken off by the next pause
  }

  private pace(speed: number): void {
    if (this.video.playbackRate !== speed) this.video.playbackRate = speed;
  }

  private listen(): void {
    this.video.requestVideoFrameCallback((_, told) => {
      this.picture = this.begin + told.mediaTime * 1000;
      this.video.dispatchEvent(new Event("picture"));
      this.listen();
    });
  }
}
