// What is recorded of several cameras, drawn; a cursor, and a span that is dragged in and out into the fields of a form.
// docs/console.md, "The timeline", tells its attributes and events; _timeline.html makes it.
import { HouseClock } from "../timeline/clock";
import { Drawing, ROW, RULER } from "../timeline/drawing";
import { holding, inSeconds, nearest, Part, readRows, Row } from "../timeline/rows";

const DARK = window.matchMedia("(prefers-color-scheme: dark)");
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const CLOSEST = 30 * SECOND;
const REACH = 12; // pixels beside an end within which a pointer takes hold of it
const SWEEP = 4; // pixels after which a press is a drag
const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
const ACTS: Record<string, string> = { "[": "in", "]": "out", "+": "closer", "=": "closer", "-": "wider" };

type Hold = { kind: "in" | "out" | "sweep" | "pan"; x: number; at: number; moved: boolean };

export class RecTimeline extends HTMLElement {
  private begin = 0;
  private end = 0;
  private left = 0;
  private right = 0;
  private at = 0;
  private rows: Row[] = [];
  private hold: Hold | null = null;
  private clock = new HouseClock("UTC");
  private drawing: Drawing | null = null;
  private slider: HTMLElement | null = null;
  private readonly watch = new ResizeObserver(() => this.draw());
  private readonly redraw = (): void => {
    const typed = this.fieldAt("at") ?? Number.NaN;
    if (!Number.isNaN(typed)) this.at = nearest(this.allowed(), Math.min(Math.max(typed, this.begin), this.end));
    this.draw();
  };

  connectedCallback(): void {
    const table = this.querySelector("table");
    this.slider = this.querySelector("[role=slider]");
    if (!table || !this.slider) return;
    const window = { begin: Date.parse(this.word("begin")), end: Date.parse(this.word("end")) };
    ({ begin: this.begin, end: this.end } = inSeconds(window));
    [this.left, this.right] = [this.begin, this.end];
    this.clock = new HouseClock(this.getAttribute("zone") ?? "UTC");
    this.rows = readRows(table);
    this.show(this.slider);
    const typed = this.fieldAt("at") ?? this.fieldAt("from") ?? Number.NaN;
    this.at = nearest(this.allowed(), Number.isNaN(typed) ? this.begin : typed);
    for (const name of ["from", "to", "at", "channel"]) this.field(name)?.addEventListener("change", this.redraw);
    DARK.addListener(this.redraw);
    this.draw();
  }

  disconnectedCallback(): void {
    this.watch.disconnect();
    for (const name of ["from", "to", "at", "channel"]) this.field(name)?.removeEventListener("change", this.redraw);
    DARK.removeListener(this.redraw);
  }

  // Put the cursor at an instant (milliseconds), as near as may be.
  seek(at: number, quietly = false): void {
    const bounded = Math.min(Math.max(at, this.begin), this.end);
    this.at = Math.round(nearest(this.allowed(), bounded) / SECOND) * SECOND;
    if (this.at < this.left || this.at > this.right) this.look(this.right - this.left);
    this.fill("at", this.at, quietly);
    this.draw();
    const told = { instant: new Date(this.at).toISOString(), channel: this.chosen() };
    this.dispatchEvent(new CustomEvent("timeline-cursor", { bubbles: true, detail: told }));
  }

  private show(slider: HTMLElement): void {
    const canvas = slider.querySelector("canvas") ?? slider.appendChild(document.createElement("canvas"));
    canvas.style.height = `${RULER + this.rows.length * ROW}px`;
    this.drawing = new Drawing(canvas, this.clock);
    for (const hidden of this.querySelectorAll("[hidden]")) hidden.removeAttribute("hidden");
    this.querySelector("details")?.removeAttribute("open");
    slider.onkeydown = (event) => this.key(event);
    slider.onpointerdown = (event) => this.press(event);
    slider.onpointermove = (event) => this.drag(event);
    slider.onpointerup = slider.onpointercancel = (event) => this.release(event);
    for (const button of this.querySelectorAll<HTMLButtonElement>("[data-act]")) {
      button.onclick = () => this.act(button.dataset.act ?? "");
    }
    this.watch.observe(slider);
  }

  private draw(): void {
    const span = this.span();
    const view = { left: this.left, right: this.right, at: this.at, span, chosen: this.chosen() };
    this.drawing?.draw(this.rows, view);
    const here = this.rows.filter((row) => holding(row.recorded, this.at)).length;
    const word = this.word("recorded").replace("{known}", `${here}`).replace("{all}", `${this.rows.length}`);
    this.slider?.setAttribute("aria-valuenow", `${Math.round((this.at - this.begin) / SECOND)}`);
    this.slider?.setAttribute("aria-valuetext", `${this.clock.told(this.at)} ${word}`);
    this.say(".timeline-at", `${this.clock.told(this.at)} ${word}`);
    this.say(".timeline-span", span ? this.told(span) : "");
  }

  private told(span: Part): string {
    const long = Math.round((span.end - span.begin) / SECOND);
    const clock = `${Math.floor(long / 3600)}:${`${Math.floor(long / 60) % 60}`.padStart(2, "0")}:${`${long % 60}`.padStart(2, "0")}`;
    const most = Number(this.getAttribute("longest") ?? Infinity);
    const over = long > most ? ` ${this.word("over")}` : "";
    return `${this.clock.told(span.begin)} – ${this.clock.told(span.end)} (${clock})${over}`;
  }

  private key(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    const act = ACTS[event.key];
    if (event.altKey || event.metaKey) return;
    if (step) this.seek(this.at + step * (event.ctrlKey ? HOUR : event.shiftKey ? MINUTE : 10 * SECOND));
    else if (event.key === "PageUp" || event.key === "PageDown") this.seek(this.at + (event.key === "PageUp" ? HOUR : -HOUR));
    else if (event.key === "Home") this.seek(this.begin);
    else if (event.key === "End") this.seek(this.end);
    else if (act && !event.ctrlKey) this.act(act);
    else return;
    event.preventDefault();
  }

  private act(name: string): void {
    if (name === "in") this.choose(this.at, this.span()?.end ?? this.at + MINUTE, "from");
    else if (name === "out") this.choose(this.span()?.begin ?? this.at - MINUTE, this.at, "to");
    else if (name === "closer") this.look((this.right - this.left) / 2);
    else if (name === "wider") this.look((this.right - this.left) * 2);
    this.draw();
  }

  // Choose a span that begins and ends where one may; `fixed` is the end that was meant.
  private choose(begin: number, end: number, fixed: "from" | "to", quietly = false): void {
    const whole = { begin: this.begin, end: this.end };
    const allowed = this.allowed();
    const meant = nearest(allowed, fixed === "from" ? begin : end);
    const bound = holding(allowed, meant) ?? whole;
    const [low, high] = fixed === "from" ? [meant, end] : [begin, meant];
    let first = Math.max(Math.round(low / SECOND) * SECOND, bound.begin);
    let last = Math.min(Math.round(high / SECOND) * SECOND, bound.end);
    if (last <= first && fixed === "from") last = Math.min(first + MINUTE, bound.end);
    if (last <= first) first = Math.max(last - MINUTE, bound.begin);
    if (last <= first) return;
    this.fill("from", first, quietly);
    this.fill("to", last, quietly);
  }

  // Show so much time (milliseconds), the cursor in the middle.
  private look(wide: number): void {
    const width = Math.min(Math.max(wide, CLOSEST), this.end - this.begin);
    this.left = Math.min(Math.max(this.at - width / 2, this.begin), this.end - width);
    this.right = this.left + width;
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0 || !this.drawing || !this.slider) return;
    const { x, y, at } = this.under(event);
    const view = { left: this.left, right: this.right, at: this.at, span: this.span(), chosen: "" };
    const near = (end: number | undefined): boolean =>
      end !== undefined && Math.abs((this.drawing as Drawing).place(end, view) - x) <= REACH;
    const end = view.span?.end;
    const kind = near(end) ? "out" : near(view.span?.begin) ? "in" : y < RULER ? "pan" : "sweep";
    this.hold = { kind, x, at, moved: false };
    this.slider.setPointerCapture(event.pointerId);
    this.slider.focus();
    event.preventDefault();
    if (kind === "sweep") this.pick(this.rows[Math.floor((y - RULER) / ROW)]);
    if (kind !== "pan") this.seek(at, true);
  }

  private drag(event: PointerEvent): void {
    const hold = this.hold;
    if (!hold) return;
    const { x, at } = this.under(event);
    hold.moved = hold.moved || Math.abs(x - hold.x) > SWEEP;
    if (!hold.moved) return;
    const span = this.span();
    if (hold.kind === "pan") this.pan(hold.at - at);
    else if (hold.kind === "in") this.choose(at, span?.end ?? at, "from", true);
    else if (hold.kind === "out") this.choose(span?.begin ?? at, at, "to", true);
    else if (at < hold.at) this.choose(at, nearest(this.allowed(), hold.at), "to", true);
    else this.choose(nearest(this.allowed(), hold.at), at, "from", true);
    if (hold.kind === "pan") this.draw();
    else this.seek(at, true);
  }

  private release(event: PointerEvent): void {
    const hold = this.hold;
    this.hold = null;
    if (!hold) return;
    this.slider?.releasePointerCapture(event.pointerId);
    for (const name of hold.kind === "pan" ? [] : hold.moved ? ["at", "from", "to"] : ["at"]) this.changed(name);
  }

  private pan(by: number): void {
    const width = this.right - this.left;
    this.left = Math.min(Math.max(this.left + by, this.begin), this.end - width);
    this.right = this.left + width;
  }

  private under(event: PointerEvent): { x: number; y: number; at: number } {
    const box = (this.slider as HTMLElement).getBoundingClientRect();
    const x = event.clientX - box.left;
    const view = { left: this.left, right: this.right, at: 0, span: null, chosen: "" };
    return { x, y: event.clientY - box.top, at: (this.drawing as Drawing).instant(x, view) };
  }

  private pick(row: Row | undefined): void {
    const field = this.field("channel");
    if (!field || !row || field.value === row.channel) return;
    field.value = row.channel;
    this.changed("channel");
  }

  private chosen(): string {
    return this.field("channel")?.value ?? "";
  }

  // What may be chosen: of the chosen channel, else of any.
  private allowed(): Part[] {
    const chosen = this.rows.find((row) => row.channel === this.chosen());
    return chosen ? chosen.allowed : this.rows.reduce<Part[]>((all, row) => all.concat(row.allowed), []);
  }

  private span(): Part | null {
    const begin = this.fieldAt("from") ?? Number.NaN;
    const end = this.fieldAt("to") ?? Number.NaN;
    return end > begin ? { begin, end } : null;
  }

  private field(name: string): HTMLInputElement | HTMLSelectElement | null {
    return document.getElementById(this.getAttribute(name) ?? "") as HTMLInputElement | HTMLSelectElement | null;
  }

  private fieldAt(name: string): number | undefined {
    const field = this.field(name);
    return field ? this.clock.instant(field.value) : undefined;
  }

  private fill(name: string, at: number, quietly: boolean): void {
    const field = this.field(name);
    if (!field) return;
    field.value = this.clock.field(at);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    if (!quietly) this.changed(name);
  }

  private changed(name: string): void {
    this.field(name)?.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private say(where: string, words: string): void {
    const place = this.querySelector(where);
    if (place && place.textContent !== words) place.textContent = words;
  }

  private word(name: string): string {
    return this.getAttribute(name) ?? "";
  }
}
