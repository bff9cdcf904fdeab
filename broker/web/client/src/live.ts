// What moved, while the page stays open: one stream of events; where none comes through, a question every half minute.
// The counts in the bar follow, and parts of the page that ask for it are told: hx-trigger="live:retrieval from:body".

const NAMES = ["inbox", "notice", "retrieval", "request"];
const EVERY = 30000; // between two questions
const SILENCE = 10000; // a stream tells the counts at once: one that says nothing is held back on the way
const HIDDEN = 60000; // a tab that nobody looks at gives its connection back: browsers have few
const SHOWN = 15000;

export class Live {
  private source: EventSource | undefined;
  private timer = 0;
  private resting = 0;
  private shown = 0;
  private over = false;
  private readonly counts = new Map<string, string>();

  constructor(
    private readonly page: Document,
    private last: string,
  ) {
    page.addEventListener("visibilitychange", () => {
      window.clearTimeout(this.resting);
      if (page.hidden) this.resting = window.setTimeout(() => this.rest(), HIDDEN);
      else this.open();
    });
    this.open();
  }

  private open(): void {
    if (this.over || this.source || this.page.hidden) return;
    this.wait(SILENCE);
    const source = new EventSource(`/live?since=${this.last}`);
    this.source = source;
    for (const name of NAMES) {
      source.addEventListener(name, (event) => {
        const told = event as MessageEvent<string>;
        window.clearTimeout(this.timer);
        this.last = told.lastEventId || this.last;
        this.tell(name, JSON.parse(told.data) as Told);
      });
    }
    source.addEventListener("over", () => this.end());
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) this.wait(0); // refused; what merely broke off comes back by itself
    });
  }

  private wait(long: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), long);
  }

  private async ask(): Promise<void> {
    this.rest();
    if (this.over || this.page.hidden) return;
    try {
      const answer = await fetch(`/live/now?since=${this.last}`, { headers: { Accept: "application/json" } });
      if (answer.status === 401) return this.end();
      if (answer.ok) {
        const told = (await answer.json()) as { id: string; events: { name: string; data: Told }[] };
        this.last = told.id;
        for (const each of told.events) this.tell(each.name, each.data);
      }
    } catch {
      // nobody there: asked again below
    }
    this.timer = window.setTimeout(() => this.open(), EVERY);
  }

  private rest(): void {
    window.clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
  }

  private end(): void {
    this.over = true;
    this.rest();
  }

  private tell(name: string, told: Told): void {
    if (typeof told.count === "number") {
      if (!this.moved(name, told)) return;
      this.count(name, told.count, told.newest ?? "");
    }
    this.page.body.dispatchEvent(new CustomEvent(`live:${name}`, { detail: told }));
  }

  // Counts are told at once when a stream begins: what the page was made with is nothing new.
  private moved(name: string, told: Told): boolean {
    const said = `${String(told.count)} ${told.newest ?? ""}`;
    const known = this.counts.get(name);
    this.counts.set(name, said);
    if (known !== undefined) return known !== said;
    return this.page.querySelector(`[data-count="${name}"]`)?.textContent !== String(told.count);
  }

  private count(name: string, count: number, newest: string): void {
    const badge = this.page.querySelector<HTMLElement>(`[data-count="${name}"]`);
    if (!badge || badge.textContent === String(count)) return;
    const more = count > Number(badge.textContent);
    badge.textContent = String(count);
    badge.hidden = count === 0;
    const status = this.page.getElementById("live-told");
    if (!status || !more || (!newest && status.textContent)) return; // words say more than a number
    status.textContent = newest || `${badge.dataset.name ?? ""}: ${count}`;
    window.clearTimeout(this.shown);
    this.shown = window.setTimeout(() => (status.textContent = ""), SHOWN);
  }
}

interface Told {
  count?: number;
  newest?: string;
}
