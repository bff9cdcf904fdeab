// The time that is left: the server writes it into the page, this only keeps it going.
//
// <count-down until="2026-11-22T10:00:00Z" now="…" day="天" hour="小时" minute="分" second="秒" over="已到期">3 天 2 小时</count-down>
//
// `now` is the server's instant when the page was made: a clock of the desktop that is off does not matter.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export class CountDown extends HTMLElement {
  private ahead = 0;
  private timer = 0;

  connectedCallback(): void {
    const now = Date.parse(this.getAttribute("now") ?? "");
    this.ahead = Number.isNaN(now) ? 0 : now - Date.now();
    this.tick();
  }

  disconnectedCallback(): void {
    window.clearTimeout(this.timer);
  }

  private tick(): void {
    const until = Date.parse(this.getAttribute("until") ?? "");
    if (Number.isNaN(until)) return;
    const left = until - (Date.now() + this.ahead);
    this.textContent = left <= 0 ? this.word("over") : this.written(left);
    this.toggleAttribute("soon", left < HOUR);
    if (left > 0) {
      this.timer = window.setTimeout(() => this.tick(), left < HOUR ? SECOND : MINUTE / 2);
    }
  }

  // The same two largest parts as the server writes (broker/web/console/instants.py).
  private written(left: number): string {
    const days = Math.floor(left / DAY);
    const hours = Math.floor((left % DAY) / HOUR);
    const minutes = Math.floor((left % HOUR) / MINUTE);
    const seconds = Math.floor((left % MINUTE) / SECOND);
    if (days > 0) return `${days} ${this.word("day")} ${hours} ${this.word("hour")}`;
    if (hours > 0) return `${hours} ${this.word("hour")} ${minutes} ${this.word("minute")}`;
    return `${minutes} ${this.word("minute")} ${seconds} ${this.word("second")}`;
  }

  private word(name: string): string {
    return this.getAttribute(name) ?? "";
  }
}
