// How things look on the canvas, in the colours of the page's tokens; shapes tell apart what colours tell too.
import CircleStyle from "ol/style/Circle";
import Fill from "ol/style/Fill";
import RegularShape from "ol/style/RegularShape";
import Stroke from "ol/style/Stroke";
import Style from "ol/style/Style";
import Text from "ol/style/Text";

const TOKENS = ["sheet", "sunk", "edge", "edge-strong", "text", "text-quiet", "accent", "accent-text", "accent-soft",
  "good", "warn", "bad", "focus", "map-water", "map-green", "map-road"] as const; // prettier-ignore
type Token = (typeof TOKENS)[number];
// No point is left out; and without it OpenLayers 10 does not find a symbol of a vector tile that is clicked.
const DRAWN = "none" as const;
const FAINT = "33"; // a fifth, as two hexadecimal digits behind a colour

export class Looks {
  private readonly colours: Record<Token, string>;
  private readonly font: string;
  private readonly made: Record<string, Style> = {};
  private readonly short: Intl.NumberFormat;

  constructor(page: HTMLElement) {
    const told = getComputedStyle(page);
    const entries = TOKENS.map((name) => [name, told.getPropertyValue(`--${name}`).trim() || "#777777"] as const);
    this.colours = entries.reduce((all, [name, value]) => ({ ...all, [name]: value }), {} as Record<Token, string>);
    this.font = told.getPropertyValue("--font").trim() || "sans-serif";
    this.short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" } as Intl.NumberFormatOptions);
  }

  colour(name: Token): string {
    return this.colours[name];
  }

  // A cluster: larger the more points it holds, its number written in it.
  cluster(count: number): Style {
    return this.once(`c${count}`, () => {
      const radius = 11 + 3 * Math.log10(count);
      return new Style({
        image: new CircleStyle({
          radius, fill: new Fill({ color: this.colours.accent }), declutterMode: DRAWN,
          stroke: new Stroke({ color: this.colours.sheet, width: 2 }),
        }), // prettier-ignore
        text: this.text(this.short.format(count), this.colours["accent-text"], 600),
        zIndex: count,
      });
    });
  }

  // One point: full when it is on, crossed when it is off, hollow when nobody knows.
  point(status: string): Style {
    return this.once(`p${status}`, () => {
      const stroke = new Stroke({ color: status === "off" ? this.colours.bad : this.colours.accent, width: 2.5 });
      const fill = new Fill({ color: status === "on" ? this.colours.accent : this.colours.sheet });
      if (status !== "off") return new Style({ image: new CircleStyle({ radius: 6, fill, stroke, declutterMode: DRAWN }) });
      const cross = { points: 4, radius: 9, radius2: 3, angle: Math.PI / 4, declutterMode: DRAWN };
      return new Style({ image: new RegularShape({ ...cross, fill, stroke }) });
    });
  }

  // A picked point; `label` says how far it is from the stated place, where there is room for it.
  picked(label: string): Style {
    return this.once(`picked${label}`, () => {
      const stroke = new Stroke({ color: this.colours.focus, width: 3 });
      const style = new Style({ image: new CircleStyle({ radius: 11, stroke, declutterMode: DRAWN }), zIndex: 10 });
      if (!label) return style;
      const text = this.text(label, this.colours.text, 600);
      text.setOffsetY(20);
      text.setStroke(new Stroke({ color: this.colours.sheet, width: 4 }));
      style.setText(text);
      return style;
    });
  }

  // The stated place.
  place(name: string): Style {
    const fill = new Fill({ color: this.colours.bad });
    const stroke = new Stroke({ color: this.colours.sheet, width: 2 });
    const text = this.text(name, this.colours.text, 600);
    text.setOffsetY(-20);
    text.setStroke(new Stroke({ color: this.colours.sheet, width: 4 }));
    return new Style({ image: new RegularShape({ points: 5, radius: 12, radius2: 5, fill, stroke }), text, zIndex: 20 });
  }

  area(): Style {
    return this.once("area", () => new Style({
      fill: new Fill({ color: this.colours.accent + FAINT }), stroke: new Stroke({ color: this.colours.accent, width: 2 }),
    })); // prettier-ignore
  }

  // A road so many pixels broad, and its middle.
  road(pixels: number): Style[] {
    const broad = new Stroke({ color: this.colours.accent + FAINT, width: Math.max(pixels, 2), lineCap: "round", lineJoin: "round" });
    return [new Style({ stroke: broad }), this.area()];
  }

  corner(): Style {
    return this.once("corner", () => new Style({
      image: new CircleStyle({
        radius: 5, fill: new Fill({ color: this.colours.sheet }), stroke: new Stroke({ color: this.colours.accent, width: 2 }),
      }),
    })); // prettier-ignore
  }

  border(): Style {
    return this.once("border", () => new Style({ stroke: new Stroke({ color: this.colours["edge-strong"], width: 1 }) }));
  }

  name(text: string): Style {
    const style = new Style({ text: this.text(text, this.colours["text-quiet"], 400) });
    style.getText()?.setStroke(new Stroke({ color: this.colours.sunk, width: 3 }));
    return style;
  }

  line(name: Token, width: number, dash: number[] = []): Style {
    return this.once(`l${name}${width}`, () => new Style({ stroke: new Stroke({ color: this.colours[name], width, lineDash: dash }) }));
  }

  ground(name: Token): Style {
    return this.once(`g${name}`, () => new Style({ fill: new Fill({ color: this.colours[name] }) }));
  }

  private text(text: string, colour: string, weight: number): Text {
    return new Text({ text, font: `${weight} 12px ${this.font}`, fill: new Fill({ color: colour }), overflow: true });
  }

  private once(key: string, make: () => Style): Style {
    return (this.made[key] ??= make());
  }
}
