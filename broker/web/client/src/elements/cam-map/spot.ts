// One place that is stated by a form: two fields hold it in degrees, a mark on the map shows it, and each moves the other.
import type { Coordinate } from "ol/coordinate";
import PointerInteraction from "ol/interaction/Pointer";
import type MapBrowserEvent from "ol/MapBrowserEvent";
import type { Grid } from "./grids";

export interface Marked {
  holds(event: MapBrowserEvent): boolean; // whether the mark lies under the pointer
  show(spot: Coordinate | null, name: string): void; // the mark, in degrees
  stated(spot: Coordinate | null): void; // once it is where it stays
}

export class Spot {
  readonly interaction: PointerInteraction;
  private readonly fields: (HTMLInputElement | null)[];
  private readonly typed = (): void => this.marked.show(this.place, this.name);
  private readonly done = (): void => this.marked.stated(this.place);

  // `ids`: of the fields for longitude, latitude and, if there is one, the name.
  constructor(ids: string, private readonly grid: Grid, private readonly marked: Marked) {
    this.fields = ids.split(" ").map((id) => document.getElementById(id)).map((it) => (it instanceof HTMLInputElement ? it : null));
    for (const field of this.fields) field?.addEventListener("input", this.typed);
    for (const field of this.fields) field?.addEventListener("change", this.done);
    this.interaction = new PointerInteraction({
      handleDownEvent: (event) => marked.holds(event),
      handleDragEvent: (event) => marked.show(grid.told(event.coordinate), this.name),
      handleUpEvent: (event) => this.dropped(event),
    });
    this.typed();
  }

  leave(): void {
    for (const field of this.fields) field?.removeEventListener("input", this.typed);
    for (const field of this.fields) field?.removeEventListener("change", this.done);
  }

  get name(): string {
    return this.fields[2]?.value.trim() ?? "";
  }

  // What the fields say, where it is a place.
  get place(): Coordinate | null {
    const [longitude, latitude] = this.fields.map((field) => (field && field.value.trim() ? Number(field.value) : NaN));
    if (longitude === undefined || latitude === undefined) return null;
    return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90 ? [longitude, latitude] : null;
  }

  // States a place of the view's projection; nothing takes it back.
  state(place: Coordinate | null): void {
    const told = place ? this.grid.told(place) : null;
    for (const axis of [0, 1]) {
      const field = this.fields[axis];
      if (field) field.value = told ? String(told[axis]) : "";
    }
    for (const kind of ["input", "change"]) this.fields[1]?.dispatchEvent(new Event(kind, { bubbles: true }));
  }

  private dropped(event: MapBrowserEvent): boolean {
    this.state(event.coordinate);
    return false;
  }
}
