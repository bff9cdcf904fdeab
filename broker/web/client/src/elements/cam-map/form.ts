// The form that a map fills in and sends: a point, or an area.
import { queryOf, type Area } from "./areas";

const POINT = ["camera", "clicked"]; // the second where boxes of a list have the first name
const AREAS = ["area", "box", "polygon", "circle", "line", "width"];

export class PickForm {
  constructor(private readonly id: string) {}

  // Whether a click on a point picks it; without such a field it tells of it.
  get picks(): boolean {
    return POINT.some((name) => this.form?.elements.namedItem(name));
  }

  pick(camera: string): void {
    this.send({ camera, clicked: camera });
  }

  area(area: Area): void {
    this.send({ area: JSON.stringify(area), ...queryOf(area) });
  }

  // The view, for a form whose next page begins with it.
  at(view: string): void {
    this.fill("at", view);
  }

  private get form(): HTMLFormElement | null {
    const found = this.id ? document.getElementById(this.id) : null;
    return found instanceof HTMLFormElement ? found : null;
  }

  private send(told: Record<string, string>): void {
    const filled = [...POINT, ...AREAS].map((name) => this.fill(name, told[name] ?? ""));
    if (filled.some((it) => it)) this.form?.requestSubmit();
  }

  // An empty field is left out of an address: nothing is asked of it. Returns whether there is such a field and a value.
  private fill(name: string, value: string): boolean {
    const field = this.form?.elements.namedItem(name);
    if (!(field instanceof HTMLInputElement)) return false;
    field.value = value;
    if (this.form?.method === "get") field.disabled = value === "";
    return value !== "";
  }
}
