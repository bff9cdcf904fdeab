// <cam-map>: the map of cameras, as templates/_map.html writes it. It takes its parts from the modules beside it.
import { defaults as controls } from "ol/control/defaults";
import { defaults as interactions } from "ol/interaction/defaults";
import OlMap from "ol/Map";
import type MapBrowserEvent from "ol/MapBrowserEvent";
import type { Coordinate } from "ol/coordinate";
import { containsCoordinate } from "ol/extent";
import { NoArea, areaOf, metresBetween, type Tool } from "./areas";
import { Outlines, baseLayers } from "./base";
import { Drawing } from "./drawing";
import { PickForm } from "./form";
import { Grid } from "./grids";
import { listenForEscape, listenForHands } from "./keyboard";
import { PointList } from "./list";
import { Looks } from "./looks";
import { Points } from "./points";
import { setupOf, wordsOf, type Say, type Setup } from "./setup";
import { Shown } from "./shown";
import { Spot } from "./spot";
import { Toolbar } from "./toolbar";
import { keepInAddress, toldView, viewOf } from "./view";

const WAIT = 200; // milliseconds of an animated step

function placeOf(told: string): Coordinate | null {
  const [longitude, latitude] = told ? told.split(",").map(Number) : [];
  return longitude === undefined || latitude === undefined || Number.isNaN(longitude + latitude) ? null : [longitude, latitude];
}

export class CamMap extends HTMLElement {
  static readonly observedAttributes = ["data-query", "data-shapes", "data-picked"];

  private say!: Say;
  private setup!: Setup;
  private grid!: Grid;
  private looks!: Looks;
  private points!: Points;
  private shown!: Shown;
  private drawing!: Drawing;
  private list!: PointList;
  private form!: PickForm;
  private spot: Spot | null = null;
  private stating = false; // what is clicked next is the stated place
  private outlines: Outlines | null = null;
  private bar: Toolbar | null = null;
  private view!: HTMLElement;
  private map: OlMap | null = null;
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly repaint = (): void => this.painted();
  private readonly reread = (): void => void this.readPicked();

  connectedCallback(): void {
    const view = this.querySelector<HTMLElement>(".map-view");
    if (!view || this.map) return;
    this.view = view;
    this.say = wordsOf(this);
    this.setup = setupOf(this);
    this.grid = new Grid(this.setup.grid);
    this.form = new PickForm(this.dataset.form ?? "");
    this.looks = new Looks(this);
    for (const hidden of this.querySelectorAll<HTMLElement>(".map-view, .map-hint")) hidden.hidden = false;
    this.querySelector(".map-plain")?.remove();
    void this.open();
  }

  disconnectedCallback(): void {
    this.map?.setTarget(undefined);
    this.map = null;
    this.spot?.leave();
    this.dark.removeListener(this.repaint);
    document.removeEventListener("cameras-picked", this.reread);
    document.removeEventListener("change", this.reread);
  }

  attributeChangedCallback(name: string, _: string | null, value: string | null): void {
    if (!this.map) return;
    if (name === "data-query") this.points.ask(value ?? "");
    else if (name === "data-shapes") this.shown.showAreas(value ?? "");
    else this.reread();
  }

  private async open(): Promise<void> {
    const looks = (): Looks => this.looks;
    this.points = new Points(this.grid, this.dataset.query ?? "", this.looks);
    this.shown = new Shown(this.grid, this.looks, this.say);
    this.shown.showAreas(this.dataset.shapes ?? "");
    this.shown.showPlace(placeOf(this.dataset.place ?? ""), this.dataset.placeName ?? "");
    if (this.dataset.spot) this.spot = this.stated(this.dataset.spot);
    this.stating = this.alone;
    this.drawing = new Drawing(this.grid, looks, {
      finished: (tool, spots) => this.finished(tool, spots),
      changed: () => this.bar?.show(this.drawing.tool, this.drawing.spots.length),
      measured: (metres) => this.tell(this.say("radius", { metres: String(metres) })),
    });
    this.list = new PointList(this, this.say, () => this.view.focus());
    await this.readPicked();
    if (!this.isConnected) return;
    this.map = this.drawn(looks);
    this.listen(this.map);
  }

  private drawn(looks: () => Looks): OlMap {
    const { base, outline, extent } = this.setup;
    this.outlines = outline ? new Outlines(this.grid, looks, this.say("schematic")) : null;
    const ground = [...baseLayers(base, this.grid, looks), ...(this.outlines ? this.outlines.layers : [])];
    const size = [this.view.clientWidth, this.view.clientHeight];
    const own = [this.drawing.interaction, ...(this.spot ? [this.spot.interaction] : [])];
    return new OlMap({
      target: this.view,
      layers: [...ground, this.points.layer, ...this.shown.layers, this.drawing.layer],
      view: viewOf(this.dataset.view ?? "", this.shown.extent(), extent, this.grid, size),
      controls: controls({ zoom: false, rotate: false, attributionOptions: { collapsible: false } }),
      interactions: interactions({ altShiftDragRotate: false, pinchRotate: false, doubleClickZoom: false }).extend(own),
    });
  }

  private listen(map: OlMap): void {
    const bar = this.querySelector<HTMLElement>(".map-bar");
    if (bar) this.bar = new Toolbar(bar, {
      choose: (tool) => this.choose(tool), finish: () => this.drawing.finish(), zoom: (steps) => this.zoom(steps),
      state: () => this.state(!this.stating), forget: () => this.spot?.state(null),
    }); // prettier-ignore
    this.view.classList.toggle("map-drawing", this.stating);
    map.on("click", (event) => this.clicked(event));
    this.view.addEventListener("dblclick", (event) => this.doubled(map, event));
    map.on("moveend", () => this.moved(map));
    map.once("rendercomplete", () => this.ready());
    listenForHands(this.view, {
      take: () => this.take(map.getView().getCenter() ?? [0, 0]),
      takeBack: () => this.drawing.takeBack(),
    });
    listenForEscape(this, () => this.cancel());
    this.dark.addListener(this.repaint);
    document.addEventListener("cameras-picked", this.reread);
    if (this.dataset.picked?.startsWith("#")) document.addEventListener("change", this.reread);
  }

  private ready(): void {
    this.dataset.ready = String(Math.round(performance.now()));
    this.dispatchEvent(new Event("map-ready", { bubbles: true }));
    void this.outlines?.read(this.setup.outline);
  }

  // Whether the map is there to state a place, and for nothing else.
  private get alone(): boolean {
    return this.spot !== null && !this.dataset.form;
  }

  private stated(fields: string): Spot {
    return new Spot(fields, this.grid, {
      holds: (event) => !this.drawing.tool && this.shown.holdsPlace(event.map, event.pixel),
      show: (spot, name) => this.shown.showPlace(spot, name),
      stated: (spot) => this.told(spot),
    });
  }

  private told(spot: Coordinate | null): void {
    const view = this.map?.getView();
    if (!view) return;
    const place = spot && this.grid.shown(spot);
    if (place && !containsCoordinate(view.calculateExtent(this.map?.getSize()), place)) view.animate({ center: place, duration: WAIT });
    this.state(this.alone);
    this.tell(spot ? this.say("placed", { longitude: String(spot[0]), latitude: String(spot[1]) }) : this.say("unplaced"));
  }

  // Has the next click state the place, or not.
  private state(next: boolean): void {
    if (next && this.drawing.tool) this.choose(null);
    this.stating = next;
    this.view.classList.toggle("map-drawing", next);
    this.bar?.showStating(next);
    if (next && !this.alone) this.tell(this.say("begin-place"));
  }

  private choose(tool: Tool | null): void {
    this.list.close();
    this.state(this.alone);
    this.drawing.begin(tool);
    this.view.classList.toggle("map-drawing", tool !== null || this.stating);
    this.tell(tool ? this.say(`begin-${tool}`) : "");
    if (tool) this.view.focus();
  }

  private cancel(): void {
    if (this.list.open) return this.list.close();
    if (!this.drawing.tool && this.stating === this.alone) return;
    this.choose(null);
    this.tell(this.say("cancelled"));
  }

  private zoom(steps: number): void {
    const view = this.map?.getView();
    view?.animate({ zoom: (view.getZoom() ?? 0) + steps, duration: WAIT });
  }

  private clicked(event: MapBrowserEvent): void {
    if (this.drawing.tool) this.drawing.clicked(event.coordinate);
    else if (this.stating) this.spot?.state(event.coordinate);
    else void this.hit(event.pixel);
  }

  // The browser's own: to OpenLayers two quick clicks at two places are a double one, too.
  private doubled(map: OlMap, event: MouseEvent): void {
    if (this.drawing.tool) return this.drawing.finish();
    const view = map.getView();
    view.animate({ zoom: (view.getZoom() ?? 0) + 1, anchor: map.getEventCoordinate(event), duration: WAIT });
  }

  private take(place: Coordinate): void {
    if (this.drawing.tool) this.drawing.take(place);
    else if (this.stating) this.spot?.state(place);
    else void this.hit(this.map?.getPixelFromCoordinate(place) ?? [0, 0]);
  }

  private async hit(pixel: number[]): Promise<void> {
    const map = this.map;
    if (!map) return;
    const { ids, cluster } = this.points.at(map, pixel);
    const [id] = ids;
    if (cluster && !id) map.getView().animate({ center: cluster, zoom: (map.getView().getZoom() ?? 0) + 2, duration: WAIT });
    else if (!id) this.tell(this.say("none-here"));
    else if (ids.length === 1 && this.form.picks) this.pick(id);
    else await this.ask(map, ids, pixel);
  }

  private async ask(map: OlMap, ids: string[], pixel: number[]): Promise<void> {
    const [here, aside] = [map.getCoordinateFromPixel(pixel), map.getCoordinateFromPixel([(pixel[0] ?? 0) + 40, pixel[1] ?? 0])];
    
    const reach = metresBetween(this.grid.told(here), this.grid.told(aside)) + 5;
    await this.list.show(ids, this.grid.told(here), reach, this.form.picks ? (it) => this.pick(it) : null).catch(() => this.tell(this.say("failed")));
  }

  private pick(id: string): void {
    if (this.dispatchEvent(new CustomEvent("camera-clicked", { bubbles: true, cancelable: true, detail: { id } }))) this.form.pick(id);
  }

  private finished(tool: Tool, spots: Coordinate[]): void {
    try {
      const area = areaOf(tool, spots, this.bar?.metres ?? 0);
      this.choose(null);
      this.tell(this.say("drawn"));
      if (this.dispatchEvent(new CustomEvent("area-drawn", { bubbles: true, cancelable: true, detail: area }))) this.form.area(area);
    } catch (error) {
      if (!(error instanceof NoArea)) throw error;
      this.drawing.begin(tool);
      this.tell(this.say(error.message));
    }
  }

  private moved(map: OlMap): void {
    const told = toldView(map.getView(), this.grid);
    this.form.at(told);
    if (this.dataset.keeps !== undefined && this.dataset.ready) keepInAddress(told);
    map.once("rendercomplete", () => {
      if (!this.drawing.tool) this.tell(this.say("count", { count: String(this.points.count(map.getView().calculateExtent(map.getSize()))) }));
    });
  }

  private async readPicked(): Promise<void> {
    try {
      await this.shown.showPicked(this.dataset.picked ?? "");
    } catch {
      this.tell(this.say("failed"));
    }
  }

  private painted(): void {
    this.looks = new Looks(this);
    this.points.repaint(this.looks);
    this.shown.repaint(this.looks);
    this.map?.getAllLayers().forEach((layer) => layer.changed());
  }

  private tell(sentence: string): void {
    const said = this.querySelector(".map-said");
    if (said) said.textContent = sentence;
  }
}
