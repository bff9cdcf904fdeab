// The buttons over the map: the server writes them, here they learn what they do.
import { TOOLS, type Tool } from "./areas";

export interface Acts {
  choose(tool: Tool | null): void;
  finish(): void;
  zoom(steps: number): void;
  state(): void; // what is clicked next is the stated place, or no longer
  forget(): void; // the stated place
}

const WIDTH = 50; // metres to each side of a road, as on the server

export class Toolbar {
  private readonly width: HTMLInputElement | null;

  constructor(private readonly bar: HTMLElement, acts: Acts) {
    this.width = bar.querySelector("[data-width]");
    bar.hidden = false;
    bar.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      const { tool, act } = button?.dataset ?? {};
      if (tool) acts.choose(TOOLS.find((it) => it === tool) ?? null);
      else if (act === "cancel") acts.choose(null);
      else if (act === "finish") acts.finish();
      else if (act === "place") acts.state();
      else if (act === "no-place") acts.forget();
      else if (act === "in" || act === "out") acts.zoom(act === "in" ? 1 : -1);
    });
    this.show(null, 0);
  }

  // Shows whether what is clicked next is the stated place.
  showStating(stating: boolean): void {
    this.bar.querySelector("[data-act=place]")?.setAttribute("aria-pressed", String(stating));
  }

  get metres(): number {
    const told = Number(this.width?.value ?? WIDTH);
    return Number.isFinite(told) ? told : 0;
  }

  // Shows which tool is in hand, and what may be done with so many corners set.
  show(tool: Tool | null, corners: number): void {
    for (const button of this.bar.querySelectorAll<HTMLElement>("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === (tool ?? "pan")));
    }
    this.hide("[data-act=cancel]", tool === null);
    this.hide("[data-act=finish]", !((tool === "polygon" && corners > 2) || (tool === "line" && corners > 1)));
    this.hide(".map-width", tool !== "line");
  }

  private hide(selector: string, hidden: boolean): void {
    const found = this.bar.querySelector<HTMLElement>(selector);
    if (!found || found.hidden === hidden) return;
    if (hidden && found.contains(document.activeElement)) this.bar.querySelector<HTMLElement>("[data-tool=pan]")?.focus();
    found.hidden = hidden;
  }
}
