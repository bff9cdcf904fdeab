// What lies over the points: areas, picked points, the stated place.
import type { Coordinate } from "ol/coordinate";
import type { Extent } from "ol/extent";
import { createEmpty, extend, isEmpty } from "ol/extent";
import Feature from "ol/Feature";
import type { FeatureLike } from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import type Geometry from "ol/geom/Geometry";
import type LineString from "ol/geom/LineString";
import Point from "ol/geom/Point";
import VectorLayer from "ol/layer/Vector";
import type OlMap from "ol/Map";
import type { Pixel } from "ol/pixel";
import VectorSource from "ol/source/Vector";
import type Style from "ol/style/Style";
import { breadth, circleOf, metresBetween } from "./areas";
import type { Grid } from "./grids";
import type { Looks } from "./looks";
import type { Say } from "./setup";

const GRIP = 10; // pixels around the mark that a finger may miss it by

// A distance as people say it (parts.far of the templates says the same).
export function farTold(metres: number, say: Say): string {
  if (metres < 999.5) return say("metres", { count: String(Math.round(metres)) });
  return say("kilometres", { count: (metres / 1000).toFixed(metres < 9950 ? 1 : 0) });
}

// Where the ticked points of a list are: each box stands in a cell that says so.
function tickedIn(part: string): Coordinate[] {
  const boxes = [...document.querySelectorAll<HTMLInputElement>(`${part} input[type=checkbox]`)].filter((box) => box.checked);
  const told = boxes.map((box) => box.closest<HTMLElement>("[data-spot]")?.dataset.spot ?? "");
  return told.filter((spot) => spot).map((spot) => spot.split(",").map(Number));
}

export class Shown {
  readonly layers: VectorLayer[];
  private readonly areas = new VectorSource();
  private readonly picks = new VectorSource();
  private readonly places = new VectorSource();
  private readonly marks: VectorLayer;
  private place: Coordinate | null = null; // degrees

  constructor(private readonly grid: Grid, private looks: Looks, private readonly say: Say) {
    const over = (source: VectorSource, zIndex: number, style: (it: FeatureLike, resolution: number) => Style | Style[]): VectorLayer =>
      new VectorLayer({ source, style, zIndex, renderBuffer: 200, declutter: zIndex === 30 });
    this.marks = over(this.places, 40, (it) => this.looks.place(String(it.get("name") ?? "")));
    this.layers = [
      over(this.areas, 10, (it, resolution) => this.area(it, resolution)),
      over(this.picks, 30, (it) => this.looks.picked(this.far(it))),
      this.marks,
    ];
  }

  // Shows the text of a GeoJSON of areas: a point or a line with `metres` is a circle or a road.
  showAreas(text: string): void {
    this.areas.clear();
    for (const feature of this.read(text || "")) {
      const metres = Number(feature.get("metres") ?? 0);
      const shape = feature.getGeometry();
      if (shape instanceof Point) feature.setGeometry(circleOf(this.grid.told(shape.getCoordinates()), metres, this.grid));
      this.areas.addFeature(feature);
    }
  }

  // Reads picked points from an address of ours, or from the boxes that are ticked in a part of the page ("#id").
  async showPicked(address: string): Promise<number> {
    if (!address) return 0;
    if (address.startsWith("#")) return this.pick(tickedIn(address).map((spot) => new Feature(new Point(this.grid.shown(spot)))));
    const answer = await fetch(address, { headers: { Accept: "application/geo+json, application/json" } });
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return this.pick(this.read(await answer.text()));
  }

  // Shows the stated place, in degrees; picked points then say how far they are from it.
  showPlace(place: Coordinate | null, name: string): void {
    this.places.clear();
    this.place = place;
    if (place) this.places.addFeature(new Feature({ geometry: new Point(this.grid.shown(place)), name: name || this.say("place") }));
    this.layers[1]?.changed();
  }

  holdsPlace(map: OlMap, pixel: Pixel): boolean {
    return map.hasFeatureAtPixel(pixel, { hitTolerance: GRIP, layerFilter: (layer) => layer === this.marks });
  }

  repaint(looks: Looks): void {
    this.looks = looks;
    for (const layer of this.layers) layer.changed();
  }

  // What all of it takes up; null when there is nothing.
  extent(): Extent | null {
    const whole = [this.areas, this.picks, this.places].reduce((all, source) => extend(all, source.getExtent() ?? createEmpty()), createEmpty());
    return isEmpty(whole) && !Number.isFinite(whole[0]) ? null : whole;
  }

  private pick(features: Feature<Geometry>[]): number {
    this.picks.clear();
    this.picks.addFeatures(features);
    return features.length;
  }

  private far(it: FeatureLike): string {
    const shape = it.getGeometry();
    if (!this.place || !(shape instanceof Point)) return "";
    return farTold(metresBetween(this.place, this.grid.told(shape.getCoordinates())), this.say);
  }

  private area(it: FeatureLike, resolution: number): Style | Style[] {
    if (it.getGeometry()?.getType() !== "LineString") return this.looks.area();
    const [line, metres] = [it.getGeometry() as LineString, Number(it.get("metres") ?? 0)];
    const latitude = this.grid.told(line.getFirstCoordinate())[1] ?? 0;
    return this.looks.road(breadth(metres, latitude, resolution, this.grid));
  }

  private read(text: string): Feature<Geometry>[] {
    return text ? new GeoJSON().readFeatures(text, { featureProjection: this.grid.projection }) : [];
  }
}
