// A list of boxes to tick: Shift and a click (or the space bar) ticks all from the box before to this one.

export class PickList extends HTMLElement {
  private last: HTMLInputElement | null = null;
  private held = false;

  connectedCallback(): void {
    this.addEventListener("mousedown", (event) => (this.held = event.shiftKey));
    this.addEventListener("keydown", (event) => (this.held = event.shiftKey));
    this.addEventListener("click", (event) => this.clicked(event));
  }

  private clicked(event: Event): void {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    const boxes = [...this.querySelectorAll<HTMLInputElement>("input[type=checkbox]")];
    const [from, to] = [this.last ? boxes.indexOf(this.last) : -1, boxes.indexOf(box)];
    if (this.held && from >= 0) {
      for (const each of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = box.checked;
    }
    this.last = box;
  }
}
