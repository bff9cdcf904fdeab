// What lies over the points: areas, picked points, the stated place.
import type { Extent } from "ol/extent";
import { createEmpty, extend, isEmpty } from "ol/extent";
import Feature from "ol/Feature";
import type { FeatureLike } from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import type Geometry from "ol/geom/Geometry";
import type LineString from "ol/geom/LineString";
import Point from "ol/geom/Point";
import VectorLayer from "ol/layer/Vector";
import VectorSource from "ol/source/Vector";
import type Style from "ol/style/Style";
import { breadth, circleOf } from "./areas";
import type { Grid } from "./grids";
import type { Looks } from "./looks";

export class Shown {
  readonly layers: VectorLayer[];
  private readonly areas = new VectorSource();
  private readonly picks = new VectorSource();
  private readonly places = new VectorSource();

  constructor(private readonly grid: Grid, private looks: Looks) {
    const over = (source: VectorSource, zIndex: number, style: (it: FeatureLike, resolution: number) => Style | Style[]): VectorLayer =>
      new VectorLayer({ source, style, zIndex, renderBuffer: 200 });
    this.layers = [
      over(this.areas, 10, (it, resolution) => this.area(it, resolution)),
      over(this.picks, 30, () => this.looks.picked()),
      over(this.places, 40, (it) => this.looks.place(String(it.get("name") ?? ""))),
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

  // Reads picked points from an address of ours; returns how many there are.
  async showPicked(address: string): Promise<number> {
    if (!address) return 0;
    const answer = await fetch(address, { headers: { Accept: "application/geo+json, application/json" } });
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const features = this.read(await answer.text());
    this.picks.clear();
    this.picks.addFeatures(features);
    return features.length;
  }

  showPlace(told: string, name: string): void {
    this.places.clear();
    const [longitude, latitude] = told.split(",").map(Number);
    if (!told || longitude === undefined || latitude === undefined || Number.isNaN(longitude + latitude)) return;
    this.places.addFeature(new Feature({ geometry: new Point(this.grid.shown([longitude, latitude])), name }));
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
