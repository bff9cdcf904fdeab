// Drawing an area: by dragging, by clicking, by finger, or by keyboard with the cross in the middle of the map.
import Feature from "ol/Feature";
import type { Coordinate } from "ol/coordinate";
import MultiPoint from "ol/geom/MultiPoint";
import PointerInteraction from "ol/interaction/Pointer";
import VectorLayer from "ol/layer/Vector";
import type MapBrowserEvent from "ol/MapBrowserEvent";
import VectorSource from "ol/source/Vector";
import { metresBetween, outlineOf, type Tool } from "./areas";
import type { Grid } from "./grids";
import type { Looks } from "./looks";

const STILL = 4; // pixels: less is a click, not a drag

export interface Drawn {
  finished(tool: Tool, spots: Coordinate[]): void;
  changed(): void; // a spot was set or taken back
  measured(metres: number): void; // the radius of a circle while it is drawn
}

export class Drawing {
  readonly layer: VectorLayer;
  readonly interaction: PointerInteraction;
  tool: Tool | null = null;
  spots: Coordinate[] = []; // degrees
  private readonly source = new VectorSource();
  private from: number[] = []; // where the button went down, in pixels
  private fresh = false; // the corner was set by the press of this very click

  constructor(private readonly grid: Grid, looks: () => Looks, private readonly drawn: Drawn) {
    this.layer = new VectorLayer({ source: this.source, zIndex: 50, style: (it) =>
      it.get("corners") ? looks().corner() : looks().area() }); // prettier-ignore
    this.interaction = new PointerInteraction({
      handleDownEvent: (event) => this.down(event),
      handleDragEvent: (event) => this.hover(event.coordinate),
      handleUpEvent: (event) => this.up(event),
      handleMoveEvent: (event) => this.hover(event.coordinate),
    });
  }

  begin(tool: Tool | null): void {
    this.tool = tool;
    this.spots = [];
    this.source.clear();
    this.drawn.changed();
  }

  // Sets a corner; a place in the view's projection. Of a box and a circle the second one ends it.
  set(place: Coordinate): void {
    if (!this.tool || this.isLast(place)) return; // the second click of a double one is at the same place
    this.spots.push(this.grid.told(place));
    if (this.short && this.spots.length === 2) return this.finish();
    this.preview(this.spots);
    this.drawn.changed();
  }

  // A click sets a corner, but for the one that a press has set already.
  clicked(place: Coordinate): void {
    if (!this.fresh) this.set(place);
    this.fresh = false;
  }

  // By keyboard: the same place once more is the end.
  take(place: Coordinate): void {
    if (this.isLast(place)) this.finish();
    else this.set(place);
  }

  takeBack(): void {
    this.spots.pop();
    this.preview(this.spots);
    this.drawn.changed();
  }

  finish(): void {
    if (this.tool) this.drawn.finished(this.tool, this.spots);
  }

  // Shows what a corner at this place would make of it.
  hover(place: Coordinate): void {
    if (!this.tool || this.spots.length === 0) return;
    const told = this.grid.told(place);
    this.preview([...this.spots, told]);
    if (this.tool === "circle") this.drawn.measured(Math.round(metresBetween(this.spots[0] as Coordinate, told)));
  }

  private get short(): boolean {
    return this.tool === "box" || this.tool === "circle";
  }

  private isLast(place: Coordinate): boolean {
    const last = this.spots[this.spots.length - 1];
    return last !== undefined && this.grid.told(place).every((value, axis) => value === last[axis]);
  }

  // Only a box and a circle are dragged; with the others the map may be.
  private down(event: MapBrowserEvent): boolean {
    if (!this.short) return false;
    this.from = event.pixel;
    this.fresh = this.spots.length === 0;
    if (this.fresh) this.set(event.coordinate);
    return true;
  }

  private up(event: MapBrowserEvent): boolean {
    const moved = Math.hypot(...event.pixel.map((value, axis) => value - (this.from[axis] ?? 0)));
    if (moved > STILL) this.set(event.coordinate);
    return false;
  }

  private preview(spots: Coordinate[]): void {
    this.source.clear();
    if (!this.tool || spots.length === 0) return;
    const outline = outlineOf(this.tool, spots, this.grid);
    if (outline) this.source.addFeature(new Feature(outline));
    const corners = new MultiPoint(this.spots.map((spot) => this.grid.shown(spot)));
    this.source.addFeature(new Feature({ geometry: corners, corners: true }));
  }
}
