// Keeps what is typed into the form around it, while it is typed; a server that is away is asked again until it answers.
//
// <form …><kept-form to="/…/typed" kept="Kept at {time}" unkept="Not kept yet" away="…" refused="…"><p role="status"></p></kept-form></form>
//
// The form goes on only when the server answers: a browser that finds nobody would show a page of its own instead.

const PAUSE = 600;
const AGAIN = 3000;
const PATIENCE = 8000;

export class KeptForm extends HTMLElement {
  private timer = 0;
  private sent = "";
  private leaving = false;

  connectedCallback(): void {
    const form = this.closest("form");
    if (!form) return;
    this.sent = this.typed(form);
    form.addEventListener("input", () => this.soon(PAUSE));
    form.addEventListener("change", () => this.soon(PAUSE / 4));
    form.addEventListener("submit", (event) => void this.leave(event, form));
    document.addEventListener("visibilitychange", this.flush);
    window.addEventListener("pagehide", this.flush);
    window.addEventListener("pageshow", this.back);
  }

  disconnectedCallback(): void {
    window.clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.flush);
    window.removeEventListener("pagehide", this.flush);
    window.removeEventListener("pageshow", this.back);
  }

  private readonly flush = (): void => {
    const form = this.closest("form");
    if (form && !this.leaving && document.visibilityState !== "visible") void this.keep(form, true);
  };

  private readonly back = (): void => {
    this.leaving = false;
  };

  private soon(pause: number): void {
    const form = this.closest("form");
    window.clearTimeout(this.timer);
    if (!form || this.typed(form) === this.sent) return;
    this.tell("unkept");
    this.timer = window.setTimeout(() => void this.keep(form), pause);
  }

  // Holds a form back whose server does not answer; what was typed stays, and the person tries again.
  private async leave(event: Event, form: HTMLFormElement): Promise<void> {
    if (this.leaving) return;
    event.preventDefault();
    const pressed = (event as Partial<SubmitEvent>).submitter ?? document.activeElement; // Chromium 80 does not say
    const answered = await this.keep(form);
    if (this.leaving) return;
    delete form.dataset.sent;
    if (!answered) return;
    this.leaving = true;
    form.requestSubmit(pressed instanceof HTMLButtonElement && pressed.form === form ? pressed : undefined);
  }

  private async keep(form: HTMLFormElement, last = false): Promise<boolean> {
    window.clearTimeout(this.timer);
    const typed = this.typed(form);
    if (last && typed === this.sent) return true;
    try {
      const answer = await this.send(typed, last);
      if (answer === 204) {
        this.sent = typed;
        this.tell("kept");
        if (this.typed(form) !== typed) this.soon(PAUSE);
      } else {
        this.tell("refused");
      }
      return true;
    } catch {
      this.tell("away");
      this.timer = window.setTimeout(() => void this.keep(form), AGAIN);
      return false;
    }
  }

  private async send(typed: string, last: boolean): Promise<number> {
    const patience = new AbortController();
    const timer = window.setTimeout(() => patience.abort(), PATIENCE);
    try {
      const answer = await fetch(this.getAttribute("to") ?? "", {
        method: "POST",
        body: new URLSearchParams(typed),
        headers: { Accept: "text/html" },
        keepalive: last,
        signal: patience.signal,
      });
      if (answer.status >= 502) throw new Error(String(answer.status)); // a proxy whose server is away
      return answer.status;
    } finally {
      window.clearTimeout(timer);
    }
  }

  private typed(form: HTMLFormElement): string {
    const pairs: string[][] = [];
    new FormData(form).forEach((value, name) => {
      if (typeof value === "string") pairs.push([name, value]);
    });
    return new URLSearchParams(pairs).toString();
  }

  private tell(state: "kept" | "unkept" | "away" | "refused"): void {
    const status = this.querySelector("[role=status]");
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour12: false });
    this.dataset.state = state;
    if (status) status.textContent = (this.getAttribute(state) ?? "").replace("{time}", time);
  }
}
