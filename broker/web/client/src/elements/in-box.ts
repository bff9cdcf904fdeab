// The inbox on a wide screen: the evidence of a row stands beside the list, and after a verdict the next row has the focus.
//
// <in-box data-open="id"><a data-row data-beside id="row-…" href="…">…</a> … <section class="in-box-beside" hidden></section></in-box>
//
// On a narrow screen, and without script, the row is a link to the same evidence as a page of its own.

import htmx from "htmx.org";

const WIDE = "(min-width: 85rem)";
const PLACE = "inbox-row"; // which row was decided on: a number, kept for the way to the next page

export class InBox extends HTMLElement {
  private opened = "";

  connectedCallback(): void {
    this.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-beside]") : null;
      if (!row || event.ctrlKey || event.metaKey || event.shiftKey || !window.matchMedia(WIDE).matches) return;
      event.preventDefault();
      void this.open(row);
    });
    this.addEventListener("submit", (event) => {
      if (event.target instanceof Element && this.beside?.contains(event.target)) this.remember();
    });
    this.addEventListener("renewed", () => this.mark());
    this.goOn();
    const named = this.dataset.open ? document.getElementById(`row-${this.dataset.open}`) : null;
    if (named instanceof HTMLAnchorElement && window.matchMedia(WIDE).matches) void this.open(named);
  }

  private get beside(): HTMLElement | null {
    return this.querySelector(".in-box-beside");
  }

  private rows(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("[data-row]")];
  }

  private async open(row: HTMLAnchorElement): Promise<void> {
    const beside = this.beside;
    if (!beside) return;
    await htmx.ajax("get", row.pathname, { target: beside, swap: "innerHTML" });
    beside.hidden = false;
    this.classList.add("in-box-wide");
    this.opened = row.id;
    this.mark();
    const here = new URL(window.location.href);
    here.searchParams.set("open", row.id.replace(/^row-/, ""));
    window.history.replaceState(null, "", here.toString());
    row.focus();
  }

  private mark(): void {
    for (const row of this.rows()) {
      if (row.id === this.opened) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }

  private remember(): void {
    const at = this.rows().findIndex((row) => row.id === this.opened);
    window.sessionStorage.setItem(PLACE, String(at));
  }

  // After a verdict the browser comes back here: the row that took the place of the one decided on is next.
  private goOn(): void {
    const at = window.sessionStorage.getItem(PLACE);
    window.sessionStorage.removeItem(PLACE);
    const rows = this.rows();
    if (at !== null && rows.length > 0) rows[Math.min(Math.max(Number(at), 0), rows.length - 1)]?.focus();
  }
}
