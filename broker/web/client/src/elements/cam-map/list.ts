// Points at one place: a list of them, where a click chooses; beside a form buttons, without one links to their pages.
import type { Say } from "./setup";

interface Told {
  id: string;
  properties: { name: string; gb_code: string | null; status: string };
}

const MOST = 200;

export class PointList {
  private panel: HTMLElement | null = null;

  constructor(private readonly map: HTMLElement, private readonly say: Say, private readonly back: () => void) {}

  get open(): boolean {
    return this.panel !== null;
  }

  // Asks for the points with these ids around a place, and lists them; `choose` is null where nothing can be picked.
  async show(ids: string[], [longitude, latitude]: number[], metres: number, choose: ((id: string) => void) | null): Promise<void> {
    const around = `circle=${longitude},${latitude},${Math.ceil(metres)}&limit=${MOST}`;
    const answer = await fetch(`/api/v1/cameras.geojson?${around}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const { features } = (await answer.json()) as { features: Told[] };
    const wanted = new Set(ids);
    this.fill(features.filter((it) => wanted.has(it.id)), choose);
  }

  close(): void {
    if (!this.panel) return;
    this.panel.remove();
    this.panel = null;
    this.back();
  }

  private fill(found: Told[], choose: ((id: string) => void) | null): void {
    this.panel?.remove();
    const panel = this.panel = element("div", "map-list");
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-label", this.say("here", { count: String(found.length) }));
    panel.append(element("p", "map-list-title", this.say("here", { count: String(found.length) })));
    const list = panel.appendChild(element("ul", ""));
    for (const it of found) list.appendChild(element("li", "")).append(this.entry(it, choose));
    const close = panel.appendChild(element("button", "button-plain", this.say("close")));
    close.setAttribute("type", "button");
    close.addEventListener("click", () => this.close());
    this.map.append(panel);
    panel.querySelector<HTMLElement>("a, button")?.focus();
  }

  private entry(it: Told, choose: ((id: string) => void) | null): HTMLElement {
    const name = it.properties.name || this.say("unnamed");
    const told = [name, it.properties.gb_code ?? "", this.say(it.properties.status)].filter((part) => part).join(" · ");
    if (!choose) {
      const link = element("a", "", told);
      link.setAttribute("href", `/cameras/${it.id}`);
      return link;
    }
    const button = element("button", "button-link", told);
    button.setAttribute("type", "button");
    button.addEventListener("click", () => {
      this.close();
      choose(it.id);
    });
    return button;
  }
}

function element(tag: string, name: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}
