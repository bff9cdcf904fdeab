// A part of a page that is made anew when something moved: the page is asked for again, and this part taken from it.
//
// <live-part id="uses" when="live:inbox live:notice" every="10">…</live-part>
//
// `when`: events on the body, `every`: seconds. While somebody types in it, has a form of it open or rows of it ticked, it
// waits; the row that had the focus has it again, by its id.

const SECOND = 1000;
const ASKED = { Accept: "text/html", "X-Unattended": "1" }; // nobody did it: the session is not held open by it
const BUSY = "details[open], input:checked, textarea:focus, input:focus, select:focus";

export class LivePart extends HTMLElement {
  private timer = 0;
  private readonly told = (): void => void this.renew();

  connectedCallback(): void {
    for (const name of this.names()) document.body.addEventListener(name, this.told);
    const every = Number(this.getAttribute("every"));
    if (every > 0) this.timer = window.setInterval(this.told, every * SECOND);
  }

  disconnectedCallback(): void {
    for (const name of this.names()) document.body.removeEventListener(name, this.told);
    window.clearInterval(this.timer);
  }

  private names(): string[] {
    return (this.getAttribute("when") ?? "").split(" ").filter(Boolean);
  }

  private async renew(): Promise<void> {
    if (document.hidden || this.querySelector(BUSY)) return;
    const answer = await fetch(window.location.href, { headers: ASKED }).catch(() => undefined);
    if (!answer?.ok || answer.redirected) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(this.id);
    if (!found || this.querySelector(BUSY) || found.innerHTML === this.innerHTML) return;
    const focused = this.contains(document.activeElement) ? document.activeElement?.id : "";
    this.innerHTML = found.innerHTML;
    if (focused) document.getElementById(focused)?.focus();
    this.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
  }
}
