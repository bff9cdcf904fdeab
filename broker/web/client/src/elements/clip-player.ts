// One clip, or several on one clock: play, seek by instant, step by pictures; what is not recorded is not shown.
// _parts.html of the investigator's pages makes it over <video controls>, which is what plays without script.
import { Film } from "../player/film";
import { SeekBar } from "../player/seek-bar";
import { reasonOf, Watch } from "../player/watch";
import { HouseClock } from "../timeline/clock";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const STATES = new Set(["REVOKED", "SUSPENDED", "EXPIRED"]);

export class ClipPlayer extends HTMLElement {
  private at = 0;
  private begin = 0;
  private end = 0;
  private films: Film[] = [];
  private clock = new HouseClock("UTC");
  private bar: SeekBar | null = null;
  private watch: Watch | null = null;
  private playing = false;
  private ticked = 0;
  private frame = 0;

  connectedCallback(): void {
    const tools = this.querySelector<HTMLElement>(".player-tools");
    const slider = this.querySelector<HTMLElement>(".player-seek");
    if (!tools || !slider || this.bar) return;
    this.films = [...this.querySelectorAll<HTMLElement>(".film")].map((it) => new Film(it));
    this.begin = this.at = Math.min(...this.films.map((it) => it.begin));
    this.end = Math.max(...this.films.map((it) => it.end));
    this.clock = new HouseClock(this.word("zone") || "UTC");
    tools.hidden = false;
    this.bar = new SeekBar(slider, this.films, this.begin, this.end, (at) => this.seek(at));
    for (const film of this.films) this.listen(film);
    for (const button of tools.querySelectorAll<HTMLButtonElement>("[data-act]")) {
      button.onclick = () => this.act(button.dataset.act ?? "");
    }
    this.addEventListener("keydown", (event) => this.key(event));
    this.watch = new Watch(this.word("watch").split(" ").filter(Boolean), (state) => this.over(state));
    this.watch.start();
    this.show();
  }

  disconnectedCallback(): void {
    this.watch?.stop();
    cancelAnimationFrame(this.frame);
    this.playing = false;
  }

  // The instant (milliseconds) of what is shown.
  get instant(): number {
    const film = this.playing ? undefined : this.showing();
    return film ? film.taken : this.at;
  }

  seek(at: number): void {
    this.at = Math.min(Math.max(at, this.begin), this.end);
    for (const film of this.films) film.put(this.at);
    this.show();
  }

  private get speed(): number {
    return Number(this.querySelector<HTMLSelectElement>("#player-speed")?.value ?? 1);
  }

  private showing(): Film | undefined {
    return this.films.find((film) => film.shows(this.at));
  }

  private listen(film: Film): void {
    for (const name of ["seeked", "picture", "loadeddata"]) film.video.addEventListener(name, () => this.show());
    film.video.addEventListener("loadeddata", () => {
      if (film.video.videoWidth === 0) this.told(this.word("blind"));
    });
    film.video.addEventListener("error", () => void this.failed(film));
  }

  private act(name: string): void {
    if (name === "play") this.toggle();
    else this.walk(name === "on" ? 1 : -1);
  }

  private toggle(): void {
    if (this.playing) return this.pause();
    if (this.at >= this.end - 1) this.seek(this.begin);
    this.playing = true;
    this.ticked = performance.now();
    this.tick(this.ticked);
  }

  private pause(): void {
    this.playing = false;
    cancelAnimationFrame(this.frame);
    for (const film of this.films) film.rest();
    const film = this.showing();
    if (film) this.at = Math.min(Math.max(film.instant, this.begin), this.end);
    for (const each of this.films) each.put(this.at); // also the first: its picture may be one or two behind the clock
    this.show();
  }

  // One step of the clock: it goes by the first clip that runs; where none has pictures, by itself; it waits for bytes.
  private tick(now: number): void {
    const passed = (now - this.ticked) * this.speed;
    this.ticked = now;
    const due = this.films.filter((film) => film.shows(this.at) && !film.video.ended);
    const leader = due.find((film) => film.runs);
    if (leader) this.at = leader.instant;
    else if (due.length === 0) this.at = Math.min(this.at + passed, this.end);
    for (const film of this.films) film.follow(this.at, film === (leader ?? due[0]), this.speed);
    this.show();
    if (this.at >= this.end) this.pause();
    else this.frame = requestAnimationFrame((later) => this.playing && this.tick(later));
  }

  private walk(direction: 1 | -1): void {
    if (this.playing) this.pause();
    const film = this.showing() ?? this.films[0];
    if (film) this.seek(film.beside(film.shows(this.at) ? film.taken : this.at, direction));
  }

  private key(event: KeyboardEvent): void {
    const from = event.target as HTMLElement;
    if (event.ctrlKey || event.altKey || event.metaKey || from.tagName === "SELECT") return;
    const far = event.shiftKey ? MINUTE : 5 * SECOND;
    if (event.key === " " && from.tagName !== "BUTTON") this.toggle();
    else if (event.key === "ArrowLeft") this.seek(this.at - far);
    else if (event.key === "ArrowRight") this.seek(this.at + far);
    else if (event.key === "Home") this.seek(this.begin);
    else if (event.key === "End") this.seek(this.end);
    else if (event.key === "," || event.key === ".") this.walk(event.key === "." ? 1 : -1);
    else return;
    event.preventDefault();
  }

  private show(): void {
    const at = this.instant;
    const milli = `${Math.floor(((at % SECOND) + SECOND) % SECOND)}`.padStart(3, "0");
    const ahead = Math.round(this.clock.ahead(at) / MINUTE);
    const hours = `${Math.floor(Math.abs(ahead) / 60)}`.padStart(2, "0");
    const offset = `${ahead < 0 ? "-" : "+"}${hours}:${`${Math.abs(ahead) % 60}`.padStart(2, "0")}`;
    const told = `${this.clock.told(at)}.${milli} ${offset}`;
    const output = this.querySelector("output");
    if (output) output.textContent = `${told} (+${((at - this.begin) / SECOND).toFixed(3)} s)`;
    this.bar?.show(this.at, told);
    const button = this.querySelector<HTMLElement>("[data-act=play]");
    const act = (this.playing ? button?.dataset.runs : button?.dataset.stands) ?? "";
    if (button && button.textContent !== act) button.textContent = act;
    for (const film of this.films) {
      const inside = this.at >= film.begin && this.at < film.end;
      film.cover(film.shows(this.at) || this.at >= this.end ? "" : this.word(inside ? "gap" : "outside"));
    }
  }

  private async failed(film: Film): Promise<void> {
    const source = film.video.currentSrc;
    if (!source || !film.video.hasAttribute("src")) return;
    this.pause();
    await this.watch?.ask();
    if (!film.video.hasAttribute("src")) return; // the grant is over, and that was told
    const reason = await reasonOf(source);
    if (reason) this.close(reason);
    else this.told(this.word("broken"));
  }

  private over(state: string): void {
    const name = STATES.has(state) ? state : "OTHER";
    this.close(this.querySelector(`[data-over=${name}]`)?.textContent ?? "");
  }

  private close(words: string): void {
    this.watch?.stop();
    this.playing = false;
    cancelAnimationFrame(this.frame);
    for (const film of this.films) film.drop();
    for (const part of this.querySelectorAll<HTMLElement>(".films, .player-tools")) part.hidden = true;
    this.told(words);
  }

  private told(words: string): void {
    const place = this.querySelector<HTMLElement>(".player-over");
    if (!place) return;
    place.hidden = false;
    place.textContent = words;
  }

  private word(name: string): string {
    return this.getAttribute(name) ?? "";
  }
}
